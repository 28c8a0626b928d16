package sim

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// VocabularyAssistant is the vocabulary of the AI assistant.
const VocabularyAssistant = "assistant"

// Names of the assistant's tools.
const (
	ToolSearch     = "search"
	ToolCalculator = "calculator"
	ToolWeb        = "web"
)

// assistantCaches are a small one in the process and a shared one behind it.
var assistantCaches = []Cache{{Type: "memory", Speedup: 20}, {Type: "redis", Speedup: 5}}

// assistantStages are in no metric, and quick: the team is alerted at 1 s.
var assistantStages = []Stage{
	{Name: StageRetrieval, Seconds: LogNormal{Median: 0.040, P95: 0.100, Max: 0.500}, Caches: assistantCaches},
	{Name: StageGeneration, Seconds: LogNormal{Median: 0.180, P95: 0.350, Max: 2}, CallsModel: true},
}

var assistantTools = []Tool{
	{Name: ToolSearch, CallRatio: 0.4, Seconds: LogNormal{Median: 0.050, P95: 0.120, Max: 0.600}},
	{Name: ToolCalculator, CallRatio: 0.2, Seconds: LogNormal{Median: 0.002, P95: 0.005, Max: 0.020}},
	{Name: ToolWeb, CallRatio: 0.1, Seconds: LogNormal{Median: 0.150, P95: 0.300, Max: 1.5}},
}

type assistantExporter struct {
	http         httpMetrics
	tools        *prometheus.CounterVec
	toolDuration *prometheus.HistogramVec
	cacheHitRate *prometheus.GaugeVec
}

func newAssistantExporter(metrics promauto.Factory, _ Config, state State) Exporter {
	metrics.NewGaugeFunc(prometheus.GaugeOpts{Name: "active_connections", Help: "Connections whose request is being answered."}, state.InFlight)
	return &assistantExporter{
		http:         newHTTPMetrics(metrics, "status_code"),
		tools:        metrics.NewCounterVec(prometheus.CounterOpts{Name: "tool_executions_total", Help: "Executions of tools."}, []string{"tool_name", "status"}),
		toolDuration: metrics.NewHistogramVec(prometheus.HistogramOpts{Name: "tool_execution_duration_seconds", Help: "Time of tools.", Buckets: clientBuckets()}, []string{"tool_name"}),
		cacheHitRate: metrics.NewGaugeVec(prometheus.GaugeOpts{Name: "cache_hit_rate", Help: "Share of the last 100 look-ups that hit."}, []string{"cache_type"}),
	}
}

// Observe counts failed executions of tools in their times too, as decorators
// around the application's functions do.
func (e *assistantExporter) Observe(o Outcome) {
	e.http.observe(o)
	for _, tool := range o.Tools {
		status := "success"
		if tool.Failed {
			status = "error"
		}
		e.tools.WithLabelValues(tool.Name, status).Inc()
		e.toolDuration.WithLabelValues(tool.Name).Observe(tool.Seconds)
	}
	for _, lookUp := range o.Caches {
		e.cacheHitRate.WithLabelValues(lookUp.Type).Set(lookUp.RecentHitRatio)
	}
}
