package sim

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// VocabularyRAG is the vocabulary of the "monitoring dashboard for RAG".
const VocabularyRAG = "rag"

const ragOperation = "query"

var ragStages = []Stage{
	{Name: StageRetrieval, Seconds: LogNormal{Median: 0.080, P95: 0.200, Max: 1}, Caches: retrievalCaches},
	{Name: StageGeneration, Seconds: LogNormal{Median: 0.500, P95: 1.1, Max: 5}, CallsModel: true},
}

type ragExporter struct {
	queryLatency *prometheus.HistogramVec
	requests     *prometheus.CounterVec
	stageLatency map[string]prometheus.Histogram

	inputTokens, outputTokens, totalCost *prometheus.CounterVec
	costPerQuery                         *prometheus.HistogramVec

	cacheHitRate *prometheus.GaugeVec
	cacheOps     *prometheus.CounterVec

	relevance, contextPrecision prometheus.Histogram
	errors                      *prometheus.CounterVec
}

func newRAGExporter(metrics promauto.Factory, _ Config, state State) Exporter {
	requestBuckets := []float64{0.1, 0.5, 1, 2, 5, 10, 30}
	scoreBuckets := []float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1}

	metrics.NewGaugeFunc(prometheus.GaugeOpts{Name: "rag_active_requests", Help: "Requests being answered."}, state.InFlight)
	metrics.NewGaugeFunc(prometheus.GaugeOpts{Name: "rag_rate_limit_remaining", Help: "Requests the provider would still accept."}, state.RateLimitRemaining)
	return &ragExporter{
		queryLatency: metrics.NewHistogramVec(prometheus.HistogramOpts{Name: "rag_query_latency_seconds", Help: "End-to-end time of queries.", Buckets: requestBuckets}, []string{"operation"}),
		requests:     metrics.NewCounterVec(prometheus.CounterOpts{Name: "rag_requests_total", Help: "Requests by status."}, []string{"status", "operation", "model"}),
		stageLatency: map[string]prometheus.Histogram{
			StageRetrieval:  metrics.NewHistogram(prometheus.HistogramOpts{Name: "rag_retrieval_latency_seconds", Help: "Time spent in retrieval.", Buckets: []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5}}),
			StageGeneration: metrics.NewHistogram(prometheus.HistogramOpts{Name: "rag_llm_latency_seconds", Help: "Time spent in the language model.", Buckets: requestBuckets}),
		},
		inputTokens:  metrics.NewCounterVec(prometheus.CounterOpts{Name: "rag_input_tokens_total", Help: "Tokens sent to the model."}, []string{"model"}),
		outputTokens: metrics.NewCounterVec(prometheus.CounterOpts{Name: "rag_output_tokens_total", Help: "Tokens received from the model."}, []string{"model"}),
		totalCost:    metrics.NewCounterVec(prometheus.CounterOpts{Name: "rag_total_cost_usd", Help: "Money spent, in US dollars."}, []string{"model"}), //nolint:promlinter // the vocabulary's own spelling
		costPerQuery: metrics.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rag_cost_per_query_usd", Help: "Cost of one query, in US dollars.",
			Buckets: []float64{0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1},
		}, []string{"model"}),
		cacheHitRate:     metrics.NewGaugeVec(prometheus.GaugeOpts{Name: "rag_cache_hit_rate", Help: "Share of the last 100 look-ups that hit."}, []string{"cache_type"}),
		cacheOps:         metrics.NewCounterVec(prometheus.CounterOpts{Name: "rag_cache_operations_total", Help: "Look-ups in the cache."}, []string{"hit", "cache_type"}),
		relevance:        metrics.NewHistogram(prometheus.HistogramOpts{Name: "rag_response_relevance_score", Help: "Relevance of answers, 0 to 1.", Buckets: scoreBuckets}),
		contextPrecision: metrics.NewHistogram(prometheus.HistogramOpts{Name: "rag_context_precision", Help: "Precision of the retrieved context, 0 to 1.", Buckets: scoreBuckets}),
		errors:           metrics.NewCounterVec(prometheus.CounterOpts{Name: "rag_errors_total", Help: "Errors by type."}, []string{"error_type"}),
	}
}

// Observe counts failed requests in the latencies too, as decorators around
// the application's functions do.
func (e *ragExporter) Observe(o Outcome) {
	status := "success"
	if o.ErrorType != "" {
		status = "error"
		e.errors.WithLabelValues(o.ErrorType).Inc()
	}
	e.requests.WithLabelValues(status, ragOperation, o.Model).Inc()
	e.queryLatency.WithLabelValues(ragOperation).Observe(o.Seconds)
	for _, stage := range o.Stages {
		// This vocabulary has no metric for other stages.
		if latency, ok := e.stageLatency[stage.Name]; ok {
			latency.Observe(stage.Seconds)
		}
	}
	for _, lookUp := range o.Caches {
		e.cacheOps.WithLabelValues(strconv.FormatBool(lookUp.Hit), lookUp.Type).Inc()
		e.cacheHitRate.WithLabelValues(lookUp.Type).Set(lookUp.RecentHitRatio)
	}
	if o.Usage != nil {
		e.inputTokens.WithLabelValues(o.Model).Add(o.Usage.InputTokens)
		e.outputTokens.WithLabelValues(o.Model).Add(o.Usage.OutputTokens)
		e.totalCost.WithLabelValues(o.Model).Add(o.Usage.CostUSD)
		e.costPerQuery.WithLabelValues(o.Model).Observe(o.Usage.CostUSD)
	}
	if o.Quality != nil {
		e.relevance.Observe(o.Quality.Relevance)
		e.contextPrecision.Observe(o.Quality.ContextPrecision)
	}
}
