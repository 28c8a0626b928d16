package sim

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// VocabularyStageLog is the vocabulary of the "stage monitor with performance
// logs".
const VocabularyStageLog = "stage-log"

var stageLogStages = []Stage{
	{Name: StageRetrieval, Seconds: LogNormal{Median: 0.080, P95: 0.200, Max: 1}, Caches: retrievalCaches},
	{Name: StageGrading, Seconds: LogNormal{Median: 0.030, P95: 0.080, Max: 0.400}},
	{Name: StageGeneration, Seconds: LogNormal{Median: 0.500, P95: 1.1, Max: 5}, CallsModel: true},
}

type stageLogExporter struct {
	request prometheus.Histogram
	stages  *prometheus.HistogramVec
}

func newStageLogExporter(metrics promauto.Factory, _ Config, _ State) Exporter {
	// Buckets go on above 10 s: that is where these teams are alerted, and a
	// percentile never exceeds the last bucket.
	buckets := []float64{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60}
	return &stageLogExporter{
		request: metrics.NewHistogram(prometheus.HistogramOpts{Name: "rag_request_duration_seconds", Help: "End-to-end time of requests.", Buckets: buckets}),
		stages:  metrics.NewHistogramVec(prometheus.HistogramOpts{Name: "rag_stage_duration_seconds", Help: "Time of stages.", Buckets: buckets}, []string{"stage"}),
	}
}

// Observe takes a stage of any name, as the vocabulary does. It has no metric
// for failures: those show as stages that are missing.
func (e *stageLogExporter) Observe(o Outcome) {
	e.request.Observe(o.Seconds)
	for _, stage := range o.Stages {
		e.stages.WithLabelValues(stage.Name).Observe(stage.Seconds)
	}
}
