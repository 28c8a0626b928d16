package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	ragmodel "github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/slo"
)

// Objective names one of the limits of a RAGMonitor.
type Objective string

// Numbers in the expressions of alerts.
const (
	// thresholdName stands for what the expression compares with.
	thresholdName = "threshold"
	// windowName stands for the length of the window of rates, in seconds.
	windowName = "windowSeconds"
)

// Threshold is the number of an alert that watches no objective.
type Threshold struct {
	// Value in base units.
	Value float64 `yaml:"value"`
	// Unit is "ratio", "seconds", "usd", "count" or "times".
	Unit string `yaml:"unit"`
}

// units say how people read a number of some unit.
var units = map[string]func(float64) limit{
	"ratio": percent,
	// Not a duration: a user may write what none can hold.
	"seconds": func(f float64) limit { return limit{f, decimal(f) + " s"} },
	"usd":     dollars,
	"count":   count,
	"times":   func(f float64) limit { return limit{f, decimal(f) + " times"} },
}

// limit is the number of an alert, in base units, and how people read it.
type limit struct {
	value float64
	text  string
}

// objectives tells for each objective its value; stage is "" but for stageP95.
var objectives = map[Objective]func(o ragmodel.Objectives, stage string) (limit, bool){
	"latencyP95":          func(o ragmodel.Objectives, _ string) (limit, bool) { return seconds(o.LatencyP95), true },
	"timeToFirstTokenP95": func(o ragmodel.Objectives, _ string) (limit, bool) { return seconds(o.TimeToFirstTokenP95), true },
	"stageP95": func(o ragmodel.Objectives, stage string) (limit, bool) {
		d, ok := o.Stage(stage)
		return seconds(d), ok
	},
	"errorRatio":        func(o ragmodel.Objectives, _ string) (limit, bool) { return percent(o.ErrorRatio), true },
	"cacheHitRatio":     func(o ragmodel.Objectives, _ string) (limit, bool) { return percent(o.CacheHitRatio), true },
	"costPerDay":        func(o ragmodel.Objectives, _ string) (limit, bool) { return dollars(o.CostPerDay), true },
	"costPerRequestP95": func(o ragmodel.Objectives, _ string) (limit, bool) { return dollars(o.CostPerRequestP95), true },
	"relevanceP50":      func(o ragmodel.Objectives, _ string) (limit, bool) { return percent(o.RelevanceP50), true },
	"contextPrecisionP50": func(o ragmodel.Objectives, _ string) (limit, bool) {
		return percent(o.ContextPrecisionP50), true
	},
	"rateLimitRemaining": func(o ragmodel.Objectives, _ string) (limit, bool) { return count(o.RateLimitRemaining), true },
}

// limit returns what the alert compares with, and whether there is anything. An
// alert that compares with nothing has no use for it.
func (a Alert) limit(m ragmodel.Monitor, stage string) (limit, bool) {
	override := m.Alerts.Overrides[a.Alert].Threshold
	switch {
	case a.Objective != "":
		l, ok := objectives[a.Objective](m.Objectives, stage)
		if ok && override != nil {
			l = units[unitOf[a.Objective]](*override)
		}
		return l, ok
	case a.Threshold != nil && override != nil:
		return units[a.Threshold.Unit](*override), true
	case a.Threshold != nil:
		return units[a.Threshold.Unit](a.Threshold.Value), true
	default:
		return limit{}, true
	}
}

// unitOf says in which unit an override gives the number of an objective.
var unitOf = map[Objective]string{
	"latencyP95": "seconds", "stageP95": "seconds", "timeToFirstTokenP95": "seconds",
	"errorRatio": "ratio", "cacheHitRatio": "ratio", "relevanceP50": "ratio", "contextPrecisionP50": "ratio",
	"costPerDay": "usd", "costPerRequestP95": "usd", "rateLimitRemaining": "count",
}

// Unit is the unit of the alert's threshold, or "" if it has none.
func (a Alert) Unit() string {
	if a.Threshold != nil {
		return a.Threshold.Unit
	}
	return unitOf[a.Objective]
}

func seconds(d time.Duration) limit {
	return limit{d.Seconds(), model.Duration(d).String()}
}

func percent(ratio float64) limit {
	return limit{ratio, decimal(ratio*100) + " %"}
}

func dollars(usd float64) limit {
	return limit{usd, "$" + decimal(usd)}
}

func count(n float64) limit {
	return limit{n, decimal(n)}
}

// decimal prints at most six digits after the point: 0.07*100 is 7, not
// 7.000000000000001.
func decimal(f float64) string {
	text := fmt.Sprintf("%.6f", f)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// ValueOf returns the value of an objective in base units, and whether there is
// one that does not depend on a stage.
func ValueOf(name Objective, o ragmodel.Objectives) (float64, bool) {
	read, ok := objectives[name]
	if !ok {
		return 0, false
	}
	limit, ok := read(o, "")
	return limit.value, ok
}

// ThresholdsOf returns what a board draws for the alert with this name, in base
// units, ascending, each once: the objectives that it watches, because an override
// of one concerns the alert alone; its own number or that of the override; for the
// alert on the burn rate of SLOs the rates at which it fires. There is nothing to
// draw for an alert that compares with nothing, nor for a number of its own while m
// switches it off.
func (c Catalogue) ThresholdsOf(alert string, m ragmodel.Monitor) []float64 {
	all := slices.Concat(c.Alerts, c.NodeAlerts)
	i := slices.IndexFunc(all, func(a Alert) bool { return a.Alert == alert })
	if i < 0 {
		return nil
	}
	a := all[i]
	if a.Objective != "" {
		m.Alerts.Overrides = nil
	} else if m.Alerts.ModeOf(alert) == ragmodel.Off {
		return nil
	}
	var out []float64
	switch {
	case a.Scope == ScopeSLO:
		out = burnRates(m)
	case a.Unit() != "":
		for _, instance := range a.instances(m) {
			out = append(out, instance.limit.value)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func burnRates(m ragmodel.Monitor) []float64 {
	var out []float64
	for _, s := range m.SLOs {
		for _, pair := range slo.Pairs(s.Period, s.ErrorBudget) {
			out = append(out, pair.Factor)
		}
	}
	return out
}
