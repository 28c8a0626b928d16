package sim

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	pathMetrics       = "/metrics"
	pathSystemMetrics = "/system-metrics"
)

// pages are the paths that one vocabulary's metrics are served on. Each
// vocabulary has its own, because some names mean different things in two.
type pages map[string]*prometheus.Registry

// newPages has the Go and process metrics on /metrics, as clients serve them.
func newPages() pages {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return pages{pathMetrics: registry}
}

// at registers metrics on the page at path, which is made when it is missing.
func (p pages) at(path string) promauto.Factory {
	if p[path] == nil {
		p[path] = prometheus.NewRegistry()
	}
	return promauto.With(p[path])
}

func (p pages) handle(mux *http.ServeMux) {
	for path, registry := range p {
		// OpenMetrics stays off: there, a counter whose name does not end in
		// _total has the type unknown, and a vocabulary is exact about types.
		mux.Handle("GET "+path, promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	}
}

// clientBuckets are what the Python client takes when it is told none, so they
// are those of applications that name no buckets.
func clientBuckets() []float64 {
	return []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
}
