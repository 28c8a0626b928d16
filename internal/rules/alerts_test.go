package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/rules"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

// steady is traffic that raises no alert, for two hours.
const steady = `rag_requests_total{` + target + `,status="success"} 0+100x720
`

// latency returns histogram series in which a tenth of the calls takes slow
// seconds and the rest at most 0.1 s.
func latency(metric, slow string) string {
	return metric + `_bucket{` + target + `,le="0.1"} 0+90x720
	` + metric + `_bucket{` + target + `,le="` + slow + `"} 0+100x720
	` + metric + `_bucket{` + target + `,le="+Inf"} 0+100x720
	` + metric + `_count{` + target + `} 0+100x720
	`
}

func TestAlerts(t *testing.T) {
	for name, tc := range map[string]struct {
		spec string
		load string
		at   time.Duration
		want []string
	}{
		"a healthy service raises none": {
			load: steady + latency("rag_query_latency_seconds", "1") + latency("rag_llm_latency_seconds", "1"),
			at:   time.Hour,
		},
		"no series at all raise none": {
			load: `up{namespace="other"} 1x720`,
			at:   time.Hour,
		},
		"a service that answers no scrape fires": {
			load: `up{` + target + `} 0x720`,
			at:   5 * time.Minute, want: []string{"RAGServiceDown"},
		},
		"a service that answers no scrape fires only after two minutes": {
			load: `up{` + target + `} 0x720`,
			at:   90 * time.Second,
		},
		"one of two targets down fires": {
			load: `up{` + target + `} 1x720
			       up{` + target + `,pod="b"} 0x720`,
			at: 10 * time.Minute, want: []string{"RAGTargetsDown"},
		},
		"targets that answer do not": {
			load: `up{` + target + `} 1x720
			       up{` + target + `,pod="b"} 1x720`,
			at: 10 * time.Minute,
		},
		"targets that went away with their pods do not": {
			load: `up{` + target + `} 1x720
			       up{` + target + `,pod="b"} 1x20`,
			at: 30 * time.Minute,
		},
		"errors above the objective fire": {
			load: `rag_requests_total{` + target + `,status="success"} 0+94x720
			       rag_requests_total{` + target + `,status="error"} 0+6x720`,
			at: 10 * time.Minute, want: []string{"RAGErrorRatioHigh"},
		},
		"errors at the objective do not": {
			load: `rag_requests_total{` + target + `,status="success"} 0+95x720
			       rag_requests_total{` + target + `,status="error"} 0+5x720`,
			at: 10 * time.Minute,
		},
		"errors fire only after two minutes": {
			load: `rag_requests_total{` + target + `,status="success"} 0+94x720
			       rag_requests_total{` + target + `,status="error"} 0+6x720`,
			at: 2 * time.Minute,
		},
		"errors are silent once the service is idle": {
			load: `rag_requests_total{` + target + `,status="success"} 0+50x60 3000+0x300
			       rag_requests_total{` + target + `,status="error"} 0+50x60 3000+0x300`,
			at: 30 * time.Minute,
		},
		"errors survive a counter reset": {
			load: `rag_requests_total{` + target + `,status="success"} 0+94x90 0+94x90
			       rag_requests_total{` + target + `,status="error"} 0+6x90 0+6x90`,
			at: 16 * time.Minute, want: []string{"RAGErrorRatioHigh"},
		},
		"slow requests fire": {
			load: latency("rag_query_latency_seconds", "5"),
			at:   10 * time.Minute, want: []string{"RAGLatencyHigh"},
		},
		"slow requests fire only after five minutes": {
			load: latency("rag_query_latency_seconds", "5"),
			at:   5 * time.Minute,
		},
		"a slow stage fires for that stage": {
			load: latency("rag_retrieval_latency_seconds", "1") + latency("rag_llm_latency_seconds", "1"),
			at:   10 * time.Minute, want: []string{"RAGStageLatencyHigh/retrieval"},
		},
		"a day above its budget fires": {
			// 0.0012 dollars a second are 103.68 a day.
			load: steady + `rag_total_cost_usd{` + target + `,model="a"} 0+0.007x720
			       rag_total_cost_usd{` + target + `,model="b"} 0+0.005x720`,
			at: 100 * time.Minute, want: []string{"RAGCostPerDayHigh"},
		},
		"a day below its budget does not": {
			load: steady + `rag_total_cost_usd{` + target + `,model="a"} 0+0.011x720`,
			at:   100 * time.Minute,
		},
		"expensive requests fire": {
			load: latency("rag_cost_per_query_usd", "0.5"),
			at:   20 * time.Minute, want: []string{"RAGCostPerRequestHigh"},
		},
		"a cache that seldom hits fires": {
			load: `rag_cache_operations_total{` + target + `,hit="true"} 0+29x720
			       rag_cache_operations_total{` + target + `,hit="false"} 0+71x720`,
			at: 20 * time.Minute, want: []string{"RAGCacheHitRatioLow"},
		},
		"a cache that nobody asks does not": {
			load: `rag_cache_operations_total{` + target + `,hit="true"} 5+0x720
			       rag_cache_operations_total{` + target + `,hit="false"} 95+0x720
			       rag_cache_hit_rate{` + target + `} 0x720`,
			at: 20 * time.Minute,
		},
		"a nearly used rate limit fires": {
			load: `rag_rate_limit_remaining{` + target + `} 99x720`,
			at:   5 * time.Minute, want: []string{"RAGRateLimitLow"},
		},
		"a rate limit at the objective does not": {
			load: `rag_rate_limit_remaining{` + target + `} 100x720`,
			at:   5 * time.Minute,
		},
		"irrelevant answers fire": {
			load: latency("rag_response_relevance_score", "0.6") + latency("rag_context_precision", "0.6"),
			at:   30 * time.Minute, want: []string{"RAGContextPrecisionLow", "RAGRelevanceLow"},
		},
		"relevant answers do not": {
			load: `rag_response_relevance_score_bucket{` + target + `,le="0.8"} 0+10x720
			       rag_response_relevance_score_bucket{` + target + `,le="0.9"} 0+100x720
			       rag_response_relevance_score_bucket{` + target + `,le="+Inf"} 0+100x720
			       rag_response_relevance_score_count{` + target + `} 0+100x720`,
			at: 30 * time.Minute,
		},
		"a handful of irrelevant answers does not, however short the wait": {
			spec: `
  alerts: {overrides: [{alert: RAGRelevanceLow, for: 0s}]}`,
			load: `rag_response_relevance_score_bucket{` + target + `,le="0.1"} 0 0 0 1 2 3 3x720
			       rag_response_relevance_score_bucket{` + target + `,le="+Inf"} 0 0 0 1 2 3 3x720
			       rag_response_relevance_score_count{` + target + `} 0 0 0 1 2 3 3x720`,
			at: 2 * time.Minute,
		},
		"another objective moves the threshold": {
			spec: `
  objectives: {rateLimitRemaining: 10}`,
			load: `rag_rate_limit_remaining{` + target + `} 99x720`,
			at:   5 * time.Minute,
		},
		"an override shortens the wait": {
			spec: `
  alerts: {overrides: [{alert: RAGLatencyHigh, for: 30s}]}`,
			load: latency("rag_query_latency_seconds", "5"),
			at:   2 * time.Minute, want: []string{"RAGLatencyHigh"},
		},
		"an override silences one alert": {
			spec: `
  alerts: {overrides: [{alert: RAGLatencyHigh, mode: "Off"}]}`,
			load: latency("rag_query_latency_seconds", "5") + `rag_rate_limit_remaining{` + target + `} 9x720`,
			at:   10 * time.Minute, want: []string{"RAGRateLimitLow"},
		},
		"an override keeps one alert of those that are off": {
			spec: `
  alerts: {mode: "Off", overrides: [{alert: RAGLatencyHigh, mode: Notify}]}`,
			load: latency("rag_query_latency_seconds", "5") + `rag_rate_limit_remaining{` + target + `} 9x720`,
			at:   10 * time.Minute, want: []string{"RAGLatencyHigh"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, fixture.Minimal+tc.spec, "load 10s\n"+tc.load)
			e.runUntil(tc.at)
			if tc.want == nil {
				tc.want = []string{}
			}
			if diff := cmp.Diff(tc.want, e.firing()); diff != "" {
				t.Errorf("firing alerts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAlertTexts(t *testing.T) {
	const spec = `
  objectives: {latency: {p95: 1500ms}}
  alerts:
    labels: {team: search}
    overrides: [{alert: RAGLatencyHigh, severity: critical}]`
	e := newEngine(t, fixture.Minimal+spec, "load 10s\n"+latency("rag_query_latency_seconds", "5"))
	e.runUntil(10 * time.Minute)
	for _, g := range e.groups {
		for _, rule := range g.AlertingRules() {
			for _, alert := range rule.ActiveAlerts() {
				checkText(t, alert)
			}
		}
	}
}

func checkText(t *testing.T, alert *rules.Alert) {
	t.Helper()
	want := map[string]string{
		"namespace": "rag", "ragmonitor": "support-bot", "component": "api",
		"severity": "critical", "team": "search", "alertname": "RAGLatencyHigh",
	}
	if diff := cmp.Diff(want, alert.Labels.Map()); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	const description = "The 95th percentile of the request duration of rag/support-bot, component api, is 2.55s; the objective is at most 1s500ms."
	if diff := cmp.Diff(description, alert.Annotations.Get("description")); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
	if got := alert.Annotations.Get("runbook_url"); !strings.HasSuffix(got, "/docs/runbooks/RAGLatencyHigh.md") {
		t.Errorf("runbook is %q", got)
	}
}
