package controller

import (
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// said is what was last said of one RAGMonitor.
type said struct {
	observation
	at time.Time
}

// verdicts shows what was said of all RAGMonitors as metrics of the operator, exact
// and at once: the status rounds, and waits. It implements prometheus.Collector.
type verdicts struct {
	mu       sync.Mutex
	saids    map[types.NamespacedName]said
	foreigns map[string]int
}

func newVerdicts() *verdicts {
	return &verdicts{saids: map[types.NamespacedName]said{}, foreigns: map[string]int{}}
}

func (v *verdicts) set(key types.NamespacedName, o observation, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.saids[key] = said{o, now}
}

// foreign says how many samples of a source were dropped, as being of nobody that it
// is read for.
func (v *verdicts) foreign(source string, samples int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.foreigns[source] = samples
}

// keep forgets all RAGMonitors but those that are present.
func (v *verdicts) keep(present map[types.NamespacedName]bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for key := range v.saids {
		if !present[key] {
			delete(v.saids, key)
		}
	}
}

// monitorLabels are on every series; they come first, and are those of the
// recorded series, so that the two can be joined.
var monitorLabels = []string{"namespace", "ragmonitor"}

func gaugeOf(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, append(monitorLabels[:2:2], labels...), nil)
}

var (
	healthState = gaugeOf("ragmonitor_health", "1 for the state that the RAGMonitor is in, 0 for the others.", "state")
	bottleneck  = gaugeOf("ragmonitor_bottleneck_info", "1 for the stage that makes requests slow or fail; no series when none does.", "stage")
	budgetLeft  = gaugeOf("ragmonitor_slo_error_budget_remaining_ratio", "Share of the error budget that is left, negative when it is overspent.", "slo")
	burnRate    = gaugeOf("ragmonitor_slo_burn_rate", "How many times faster than allowed the error budget was spent in the last hour.", "slo")
	stageShare  = gaugeOf("ragmonitor_stage_share_ratio", "Share of the time of all requests that was spent in one of the three stages that weigh most.", "stage")
)

// states are the values of the label state.
var states = []v1alpha1.Health{
	v1alpha1.HealthHealthy, v1alpha1.HealthDegraded, v1alpha1.HealthCritical, v1alpha1.HealthNoTraffic,
	v1alpha1.HealthNoData, v1alpha1.HealthStale, v1alpha1.HealthUnknown,
}

var foreignSamples = prometheus.NewDesc("ragmonitor_source_foreign_samples",
	"Samples of the last reading that were dropped, because they are of no RAGMonitor or component that takes this source.",
	[]string{"source"}, nil)

// gauges have one value for a RAGMonitor, and no series where it is not known.
var gauges = []struct {
	desc  *prometheus.Desc
	value func(said) *float64
}{
	{gaugeOf("ragmonitor_data_age_seconds", "Time since the rules were last evaluated, as of the last verdict."), said.age},
	{
		gaugeOf("ragmonitor_request_duration_p95_seconds", "95th percentile of the duration of a request, of the slowest component."),
		func(s said) *float64 { return s.Readings.LatencyP95 },
	},
	{gaugeOf("ragmonitor_requests_per_second", "Requests served, failed ones included."), func(s said) *float64 { return s.Readings.RequestRate }},
	{gaugeOf("ragmonitor_error_ratio", "Share of requests that failed, 0 to 1."), func(s said) *float64 { return s.Readings.ErrorRatio() }},
	{gaugeOf("ragmonitor_cache_hit_ratio", "Share of cache look-ups that hit, 0 to 1."), func(s said) *float64 { return s.Readings.CacheHitRatio }},
	{gaugeOf("ragmonitor_targets", "Scrape targets."), func(s said) *float64 { return s.Readings.Targets }},
	{gaugeOf("ragmonitor_targets_up", "Scrape targets that answered the last scrape."), func(s said) *float64 { return s.Readings.TargetsUp }},
	{gaugeOf("ragmonitor_firing_alerts", "Alerts that fire."), said.firing},
	{gaugeOf("ragmonitor_cost_usd_per_day", "What a day costs at the present rate, in US dollars."), func(s said) *float64 { return s.Readings.CostPerDay() }},
	{
		gaugeOf("ragmonitor_cost_today_usd", "What was spent today, in US dollars, as the status says it."),
		func(s said) *float64 { return s.dollars(func(c *v1alpha1.CostReading) string { return c.TodayUSD }) },
	},
	{
		gaugeOf("ragmonitor_cost_month_usd", "What was spent this month, in US dollars, as the status says it."),
		func(s said) *float64 { return s.dollars(func(c *v1alpha1.CostReading) string { return c.MonthUSD }) },
	},
	{
		gaugeOf("ragmonitor_cost_budget_spent_ratio", "Share of the cost budget that is spent in its present period, as the source has it."),
		func(s said) *float64 { return s.Readings.BudgetSpent },
	},
}

func (s said) age() *float64 {
	if s.Readings.Age == nil {
		return nil
	}
	return new((*s.Readings.Age + s.at.Sub(s.viewed)).Seconds())
}

func (s said) firing() *float64 {
	if !s.Verdict.DataAvailable {
		return nil
	}
	return new(float64(s.Readings.FiringAlerts))
}

func (s said) dollars(of func(*v1alpha1.CostReading) string) *float64 {
	if s.Cost == nil {
		return nil
	}
	value, err := strconv.ParseFloat(of(s.Cost), 64)
	if err != nil {
		return nil // it is not measured
	}
	return &value
}

// Describe implements prometheus.Collector.
func (v *verdicts) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{healthState, bottleneck, budgetLeft, burnRate, stageShare, foreignSamples} {
		out <- desc
	}
	for _, g := range gauges {
		out <- g.desc
	}
}

// Collect implements prometheus.Collector.
func (v *verdicts) Collect(out chan<- prometheus.Metric) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for key, s := range v.saids {
		s.emit(func(desc *prometheus.Desc, value float64, labels ...string) {
			out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, append([]string{key.Namespace, key.Name}, labels...)...)
		})
	}
	for source, samples := range v.foreigns {
		out <- prometheus.MustNewConstMetric(foreignSamples, prometheus.GaugeValue, float64(samples), source)
	}
}

func (s said) emit(emit func(desc *prometheus.Desc, value float64, labels ...string)) {
	for _, state := range states {
		is := 0.0
		if state == s.Verdict.Health {
			is = 1
		}
		emit(healthState, is, string(state))
	}
	for _, g := range gauges {
		if value := g.value(s); value != nil {
			emit(g.desc, *value)
		}
	}
	if s.Verdict.Bottleneck != nil {
		emit(bottleneck, 1, s.Verdict.Bottleneck.Name)
	}
	for _, stage := range s.Verdict.Stages {
		emit(stageShare, stage.Share, stage.Name)
	}
	for slo, left := range s.Readings.Budgets {
		emit(budgetLeft, left, slo)
	}
	for slo, rate := range s.Readings.BurnRates {
		emit(burnRate, rate, slo)
	}
}

// Verdicts are the metrics of verdicts, of none yet: for who documents them.
func Verdicts() prometheus.Collector { return newVerdicts() }
