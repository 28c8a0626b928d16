package sim

import (
	"cmp"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	pathMetrics       = "/metrics"
	pathSystemMetrics = "/system-metrics"
)

// page has the metrics of one vocabulary. Each vocabulary has its own, because
// some names mean different things in two.
type page struct {
	path     string
	registry *prometheus.Registry
}

// newPage has the Go and process metrics too where it is /metrics, as clients
// serve them. An empty path is /metrics.
func newPage(path string) page {
	p := page{path: cmp.Or(path, pathMetrics), registry: prometheus.NewRegistry()}
	if p.path == pathMetrics {
		p.registry.MustRegister(
			collectors.NewGoCollector(),
			collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		)
	}
	return p
}

func (p page) handle(mux *http.ServeMux) {
	// OpenMetrics stays off: there, a counter whose name does not end in _total
	// has the type unknown, and a vocabulary is exact about types.
	mux.Handle("GET "+p.path, promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{}))
}

// clientBuckets are what the Python client takes when it is told none, so they
// are those of applications that name no buckets.
func clientBuckets() []float64 {
	return []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
}
