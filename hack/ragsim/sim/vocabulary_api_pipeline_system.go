package sim

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// VocabularyAPIPipelineSystem is the second endpoint of the "RAG pipeline
// templates": what the machine under the service is doing. Their teams serve it
// on a port and a path of its own.
const VocabularyAPIPipelineSystem = "api-pipeline-system"

type apiPipelineSystemExporter struct{}

func newAPIPipelineSystemExporter(metrics promauto.Factory, _ Config, state State) Exporter {
	for name, resource := range map[string]string{
		"system_cpu_usage_percent":    ResourceCPU,
		"system_memory_usage_percent": ResourceMemory,
		"system_disk_usage_percent":   ResourceDisk,
	} {
		metrics.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: "Use of the machine, 0 to 100."},
			func() float64 { return state.Used(resource) })
	}
	return apiPipelineSystemExporter{}
}

// Observe has nothing to count: the machine is looked at when it is scraped.
func (apiPipelineSystemExporter) Observe(Outcome) {}
