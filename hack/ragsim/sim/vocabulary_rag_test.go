package sim

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func TestRAGExposesExactlyTheseMetrics(t *testing.T) {
	want := map[string]string{
		"rag_query_latency_seconds":     "histogram operation",
		"rag_requests_total":            "counter model,operation,status",
		"rag_retrieval_latency_seconds": "histogram",
		"rag_llm_latency_seconds":       "histogram",
		"rag_input_tokens_total":        "counter model",
		"rag_output_tokens_total":       "counter model",
		"rag_total_cost_usd":            "counter model",
		"rag_cost_per_query_usd":        "histogram model",
		"rag_cache_hit_rate":            "gauge cache_type",
		"rag_cache_operations_total":    "counter cache_type,hit",
		"rag_active_requests":           "gauge",
		"rag_rate_limit_remaining":      "gauge",
		"rag_response_relevance_score":  "histogram",
		"rag_context_precision":         "histogram",
		"rag_errors_total":              "counter error_type",
	}
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		mustSetFaults(t, service, Faults{ErrorRatio: 0.5})
		ask(t, service, 100)
		checkExposition(t, service, "/metrics", want)
	})
}

func TestRAGLabelValuesAndBuckets(t *testing.T) {
	want := map[string]string{
		"rag_query_latency_seconds_bucket operation": "query",
		"rag_query_latency_seconds_bucket le":        "+Inf 0.1 0.5 1 10 2 30 5",
		"rag_llm_latency_seconds_bucket le":          "+Inf 0.1 0.5 1 10 2 30 5",
		"rag_retrieval_latency_seconds_bucket le":    "+Inf 0.05 0.1 0.25 0.5 1 2.5 5",
		"rag_cost_per_query_usd_bucket le":           "+Inf 0.0001 0.0005 0.001 0.005 0.01 0.05 0.1 0.5 1 1e-05 5e-05",
		"rag_context_precision_bucket le":            "+Inf 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1",
		"rag_response_relevance_score_bucket le":     "+Inf 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1",
		"rag_requests_total status":                  "error success",
		"rag_requests_total operation":               "query",
		"rag_requests_total model":                   "gpt-4o gpt-4o-mini",
		"rag_total_cost_usd model":                   "gpt-4o gpt-4o-mini",
		"rag_cache_hit_rate cache_type":              "embedding retrieval",
		"rag_cache_operations_total cache_type":      "embedding retrieval",
		"rag_cache_operations_total hit":             "false true",
		"rag_errors_total error_type":                "generation_failed internal_error retrieval_failed",
	}
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		mustSetFaults(t, service, Faults{ErrorRatio: 0.1, Failing: map[string]float64{"retrieval": 0.1, "generation": 0.1}})
		ask(t, service, 200)
		checkLabelValues(t, scrape(t, service), want)
	})
}

func TestNothingChangesForAScraperThatAsksForOpenMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		ask(t, service, 10)
		want := exposition(metricsText(t, service, ""))
		got := exposition(metricsText(t, service, "application/openmetrics-text;version=1.0.0"))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("metrics (-plain +OpenMetrics):\n%s", diff)
		}
	})
}

func TestTokensAndCostsAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		want := map[string]Usage{}
		for range 50 {
			out, err := service.Ask(t.Context())
			if err != nil {
				t.Fatalf("Ask: %v", err)
			}
			sum := want[out.Model]
			sum.InputTokens += out.Usage.InputTokens
			sum.OutputTokens += out.Usage.OutputTokens
			sum.CostUSD += out.Usage.CostUSD
			want[out.Model] = sum
		}
		now := scrape(t, service)
		got := map[string]Usage{}
		for model := range want {
			label := `model="` + model + `"`
			got[model] = Usage{
				InputTokens:  now.sum("rag_input_tokens_total", label),
				OutputTokens: now.sum("rag_output_tokens_total", label),
				CostUSD:      now.sum("rag_total_cost_usd", label),
			}
			checkNear(t, "sum of costs per query", now.sum("rag_cost_per_query_usd_sum", label), got[model].CostUSD, 1e-9)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("usage (-want +got):\n%s", diff)
		}
	})
}

func TestStagesThatTheVocabularyDoesNotKnowAreLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		constant := LogNormal{Median: 10, P95: 10, Max: 10}
		service := newService(t, func(c *Config) {
			c.Stages = append(c.Stages, Stage{Name: "reranking", Seconds: constant})
		})
		ask(t, service, 10)
		now := scrape(t, service)
		checkWithin(t, "mean request time", now.mean("rag_query_latency_seconds"), 10, 12)
		for name := range now {
			if strings.Contains(name, "reranking") {
				t.Errorf("unexpected %s", name)
			}
		}
	})
}

func TestAPipelineWithoutACacheHasNoLookUps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t, func(c *Config) { c.Stages[0].Caches = nil })
		ask(t, service, 10)
		for name := range scrape(t, service) {
			if strings.Contains(name, "cache") {
				t.Errorf("unexpected %s", name)
			}
		}
	})
}
