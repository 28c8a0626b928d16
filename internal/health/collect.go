package health

import (
	"math"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/common/model"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// Watched are the names of the components of each RAGMonitor that there is.
type Watched map[Key][]string

// knows says whether a sample may be of what is watched. Series of all components
// together have no component.
func (w Watched) knows(key Key, component string) bool {
	names, ok := w[key]
	return ok && (component == "" || slices.Contains(names, component))
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
// Samples that are not numbers, and series it does not know, are passed over. Those
// of what is not watched are passed over too, and counted: anybody who can write to
// the source can give a series any label.
func Collect(samples, alerts model.Vector, watched Watched) (readings map[Key]Readings, foreign int) {
	byKey, foreign := collect(samples, watched)
	readings = make(map[Key]Readings, len(byKey))
	for key, c := range byKey {
		readings[key] = c.finish()
	}
	for _, s := range alerts {
		key := keyOf(s.Metric)
		if key != (Key{}) && !watched.knows(key, "") {
			foreign++
			continue
		}
		r, known := readings[key]
		if !known || !isNumber(float64(s.Value)) {
			continue
		}
		r.FiringAlerts += int(s.Value)
		if s.Metric["severity"] == model.LabelValue(v1alpha1.SeverityCritical) {
			r.CriticalAlerts += int(s.Value)
		}
		readings[key] = r
	}
	return readings, foreign
}

func collect(samples model.Vector, watched Watched) (byKey map[Key]*collection, foreign int) {
	byKey = map[Key]*collection{}
	for _, s := range samples {
		gather, known := collectors[string(s.Metric[model.MetricNameLabel])]
		key := keyOf(s.Metric)
		if !known || key == (Key{}) || !isNumber(float64(s.Value)) {
			continue
		}
		if !watched.knows(key, string(s.Metric["component"])) {
			foreign++
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
	return byKey, foreign
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
	"ragmonitor:cost_today_usd:sum":     func(c *collection, s sample) { add(&c.readings.CostToday, s.value) },
	"ragmonitor:cost_month_usd:sum":     func(c *collection, s sample) { add(&c.readings.CostMonth, s.value) },
	"ragmonitor:budget_spent:ratio":     func(c *collection, s sample) { highest(&c.readings.BudgetSpent, s.value) },
	"ragmonitor:requests:rate": func(c *collection, s sample) {
		add(&c.readings.RequestRate, s.value)
		c.rates[s.component] = s.value
	},
	"ragmonitor:request_duration_seconds:mean":     func(c *collection, s sample) { c.means[s.component] = s.value },
	"ragmonitor:request_duration_seconds:baseline": func(c *collection, s sample) { c.baselines[s.component] = s.value },
	"ragmonitor:request_duration_seconds:p95": func(c *collection, s sample) {
		highest(&c.readings.LatencyP95, s.value)
		c.readings.LatencyP95By[s.component] = s.value
	},
	"ragmonitor:cost_per_request_usd:p95": func(c *collection, s sample) { highest(&c.readings.CostPerRequestP95, s.value) },
	"ragmonitor:cache_hits:ratio":         func(c *collection, s sample) { lowest(&c.readings.CacheHitRatio, s.value) },
	"ragmonitor:rate_limit_remaining:min": func(c *collection, s sample) { lowest(&c.readings.RateLimitRemaining, s.value) },
	"ragmonitor:relevance_score:p50":      func(c *collection, s sample) { lowest(&c.readings.RelevanceP50, s.value) },
	"ragmonitor:context_precision:p50":    func(c *collection, s sample) { lowest(&c.readings.ContextPrecisionP50, s.value) },

	"ragmonitor:stage_share:ratio":               ofStage(func(p *part, v float64) { p.share = v }),
	"ragmonitor:stage_duration_seconds:p95":      ofStage(func(p *part, v float64) { p.p95 = &v }),
	"ragmonitor:stage_duration_seconds:mean":     ofStage(func(p *part, v float64) { p.mean = &v }),
	"ragmonitor:stage_duration_seconds:baseline": ofStage(func(p *part, v float64) { p.baseline = &v }),
	"ragmonitor:stage_calls:rate":                ofStage(func(p *part, v float64) { p.calls = &v }),
	"ragmonitor:stage_errors:rate":               ofStage(func(p *part, v float64) { p.failures = &v }),

	"ragmonitor:slo_error_budget_remaining:ratio": func(c *collection, s sample) {
		if s.slo != "" {
			c.readings.Budgets[s.slo] = s.value
		}
	},
	"ragmonitor:slo_burn_rate:ratio": func(c *collection, s sample) {
		if s.slo != "" {
			c.readings.BurnRates[s.slo] = s.value
		}
	},
	"ragmonitor:alert_inputs:missing": func(c *collection, s sample) {
		if !isName(s.alert) || !isPrintable(s.metric) {
			return
		}
		// Of several the first by name, so that it does not change all the time.
		if known, ok := c.readings.MissingInputs[s.alert]; !ok || s.metric < known {
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

// isName leaves out what would deceive those who read it in a terminal or a message.
func isName(text string) bool {
	return text != "" && utf8.RuneCountInString(text) <= longestName && isPrintable(text)
}

func isPrintable(text string) bool {
	for _, c := range text {
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			return false
		}
	}
	return true
}

// isStage leaves out what cannot be told from the remainder. The application names
// its stages: nobody has checked them.
func isStage(name string) bool { return isName(name) && name != vocabulary.Unaccounted }

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
