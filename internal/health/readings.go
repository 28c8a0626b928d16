// Package health turns readings into a verdict: is the service healthy, and which
// stage makes it slow. It is pure; docs/health-model.md explains its choices.
package health

import (
	"cmp"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/prometheus/common/model"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// Key identifies a RAGMonitor.
type Key struct{ Namespace, Name string }

// Readings are what a metric source knows of one RAGMonitor, in base units. A nil
// pointer means that the source has no such value.
type Readings struct {
	// Age is how long ago the rules were evaluated, by the source's own clock.
	Age *time.Duration
	// TargetsUp and Targets count scrape targets, a component that is collected
	// elsewhere as one.
	TargetsUp, Targets *float64
	// Unseen are the components of which no target is known, Down those of which
	// some target does not answer, sorted by name.
	Unseen, Down []string
	// RequestRate and ErrorRate are per second, over all components.
	RequestRate, ErrorRate *float64
	// JudgedRate is the part of RequestRate of components that count failures.
	JudgedRate *float64
	// InFlightMin counts the fewest requests that were being served at any time of
	// the window, over all components.
	InFlightMin *float64
	// LatencyP95 is that of the slowest component, in seconds.
	LatencyP95 *float64
	// LatencyMean is the mean over all requests, in seconds.
	LatencyMean *float64
	// CostRate is in US dollars per second, over all components and models.
	CostRate *float64
	// CostPerRequestP95 is that of the dearest component, in US dollars.
	CostPerRequestP95 *float64
	// CacheHitRatio is that of the component whose cache hits least, 0 to 1.
	CacheHitRatio *float64
	// RateLimitRemaining is the lowest of all components.
	RateLimitRemaining *float64
	// RelevanceP50 and ContextPrecisionP50 are those of the worst component, 0 to 1.
	RelevanceP50, ContextPrecisionP50 *float64
	// Stages are sorted by share, largest first.
	Stages []Stage
	// Budgets are the shares of error budget left, by SLO; negative if overspent.
	Budgets map[string]float64
	// MissingInputs are metrics that no component exposed lately, by the alert that
	// reads them.
	MissingInputs map[string]string
	// BurnInPages counts how often alerts in mode BurnIn would have fired.
	BurnInPages map[string]float64
	// FiringAlerts counts the alerts that fire; CriticalAlerts those of them
	// with severity critical.
	FiringAlerts, CriticalAlerts int
}

// Stage is what is known of one stage of the pipeline.
type Stage struct {
	Name string
	// Share of the time of all requests, 0 to 1; more when stages overlap; 0 when
	// it is not known.
	Share float64
	// P95 of one call, in seconds; nil when it was not measured.
	P95 *float64
}

// ErrorRatio is the share of requests that failed, of those that can be told to
// fail, and nil without any.
func (r Readings) ErrorRatio() *float64 {
	if r.ErrorRate == nil || r.JudgedRate == nil || *r.JudgedRate <= 0 {
		return nil
	}
	ratio := *r.ErrorRate / *r.JudgedRate
	return &ratio
}

// secondsPerDay turns a rate per second into one per day.
const secondsPerDay = 86400

// CostPerDay is what a day costs at the present rate, in US dollars.
func (r Readings) CostPerDay() *float64 {
	if r.CostRate == nil {
		return nil
	}
	perDay := *r.CostRate * secondsPerDay
	return &perDay
}

// Unaccounted is the share of the time of all requests that no stage explains,
// and nil when the share of no stage is known.
func (r Readings) Unaccounted() *float64 {
	explained := 0.0
	for _, s := range r.Stages {
		explained += s.Share
	}
	if explained == 0 {
		return nil
	}
	rest := max(1-explained, 0)
	return &rest
}

// Series are the canonical series that Collect understands: what a source has to
// be asked for.
func Series() []string {
	names := make([]string, 0, len(collectors)+1)
	for name := range collectors {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Collect sorts samples of canonical series by RAGMonitor. alerts has a sample for
// each RAGMonitor and severity, whose value is the number of alerts that fire.
// Samples that are not numbers, and series it does not know, are passed over.
func Collect(samples, alerts model.Vector) map[Key]Readings {
	byKey := collect(samples)
	out := make(map[Key]Readings, len(byKey))
	for key, c := range byKey {
		out[key] = c.finish()
	}
	for _, s := range alerts {
		key := keyOf(s.Metric)
		r, known := out[key]
		if !known || !isNumber(float64(s.Value)) {
			continue
		}
		r.FiringAlerts += int(s.Value)
		if s.Metric["severity"] == model.LabelValue(v1alpha1.SeverityCritical) {
			r.CriticalAlerts += int(s.Value)
		}
		out[key] = r
	}
	return out
}

func collect(samples model.Vector) map[Key]*collection {
	byKey := map[Key]*collection{}
	for _, s := range samples {
		gather, known := collectors[string(s.Metric[model.MetricNameLabel])]
		key := keyOf(s.Metric)
		if !known || key == (Key{}) || !isNumber(float64(s.Value)) {
			continue
		}
		if byKey[key] == nil {
			byKey[key] = newCollection()
		}
		gather(byKey[key], sample{
			component: string(s.Metric["component"]),
			stage:     string(s.Metric["stage"]),
			slo:       string(s.Metric["slo"]),
			alert:     string(s.Metric["alert"]),
			metric:    string(s.Metric["metric"]),
			value:     float64(s.Value),
			at:        s.Timestamp,
		})
	}
	return byKey
}

func keyOf(m model.Metric) Key {
	key := Key{Namespace: string(m["namespace"]), Name: string(m["ragmonitor"])}
	if key.Namespace == "" || key.Name == "" {
		return Key{}
	}
	return key
}

func isNumber(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

type sample struct {
	component, stage, slo, alert, metric string
	value                                float64
	at                                   model.Time
}

// collection gathers the samples of one RAGMonitor. Means can be joined only when
// all of them are there.
type collection struct {
	readings Readings
	// up and total count targets, by component.
	up, total map[string]float64
	// rates and means of requests, by component.
	rates, means map[string]float64
	// judged are the components that count failures.
	judged map[string]bool
	// shares of stages.
	shares   map[string]float64
	stageP95 map[string]*float64
	// stages are those with a share or a percentile.
	stages map[string]bool
}

func newCollection() *collection {
	return &collection{
		readings: Readings{
			Budgets:       map[string]float64{},
			MissingInputs: map[string]string{},
			BurnInPages:   map[string]float64{},
		},
		up:       map[string]float64{},
		total:    map[string]float64{},
		rates:    map[string]float64{},
		judged:   map[string]bool{},
		means:    map[string]float64{},
		shares:   map[string]float64{},
		stageP95: map[string]*float64{},
		stages:   map[string]bool{},
	}
}

// collectors say for each canonical series what becomes of a sample.
var collectors = map[string]func(*collection, sample){
	"ragmonitor:evaluation:timestamp_seconds": func(c *collection, s sample) {
		age := s.at.Time().Sub(time.UnixMilli(int64(s.value * 1000)))
		c.readings.Age = &age
	},
	"ragmonitor:targets:up": func(c *collection, s sample) {
		add(&c.readings.TargetsUp, s.value)
		c.up[s.component] += s.value
	},
	"ragmonitor:targets:total": func(c *collection, s sample) {
		add(&c.readings.Targets, s.value)
		c.total[s.component] += s.value
	},
	"ragmonitor:request_errors:rate": func(c *collection, s sample) {
		add(&c.readings.ErrorRate, s.value)
		c.judged[s.component] = true
	},
	"ragmonitor:requests_in_flight:min": func(c *collection, s sample) { add(&c.readings.InFlightMin, s.value) },
	"ragmonitor:cost_usd:rate":          func(c *collection, s sample) { add(&c.readings.CostRate, s.value) },
	"ragmonitor:requests:rate": func(c *collection, s sample) {
		add(&c.readings.RequestRate, s.value)
		c.rates[s.component] = s.value
	},
	"ragmonitor:request_duration_seconds:mean": func(c *collection, s sample) { c.means[s.component] = s.value },
	"ragmonitor:request_duration_seconds:p95":  func(c *collection, s sample) { highest(&c.readings.LatencyP95, s.value) },
	"ragmonitor:cost_per_request_usd:p95":      func(c *collection, s sample) { highest(&c.readings.CostPerRequestP95, s.value) },
	"ragmonitor:cache_hits:ratio":              func(c *collection, s sample) { lowest(&c.readings.CacheHitRatio, s.value) },
	"ragmonitor:rate_limit_remaining:min":      func(c *collection, s sample) { lowest(&c.readings.RateLimitRemaining, s.value) },
	"ragmonitor:relevance_score:p50":           func(c *collection, s sample) { lowest(&c.readings.RelevanceP50, s.value) },
	"ragmonitor:context_precision:p50":         func(c *collection, s sample) { lowest(&c.readings.ContextPrecisionP50, s.value) },
	"ragmonitor:stage_share:ratio": func(c *collection, s sample) {
		if !isStage(s.stage) {
			return
		}
		c.shares[s.stage] = s.value
		c.stages[s.stage] = true
	},
	"ragmonitor:stage_duration_seconds:p95": func(c *collection, s sample) {
		if !isStage(s.stage) {
			return
		}
		p95 := c.stageP95[s.stage]
		highest(&p95, s.value)
		c.stageP95[s.stage] = p95
		c.stages[s.stage] = true
	},
	"ragmonitor:slo_error_budget_remaining:ratio": func(c *collection, s sample) {
		if s.slo != "" {
			c.readings.Budgets[s.slo] = s.value
		}
	},
	"ragmonitor:alert_inputs:missing": func(c *collection, s sample) {
		// Of several the first by name, so that it does not change all the time.
		if known, ok := c.readings.MissingInputs[s.alert]; isName(s.alert) && (!ok || s.metric < known) {
			c.readings.MissingInputs[s.alert] = s.metric
		}
	},
	"ragmonitor:burn_in_pages:count": func(c *collection, s sample) {
		if isName(s.alert) {
			c.readings.BurnInPages[s.alert] = s.value
		}
	},
}

// longestName is the most that the status takes of a name, in characters. It would
// refuse everything for the sake of one that is longer.
const longestName = 63

func isName(text string) bool { return text != "" && utf8.RuneCountInString(text) <= longestName }

// isStage leaves out what cannot be told from the remainder. The application names
// its stages: nobody has checked them.
func isStage(name string) bool { return isName(name) && name != vocabulary.Unaccounted }

// finish joins components: a request counts the same in each.
func (c *collection) finish() Readings {
	for component, total := range c.total {
		switch {
		case total == 0:
			c.readings.Unseen = append(c.readings.Unseen, component)
		case c.up[component] < total:
			c.readings.Down = append(c.readings.Down, component)
		}
	}
	slices.Sort(c.readings.Unseen)
	slices.Sort(c.readings.Down)
	for component := range c.judged {
		if rate, ok := c.rates[component]; ok {
			add(&c.readings.JudgedRate, rate)
		}
	}
	requests, seconds := 0.0, 0.0
	for component, mean := range c.means {
		requests += c.rates[component]
		seconds += mean * c.rates[component]
	}
	if requests > 0 {
		mean := seconds / requests
		c.readings.LatencyMean = &mean
	}
	for stage := range c.stages {
		c.readings.Stages = append(c.readings.Stages, Stage{Name: stage, Share: c.shares[stage], P95: c.stageP95[stage]})
	}
	slices.SortFunc(c.readings.Stages, func(a, b Stage) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Name, b.Name))
	})
	return c.readings
}

func add(sum **float64, value float64) {
	if *sum != nil {
		value += **sum
	}
	*sum = &value
}

func highest(limit **float64, value float64) {
	if *limit == nil || value > **limit {
		*limit = &value
	}
}

func lowest(limit **float64, value float64) {
	if *limit == nil || value < **limit {
		*limit = &value
	}
}
