package source

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the operator's own metrics about its sources. It is a
// prometheus.Collector, to be registered once, and is shared by all Readers.
type Metrics struct {
	queries     *prometheus.CounterVec
	failures    *prometheus.CounterVec
	duration    *prometheus.HistogramVec
	open        *prometheus.GaugeVec
	lastSuccess *prometheus.GaugeVec
	samples     *prometheus.GaugeVec
}

// NewMetrics returns metrics without a source.
func NewMetrics() *Metrics {
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, []string{"source"})
	}
	return &Metrics{
		queries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ragmonitor_source_queries_total",
			Help: "Queries that were sent to a metric source, failed ones among them.",
		}, []string{"source"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ragmonitor_source_query_failures_total",
			Help: "Queries that failed, by reason: timeout, refused (no connection, no trust, no credentials), http (a status that is no success, a redirect among them), body (broken off), size, format, partial (warnings), clock (of another time), other.",
		}, []string{"source", "reason"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "ragmonitor_source_query_duration_seconds",
			Help:    "Time from a query to the end of its answer or its failure.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"source"}),
		open:        gauge("ragmonitor_source_breaker_open", "1 while a source failed so often that it is asked less often, else 0."),
		lastSuccess: gauge("ragmonitor_source_last_success_timestamp_seconds", "When all queries of a round last succeeded, in seconds since 1970; 0 for never."),
		samples:     gauge("ragmonitor_source_samples", "Samples in the answers of the last round that succeeded."),
	}
}

func (m *Metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.queries, m.failures, m.duration, m.open, m.lastSuccess, m.samples}
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(out chan<- *prometheus.Desc) {
	for _, c := range m.all() {
		c.Describe(out)
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(out chan<- prometheus.Metric) {
	for _, c := range m.all() {
		c.Collect(out)
	}
}

// add makes the series of a source, so that none begins with its first failure: an
// increase from nothing is not seen.
func (m *Metrics) add(source string) {
	m.queries.WithLabelValues(source)
	for _, reason := range reasons {
		m.failures.WithLabelValues(source, string(reason))
	}
	m.duration.WithLabelValues(source)
	for _, g := range []*prometheus.GaugeVec{m.open, m.lastSuccess, m.samples} {
		g.WithLabelValues(source)
	}
}

func (m *Metrics) query(source string, took time.Duration, err error) {
	m.queries.WithLabelValues(source).Inc()
	m.duration.WithLabelValues(source).Observe(took.Seconds())
	if err != nil {
		m.failures.WithLabelValues(source, string(ReasonOf(err))).Inc()
	}
}

func (m *Metrics) success(source string, at time.Time, samples int) {
	m.lastSuccess.WithLabelValues(source).Set(float64(at.UnixMilli()) / 1000)
	m.samples.WithLabelValues(source).Set(float64(samples))
}

func (m *Metrics) breaker(source string, open bool) {
	value := 0.0
	if open {
		value = 1
	}
	m.open.WithLabelValues(source).Set(value)
}
