package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// The limits that the CRD sets on a RAGMonitor.
const (
	maxComponents = 16
	maxSLOs       = 8
)

// count is how many series the recording rules of a RAGMonitor make.
type count struct {
	// fixed series do not depend on what the application does.
	fixed int
	// each is how many there are for each value of a label, by label.
	each map[string]int
}

// String is a sum, such as "24 + 3 for each model".
func (c count) String() string {
	terms := []string{fmt.Sprint(c.fixed)}
	for _, label := range slices.Sorted(maps.Keys(c.each)) {
		terms = append(terms, fmt.Sprintf("%d for each `%s`", c.each[label], label))
	}
	return strings.Join(terms, " + ")
}

// counts says what a RAGMonitor costs in Prometheus.
func (p *page) counts(s sources) error {
	p.heading(2, "How many there are")
	p.block("Computed from the rules; the application decides how many models and types of errors there are.")
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(s.vocabularies)) {
		for _, size := range []struct {
			what             string
			components, slos int
		}{
			{"one component (the smallest manifest)", 1, 0},
			{fmt.Sprintf("%d components and %d SLOs (the most that a RAGMonitor may have)", maxComponents, maxSLOs), maxComponents, maxSLOs},
		} {
			c, err := countSeries(s.rules, monitorWith(s.vocabularies[name], size.components, size.slos))
			if err != nil {
				return err
			}
			rows = append(rows, []string{code(name), size.what, c.String()})
		}
	}
	p.table([]string{"Vocabulary", "RAGMonitor", "Series"}, rows)
	p.block("A label without bounds, such as a user's name as `error_type`, would make this grow. It cannot grow past what a scrape may deliver: 20,000 samples of each target, see [security.md](security.md#limits).")
	return nil
}

// monitorWith is a RAGMonitor of some size. Numbers and names in it do not matter:
// they do not change how many rules there are.
func monitorWith(v vocabulary.Vocabulary, components, slos int) model.Monitor {
	m := model.Monitor{
		Name: "support-bot", Namespace: "rag",
		Evaluation: model.Evaluation{Interval: 30 * time.Second, Window: 5 * time.Minute, CostWindow: time.Hour},
	}
	for i := range components {
		m.Components = append(m.Components, model.Component{Name: fmt.Sprintf("component-%d", i), Vocabulary: v})
	}
	for i := range slos {
		m.SLOs = append(m.SLOs, model.SLO{Name: fmt.Sprintf("slo-%d", i), ErrorBudget: 0.01, Period: 30 * 24 * time.Hour})
	}
	return m
}

func countSeries(c rules.Catalogue, m model.Monitor) (count, error) {
	groups, err := c.Build(m)
	if err != nil {
		return count{}, err
	}
	out := count{each: map[string]int{}}
	for _, g := range groups {
		for _, rule := range g.Rules {
			if rule.Record == "" {
				continue
			}
			labels, err := grouping(rule.Expr)
			if err != nil {
				return count{}, err
			}
			if len(labels) == 0 {
				out.fixed++
				continue
			}
			out.each[strings.Join(labels, ", ")]++
		}
	}
	return out, nil
}

// grouping are the labels that the aggregations of an expression leave on its
// result. Expressions in which a metric's own labels get that far have none here:
// the catalogue has no such recording rule, because it could not be bounded.
func grouping(expr string) ([]string, error) {
	root, err := parser.ParseExpr(expr)
	if err != nil {
		return nil, fmt.Errorf("parse %q: %w", expr, err)
	}
	return kept(root), nil
}

func kept(e parser.Expr) []string {
	switch e := e.(type) {
	case *parser.AggregateExpr:
		return e.Grouping
	case *parser.ParenExpr:
		return kept(e.Expr)
	case *parser.BinaryExpr:
		// The side with many series gives its labels, and both sides of a match
		// of one to one have the same.
		if e.VectorMatching != nil && e.VectorMatching.Card == parser.CardOneToMany {
			return kept(e.RHS)
		}
		return kept(e.LHS)
	case *parser.Call:
		if e.Func.Name != "histogram_quantile" {
			return nil
		}
		return slices.DeleteFunc(slices.Clone(kept(e.Args[1])), func(label string) bool { return label == "le" })
	default:
		return nil
	}
}
