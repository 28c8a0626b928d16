package status

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

func TestTransitions(t *testing.T) {
	type end struct {
		health     v1alpha1.Health
		bottleneck string
		cost       *v1alpha1.CostReading
	}
	spent := func(day, share string) *v1alpha1.CostReading {
		return &v1alpha1.CostReading{Day: day, BudgetSpent: share}
	}
	// part says a verdict of readings that were measured; without data where there
	// is none.
	part := func(e end) HealthPart {
		v := health.Verdict{Health: e.health, Reason: v1alpha1.ReasonRulesNotLoaded}
		switch e.health {
		case v1alpha1.HealthHealthy:
			v.Reason, v.DataAvailable = v1alpha1.ReasonObjectivesMet, true
		case v1alpha1.HealthNoTraffic:
			v.Reason, v.DataAvailable = v1alpha1.ReasonNoRequests, true
		case v1alpha1.HealthDegraded, v1alpha1.HealthCritical:
			v.Reason, v.DataAvailable = v1alpha1.ReasonLatencyHigh, true
		case v1alpha1.HealthNoData, v1alpha1.HealthStale, v1alpha1.HealthUnknown:
		}
		if e.bottleneck != "" {
			v.Bottleneck = &health.Stage{Name: e.bottleneck}
		}
		o := seen(v, measured())
		o.Cost = e.cost
		return Health(watched(), o, now)
	}
	const (
		slowNow = "Request p95 is 2.4s, objective 2s."
		noRules = "The metric source has no result of this RAGMonitor's rules: check that its Prometheus selects the PrometheusRule (ruleSelector, ruleNamespaceSelector)."
	)
	for name, tc := range map[string]struct {
		before, after end
		want          []Event
	}{
		"nothing":      {before: end{health: "Healthy"}, after: end{health: "Healthy"}},
		"another word": {before: end{health: "Healthy"}, after: end{health: "Degraded"}, want: []Event{{"Warning", "HealthChanged", "Degraded: " + slowNow + " It was Healthy."}}},
		"back":         {before: end{health: "Degraded"}, after: end{health: "Healthy"}, want: []Event{{"Normal", "HealthChanged", "Healthy: Every objective that is measured is met. It was Degraded."}}},
		"rest":         {before: end{health: "Healthy"}, after: end{health: "NoTraffic"}, want: []Event{{"Normal", "HealthChanged", "NoTraffic: The service is up and had no requests to judge by. It was Healthy."}}},
		"data that goes": {
			before: end{health: "Healthy"}, after: end{health: "NoData"}, want: []Event{{"Warning", "HealthChanged", "NoData: " + noRules + " It was Healthy."}},
		},
		"the first word, when nothing is known yet": {after: end{health: "NoData"}},
		"the first word, when all is well":          {after: end{health: "Healthy"}},
		"the first word, when it is bad":            {after: end{health: "Degraded"}, want: []Event{{"Warning", "HealthChanged", "Degraded: " + slowNow}}},
		"a bottleneck": {
			before: end{health: "Healthy"}, after: end{health: "Healthy", bottleneck: "generation"},
			want: []Event{{"Warning", "BottleneckChanged", "Generation is the bottleneck, with 60% of the request."}},
		},
		"another bottleneck": {
			before: end{health: "Healthy", bottleneck: "retrieval"}, after: end{health: "Healthy", bottleneck: "generation"},
			want: []Event{{"Warning", "BottleneckChanged", "Generation is the bottleneck, with 60% of the request; it was retrieval."}},
		},
		"the same bottleneck": {before: end{health: "Healthy", bottleneck: "retrieval"}, after: end{health: "Healthy", bottleneck: "retrieval"}},
		"no bottleneck": {
			before: end{health: "Healthy", bottleneck: "retrieval"}, after: end{health: "Healthy"},
			want: []Event{{"Normal", "BottleneckGone", "Retrieval is no bottleneck any more."}},
		},
		"no data is not the end of a bottleneck": {
			before: end{health: "Degraded", bottleneck: "retrieval"}, after: end{health: "NoData"},
			want: []Event{{"Warning", "HealthChanged", "NoData: " + noRules + " It was Degraded."}},
		},
		"half of the budget": {
			before: end{cost: spent("2026-11-12", "49%")}, after: end{cost: spent("2026-11-13", "51%")},
			want: []Event{{"Normal", "BudgetSpent", "51% of the cost budget of this period is spent."}},
		},
		"more of the budget, between two thresholds": {before: end{cost: spent("2026-11-12", "51%")}, after: end{cost: spent("2026-11-13", "79%")}},
		"four fifths of the budget": {
			before: end{cost: spent("2026-11-12", "51%")},
			after:  end{cost: &v1alpha1.CostReading{Day: "2026-11-13", BudgetSpent: "80%", BudgetExceededOn: "2026-11-27"}},
			want:   []Event{{"Warning", "BudgetSpent", "80% of the cost budget of this period is spent. At the present rate it is used up on 2026-11-27."}},
		},
		"all of the budget": {
			before: end{cost: spent("2026-11-12", "90%")},
			after:  end{cost: &v1alpha1.CostReading{Day: "2026-11-13", BudgetSpent: "100%", BudgetExceededOn: "2026-11-13"}},
			want:   []Event{{"Warning", "BudgetSpent", "100% of the cost budget of this period is spent."}},
		},
		"two thresholds at once: the higher": {
			before: end{cost: spent("2026-11-12", "40%")}, after: end{cost: spent("2026-11-13", "120%")},
			want: []Event{{"Warning", "BudgetSpent", "120% of the cost budget of this period is spent."}},
		},
		"a new period": {before: end{cost: spent("2026-11-30", "110%")}, after: end{cost: spent("2026-12-01", "1%")}},
		"a new period, of which much is gone when we look": {
			before: end{cost: spent("2026-11-30", "110%")}, after: end{cost: spent("2026-12-17", "55%")},
			want: []Event{{"Normal", "BudgetSpent", "55% of the cost budget of this period is spent."}},
		},
		"a correction is no new period": {before: end{cost: spent("2026-11-12", "82%")}, after: end{cost: spent("2026-11-12", "81%")}},
		"a cost that is known for the first time": {
			after: end{cost: spent("2026-11-12", "85%")}, want: []Event{{"Warning", "BudgetSpent", "85% of the cost budget of this period is spent."}},
		},
		"a cost without a budget": {before: end{cost: spent("2026-11-12", "")}, after: end{cost: spent("2026-11-13", "")}},
		"a cost that goes":        {before: end{cost: spent("2026-11-12", "82%")}},
	} {
		t.Run(name, func(t *testing.T) {
			before := v1alpha1.RAGMonitorStatus{Health: tc.before.health, Cost: tc.before.cost}
			if tc.before.bottleneck != "" {
				before.Bottleneck = &v1alpha1.Bottleneck{Stage: tc.before.bottleneck}
			}
			after := part(tc.after)
			if d := cmp.Diff(tc.want, Transitions(before, after)); d != "" {
				t.Errorf("events (-want +got):\n%s", d)
			}
			if again := Transitions(saying(watched(), after).Status, after); len(again) > 0 {
				t.Errorf("told again, with nothing changed: %v", again)
			}
		})
	}
}
