package rules_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

const burningIn = `  alerts: {mode: BurnIn}`

// pages are how often each alert would have paged, for those that would have.
func (e engine) pages(at time.Duration) map[string]float64 {
	found := map[string]float64{}
	for _, sample := range e.vector(rules.BurnInPages+" > 0", at) {
		found[sample.Metric.Get("alert")] = sample.F
	}
	return found
}

// TestBurnInPages has episodes of an alert that waits for one minute.
func TestBurnInPages(t *testing.T) {
	const alert = "RAGRateLimitLow"
	for name, tc := range map[string]struct {
		spec   string
		load   string
		want   map[string]float64
		firing []string
	}{
		"an episode that ended counts": {
			load: `rag_rate_limit_remaining 100x5 99x3 100x5`,
			want: map[string]float64{alert: 1},
		},
		"an episode that has not ended counts": {
			load: `rag_rate_limit_remaining 100x5 99x3`,
			want: map[string]float64{alert: 1},
		},
		"an episode that was there from the beginning counts": {
			load: `rag_rate_limit_remaining 99x5`,
			want: map[string]float64{alert: 1},
		},
		"one that has not ended counts besides those that have": {
			load: `rag_rate_limit_remaining 99x3 100x3 99x3 100x3 99x3`,
			want: map[string]float64{alert: 3},
		},
		"one that is as long as the alert waits counts": {
			load: `rag_rate_limit_remaining 100x5 99 99 100x5`,
			want: map[string]float64{alert: 1},
		},
		"one that is shorter does not": {
			load: `rag_rate_limit_remaining 100x5 99 100x5`,
		},
		"many that are shorter do not": {
			load: `rag_rate_limit_remaining 100 99 100 99 100 99 100 99 100`,
		},
		"one that just began does not yet": {
			load: `rag_rate_limit_remaining 100x5 99`,
		},
		"one without a wait counts at once": {
			spec: `  alerts: {mode: BurnIn, overrides: [{alert: RAGRateLimitLow, for: 0s}]}`,
			load: `rag_rate_limit_remaining 100 99 100 99 100 99`,
			want: map[string]float64{alert: 3},
		},
		"a wait that is no multiple of the interval is rounded up, as Prometheus does": {
			spec: `  alerts: {mode: BurnIn, overrides: [{alert: RAGRateLimitLow, for: 90s}]}`,
			load: `rag_rate_limit_remaining 100 99 99 100x3 99 99 99 100x3`,
			want: map[string]float64{alert: 1},
		},
		"alerts that notify are not counted": {
			spec:   `  alerts: {mode: Notify}`,
			load:   `rag_rate_limit_remaining 99x5`,
			firing: []string{alert},
		},
		"one alert of those that notify burns in": {
			spec: `  alerts: {overrides: [{alert: RAGRateLimitLow, mode: BurnIn}]}`,
			load: `rag_rate_limit_remaining 99x12
			       ` + slowRequests,
			want:   map[string]float64{alert: 1},
			firing: []string{"RAGLatencyHigh"},
		},
		"one alert of those that burn in notifies": {
			spec: `  alerts: {mode: BurnIn, overrides: [{alert: RAGRateLimitLow, mode: Notify}]}`,
			load: `rag_rate_limit_remaining 99x12
			       ` + slowRequests,
			want:   map[string]float64{"RAGLatencyHigh": 1},
			firing: []string{alert},
		},
		"one that is off is not counted": {
			spec: `  alerts: {mode: BurnIn, overrides: [{alert: RAGRateLimitLow, mode: "Off"}]}`,
			load: `rag_rate_limit_remaining 99x5`,
		},
		"an alert of the user's own burns in with the others": {
			spec: `  alerts: {mode: BurnIn, custom: [{name: Crowded, expression: rag_active_requests > 5, for: 1m, summary: Crowded}]}`,
			load: `rag_active_requests 6x2 5x2 6x2 5x2 6 5`,
			want: map[string]float64{"Crowded": 2},
		},
		"an alert of the user's own burns in alone": {
			spec: `  alerts: {custom: [{name: Crowded, expression: rag_active_requests > 5, for: 1m, summary: Crowded, mode: BurnIn}]}`,
			load: `rag_active_requests 6x5
			       rag_rate_limit_remaining 99x5`,
			want:   map[string]float64{"Crowded": 1},
			firing: []string{alert},
		},
		"every stage of an alert counts": {
			load: `rag_llm_latency_seconds_bucket{le="10"} 0x12
			       rag_llm_latency_seconds_bucket{le="20"} 0+100x12
			       rag_llm_latency_seconds_bucket{le="+Inf"} 0+100x12
			       rag_llm_latency_seconds_count 0+100x12
			       rag_retrieval_latency_seconds_bucket{le="10"} 0x12
			       rag_retrieval_latency_seconds_bucket{le="20"} 0+100x12
			       rag_retrieval_latency_seconds_bucket{le="+Inf"} 0+100x12
			       rag_retrieval_latency_seconds_count 0+100x12`,
			want: map[string]float64{"RAGStageLatencyHigh": 2},
		},
		"every pair of windows of an SLO counts": {
			spec: burningIn + `
  slos: [{name: availability, objective: "99", period: 1d}]`,
			load: `rag_requests_total{status="success"} 0+965x5
			       rag_requests_total{status="error"} 0+35x5`,
			want: map[string]float64{"RAGErrorBudgetBurn": 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.spec == "" {
				tc.spec = burningIn
			}
			p := alertCases{monitor: speaking("rag", tc.spec)}.play(t, tc.load, nil)
			// The count reads what was recorded one evaluation before.
			p.runAt(p.end + caseStep)
			want := maps.Clone(tc.want)
			if want == nil {
				want = map[string]float64{}
			}
			if diff := cmp.Diff(want, p.pages(p.end+caseStep)); diff != "" {
				t.Errorf("pages (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(append(names{}, tc.firing...), p.firing[p.end]); diff != "" {
				t.Errorf("firing alerts (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBurnInIsSentNowhere: what is not a rule for alerts cannot page anybody.
func TestBurnInIsSentNowhere(t *testing.T) {
	e := newEngineAt(t, speaking("rag", burningIn), time.Unix(0, 0))
	for _, g := range e.groups {
		for _, rule := range g.AlertingRules() {
			t.Errorf("%s is an alert in group %s", rule.Name(), g.Name())
		}
	}
	recorded := map[string]bool{}
	for _, g := range e.groups {
		for _, rule := range g.Rules() {
			if rule.Name() == rules.BurnInCondition {
				recorded[rule.Labels().Get("alert")] = true
			}
		}
	}
	notifying := newEngineAt(t, speaking("rag"), time.Unix(0, 0))
	var want []string
	for name := range notifying.active() {
		want = append(want, name)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(recorded))); diff != "" {
		t.Errorf("alerts that burn in, of those that would notify (-want +got):\n%s", diff)
	}
}

// TestBurnInAgreesWithPrometheus plays the cases of some alerts in both modes: an
// alert would have paged exactly where it fires.
func TestBurnInAgreesWithPrometheus(t *testing.T) {
	all := everyAlert()
	for _, alert := range []string{"RAGServiceDown", "RAGErrorRatioHigh", "RAGStageLatencyHigh", "RAGToolErrorRatioHigh", "RAGCacheCollapse", "RAGDiskHigh"} {
		t.Run(alert, func(t *testing.T) {
			t.Parallel()
			tc := all[alert]
			notified := tc.play(t, tc.over, lived, alert)
			tc.monitor += burningIn + "\n"
			rehearsed := tc.play(t, tc.over, lived)
			for at := time.Duration(0); at <= notified.end; at += caseStep {
				want := notified.firing[at].has(alert)
				got := len(rehearsed.vector(rules.BurnInFiring+`{alert="`+alert+`"} > 0`, rehearsed.start+at)) > 0
				if got != want {
					t.Errorf("after %s it would fire: %v, and fires: %v", at, got, want)
				}
			}
		})
	}
}
