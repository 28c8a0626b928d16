package rules_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// missing are the metrics that alerts lack, by alert.
func (e engine) missing(at time.Duration) map[string]string {
	found := map[string]string{}
	for _, sample := range e.vector(rules.MissingInputs, at) {
		found[sample.Metric.Get("alert")] += sample.Metric.Get("metric")
	}
	return found
}

// everyMetric is all that a RAG service exposes, and the rules read.
const everyMetric = `rag_requests_total{status="success"} 0+60x5
	rag_query_latency_seconds_count 0+60x5
	rag_retrieval_latency_seconds_count 0+60x5
	rag_llm_latency_seconds_count 0+60x5
	rag_active_requests 0x5
	rag_total_cost_usd{model="gpt-4o"} 0+0.01x5
	rag_cost_per_query_usd_count 0+60x5
	rag_cache_operations_total{hit="true"} 0+60x5
	rag_rate_limit_remaining 500x5
	rag_response_relevance_score_count 0+60x5
	rag_context_precision_count 0+60x5
	rag_empty_retrieval_total 0x5`

func TestCoverageAtRuntime(t *testing.T) {
	for name, tc := range map[string]struct {
		monitor string
		before  string
		load    string
		want    map[string]string
	}{
		"who exposes everything lacks nothing": {
			monitor: speaking("rag"),
			load:    everyMetric,
		},
		"who counts requests alone lacks the rest": {
			monitor: speaking("rag"),
			load:    `rag_requests_total{status="success"} 0+60x5`,
			want: map[string]string{
				"RAGRequestsStuck":       "rag_active_requests",
				"RAGLatencyHigh":         "rag_query_latency_seconds",
				"RAGStageLatencyHigh":    "rag_retrieval_latency_seconds",
				"RAGCostPerDayHigh":      "rag_total_cost_usd",
				"RAGCostPerRequestHigh":  "rag_cost_per_query_usd",
				"RAGCostSpike":           "rag_total_cost_usd",
				"RAGCacheHitRatioLow":    "rag_cache_operations_total",
				"RAGCacheCollapse":       "rag_cache_operations_total",
				"RAGRateLimitLow":        "rag_rate_limit_remaining",
				"RAGRelevanceLow":        "rag_response_relevance_score",
				"RAGContextPrecisionLow": "rag_context_precision",
				"RAGRetrievalEmpty":      "rag_empty_retrieval_total",
			},
		},
		"what appears is no longer lacking": {
			monitor: speaking("rag"),
			before:  `rag_requests_total{status="success"} 0+60x5`,
			load:    everyMetric,
		},
		"what disappears is lacking": {
			monitor: speaking("tei"),
			before: `te_request_count 0+60x5
			         te_request_failure 0x5
			         te_request_duration_count 0+60x5
			         te_request_queue_duration_count 0+60x5
			         te_queue_size 0x5`,
			load: `te_request_count 0+60x5
			       te_request_failure 0x5
			       te_request_duration_count 0+60x5
			       te_request_queue_duration_count 0+60x5`,
			want: map[string]string{"RAGQueueBacklog": "te_queue_size"},
		},
		"a counter of failures that begins with the first of them is not lacking": {
			monitor: speaking("tei"),
			load: `te_request_count 0+60x5
			       te_request_duration_count 0+60x5
			       te_request_queue_duration_count 0+60x5
			       te_queue_size 0x5`,
		},
		"any spelling of a metric will do": {
			monitor: speaking("vllm"),
			load: `vllm_request_success_total 0+60x5
			       vllm_e2e_request_latency_seconds_count 0+60x5
			       vllm_request_prefill_time_seconds_count 0+60x5
			       vllm_time_to_first_token_seconds_count 0+60x5
			       vllm_num_requests_running 0x5
			       vllm_num_requests_waiting 0x5
			       vllm_gpu_cache_usage_perc 0x5`,
		},
		"either of the signals that an alert reads will do": {
			monitor: speaking("assistant"),
			load: `http_requests_total{status_code="200"} 0+60x5
			       http_request_duration_seconds_count 0+60x5
			       cache_hit_rate 0.5x5
			       tool_executions_total{tool_name="a",status="success"} 0+60x5`,
		},
		"tokens need not be cached to be priced": {
			monitor: speaking("otel-genai"),
			load: `gen_ai_client_operation_duration_seconds_count{gen_ai_operation_name="chat"} 0+60x5
			       gen_ai_server_time_to_first_token_seconds_count 0+60x5
			       gen_ai_client_token_usage_count{gen_ai_token_type="input"} 0+60x5
			       gen_ai_invoke_workflow_duration_seconds_count 0+60x5`,
		},
		"a metric of another component will do": {
			monitor: speaking("rag", "  - {name: second, vocabulary: rag, selector: {matchLabels: {app: second}}}\n"),
			load: everyMetric + `
			      rag_requests_total{component="second",status="success"} 0+60x5`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := alertCases{monitor: tc.monitor + withoutNodes, before: tc.before, after: time.Hour}.play(t, tc.load, nil)
			want := tc.want
			if want == nil {
				want = map[string]string{}
			}
			if diff := cmp.Diff(want, p.missing(p.start+p.end)); diff != "" {
				t.Errorf("metrics that alerts lack (-want +got):\n%s", diff)
			}
		})
	}
}

