package sim

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// httpMetrics are what web frameworks count; vocabularies differ in what they
// call the label for the status code.
type httpMetrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newHTTPMetrics(metrics promauto.Factory, statusLabel string) httpMetrics {
	return httpMetrics{
		requests: metrics.NewCounterVec(prometheus.CounterOpts{Name: "http_requests_total", Help: "HTTP requests by status code."}, []string{"method", "endpoint", statusLabel}),
		duration: metrics.NewHistogramVec(prometheus.HistogramOpts{Name: "http_request_duration_seconds", Help: "Time of HTTP requests.", Buckets: clientBuckets()}, []string{"method", "endpoint"}),
	}
}

func (m httpMetrics) observe(o Outcome) {
	m.requests.WithLabelValues(o.Method, o.Path, strconv.Itoa(o.StatusCode())).Inc()
	m.duration.WithLabelValues(o.Method, o.Path).Observe(o.Seconds)
}
