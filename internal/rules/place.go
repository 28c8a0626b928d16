package rules

import (
	"maps"
	"slices"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// Labels that tell series of one RAGMonitor apart.
const (
	labelComponent = "component"
	labelStage     = "stage"
	labelRole      = "role"
	labelParent    = "parent"
)

// The roles of components, and of the time that is spent in them.
const (
	roleServes     = "serves"
	roleStage      = "stage"
	roleInner      = "inner"
	roleWhole      = "whole"
	roleSelfHosted = "self-hosted"
)

// place is what a recording rule exists for: components that are alike, so that
// one rule does for all of them, and a stage, or "" for none or those that a
// label names. The place of a RAGMonitor as a whole has no components.
type place struct {
	monitor    *model.Monitor
	components []model.Component
	stage      string
	staged     bool
	// bindings are the matchers by which the series of the place are found, each
	// set of which finds others than those before it.
	bindings [][]*labels.Matcher
	// own are the matchers by which its canonical series are found.
	own []*labels.Matcher
}

// places are those for which there may be a rule, of some components of m.
func places(scope Scope, m model.Monitor, components []model.Component) []place {
	var out []place
	switch scope {
	case ScopeMonitor, ScopeSLO:
		return []place{{monitor: &m, own: enforced(m)}}
	case ScopeEach:
		for _, c := range components {
			out = append(out, placeOf(&m, []model.Component{c}))
		}
	case ScopeComponent:
		for _, alike := range groups(components) {
			out = append(out, placeOf(&m, alike))
		}
	case ScopeStage:
		for _, alike := range groups(components) {
			p := placeOf(&m, alike)
			for _, stage := range p.vocabulary().Stages() {
				out = append(out, p.at(stage))
			}
		}
	}
	return out
}

func placeOf(m *model.Monitor, components []model.Component) place {
	p := place{monitor: m, components: components}
	// In the order in which they are printed.
	p.own = append([]*labels.Matcher{promql.OneOf(labelComponent, p.names())}, enforced(*m)...)
	p.bindings = bindings(*m, p)
	return p
}

// at is one stage of the place.
func (p place) at(stage string) place {
	p.stage, p.staged = stage, true
	p.own = slices.Concat(p.own, stageOf(p))
	return p
}

// groups puts components together that one rule can do for: the number of rules
// then grows with the vocabularies in use, and not with the components.
func groups(components []model.Component) [][]model.Component {
	var out [][]model.Component
	at := map[string]int{}
	for i, c := range components {
		key := c.Vocabulary.Name + "/" + c.Stage
		if c.Existing != nil || c.Vocabulary.Name == vocabulary.Custom {
			key = strconv.Itoa(i)
		}
		if known, ok := at[key]; ok {
			out[known] = append(out[known], c)
			continue
		}
		at[key] = len(out)
		out = append(out, []model.Component{c})
	}
	return out
}

func (p place) vocabulary() vocabulary.Vocabulary { return p.components[0].Vocabulary }

func (p place) names() []string {
	names := make([]string, 0, len(p.components))
	for _, c := range p.components {
		names = append(names, c.Name)
	}
	return names
}

// existing picks the series of the place, or is nil where they are scraped.
func (p place) existing() *model.Existing { return p.components[0].Existing }

// foreign says whether the series of the place are named by a user.
func (p place) foreign() bool {
	return len(p.components) > 0 && (p.existing() != nil || p.vocabulary().Name == vocabulary.Custom)
}

func (p place) expectedTargets() float64 {
	if len(p.components) > 0 && p.existing() != nil {
		return 1
	}
	return 0
}

// feeds says whether the vocabulary of the place has a signal, for its stage if
// the signal is staged.
func (p place) feeds(s vocabulary.Signal) bool {
	if len(p.components) == 0 {
		return false
	}
	known := p.vocabulary().Signals[s]
	if !s.Staged() {
		return len(known) > 0
	}
	return slices.ContainsFunc(known, func(series vocabulary.Series) bool { return series.Stage == p.stage })
}

func (p place) series(s vocabulary.Signal) []vocabulary.Series {
	if len(p.components) == 0 {
		return nil
	}
	if !s.Staged() {
		return p.vocabulary().Signals[s]
	}
	return p.vocabulary().Series(s, p.stage)
}

// labels are those that the rule sets: what differs within the place comes with
// the samples.
func (p place) labels() map[string]string {
	out := map[string]string{}
	if len(p.components) == 1 {
		out[labelComponent] = p.components[0].Name
	}
	if p.stage != "" {
		out[labelStage] = p.stage
	}
	return out
}

// identity are the labels that every series of the place carries.
func (p place) identity() map[string]string {
	out := identity(*p.monitor)
	maps.Copy(out, p.labels())
	return out
}

// fixed are the names of labels: a label of the same name that the application's
// own series may have must not split them.
func (p place) fixed() []string { return slices.Sorted(maps.Keys(p.labels())) }

var (
	selfHosted = map[string]string{labelRole: roleSelfHosted}
	serves     = map[string]string{labelRole: roleServes}
	stands     = map[string]string{labelRole: roleStage}
)

// roles are labels that tell readers what must not be counted twice.
func (p place) roles() map[string]string {
	c := p.components[0]
	switch {
	case p.staged && c.Refines():
		return map[string]string{labelRole: p.within(c.Stage), labelParent: c.Stage}
	case !p.staged && c.Vocabulary.SelfHosted:
		return selfHosted
	case c.Serves():
		return serves
	default:
		return stands
	}
}

func (p place) within(whole string) string {
	if p.stage == whole {
		return roleWhole
	}
	return roleInner
}
