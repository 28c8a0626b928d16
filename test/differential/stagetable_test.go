package differential_test

import (
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// leastRight is how many stages each source must name, without a baseline and with one:
// half of what it names as a rule. It guards against a test in which nobody says anything.
var leastRight = [2]int{4, 9}

// answer is what was said of a stage that broke, all in all.
type answer string

const (
	// right names the stage that broke, undecided nobody.
	right     answer = "right"
	undecided answer = "undecided"
	// wrong names another, at any time.
	wrong answer = "wrong"
)

func (said testimony) answer() answer {
	switch {
	case len(said.wrong) > 0:
		return wrong
	case named(said.sight) == "":
		return undecided
	}
	return right
}

// cell of the table.
func (x *trial) cell(past, source int) string {
	said := x.said[past][source]
	switch a := said.answer(); {
	case a == right:
		return fmt.Sprintf("right after %s", said.since.Sub(x.broken).Round(time.Second))
	case a == undecided && x.stage == "":
		return "nobody"
	default:
		return string(a)
	}
}

// table has a line for each stage and fault. It takes seconds because windows do.
func (all trials) table() string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\n\t\t\t%s\t\t%s\n", pasts[0], pasts[1])
	fmt.Fprintf(w, "vocabulary\tstage\tfault\t%[1]s\t%[2]s\t%[1]s\t%[2]s\n", sources[0], sources[1])
	for _, x := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", x.vocabulary, x.stage, x.fault, x.cell(0, 0), x.cell(0, 1), x.cell(1, 0), x.cell(1, 1))
	}
	for _, a := range []answer{right, undecided, wrong} {
		fmt.Fprintf(w, "total\t\t%s\t%d\t%d\t%d\t%d\n", a, all.count(a, 0, 0), all.count(a, 0, 1), all.count(a, 1, 0), all.count(a, 1, 1))
	}
	if err := w.Flush(); err != nil {
		return err.Error()
	}
	return out.String()
}

// count counts an answer. That nobody is named where nothing broke is none.
func (all trials) count(a answer, past, source int) (out int) {
	for _, x := range all {
		if x.said[past][source].answer() == a && (x.stage != "" || a == wrong) {
			out++
		}
	}
	return out
}

// judge fails where a stage is named that is not broken. So two sources cannot name
// different ones either; one may be undecided where the other is right, because a value
// near to its limit is on either side of it by chance.
func (all trials) judge(t *testing.T) {
	t.Helper()
	for past, known := range pasts {
		for i, source := range sources {
			for _, x := range all {
				for _, text := range x.said[past][i].wrong {
					t.Errorf("%s, %s: %s is wrong %s", x.watch.rm.Name, known, source, text)
				}
			}
			if count := all.count(right, past, i); count < leastRight[past] {
				t.Errorf("%s names %d stages %s, must name %d", source, count, known, leastRight[past])
			}
		}
		for _, x := range all {
			if said := x.said[past]; said[0].answer() != said[1].answer() {
				t.Logf("%s, %s:\n%s\n%s", x.watch.rm.Name, known, describe(said[0].sight), describe(said[1].sight))
			}
		}
	}
}
