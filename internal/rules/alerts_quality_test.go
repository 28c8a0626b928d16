package rules_test

import "time"

var qualityCases = map[string]alertCases{
	// 45/95 of the way from 0.6 to 0.8, and 50/99.
	"RAGRelevanceLow": {
		monitor: speaking("rag"),
		over: `rag_response_relevance_score_bucket{le="0.6"} 0+5x54
		       rag_response_relevance_score_bucket{le="0.8"} 0+100x54
		       rag_response_relevance_score_bucket{le="+Inf"} 0+100x54
		       rag_response_relevance_score_count 0+100x54`,
		under: `rag_response_relevance_score_bucket{le="0.6"} 0x36
		        rag_response_relevance_score_bucket{le="0.8"} 0+99x36
		        rag_response_relevance_score_bucket{le="+Inf"} 0+100x36
		        rag_response_relevance_score_count 0+100x36`,
		holdsFrom: new(time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
	"RAGContextPrecisionLow": {
		monitor: speaking("rag"),
		over: `rag_context_precision_bucket{le="0.5"} 0+5x54
		       rag_context_precision_bucket{le="0.7"} 0+100x54
		       rag_context_precision_bucket{le="+Inf"} 0+100x54
		       rag_context_precision_count 0+100x54`,
		under: `rag_context_precision_bucket{le="0.5"} 0x36
		        rag_context_precision_bucket{le="0.7"} 0+99x36
		        rag_context_precision_bucket{le="+Inf"} 0+100x36
		        rag_context_precision_count 0+100x36`,
		holdsFrom: new(time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
	"RAGRetrievalEmpty": {
		monitor: speaking("rag"),
		over: `rag_requests_total{status="success"} 0+1000x39
		       rag_empty_retrieval_total 0+201x39`,
		under: `rag_requests_total{status="success"} 0+1000x26
		        rag_empty_retrieval_total 0+200x26`,
		holdsFrom: new(time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
}
