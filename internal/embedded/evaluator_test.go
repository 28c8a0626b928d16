package embedded

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
)

// alone is an evaluator without an engine around it, at times that a test chooses.
func alone(t *testing.T, groups ...rulefmt.RuleGroup) (*evaluator, func(expr string, at time.Time) float64) {
	t.Helper()
	dir := t.TempDir()
	m := newMetrics()
	e := &Engine{config: Config{Limits: Limits{}.withDefaults()}, metrics: m, querier: newQuerier(1000)}
	s, err := openStore(dir, e.config.Limits, testLogger(t), m.reached)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	p, err := makePlan(groups, e.config.Limits)
	if err != nil {
		t.Fatal(err)
	}
	evaluator := newEvaluator(bot, newRunner(t.Context(), e, s).options, m, false)
	evaluator.next.Store(p)
	return evaluator, func(expr string, at time.Time) float64 {
		t.Helper()
		query, err := e.querier.NewInstantQuery(t.Context(), s, nil, expr, at)
		if err != nil {
			t.Fatal(err)
		}
		defer query.Close()
		vector, err := query.Exec(t.Context()).Vector()
		if err != nil || len(vector) != 1 {
			t.Fatalf("%s at %s: %v, %v", expr, at, vector, err)
		}
		return vector[0].F
	}
}

func counting(name string, interval time.Duration, expr string) rulefmt.RuleGroup {
	return rulefmt.RuleGroup{Name: name, Interval: promconfig.Duration(interval), Rules: []rulefmt.Rule{record(bot, "ragmonitor:"+name+":time", expr)}}
}

func TestGroupsAreEvaluatedInTheirTurn(t *testing.T) {
	e, read := alone(t, counting("half", 30*time.Second, "time()"), counting("whole", time.Minute, "ragmonitor:half:time"))
	start := time.Now().Truncate(time.Hour)
	e.evaluate(t.Context(), start)
	if e.due(start) {
		t.Error("nothing is due before the first slot")
	}
	var last time.Time
	for at := start; at.Before(start.Add(5 * time.Minute)); at = at.Add(time.Second) {
		if e.due(at) {
			e.evaluate(t.Context(), at)
			last = at
		}
	}
	if got := read("count_over_time(ragmonitor:half:time[5m])", last); got != 10 {
		t.Errorf("the group of half a minute was evaluated %v times in five minutes", got)
	}
	if got := read("count_over_time(ragmonitor:whole:time[5m])", last); got != 5 {
		t.Errorf("the group of a minute was evaluated %v times in five minutes", got)
	}
	// What a later group reads of an earlier one is of the same time.
	if got := read("max(abs(timestamp(ragmonitor:whole:time) - ragmonitor:whole:time))", last); got > 0.001 {
		t.Errorf("the later group reads what is %v s old", got)
	}
	if got := testutil.ToFloat64(e.metrics.skipped); got != 0 {
		t.Errorf("%v evaluations were skipped, must be none", got)
	}
	e.evaluate(t.Context(), last.Add(5*time.Minute))
	if got := testutil.ToFloat64(e.metrics.skipped); got != 9+4 {
		t.Errorf("%v evaluations were skipped in five minutes, must be 13", got)
	}
}

func TestAGroupWithoutIntervalHasThatOfThePrometheusOperator(t *testing.T) {
	e, read := alone(t, counting("none", 0, "time()"))
	start := time.Now().Truncate(time.Hour)
	for at := start; !at.After(start.Add(5 * time.Minute)); at = at.Add(time.Second) {
		if e.due(at) {
			e.evaluate(t.Context(), at)
		}
	}
	if got := read("count_over_time(ragmonitor:none:time[5m])", start.Add(5*time.Minute)); got != 10 {
		t.Errorf("the group was evaluated %v times in five minutes", got)
	}
}

func TestRAGMonitorsAreEvaluatedAtDifferentTimes(t *testing.T) {
	slots := map[time.Time]bool{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		e := newEvaluator(Key{"rag", name}, nil, nil, false)
		slots[e.slot(time.Unix(1_000_000, 0), time.Minute)] = true
	}
	if len(slots) < 8 {
		t.Errorf("eight RAGMonitors share %d times", len(slots))
	}
}

func TestStateOfAlertsIsRestoredAfterTwoEvaluations(t *testing.T) {
	e, read := alone(t, rulefmt.RuleGroup{Name: "alerts", Interval: promconfig.Duration(time.Minute), Rules: []rulefmt.Rule{hurry("vector(1)", time.Hour)}})
	e.restores = true
	start := time.Now().Truncate(time.Hour)
	for minute := range 4 {
		e.evaluate(t.Context(), start.Add(time.Duration(minute)*time.Minute))
	}
	at := start.Add(3 * time.Minute)
	// Before its state is restored, an alert does not overwrite what it was.
	for _, metric := range []string{"ALERTS", "ALERTS_FOR_STATE"} {
		if got := read("count_over_time("+metric+"[10m])", at); got != 1 {
			t.Errorf("%s was written %v times in three evaluations, must be once", metric, got)
		}
	}
}

// TestSeriesOfFailingRulesAreOutdated: those that are recorded from them as well, until
// the rule does not fail any more.
func TestSeriesOfFailingRulesAreOutdated(t *testing.T) {
	const twoAlike = `label_replace(vector(1), "a", "b", "", "") or label_replace(vector(1), "a", "c", "", "")`
	group := func(first string) rulefmt.RuleGroup {
		return rulefmt.RuleGroup{Name: "g", Interval: promconfig.Duration(time.Minute), Rules: []rulefmt.Rule{
			record(bot, "ragmonitor:first:rate", first), record(bot, "ragmonitor:fine:rate", "vector(1)"),
			record(bot, "ragmonitor:second:ratio", "ragmonitor:first:rate / ragmonitor:fine:rate"),
			record(bot, "ragmonitor:third:ratio", "ragmonitor:second:ratio * 2"),
		}}
	}
	e, _ := alone(t, group(`label_replace(`+twoAlike+`, "a", "", "a", ".*")`))
	start := time.Now().Truncate(time.Hour)
	e.evaluate(t.Context(), start)
	var first time.Time
	for minute := range 3 {
		e.evaluate(t.Context(), start.Add(time.Duration(minute+1)*time.Minute))
		if minute == 0 {
			first = e.groups[0].last
		}
	}
	failing, outdated := e.failures()
	want := map[string]time.Time{"ragmonitor:first:rate": first, "ragmonitor:second:ratio": first, "ragmonitor:third:ratio": first}
	if d := cmp.Diff(want, outdated); d != "" || len(failing) != 1 {
		t.Errorf("outdated (-want +got):\n%s\nfailing: %v", d, failing)
	}

	p, err := makePlan([]rulefmt.RuleGroup{group("vector(1)")}, Limits{}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	e.next.Store(p)
	e.evaluate(t.Context(), start.Add(5*time.Minute))
	if failing, outdated := e.failures(); len(failing)+len(outdated) > 0 {
		t.Errorf("failing are still %v, outdated %v", failing, outdated)
	}
}
