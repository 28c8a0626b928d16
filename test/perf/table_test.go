package perf_test

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// table is printed when all benchmarks have ended.
type table struct {
	title string
	head  []string
	rows  [][]string
}

var tables []*table

func newTable(title string, head ...string) *table {
	t := &table{title: title, head: head}
	tables = append(tables, t)
	return t
}

func (t *table) add(cells ...any) {
	var row []string
	for _, c := range cells {
		if number, ok := c.(float64); ok {
			c = figure(number)
		}
		row = append(row, fmt.Sprint(c))
	}
	t.rows = append(t.rows, row)
}

// figure has three digits, and more only before the point.
func figure(v float64) string {
	switch {
	case v == 0 || v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 1:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2g", v)
	}
}

func (t *table) print(to io.Writer) {
	fmt.Fprintf(to, "\n%s\n\n", t.title)
	w := tabwriter.NewWriter(to, 0, 0, 3, ' ', tabwriter.AlignRight)
	for _, row := range append([][]string{t.head}, t.rows...) {
		fmt.Fprintln(w, strings.Join(row, "\t")+"\t")
	}
	_ = w.Flush()
}
