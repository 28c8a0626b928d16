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
	where := map[Scope][]place{}
	for _, scope := range []Scope{ScopeMonitor, ScopeEach, ScopeComponent, ScopeStage} {
		where[scope] = places(scope, m, m.Components)
	}
	for _, r := range c.Recordings {
		if !wishes[r.Only](m) {
			continue
		}
		for _, p := range where[r.Scope] {
			rule, ok, err := r.expand(m, p, recorded)
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

func (r Recording) expand(m model.Monitor, p place, recorded Recorded) (rulefmt.Rule, bool, error) {
	if !r.possible(p) {
		return rulefmt.Rule{}, false, nil
	}
	scope := promql.Scope{
		Resolve: func(name string, matchers []*labels.Matcher) []promql.Alternative {
			if isCanonical(name) {
				return canonical(m, p, recorded, name, matchers)
			}
			return p.resolve(name)
		},
		Numbers: map[string]float64{
			enoughEvaluations: most * float64(m.Evaluation.Window/m.Evaluation.Interval),
			expectedTargets:   p.expectedTargets(),
		},
		Window:  window(m.Evaluation, r.Window),
		Fixed:   p.fixed(),
		Foreign: p.foreign(),
	}
	expr, ok, err := promql.Or(r.scoped(scope, p)...)
	if err != nil || !ok {
		return rulefmt.Rule{}, false, err
	}
	return rulefmt.Rule{Record: r.Record, Expr: expr, Labels: r.labels(m, p)}, true, nil
}

// possible says whether it is worth a try: most components feed few of the signals.
func (r Recording) possible(p place) bool {
	if slices.ContainsFunc(r.Requires, func(s vocabulary.Signal) bool { return !p.feeds(s) }) {
		return false
	}
	return r.Quantile == nil || p.feeds(r.Quantile.Of)
}

// scoped are the templates of r, joined by "or".
func (r Recording) scoped(scope promql.Scope, p place) []promql.Scoped {
	if r.Quantile != nil {
		return r.Quantile.scoped(scope, p)
	}
	return []promql.Scoped{{Template: r.Expr, Scope: scope}}
}

func (r Recording) templates() []promql.Template {
	if r.Quantile != nil {
		return r.Quantile.variants
	}
	return []promql.Template{r.Expr}
}

func (r Recording) labels(m model.Monitor, p place) map[string]string {
	out := identity(m)
	maps.Copy(out, r.Labels)
	maps.Copy(out, p.labels())
	if r.Roles {
		maps.Copy(out, p.roles())
	}
	return out
}

// canonical are the series of m that are recorded already, for the components of
// a place.
func canonical(m model.Monitor, p place, recorded Recorded, name string, matchers []*labels.Matcher) []promql.Alternative {
	if !recorded.hasFor(name, append(stageOf(p), matchers...), p.names()) {
		return nil
	}
	bound := enforced(m)
	if len(p.components) > 0 {
		bound = append(bound, promql.OneOf(labelComponent, p.names()))
	}
	bound = append(bound, stageOf(p)...)
	return []promql.Alternative{{{Metric: name, Matchers: bound}}}
}

func stageOf(p place) []*labels.Matcher {
	if p.stage == "" {
		return nil
	}
	return []*labels.Matcher{promql.Equal(labelStage, p.stage)}
}

func window(e model.Evaluation, name string) time.Duration {
	if name == windowCost {
		return e.CostWindow
	}
	return e.Window
}
