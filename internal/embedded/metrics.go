package embedded

import (
	"github.com/prometheus/client_golang/prometheus"
)

const metricsNamespace = "ragmonitor_embedded"

// The values of the label store.
const (
	storeScraped  = "scraped"
	storeRecorded = "recorded"
)

// metrics of the source itself. None of their labels has values that users choose.
type metrics struct {
	appended       *prometheus.CounterVec
	appendFailures *prometheus.CounterVec
	scrapes        prometheus.Counter
	scrapeFailures *prometheus.CounterVec
	limitsReached  *prometheus.CounterVec
	evaluations    prometheus.Histogram
	skipped        prometheus.Counter
	ruleFailures   prometheus.Counter
	series         *prometheus.Desc
	bytes          *prometheus.Desc
	targets        *prometheus.Desc
	monitors       *prometheus.Desc
	leftOut        *prometheus.Desc
}

func newMetrics() *metrics {
	m := &metrics{
		appended:       counters("samples_appended_total", "Samples stored.", "store"),
		appendFailures: counters("append_failures_total", "Scrapes and evaluations whose samples could not be stored.", "store"),
		scrapes:        counter("scrapes_total", "Scrapes of targets."),
		scrapeFailures: counters("scrape_failures_total", "Scrapes that failed.", "reason"),
		limitsReached:  counters("limits_reached_total", "Times that something was refused because of a limit.", "limit"),
		evaluations: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: metricsNamespace, Name: "evaluation_duration_seconds",
			Help:    "Time to evaluate the rules of one RAGMonitor that were due.",
			Buckets: []float64{0.01, 0.05, 0.1, 0.5, 1, 5, 15, 30},
		}),
		skipped:      counter("evaluations_skipped_total", "Evaluations of rule groups that were not made in their turn."),
		ruleFailures: counter("rule_failures_total", "Evaluations of a rule that failed."),
		series:       desc("series", "Series held in memory.", "store"),
		bytes:        desc("disk_bytes", "Bytes of samples on disk.", "store"),
		targets:      desc("targets", "Targets that are scraped."),
		monitors:     desc("ragmonitors", "RAGMonitors whose rules are evaluated."),
		leftOut:      desc("rules_left_out", "Rules that are not evaluated because they read further back than samples are kept."),
	}
	for _, limit := range limits {
		m.limitsReached.WithLabelValues(string(limit))
	}
	return m
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: metricsNamespace, Name: name, Help: help})
}

func counters(name, help, label string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: metricsNamespace, Name: name, Help: help}, []string{label})
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(metricsNamespace, "", name), help, labels, nil)
}

func (m *metrics) reached(limit Limit) { m.limitsReached.WithLabelValues(string(limit)).Inc() }

func (m *metrics) counted() []prometheus.Collector {
	return []prometheus.Collector{m.appended, m.appendFailures, m.scrapes, m.scrapeFailures, m.limitsReached, m.evaluations, m.skipped, m.ruleFailures}
}

// Describe implements prometheus.Collector.
func (e *Engine) Describe(to chan<- *prometheus.Desc) {
	for _, c := range e.metrics.counted() {
		c.Describe(to)
	}
	for _, d := range []*prometheus.Desc{e.metrics.series, e.metrics.bytes, e.metrics.targets, e.metrics.monitors, e.metrics.leftOut} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (e *Engine) Collect(to chan<- prometheus.Metric) {
	for _, c := range e.metrics.counted() {
		c.Collect(to)
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	e.withStore(func(s *store) {
		for name, d := range map[string]*database{storeScraped: s.scraped, storeRecorded: s.recorded} {
			gauge(e.metrics.series, float64(d.guard.held()), name)
			gauge(e.metrics.bytes, float64(d.bytes()), name)
		}
	})
	targets, leftOut := 0, 0
	members := e.current()
	for _, m := range members {
		targets += m.collector.states.count()
		leftOut += len(m.plan.leftOut)
	}
	gauge(e.metrics.targets, float64(targets))
	gauge(e.metrics.monitors, float64(len(members)))
	gauge(e.metrics.leftOut, float64(leftOut))
}

// unregistered takes the metrics that Prometheus' packages make about themselves,
// one set for each RAGMonitor, and shows them to nobody.
type unregistered struct{}

// Register implements prometheus.Registerer.
func (unregistered) Register(prometheus.Collector) error { return nil }

// MustRegister implements prometheus.Registerer.
func (unregistered) MustRegister(...prometheus.Collector) {}

// Unregister implements prometheus.Registerer.
func (unregistered) Unregister(prometheus.Collector) bool { return true }
