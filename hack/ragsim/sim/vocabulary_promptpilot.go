package sim

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// VocabularyPromptPilot is the vocabulary of PromptPilot.
const VocabularyPromptPilot = "promptpilot"

// promptPilotStages are in no metric, and quick: the team is alerted at 1 s.
var promptPilotStages = []Stage{
	{Name: StageRetrieval, Seconds: LogNormal{Median: 0.040, P95: 0.100, Max: 0.500}, Caches: retrievalCaches},
	{Name: StageGeneration, Seconds: LogNormal{Median: 0.180, P95: 0.350, Max: 2}, CallsModel: true},
}

type promptPilotExporter struct {
	http        httpMetrics
	prompts     *prometheus.CounterVec
	pipelines   *prometheus.CounterVec
	activeUsers prometheus.Gauge
	users       userWindow
}

func newPromptPilotExporter(metrics promauto.Factory, cfg Config, state State) Exporter {
	metrics.NewGaugeFunc(prometheus.GaugeOpts{Name: "http_requests_in_progress", Help: "HTTP requests being answered."}, state.InFlight)
	//nolint:promlinter // the vocabulary's own spelling
	metrics.NewGauge(prometheus.GaugeOpts{Name: "prompt_total", Help: "Prompts that exist."}).Set(float64(cfg.Prompts))
	//nolint:promlinter // the vocabulary's own spelling
	metrics.NewGauge(prometheus.GaugeOpts{Name: "pipeline_total", Help: "Pipelines that exist."}).Set(float64(cfg.Pipelines))
	return &promptPilotExporter{
		http:        newHTTPMetrics(metrics, "status"),
		prompts:     metrics.NewCounterVec(prometheus.CounterOpts{Name: "prompt_executions_total", Help: "Executions of prompts."}, []string{"prompt_id", "status"}),
		pipelines:   metrics.NewCounterVec(prometheus.CounterOpts{Name: "pipeline_executions_total", Help: "Executions of pipelines."}, []string{"status"}),
		activeUsers: metrics.NewGauge(prometheus.GaugeOpts{Name: "active_users", Help: "Different users in the last 100 requests."}),
	}
}

// Observe counts every request as an execution of a pipeline, and as one of its
// prompt when the pipeline reached the generation.
func (e *promptPilotExporter) Observe(o Outcome) {
	e.http.observe(o)
	e.activeUsers.Set(float64(e.users.add(o.User)))
	e.pipelines.WithLabelValues(promptPilotStatus(o.ErrorType != "")).Inc()
	for _, stage := range o.Stages {
		if stage.Name == StageGeneration {
			e.prompts.WithLabelValues(strconv.Itoa(o.Prompt), promptPilotStatus(stage.Failed)).Inc()
		}
	}
}

func promptPilotStatus(failed bool) string {
	if failed {
		return "failed"
	}
	return "success"
}