// TestUnavailableAlerts: an alert is either rendered, or listed with the signal that
// nobody feeds.
func TestUnavailableAlerts(t *testing.T) {
	for name, tc := range map[string]struct {
		monitor string
		// feeds is what the monitor can raise; all others are unavailable.
		feeds []string
		// lacks is what some of the others lack.
		lacks map[string]string
	}{
		"scores alone": {
			monitor: speaking("ragas"),
			feeds:   slices.Concat(targetAlerts, []string{"RAGRelevanceLow", "RAGContextPrecisionLow"}),
			lacks:   map[string]string{"RAGLatencyHigh": "requestDuration", "RAGDiskHigh": "diskUsage"},
		},
		"a server that counts requests, and no failures": {
			monitor: speaking("vllm"),
			feeds: slices.Concat(targetAlerts, []string{
				"RAGVocabularyDrift", "RAGRequestsStuck", "RAGTrafficDrop", "RAGLatencyHigh",
				"RAGTimeToFirstTokenHigh", "RAGQueueBacklog", "RAGKVCacheSaturated",
			}),
			lacks: map[string]string{"RAGErrorRatioHigh": "requestErrors", "RAGCostPerRequestHigh": "costPerRequest"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			made, err := readOnce(t).rules.Build(understood(t, tc.monitor+withoutNodes))
			if err != nil {
				t.Fatal(err)
			}
			var rendered, other []string
			lacks := map[string]string{}
			for _, g := range made.Groups {
				for _, rule := range g.Rules {
					if rule.Alert != "" {
						rendered = append(rendered, rule.Alert)
					}
				}
			}
			for _, u := range made.Unavailable {
				other = append(other, u.Alert)
				if _, ok := tc.lacks[u.Alert]; ok {
					lacks[u.Alert] = u.Missing
				}
			}
			if diff := cmp.Diff(sortedSet(tc.feeds), sortedSet(rendered)); diff != "" {
				t.Errorf("rendered alerts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.lacks, lacks); diff != "" {
				t.Errorf("what others lack (-want +got):\n%s", diff)
			}
			unasked := []string{"RAGErrorBudgetBurn", "RAGBudgetSpent", "RAGBudgetForecastHigh", "RAGTokensUnpriced", "RAGContainerCPUHigh", "RAGContainerMemoryHigh", "RAGContainerRestarting"}
			for _, a := range readOnce(t).rules.Alerts {
				if !slices.Contains(slices.Concat(rendered, other, unasked), a.Alert) {
					t.Errorf("%s is neither rendered nor unavailable", a.Alert)
				}
			}
		})
	}
}

// targetAlerts need nothing but targets.
var targetAlerts = []string{"RAGServiceDown", "RAGTargetsDown", "RAGComponentAbsent", "RAGScrapeIncomplete"}

func sortedSet(all []string) []string {
	out := slices.Clone(all)
	slices.Sort(out)
	return slices.Compact(out)
}
