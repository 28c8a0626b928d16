package health_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

// TestNothingIsHealthyForWantOfARule: a rule that fails leaves its series as they were for
// five minutes, and then without samples.
func TestNothingIsHealthyForWantOfARule(t *testing.T) {
	const long = time.Hour
	errors, requests := "ragmonitor:request_errors:rate", "ragmonitor:requests:rate"
	for name, tc := range map[string]struct {
		failing map[string]time.Duration
		edit    edit
		want    string
	}{
		"failures that are not counted any more":       {failing: map[string]time.Duration{errors: long}, edit: func(r *health.Readings) { r.ErrorRate = nil }, want: "Stale/RulesNotEvaluated?"},
		"failures as they were counted long ago":       {failing: map[string]time.Duration{errors: long}, want: "Stale/RulesNotEvaluated?"},
		"a rule that failed for as long as one may":    {failing: map[string]time.Duration{errors: 2 * interval}, want: "Healthy/ObjectivesMet"},
		"a rule that failed for just longer":           {failing: map[string]time.Duration{errors: 2*interval + 1}, want: "Stale/RulesNotEvaluated?"},
		"a series that is shown only":                  {failing: map[string]time.Duration{"ragmonitor:slo_burn_rate:ratio": long}, want: "Healthy/ObjectivesMet"},
		"a series that nobody reads":                   {failing: map[string]time.Duration{"ragmonitor:tool_calls:rate": long}, want: "Healthy/ObjectivesMet"},
		"another objective that is missed":             {failing: map[string]time.Duration{errors: long}, edit: func(r *health.Readings) { *r.LatencyP95 = 9 }, want: "Degraded/LatencyHigh"},
		"requests that are not counted any more":       {failing: map[string]time.Duration{requests: long}, edit: func(r *health.Readings) { r.RequestRate, r.InFlightMin = nil, nil }, want: "Stale/RulesNotEvaluated?"},
		"nothing in flight, and nothing counted":       {failing: map[string]time.Duration{requests: long}, edit: func(r *health.Readings) { r.RequestRate, *r.InFlightMin = nil, 0 }, want: "Stale/RulesNotEvaluated?"},
		"no requests, and a rule of money that fails":  {failing: map[string]time.Duration{"ragmonitor:cost_usd:rate": long}, edit: func(r *health.Readings) { *r.RequestRate, *r.InFlightMin = 0, 0 }, want: "NoTraffic/NoRequests"},
		"targets down, and a rule of money that fails": {failing: map[string]time.Duration{"ragmonitor:cost_usd:rate": long}, edit: func(r *health.Readings) { *r.TargetsUp = 0 }, want: "NoData/TargetsDown?"},
		"rules that have no result at all":             {failing: map[string]time.Duration{requests: long}, edit: func(r *health.Readings) { r.Age = nil }, want: "NoData/RulesNotLoaded?"},
		"a count of targets that is not made any more": {failing: map[string]time.Duration{"ragmonitor:targets:total": long}, edit: func(r *health.Readings) { r.Targets = nil }, want: "Stale/RulesNotEvaluated?"},
		"a component that is down, and old failures":   {failing: map[string]time.Duration{errors: long}, edit: func(r *health.Readings) { r.Down = []string{"llm"} }, want: "Degraded/TargetsDown"},
	} {
		t.Run(name, func(t *testing.T) {
			r := fine()
			if tc.edit != nil {
				tc.edit(&r)
			}
			v := health.Evaluate(r, health.Given{Objectives: objectives, Interval: interval, Failing: tc.failing}, health.Previous{})
			if d := cmp.Diff(tc.want, verdict(v)); d != "" {
				t.Errorf("verdict (-want +got):\n%s", d)
			}
		})
	}
}

// TestEverySeriesThatIsJudgedByCounts has those that are only shown.
func TestEverySeriesThatIsJudgedByCounts(t *testing.T) {
	var shown []string
	for _, name := range health.Series() {
		failing := map[string]time.Duration{name: time.Hour}
		v := health.Evaluate(fine(), health.Given{Objectives: objectives, Interval: interval, Failing: failing}, health.Previous{})
		if v.DataAvailable {
			shown = append(shown, name)
		}
	}
	want := []string{
		"ragmonitor:alert_inputs:missing", "ragmonitor:budget_spent:ratio", "ragmonitor:burn_in_pages:count",
		"ragmonitor:cost_month_usd:sum", "ragmonitor:cost_today_usd:sum",
		"ragmonitor:request_duration_seconds:baseline", "ragmonitor:slo_burn_rate:ratio",
		"ragmonitor:slo_error_budget_remaining:ratio", "ragmonitor:stage_duration_seconds:baseline",
	}
	if d := cmp.Diff(want, shown); d != "" {
		t.Errorf("series that are only shown (-want +got):\n%s", d)
	}
}
