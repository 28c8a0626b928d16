package sim

import (
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// VocabularyAPIPipeline is the vocabulary of the "RAG pipeline templates".
const VocabularyAPIPipeline = "api-pipeline"

// apiPipelineStages take a second together at p95. The buckets go from 1 s to
// 2.5 s, so the estimate of a time in between could exceed the team's limit of 2 s.
var apiPipelineStages = []Stage{
	{Name: StageEmbedding, Seconds: LogNormal{Median: 0.020, P95: 0.050, Max: 0.250}},
	{Name: StageRetrieval, Seconds: LogNormal{Median: 0.080, P95: 0.200, Max: 1}, Caches: retrievalCaches},
	{Name: StageReranking, Seconds: LogNormal{Median: 0.030, P95: 0.080, Max: 0.400}},
	{Name: StageGeneration, Seconds: LogNormal{Median: 0.350, P95: 0.750, Max: 4}, CallsModel: true},
	{Name: StageEvaluation, Seconds: LogNormal{Median: 0.030, P95: 0.080, Max: 0.400}},
}

type apiPipelineExporter struct {
	requests      *prometheus.CounterVec
	responseTime  *prometheus.HistogramVec
	executions    *prometheus.CounterVec
	executionTime prometheus.Histogram
	stepTime      *prometheus.HistogramVec
}

func newAPIPipelineExporter(metrics promauto.Factory, _ Config, _ State) Exporter {
	buckets := clientBuckets()
	return &apiPipelineExporter{
		requests:      metrics.NewCounterVec(prometheus.CounterOpts{Name: "api_requests_total", Help: "Requests by status code."}, []string{"endpoint", "method", "provider", "status_code"}),
		responseTime:  metrics.NewHistogramVec(prometheus.HistogramOpts{Name: "api_response_time_seconds", Help: "End-to-end time of requests.", Buckets: buckets}, []string{"endpoint", "method", "provider"}),
		executions:    metrics.NewCounterVec(prometheus.CounterOpts{Name: "pipeline_executions_total", Help: "Executions of the pipeline."}, []string{"success"}),
		executionTime: metrics.NewHistogram(prometheus.HistogramOpts{Name: "pipeline_execution_time_seconds", Help: "Time of the pipeline.", Buckets: buckets}),
		stepTime:      metrics.NewHistogramVec(prometheus.HistogramOpts{Name: "pipeline_step_execution_time_seconds", Help: "Time of the pipeline's steps.", Buckets: buckets}, []string{"step_name"}),
	}
}

// Observe counts every request as an execution of the pipeline: one that fails
// outright fails before its first step, and takes no time.
func (e *apiPipelineExporter) Observe(o Outcome) {
	e.requests.WithLabelValues(o.Path, o.Method, o.Provider, strconv.Itoa(o.StatusCode())).Inc()
	e.responseTime.WithLabelValues(o.Path, o.Method, o.Provider).Observe(o.Seconds)
	e.executions.WithLabelValues(strconv.FormatBool(o.ErrorType == "")).Inc()
	e.executionTime.Observe(o.PipelineSeconds())
	for _, stage := range o.Stages {
		// Stages of other vocabularies would be steps that these teams do not have.
		if slices.ContainsFunc(apiPipelineStages, func(own Stage) bool { return own.Name == stage.Name }) {
			e.stepTime.WithLabelValues(stage.Name).Observe(stage.Seconds)
		}
	}
}
