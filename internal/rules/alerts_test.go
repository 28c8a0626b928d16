package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestAlerts has situations that the six cases of each alert leave out. Series and
// evaluations are as there; want is what fires at the end.
func TestAlerts(t *testing.T) {
	for name, tc := range map[string]struct {
		monitor string
		before  string
		after   time.Duration
		load    string
		want    []string
	}{
		"a healthy service raises none": {
			monitor: speaking("rag", inferenceServer),
			load: `rag_requests_total{status="success"} 0+60x45
			       rag_query_latency_seconds_bucket{le="1"} 0+60x45
			       rag_query_latency_seconds_bucket{le="+Inf"} 0+60x45
			       rag_query_latency_seconds_count 0+60x45
			       rag_active_requests 1x45
			       vllm:request_success_total{component="llm"} 0+60x45
			       vllm:num_requests_waiting{component="llm"} 3x45`,
		},
		"one failure in a quiet window wakes nobody": {
			monitor: speaking("rag"),
			load: `rag_requests_total{status="success"} 5x45
			       rag_requests_total{status="error"} 0x20 1x24`,
		},
		"two failures and nothing else do": {
			monitor: speaking("rag"),
			load: `rag_requests_total{status="success"} 5x45
			       rag_requests_total{status="error"} 0x41 1 2x2`,
			want: []string{"RAGErrorRatioHigh"},
		},
		"a service without any targets is absent, and no more": {
			monitor: speaking("rag"),
			load:    `up{namespace="other"} 1x45`,
			want:    []string{"RAGComponentAbsent"},
		},
		"a service that exposes nothing is not read, and no more": {
			monitor: speaking("rag", inferenceServer),
			load: `up{component="api"} 1x45
			       up{component="llm"} 1x45`,
			want: []string{"RAGScrapeIncomplete", "RAGScrapeIncomplete"},
		},
		"targets that went away with their pods are not down": {
			monitor: speaking("rag"),
			load: `up 1x30
			       up{instance="b"} 1x5
			       rag_active_requests 0x30
			       rag_active_requests{instance="b"} 0x5`,
		},
		"a service of which some was down, and then all, is not put right": {
			monitor: speaking("rag"),
			load: `up 1x5 0x16
			       up{instance="b"} 1x19 0x2
			       rag_active_requests 0x22`,
			want: []string{"RAGServiceDown", "RAGTargetsDown"},
		},
		"a component that was down is not seen while all is down either": {
			monitor: speaking("rag", inferenceServer),
			load: `up 1x19 0x2
			       up{component="llm"} 1x5 0x16
			       rag_active_requests 0x22`,
			want: []string{"RAGComponentAbsent", "RAGServiceDown", "RAGTargetsDown"},
		},
		"a component whose targets are all down is not seen, where others are": {
			monitor: speaking("rag", inferenceServer),
			load: `up 1x20
			       up{component="llm"} 0x20
			       rag_active_requests 0x20`,
			want: []string{"RAGComponentAbsent", "RAGTargetsDown"},
		},
		"a component that somebody else collects is whole": {
			monitor: speaking("rag", pushingServer),
			load: `up 1x30
			       rag_active_requests 0x30
			       vllm:num_requests_waiting{ragmonitor="none",component="none",service_name="llm"} 3x30`,
		},
		"a component that somebody else collects falls silent": {
			monitor: speaking("rag", pushingServer),
			load: `up 1x40
			       rag_active_requests 0x40
			       vllm:num_requests_waiting{ragmonitor="none",component="none",service_name="llm"} 3x20`,
			want: []string{"RAGComponentAbsent", "RAGTargetsDown"},
		},
		"metrics of a newer release are told of": {
			monitor: speaking("otel-genai"),
			load: `gen_ai_client_operation_duration_seconds_count{gen_ai_operation_name="chat"} 0+60x35
			       gen_ai_client_operation_cost_count 0+60x35`,
			want: []string{"RAGVocabularyDrift"},
		},
		"one long request in an idle hour does not hang for the minute that it takes": {
			monitor: speaking("rag"),
			load: `rag_requests_total{status="success"} 5x30
			       rag_active_requests 0x15 1x7 0x6`,
		},
		"a gateway that counts the scrape as a request in flight rests when nobody asks": {
			monitor: speaking("litellm"),
			load: `litellm_proxy_total_requests_metric_total 5x20
			       litellm_in_flight_requests 1x20`,
		},
		"streams that broke off are pending for ever, and hold up nothing": {
			monitor: speaking("opea"),
			load: `http_requests_total{handler="/v1/chatqna",method="POST",status="2xx"} 5x20
			       megaservice_request_pending 3x20`,
		},
		"documents that are indexed are no questions that hang": {
			monitor: speaking("kaito-rag"),
			load: `rag_chat_requests_total{status="success"} 5x20
			       num_requests_running 1x20`,
		},
		"traffic that was next to nothing a week ago cannot drop": {
			monitor: speaking("rag"),
			before:  `rag_requests_total{status="success"} 0+5x120`,
			after:   week + 70*time.Minute,
			load:    `rag_requests_total{status="success"} 5x30`,
		},
		"traffic without a week ago cannot drop": {
			monitor: speaking("rag"),
			load:    `rag_requests_total{status="success"} 5x30`,
		},
		"a cost without a week ago is no spike": {
			monitor: speaking("rag"),
			load: `rag_requests_total{status="success"} 0+60x45
			       rag_total_cost_usd{model="gpt-4o"} 0+0.06x45`,
		},
		"a few cents are no spike": {
			monitor: speaking("rag"),
			before: `rag_requests_total{status="success"} 0+60x120
			         rag_total_cost_usd{model="gpt-4o"} 0+0.0001x120`,
			after: week + 70*time.Minute,
			load: `rag_requests_total{status="success"} 0+60x45
			       rag_total_cost_usd{model="gpt-4o"} 0+0.01x45`,
		},
		"a cache that never hit much cannot collapse": {
			monitor: speaking("rag", "  objectives: {cacheHitRatio: \"0\"}"),
			before: `rag_cache_operations_total{hit="true"} 0+9x60
			         rag_cache_operations_total{hit="false"} 0+91x60`,
			after: 3 * time.Hour,
			load:  `rag_cache_operations_total{hit="false"} 0+100x30`,
		},
		"a cache that never hits any more has collapsed": {
			monitor: speaking("rag", "  objectives: {cacheHitRatio: \"0\"}"),
			before: `rag_cache_operations_total{hit="true"} 0+80x60
			         rag_cache_operations_total{hit="false"} 0+20x60`,
			after: 3 * time.Hour,
			load:  `rag_cache_operations_total{hit="false"} 0+100x30`,
			want:  []string{"RAGCacheCollapse"},
		},
		"a cache that nobody asks has no hit ratio, whatever a gauge remembers": {
			monitor: speaking("rag"),
			load: `rag_cache_operations_total{hit="true"} 5x20
			       rag_cache_operations_total{hit="false"} 95x20
			       rag_cache_hit_rate 0x20`,
		},
		"a cache that only misses hits nothing, although no series of hits is there": {
			monitor: speaking("litellm"),
			load:    `litellm_cache_misses_metric_total 0+100x20`,
			want:    []string{"RAGCacheHitRatioLow"},
		},
		"a cache of answers that only misses hits nothing": {
			monitor: speaking("semantic-router"),
			load:    `llm_cache_plugin_misses_total 0+100x20`,
			want:    []string{"RAGCacheHitRatioLow"},
		},
		"a cache of retrievals that only misses hits nothing": {
			monitor: speaking("semantic-router"),
			load:    `rag_cache_misses_total 0+100x20`,
			want:    []string{"RAGCacheHitRatioLow"},
		},
		"a component that counts no failures does not hide those of another": {
			monitor: speaking("rag", "  - {name: llm, vocabulary: vllm, selector: {matchLabels: {app: llm}}}\n"),
			load: `rag_requests_total{status="success"} 0+94x10
			       rag_requests_total{status="error"} 0+6x10
			       vllm:request_success_total{component="llm"} 0+100x10`,
			want: []string{"RAGErrorRatioHigh"},
		},
		"status codes of the server's own failures are failures, and others are not": {
			monitor: speaking("promptpilot"),
			load: `http_requests_total{status="200"} 0+94x10
			       http_requests_total{status="503"} 0+6x10`,
			want: []string{"RAGErrorRatioHigh"},
		},
		"status codes of clients' mistakes are no failures": {
			monitor: speaking("assistant"),
			load: `http_requests_total{status_code="200"} 0+50x10
			       http_requests_total{status_code="429"} 0+50x10`,
		},
		"both ways for a pipeline to fail count": {
			monitor: speaking("promptpilot"),
			load: `pipeline_executions_total{status="success"} 0+94x10
			       pipeline_executions_total{status="failed"} 0+3x10
			       pipeline_executions_total{status="error"} 0+3x10`,
			want: []string{"RAGPipelineErrorRatioHigh"},
		},
		"a server that stands for a stage fails for that stage": {
			monitor: speaking("rag", "  - {name: rerank, vocabulary: tei, stage: reranking, selector: {matchLabels: {app: rerank}}}\n"),
			load: `rag_requests_total{status="success"} 0+100x10
			       te_request_count{component="rerank"} 0+100x10
			       te_request_failure{component="rerank",err="overloaded"} 0+6x10`,
			want: []string{"RAGStageErrorRatioHigh/reranking"},
		},
		"one failed call of a stage wakes nobody, however long the window": {
			monitor: speaking("kaito-rag", quarterOfAnHour),
			load: `rag_embedding_requests_total{status="success"} 0+1x31
			       rag_embedding_requests_total{status="failure"} 0x20 1x10`,
		},
		"two failed calls of a stage do": {
			monitor: speaking("kaito-rag", quarterOfAnHour),
			load: `rag_embedding_requests_total{status="success"} 0+1x31
			       rag_embedding_requests_total{status="failure"} 0x20 2x10`,
			want: []string{"RAGStageErrorRatioHigh/embedding"},
		},
		"one failed run of a pipeline wakes nobody, however long the window": {
			monitor: speaking("api-pipeline", quarterOfAnHour),
			load: `pipeline_executions_total{success="true"} 0+1x31
			       pipeline_executions_total{success="false"} 0x20 1x10`,
		},
		"two failed runs of a pipeline do": {
			monitor: speaking("api-pipeline", quarterOfAnHour),
			load: `pipeline_executions_total{success="true"} 0+1x31
			       pipeline_executions_total{success="false"} 0x20 2x10`,
			want: []string{"RAGPipelineErrorRatioHigh"},
		},
		"one failed prompt wakes nobody, however long the window": {
			monitor: speaking("promptpilot", quarterOfAnHour),
			load: `prompt_executions_total{prompt_id="a",status="success"} 0+0.5x31
			       prompt_executions_total{prompt_id="a",status="failed"} 0x20 1x10`,
		},
		"two failed prompts do": {
			monitor: speaking("promptpilot", quarterOfAnHour),
			load: `prompt_executions_total{prompt_id="a",status="success"} 0+0.5x31
			       prompt_executions_total{prompt_id="a",status="failed"} 0x20 2x10`,
			want: []string{"RAGPromptErrorRatioHigh"},
		},
		"one retrieval that finds nothing wakes nobody, however long the window": {
			monitor: speaking("rag", quarterOfAnHour),
			load: `rag_requests_total{status="success"} 0+0.2x31
			       rag_empty_retrieval_total 0x18 1x12`,
		},
		"two that find nothing do": {
			monitor: speaking("rag", quarterOfAnHour),
			load: `rag_requests_total{status="success"} 0+0.2x31
			       rag_empty_retrieval_total 0x18 2x12`,
			want: []string{"RAGRetrievalEmpty"},
		},
		"one failed call of a tool wakes nobody": {
			monitor: speaking("assistant"),
			load: `tool_executions_total{tool_name="mail",status="success"} 0+1x24
			       tool_executions_total{tool_name="mail",status="error"} 0x20 1x3`,
		},
		"one failed call of each of two tools wakes nobody": {
			monitor: speaking("assistant"),
			load: `tool_executions_total{tool_name="mail",status="success"} 0+1x24
			       tool_executions_total{tool_name="mail",status="error"} 0x20 1x3
			       tool_executions_total{tool_name="search",status="success"} 0+1x24
			       tool_executions_total{tool_name="search",status="error"} 0x20 1x3`,
		},
		"two failed calls of a tool do": {
			monitor: speaking("assistant"),
			load: `tool_executions_total{tool_name="mail",status="success"} 0+1x24
			       tool_executions_total{tool_name="mail",status="error"} 0x20 2x3`,
			want: []string{"RAGToolErrorRatioHigh"},
		},
		"a stage that never failed does not": {
			monitor: speaking("kaito-rag"),
			load:    `rag_embedding_requests_total{status="success"} 0+100x10`,
		},
		"a server that stands for a stage is slow for that stage, and by its objective": {
			monitor: speaking("rag", inferenceServer),
			load: `rag_requests_total{status="success"} 0+100x10
			       vllm:e2e_request_latency_seconds_bucket{component="llm",le="5"} 0+90x10
			       vllm:e2e_request_latency_seconds_bucket{component="llm",le="10"} 0+100x10
			       vllm:e2e_request_latency_seconds_bucket{component="llm",le="+Inf"} 0+100x10
			       vllm:e2e_request_latency_seconds_count{component="llm"} 0+100x10`,
			want: []string{"RAGStageLatencyHigh/generation"},
		},
		"a tool that fails hides behind no other": {
			monitor: speaking("assistant"),
			load: `tool_executions_total{tool_name="search",status="success"} 0+1000x10
			       tool_executions_total{tool_name="mail",status="success"} 0+8x10
			       tool_executions_total{tool_name="mail",status="error"} 0+2x10`,
			want: []string{"RAGToolErrorRatioHigh"},
		},
		"scores that stand alone are taken as they are": {
			monitor: speaking("ragas"),
			load: `rag_eval_answer_relevancy_score 0.69x30
			       rag_eval_context_precision_score 0.59x30`,
			want: []string{"RAGContextPrecisionLow", "RAGRelevanceLow"},
		},
		"how near the last document was says nothing about answers": {
			monitor: speaking("semantic-router"),
			load: `llm_request_outcomes_total{traffic_kind="inference",outcome="success"} 5x30
			       rag_similarity_score{backend="milvus",decision="support"} 0.62x30`,
		},
		"a handful of bad scores says nothing, however short the wait": {
			monitor: speaking("rag", "  alerts: {overrides: [{alert: RAGRelevanceLow, for: 0s}]}"),
			load: `rag_response_relevance_score_bucket{le="0.1"} 0 3 6 8x20
			       rag_response_relevance_score_bucket{le="+Inf"} 0 3 6 8x20
			       rag_response_relevance_score_count 0 3 6 8x20`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := alertCases{monitor: tc.monitor, before: tc.before, after: tc.after}.play(t, tc.load, nil, alertNames(t)...)
			if diff := cmp.Diff(append([]string{}, tc.want...), p.engine.firing()); diff != "" {
				t.Errorf("firing alerts (-want +got):\n%s", diff)
			}
		})
	}
}
