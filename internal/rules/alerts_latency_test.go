package rules_test

import "time"

var latencyCases = map[string]alertCases{
	"RAGLatencyHigh": {
		monitor: speaking("rag"),
		over: `rag_query_latency_seconds_bucket{le="2"} 0+949x24
		       rag_query_latency_seconds_bucket{le="5"} 0+1000x24
		       rag_query_latency_seconds_bucket{le="+Inf"} 0+1000x24
		       rag_query_latency_seconds_count 0+1000x24`,
		under: `rag_query_latency_seconds_bucket{le="2"} 0+950x16
		        rag_query_latency_seconds_bucket{le="5"} 0+1000x16
		        rag_query_latency_seconds_bucket{le="+Inf"} 0+1000x16
		        rag_query_latency_seconds_count 0+1000x16`,
		holdsFrom: new(time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
	// The label step_name says which stage it is.
	"RAGStageLatencyHigh": {
		monitor: speaking("api-pipeline"),
		over: `pipeline_step_execution_time_seconds_bucket{step_name="retrieval",le="0.5"} 0+949x24
		       pipeline_step_execution_time_seconds_bucket{step_name="retrieval",le="1"} 0+1000x24
		       pipeline_step_execution_time_seconds_bucket{step_name="retrieval",le="+Inf"} 0+1000x24
		       pipeline_step_execution_time_seconds_count{step_name="retrieval"} 0+1000x24`,
		under: `pipeline_step_execution_time_seconds_bucket{step_name="retrieval",le="0.5"} 0+950x16
		        pipeline_step_execution_time_seconds_bucket{step_name="retrieval",le="1"} 0+1000x16
		        pipeline_step_execution_time_seconds_bucket{step_name="retrieval",le="+Inf"} 0+1000x16
		        pipeline_step_execution_time_seconds_count{step_name="retrieval"} 0+1000x16`,
		holdsFrom: new(time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
	// 7 tenths of the way from 1 to 2.5 seconds, and 6.25 tenths.
	"RAGTimeToFirstTokenHigh": {
		monitor: speaking("vllm"),
		over: `vllm:time_to_first_token_seconds_bucket{le="1"} 0+880x24
		       vllm:time_to_first_token_seconds_bucket{le="2.5"} 0+980x24
		       vllm:time_to_first_token_seconds_bucket{le="+Inf"} 0+1000x24
		       vllm:time_to_first_token_seconds_count 0+1000x24`,
		under: `vllm:time_to_first_token_seconds_bucket{le="1"} 0+900x16
		        vllm:time_to_first_token_seconds_bucket{le="2.5"} 0+980x16
		        vllm:time_to_first_token_seconds_bucket{le="+Inf"} 0+1000x16
		        vllm:time_to_first_token_seconds_count 0+1000x16`,
		holdsFrom: new(time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
	"RAGQueueBacklog": {
		monitor: speaking("vllm"),
		over: `vllm:num_requests_waiting{engine="0"} 26x10
		       vllm:num_requests_waiting{engine="1"} 25x10`,
		under: `vllm:num_requests_waiting{engine="0"} 25x10
		        vllm:num_requests_waiting{engine="1"} 25x10`,
		holdsFrom: new(time.Duration(0)),
		noData:    isSilent,
		idle:      senseless("a queue without requests is empty, which is under"),
		reset:     senseless(gaugeNotCounter),
	},
	// The fullest engine counts.
	"RAGKVCacheSaturated": {
		monitor: speaking("vllm"),
		over: `vllm:kv_cache_usage_perc{engine="0"} 0.91x10
		       vllm:kv_cache_usage_perc{engine="1"} 0.2x10`,
		under: `vllm:kv_cache_usage_perc{engine="0"} 0.9x10
		        vllm:kv_cache_usage_perc{engine="1"} 0.9x10`,
		holdsFrom: new(time.Duration(0)),
		noData:    isSilent,
		idle:      senseless("a server without requests has an empty cache, which is under"),
		reset:     senseless(gaugeNotCounter),
	},
}
