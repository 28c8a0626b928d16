package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// MissingInputs is the canonical series that tells which alerts cannot fire,
// because no component exposed a metric lately that they read.
const MissingInputs = "ragmonitor:alert_inputs:missing"

const (
	labelMetric       = "metric"
	vocabularyMetrics = "ragmonitor:vocabulary_metrics:count"
)

// need is a set of signals one of which must be there.
type need []vocabulary.Signal

// Needs are the signals that the alert with this name reads, as a list of sets: of
// each set one signal is needed. It is empty for an alert that reads none.
func (c Catalogue) Needs(alert string) [][]vocabulary.Signal {
	var out [][]vocabulary.Signal
	for _, n := range c.needed[alert] {
		out = append(out, n)
	}
	return out
}

// Measures are the metrics of cAdvisor without which the alert with this name cannot
// fire, sorted.
func (c Catalogue) Measures(alert string) []string {
	return slices.Sorted(maps.Values(c.containers[alert]))
}

// needs walks a template down to the signals. Of "or" one operand will do.
func (c Catalogue) needs(t promql.Template) []need {
	var out []need
	for _, names := range t.Alternatives() {
		var joint need
		satisfied := false
		for _, name := range names {
			found, free := c.needsOf(name)
			satisfied = satisfied || free
			for _, n := range found {
				joint = append(joint, n...)
			}
			if len(names) == 1 {
				out = append(out, found...)
			}
		}
		if len(names) > 1 && !satisfied && len(joint) > 0 {
			out = append(out, distinct(joint))
		}
	}
	return unique(out)
}

// needsOf is what a name of a template needs; free says that it is a series that
// needs nothing.
func (c Catalogue) needsOf(name string) (found []need, free bool) {
	if signal, _ := splitSignal(strings.TrimSuffix(name, suffixJudged)); signal.Known() {
		return []need{{signal}}, false
	}
	if from := derivedFrom(name); len(from) > 0 {
		var joint need
		for _, source := range from {
			all, _ := c.needsOf(source)
			for _, n := range all {
				joint = append(joint, n...)
			}
		}
		return unique([]need{distinct(joint)}), len(joint) == 0
	}
	for _, r := range c.Recordings {
		if r.Record != name {
			continue
		}
		if r.Quantile != nil {
			return []need{{r.Quantile.Of}}, false
		}
		all := c.needs(r.Expr)
		for _, signal := range r.Requires {
			all = append(all, need{signal})
		}
		found = append(found, all...)
		free = len(found) == 0
	}
	return unique(found), free
}

// distinct keeps the order of the catalogue, in which the usual signal comes first.
func distinct(n need) need {
	var out need
	for _, signal := range n {
		if !slices.Contains(out, signal) {
			out = append(out, signal)
		}
	}
	return out
}

func unique(needs []need) []need {
	var out []need
	for _, n := range needs {
		if len(n) > 0 && !slices.ContainsFunc(out, func(have need) bool { return slices.Equal(have, n) }) {
			out = append(out, n)
		}
	}
	return out
}

// missing names the signals of an alert one of which would have to be fed.
func (c Catalogue) missing(m model.Monitor, a Alert) string {
	if a.Scope == ScopeSLO {
		return unmeasured(m)
	}
	needs := c.needed[a.Alert]
	for _, n := range needs {
		if !n.fed(m) {
			return n.String()
		}
	}
	if len(needs) > 0 {
		return needs[0].String()
	}
	return ""
}

func (n need) key() string {
	var b strings.Builder
	for _, signal := range n {
		b.WriteString(string(signal) + ",")
	}
	return b.String()
}

// mostNamed is how many signals are named where one of many is needed.
const mostNamed = 3

// String names the signals.
func (n need) String() string {
	names := make([]string, 0, mostNamed)
	for _, signal := range n[:min(len(n), mostNamed)] {
		names = append(names, string(signal))
	}
	return strings.Join(names, " or ")
}

// fed says whether some component has one of the signals.
func (n need) fed(m model.Monitor) bool {
	return slices.ContainsFunc(m.Components, func(c model.Component) bool {
		return slices.ContainsFunc(n, func(signal vocabulary.Signal) bool { return c.Vocabulary.Feeds(signal) })
	})
}

// metricsOf are the names of the metrics that carry one of these signals, or tell that
// there is nothing of it.
func metricsOf(m model.Monitor, n need) []string {
	var out []string
	for _, signal := range n {
		whole := signal.Whole()
		for _, c := range m.Components {
			for _, part := range c.Vocabulary.Signals[signal] {
				out = append(out, part.Names()...)
				if len(part.PartOf) > 0 {
					out = append(out, besides(c.Vocabulary.Signals[whole], part)...)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// besides are the names of the metrics that the part has for its whole.
func besides(wholes []vocabulary.Series, part vocabulary.Series) []string {
	var out []string
	for _, whole := range wholes {
		if counted := beside(whole, part); len(counted.Metrics) > 0 {
			out = append(out, counted.Names()...)
		}
	}
	return out
}

// coverage is one rule that tells for every alert whether the metrics are there
// that it reads.
func (c Catalogue) coverage(m model.Monitor, alerts []rulefmt.Rule) []rulefmt.Rule {
	var terms []parser.Expr
	done := map[string]bool{}
	own := enforced(m)
	known := map[string][]*labels.Matcher{}
	for _, rule := range alerts {
		if done[rule.Alert] {
			continue
		}
		done[rule.Alert] = true
		for _, n := range c.needed[rule.Alert] {
			key := n.key()
			exposed, ok := known[key]
			if !ok {
				exposed = exposing(own, metricsOf(m, n))
				known[key] = exposed
			}
			if len(exposed) > 0 {
				terms = append(terms, promql.Missing(vocabularyMetrics, exposed,
					map[string]string{labelAlert: rule.Alert, labelMetric: first(m, n)}))
			}
		}
		for _, series := range slices.Sorted(maps.Keys(c.containers[rule.Alert])) {
			terms = append(terms, promql.Missing(series, own,
				map[string]string{labelAlert: rule.Alert, labelMetric: c.containers[rule.Alert][series]}))
		}
	}
	if len(terms) == 0 {
		return nil
	}
	return []rulefmt.Rule{{Record: MissingInputs, Expr: promql.Print(promql.Union(terms)), Labels: identity(m)}}
}

// exposing matches the series that tell of some metrics, or is nil of none.
func exposing(own []*labels.Matcher, metrics []string) []*labels.Matcher {
	if len(metrics) == 0 {
		return nil
	}
	return slices.Concat(own, []*labels.Matcher{promql.OneOf(labelMetric, metrics)})
}

// first is the usual name of the metric that is missed.
func first(m model.Monitor, n need) string {
	for _, signal := range n {
		for _, c := range m.Components {
			for _, series := range c.Vocabulary.Signals[signal] {
				return series.Metrics[0]
			}
		}
	}
	return ""
}
