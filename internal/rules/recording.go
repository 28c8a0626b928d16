package rules

import (
	"maps"
	"slices"
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
	windowHour = "hour"
)

// Numbers of recording rules.
const (
	// enoughEvaluations stands for the number of evaluations after which a rate
	// is near its value.
	enoughEvaluations = "enoughEvaluations"
	// expectedTargets stands for the number of targets that a component has
	// without "up".
	expectedTargets = "expectedTargets"
)

// most is the share of a window that must be covered: a rate over it is then too
// small by a fifth at most.
const most = 0.8

// recordings expands the catalogue for every place where its signals are fed.
func (c Catalogue) recordings(m model.Monitor) ([]rulefmt.Rule, Recorded, error) {
	var out []rulefmt.Rule
	recorded := index(nil)
	where := map[Scope][]reading{}
	for _, scope := range []Scope{ScopeMonitor, ScopeEach, ScopeComponent, ScopeStage} {
		for _, p := range places(scope, m, m.Components) {
			where[scope] = append(where[scope], reading{p, p.scope(m.Evaluation, recorded), p.identity()})
		}
	}
	for _, r := range c.Recordings {
		if !wishes[r.Only](m) {
			continue
		}
		for _, p := range where[r.Scope] {
			rule, ok, err := r.expand(m, p)
			if err != nil {
				return nil, recorded, err
			}
			if ok {
				out = append(out, rule)
				recorded.add(rule, p.names()...)
			}
		}
		if r.Priced && recorded.Has(r.Record, nil) {
			for _, rule := range c.priceRules(m, recorded) {
				out = append(out, rule)
				recorded.add(rule)
			}
		}
	}
	return out, recorded, nil
}

// reading is a place, what the names of templates mean there, and the labels that all
// that is recorded there has in common.
type reading struct {
	place
	scope  promql.Scope
	common map[string]string
}

// scope reads the metrics of the place, and of the canonical series those that are
// recorded when it is asked.
func (p place) scope(e model.Evaluation, recorded Recorded) promql.Scope {
	// Most names stand in several templates.
	resolved := map[string][]promql.Alternative{}
	return promql.Scope{
		Resolve: func(name string, matchers []*labels.Matcher) []promql.Alternative {
			if isCanonical(name) {
				return p.canonical(recorded, name, matchers)
			}
			found, ok := resolved[name]
			if !ok {
				found = p.resolve(name)
				resolved[name] = found
			}
			return found
		},
		Numbers: map[string]float64{
			enoughEvaluations: most * float64(e.Window/e.Interval),
			expectedTargets:   p.expectedTargets(),
		},
		Fixed:   p.fixed(),
		Foreign: p.foreign(),
	}
}

func (r Recording) expand(m model.Monitor, p reading) (rulefmt.Rule, bool, error) {
	if !r.possible(p.place) {
		return rulefmt.Rule{}, false, nil
	}
	p.scope.Window = window(m.Evaluation, r.Window)
	expr, ok, err := promql.Or(r.scoped(p, m.Objectives)...)
	if err != nil || !ok {
		return rulefmt.Rule{}, false, err
	}
	return rulefmt.Rule{Record: r.Record, Expr: expr, Labels: r.labels(p)}, true, nil
}

// possible says whether it is worth a try: most components feed few of the signals.
func (r Recording) possible(p place) bool {
	if slices.ContainsFunc(r.Requires, func(s vocabulary.Signal) bool { return !p.feeds(s) }) {
		return false
	}
	return r.Quantile == nil || p.feeds(r.Quantile.Of)
}

// scoped are the templates of r, joined by "or".
func (r Recording) scoped(p reading, o model.Objectives) []promql.Scoped {
	if r.Quantile != nil {
		return r.Quantile.scoped(p.scope, p.place, o)
	}
	return []promql.Scoped{{Template: r.Expr, Scope: p.scope}}
}

func (r Recording) templates() []promql.Template {
	if r.Quantile != nil {
		return r.Quantile.variants
	}
	return []promql.Template{r.Expr}
}

func (r Recording) labels(p reading) map[string]string {
	out := maps.Clone(p.common)
	maps.Copy(out, r.Labels)
	if r.Roles {
		maps.Copy(out, p.roles())
	}
	return out
}

// canonical are the series that are recorded already, for the components of a place.
func (p place) canonical(recorded Recorded, name string, matchers []*labels.Matcher) []promql.Alternative {
	if !recorded.hasFor(name, append(stageOf(p), matchers...), p.names()) {
		return nil
	}
	return []promql.Alternative{{{Metric: name, Matchers: p.own}}}
}

func stageOf(p place) []*labels.Matcher {
	if p.stage == "" {
		return nil
	}
	return []*labels.Matcher{promql.Equal(labelStage, p.stage)}
}

func window(e model.Evaluation, name string) time.Duration {
	switch name {
	case windowCost:
		return e.CostWindow
	case windowHour:
		return time.Hour
	default:
		return e.Window
	}
}
