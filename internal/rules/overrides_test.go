package rules_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// slowRequests have a 95th percentile of 3.5 seconds, and nearlyNone is what is left
// of a rate limit.
const (
	slowRequests = `rag_query_latency_seconds_bucket{le="2"} 0+90x12
	                rag_query_latency_seconds_bucket{le="5"} 0+100x12
	                rag_query_latency_seconds_bucket{le="+Inf"} 0+100x12
	                rag_query_latency_seconds_count 0+100x12
	                `
	nearlyNone = `rag_rate_limit_remaining 99x12
	              `
)

func TestOverrides(t *testing.T) {
	for name, tc := range map[string]struct {
		spec string
		load string
		want []string
	}{
		"without any, both fire": {
			load: slowRequests + nearlyNone,
			want: []string{"RAGLatencyHigh", "RAGRateLimitLow"},
		},
		"another objective moves the threshold": {
			spec: `  objectives: {rateLimitRemaining: 10, latency: {p95: 4s}}`,
			load: slowRequests + nearlyNone,
		},
		"another threshold goes before the objective": {
			spec: `  objectives: {rateLimitRemaining: 10}
  alerts: {overrides: [{alert: RAGRateLimitLow, threshold: "99.5"}, {alert: RAGLatencyHigh, threshold: "3.6"}]}`,
			load: slowRequests + nearlyNone,
			want: []string{"RAGRateLimitLow"},
		},
		"another threshold moves that of an alert without objective": {
			spec: `  alerts: {overrides: [{alert: RAGRetrievalEmpty, threshold: "0.01"}]}`,
			load: `rag_requests_total{status="success"} 0+100x12
			       rag_empty_retrieval_total 0+2x12`,
			want: []string{"RAGRetrievalEmpty"},
		},
		"another threshold moves that of every stage": {
			spec: `  alerts: {overrides: [{alert: RAGStageLatencyHigh, threshold: "0.04"}]}`,
			load: `rag_llm_latency_seconds_bucket{le="0.1"} 0+100x12
			       rag_llm_latency_seconds_bucket{le="+Inf"} 0+100x12
			       rag_llm_latency_seconds_count 0+100x12
			       rag_retrieval_latency_seconds_bucket{le="0.1"} 0+100x12
			       rag_retrieval_latency_seconds_bucket{le="+Inf"} 0+100x12
			       rag_retrieval_latency_seconds_count 0+100x12`,
			want: []string{"RAGStageLatencyHigh/generation", "RAGStageLatencyHigh/retrieval"},
		},
		"a longer wait keeps one silent": {
			spec: `  alerts: {overrides: [{alert: RAGLatencyHigh, for: 13m}]}`,
			load: slowRequests + nearlyNone,
			want: []string{"RAGRateLimitLow"},
		},
		"no wait lets one fire at once": {
			spec: `  alerts: {overrides: [{alert: RAGRateLimitLow, for: 0s}]}`,
			load: `rag_rate_limit_remaining 100x11 99`,
			want: []string{"RAGRateLimitLow"},
		},
		"one that is off does not exist": {
			spec: `  alerts: {overrides: [{alert: RAGLatencyHigh, mode: "Off"}]}`,
			load: slowRequests + nearlyNone,
			want: []string{"RAGRateLimitLow"},
		},
		"all are off": {
			spec: `  alerts: {mode: "Off"}`,
			load: slowRequests + nearlyNone,
		},
		"one is kept of those that are off": {
			spec: `  alerts: {mode: "Off", overrides: [{alert: RAGLatencyHigh, mode: Notify}]}`,
			load: slowRequests + nearlyNone,
			want: []string{"RAGLatencyHigh"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := alertCases{monitor: speaking("rag", tc.spec)}.play(t, tc.load, nil, alertNames(t)...)
			if diff := cmp.Diff(append([]string{}, tc.want...), p.engine.firing()); diff != "" {
				t.Errorf("firing alerts (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLabels has labels that admission would refuse: what the operator says of an
// alert must not be replaced all the same.
func TestLabels(t *testing.T) {
	const spec = `
  slos: [{name: availability, objective: "99", period: 1d}]
  alerts:
    labels: {team: search, tier: gold, namespace: other, ragmonitor: other, severity: none, signal: other, slo: other, long: 1s, exhaustion: never}
    overrides:
    - {alert: RAGLatencyHigh, severity: critical, labels: {tier: silver, escalation: night, namespace: other, signal: other}}
    - {alert: RAGErrorBudgetBurn, severity: info}
    custom:
    - {name: Crowded, expression: rag_active_requests > 5, for: 0s, severity: info, summary: Crowded, labels: {tier: bronze, ragmonitor: other}}`
	p := alertCases{monitor: speaking("rag", spec)}.play(t, slowRequests+nearlyNone+`rag_active_requests 6x12
		rag_requests_total{status="success"} 0+985x12
		rag_requests_total{status="error"} 0+15x12`, nil)

	ours := map[string]string{"namespace": "rag", "ragmonitor": "support-bot", "team": "search", "tier": "gold"}
	scraped := map[string]string{"component": "api", "job": "api", "instance": "10.0.0.1:8000"}
	with := func(more ...map[string]string) map[string]string {
		out := maps.Clone(ours)
		for _, m := range more {
			maps.Copy(out, m)
		}
		return out
	}
	everyBudget := map[string]string{"slo": "availability", "long": "2h24m", "short": "12m", "exhaustion": "1d", "severity": "info", "signal": "errorBudget"}
	for alert, want := range map[string]map[string]string{
		"RAGRateLimitLow": with(map[string]string{"component": "api", "severity": "warning", "signal": "rateLimit", "slo": "other", "long": "1s", "exhaustion": "never"}),
		"RAGLatencyHigh": with(map[string]string{
			"component": "api", "severity": "critical", "signal": "latency", "tier": "silver", "escalation": "night", "slo": "other", "long": "1s", "exhaustion": "never",
		}),
		"RAGErrorBudgetBurn": with(everyBudget),
		"Crowded":            with(scraped, map[string]string{"severity": "info", "signal": "Crowded", "tier": "bronze", "slo": "other", "long": "1s", "exhaustion": "never"}),
	} {
		active := p.alerts[p.end][alert]
		if len(active) != 1 {
			t.Errorf("%s is active %d times, must be once", alert, len(active))
			continue
		}
		want["alertname"] = alert
		if diff := cmp.Diff(want, active[0].Labels.Map()); diff != "" {
			t.Errorf("labels of %s (-want +got):\n%s", alert, diff)
		}
	}
}

func TestTexts(t *testing.T) {
	const spec = `
  slos: [{name: availability, objective: "99", period: 1d}]
  alerts: {overrides: [{alert: RAGRetrievalEmpty, threshold: "0.015"}]}`
	p := alertCases{monitor: speaking("rag", spec)}.play(t, slowRequests+`
		rag_requests_total{status="success"} 0+985x12
		rag_requests_total{status="error"} 0+15x12
		rag_empty_retrieval_total 0+20x12`, nil)
	for alert, want := range map[string]string{
		"RAGLatencyHigh":     "The 95th percentile of the request duration of rag/support-bot, component api, is 3.5s; the objective is at most 2s.",
		"RAGRetrievalEmpty":  "2% of the retrievals of rag/support-bot, component api, find no document; at most 1.5 % is acceptable.",
		"RAGErrorBudgetBurn": "In the last 2h24m 1.5% of the requests to rag/support-bot were bad, and in the last 12m there were still too many. That is more than 1 times what SLO availability allows: at 1 times, the budget of 1d is gone in 1d.",
	} {
		active := p.alerts[p.end][alert]
		if len(active) != 1 {
			t.Errorf("%s is active %d times, must be once", alert, len(active))
			continue
		}
		if diff := cmp.Diff(want, active[0].Annotations.Get("description")); diff != "" {
			t.Errorf("description of %s (-want +got):\n%s", alert, diff)
		}
		if got := active[0].Annotations.Get("runbook_url"); !strings.HasSuffix(got, "/docs/runbooks/"+alert+".md") {
			t.Errorf("runbook of %s is %q", alert, got)
		}
	}
}
