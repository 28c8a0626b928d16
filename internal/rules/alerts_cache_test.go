package rules_test

import "time"

var cacheCases = map[string]alertCases{
	"RAGCacheHitRatioLow": {
		monitor: speaking("litellm"),
		over: `litellm_cache_hits_metric_total 0+299x39
		       litellm_cache_misses_metric_total 0+701x39`,
		under: `litellm_cache_hits_metric_total 0+300x26
		        litellm_cache_misses_metric_total 0+700x26`,
		holdsFrom: new(time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
	// Eight of ten look-ups hit, and three hours later not half as many.
	"RAGCacheCollapse": {
		monitor: speaking("rag"),
		before: `rag_cache_operations_total{hit="true"} 0+80x60
		         rag_cache_operations_total{hit="false"} 0+20x60`,
		after: 3 * time.Hour,
		over: `rag_cache_operations_total{hit="true"} 0+39x39
		       rag_cache_operations_total{hit="false"} 0+61x39`,
		under: `rag_cache_operations_total{hit="true"} 0+41x26
		        rag_cache_operations_total{hit="false"} 0+59x26`,
		holdsFrom: new(time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
	// The lowest limit counts.
	"RAGRateLimitLow": {
		monitor: speaking("litellm"),
		over: `litellm_remaining_requests_metric{model="a"} 99x10
		       litellm_remaining_requests_metric{model="b"} 5000x10`,
		under: `litellm_remaining_requests_metric{model="a"} 100x10
		        litellm_remaining_requests_metric{model="b"} 5000x10`,
		holdsFrom: new(time.Duration(0)),
		noData:    isSilent,
		idle:      senseless(whateverTraffic),
		reset:     senseless(gaugeNotCounter),
	},
}
