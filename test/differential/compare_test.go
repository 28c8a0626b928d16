package differential_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

// tolerance is by how much a figure of one source may differ from that of the other.
// Both scrape the same growth, at different times: a scrape that comes a part of a
// second late has its share of a window of 8 s, and no more.
const tolerance = 0.10

// countedIn is the step in which what is spent today is added up, so that the minute in
// which watching began may count by one source only. It is that of the rules, and half as
// much again, because the rate of the first seconds is not yet that of now.
const countedIn = 90 * time.Second

// differences between what two sources say of a RAGMonitor; "" without any.
func differences(prometheus, embedded sight) string {
	var out []string
	if p, e := prometheus.summary(), embedded.summary(); p != e {
		out = append(out, fmt.Sprintf("verdict: Prometheus %s, embedded %s", p, e))
	}
	if p, e := spentToday(prometheus), spentToday(embedded); math.Abs(p-e) > countedIn.Seconds()*costRate(embedded)+tolerance*p {
		out = append(out, fmt.Sprintf("cost of today: Prometheus %g, embedded %g", p, e))
	}
	for _, part := range []struct{ name, diff string }{
		{"readings", gocmp.Diff(prometheus.readings, embedded.readings, alike...)},
		{"alerts", gocmp.Diff(prometheus.alerts, embedded.alerts)},
		{"series", gocmp.Diff(prometheus.series, embedded.series, alike...)},
	} {
		if part.diff != "" {
			out = append(out, part.name+" (-Prometheus +embedded):\n"+part.diff)
		}
	}
	return strings.Join(out, "\n")
}

func spentToday(s sight) float64 { return orZero(s.readings.CostToday) }

func costRate(s sight) float64 { return orZero(s.readings.CostRate) }

func orZero(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// judgeable leaves out when rules were evaluated last, which is not at the same time, and
// what was spent, which is compared by itself.
var judgeable = gocmp.Options{
	cmpopts.IgnoreFields(health.Readings{}, "Age", "CostToday", "CostMonth"),
	cmpopts.IgnoreMapEntries(func(name string, _ float64) bool { return otherwise.MatchString(name) }),
	cmpopts.SortSlices(func(a, b health.Stage) int { return cmp.Compare(a.Name, b.Name) }),
	cmpopts.EquateEmpty(),
}

var otherwise = regexp.MustCompile("^ragmonitor:(evaluation:timestamp_seconds|cost_(today|month)_usd:sum)")

var (
	// alike compares figures as well, present only whether there are any: those of two
	// scrapes of live traffic are not the same.
	alike   = gocmp.Options{judgeable, gocmp.Comparer(near)}
	present = gocmp.Options{judgeable, gocmp.Comparer(func(_, _ float64) bool { return true })}
)

func near(a, b float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b))
}

// patience is how long anything may take. An idle machine needs a tenth of it.
const patience = 5 * time.Minute

// eventually waits until problem is empty, and shows who, if anybody, when it never is.
func eventually(t *testing.T, problem func() string, who ...fmt.Stringer) {
	t.Helper()
	last := ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if last = problem(); last == "" {
			return
		}
		<-time.After(200 * time.Millisecond)
	}
	t.Fatalf("%s\n%v", last, who)
}

// sorted are the RAGMonitors in the order of their names.
func sorted[V any](of map[health.Key]V) []health.Key {
	return slices.SortedFunc(maps.Keys(of), func(a, b health.Key) int { return cmp.Compare(a.Name, b.Name) })
}
