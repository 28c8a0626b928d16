package rules

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

const (
	windowRate = "rate"
	windowCost = "cost"
)

const (
	// enoughEvaluations stands for the number of evaluations after which a rate
	// is near its value.
	enoughEvaluations = "enoughEvaluations"
	// most is the share of a window that must be covered: a rate over it is then
	// too small by a fifth at most.
	most = 0.8
)

// metricUp is what Prometheus itself says of a target.
const metricUp = "up"

var histogramSuffixes = []string{"_bucket", "_sum", "_count"}

// place is what a recording rule exists for: a component and a stage, or "".
type place struct {
	component model.Component
	stage     string
}

// recordings expands the catalogue for every place where its signals are fed.
func (c Catalogue) recordings(m model.Monitor) ([]rulefmt.Rule, error) {
	var out []rulefmt.Rule
	for _, r := range c.Recordings {
		for _, p := range places(r, m) {
			expr, ok, err := promql.Expand(r.Expr, recordingScope(m, r, p))
			if err != nil {
				return nil, err
			}
			if ok {
				out = append(out, rulefmt.Rule{Record: r.Record, Expr: expr, Labels: recordingLabels(m, r, p)})
			}
		}
	}
	return out, nil
}

// places are those for which there may be a rule.
func places(r Recording, m model.Monitor) []place {
	if r.Scope == ScopeMonitor {
		return []place{{}}
	}
	var out []place
	for _, c := range m.Components {
		if !feeds(c.Vocabulary, r.Requires) {
			continue
		}
		if r.Scope == ScopeComponent {
			out = append(out, place{component: c})
			continue
		}
		for _, stage := range c.Vocabulary.Stages() {
			out = append(out, place{component: c, stage: stage})
		}
	}
	return out
}

func feeds(v vocabulary.Vocabulary, required []vocabulary.Signal) bool {
	return !slices.ContainsFunc(required, func(s vocabulary.Signal) bool { return len(v.Signals[s]) == 0 })
}

func recordingLabels(m model.Monitor, r Recording, p place) map[string]string {
	out := identity(m)
	maps.Copy(out, r.Labels)
	if p.component.Name != "" {
		out["component"] = p.component.Name
	}
	if p.stage != "" {
		out["stage"] = p.stage
	}
	return out
}

func recordingScope(m model.Monitor, r Recording, p place) promql.Scope {
	enforced := enforced(m)
	if p.component.Name != "" {
		enforced = append(enforced, promql.Equal("component", p.component.Name))
	}
	return promql.Scope{
		Enforced: enforced,
		Resolve:  p.resolve,
		Numbers:  map[string]float64{enoughEvaluations: most * float64(m.Evaluation.Window/m.Evaluation.Interval)},
		Window:   window(m.Evaluation, r.Window),
	}
}

// resolve finds the metrics behind a name in a recording rule's template. A
// canonical series, and up, stand for themselves.
func (p place) resolve(name string) []promql.Selector {
	if name == metricUp || isCanonical(name) {
		return []promql.Selector{{Metric: name}}
	}
	signal, suffix := splitSignal(name)
	stage := ""
	if signal.Staged() {
		stage = p.stage
	}
	var out []promql.Selector
	for _, series := range p.component.Vocabulary.Series(signal, stage) {
		for _, metric := range series.Metrics {
			out = append(out, promql.Selector{Metric: metric + suffix, Matchers: matchers(series), Labels: canonicalLabels(series)})
		}
	}
	return out
}

func matchers(s vocabulary.Series) []*labels.Matcher {
	var out []*labels.Matcher
	for _, label := range sortedKeys(s.Match) {
		values := s.Match[label]
		if len(values) == 1 {
			out = append(out, promql.Equal(label, values[0]))
			continue
		}
		out = append(out, promql.OneOf(label, values))
	}
	for _, label := range sortedKeys(s.MatchPattern) {
		out = append(out, promql.Pattern(label, s.MatchPattern[label]))
	}
	return out
}

// canonicalLabels are the labels that rules keep, each with the series' name for it.
func canonicalLabels(s vocabulary.Series) map[string]string {
	if s.StageLabel == "" {
		return s.Labels
	}
	out := map[string]string{"stage": s.StageLabel}
	maps.Copy(out, s.Labels)
	return out
}

// splitSignal separates the suffix of a histogram's series from the signal.
func splitSignal(name string) (vocabulary.Signal, string) {
	for _, suffix := range histogramSuffixes {
		signal := vocabulary.Signal(strings.TrimSuffix(name, suffix))
		if strings.HasSuffix(name, suffix) && signal.Type() == vocabulary.Histogram {
			return signal, suffix
		}
	}
	return vocabulary.Signal(name), ""
}

func isRecordable(name string) bool {
	signal, _ := splitSignal(name)
	return signal.Known() || name == metricUp || name == enoughEvaluations
}

func isCanonical(name string) bool { return strings.HasPrefix(name, "ragmonitor:") }

func window(e model.Evaluation, name string) time.Duration {
	if name == windowCost {
		return e.CostWindow
	}
	return e.Window
}
