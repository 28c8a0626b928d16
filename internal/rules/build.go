package rules

import (
	"maps"
	"slices"
	"time"

	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
)

// sloInterval is the shortest time between two evaluations of error budgets:
// they read weeks of samples and move slowly.
const sloInterval = time.Minute

// Build returns the rule groups of m, and none that is empty. An error means that
// the catalogue is broken.
func (c Catalogue) Build(m model.Monitor) ([]rulefmt.RuleGroup, error) {
	recordings, err := c.recordings(m)
	if err != nil {
		return nil, err
	}
	recorded := index(recordings)
	budgets, err := errorBudgets(m, recorded)
	if err != nil {
		return nil, err
	}
	alerts, err := c.alerts(m, recorded)
	if err != nil {
		return nil, err
	}
	interval := m.Evaluation.Interval
	groups := []rulefmt.RuleGroup{
		group("ragmonitor.recordings", interval, recordings),
		group("ragmonitor.slos", max(interval, sloInterval), budgets),
		group("ragmonitor.alerts", interval, alerts),
	}
	return slices.DeleteFunc(groups, func(g rulefmt.RuleGroup) bool { return len(g.Rules) == 0 }), nil
}

func group(name string, interval time.Duration, rules []rulefmt.Rule) rulefmt.RuleGroup {
	return rulefmt.RuleGroup{Name: name, Interval: promconfig.Duration(interval), Rules: rules}
}

// Recorded answers which canonical series a RAGMonitor has.
type Recorded struct {
	series map[string][]map[string]string
}

// RecordedBy returns the canonical series that groups record.
func RecordedBy(groups []rulefmt.RuleGroup) Recorded {
	var all []rulefmt.Rule
	for _, g := range groups {
		all = append(all, g.Rules...)
	}
	return index(all)
}

func index(rules []rulefmt.Rule) Recorded {
	r := Recorded{series: map[string][]map[string]string{}}
	for _, rule := range rules {
		if rule.Record != "" {
			r.series[rule.Record] = append(r.series[rule.Record], rule.Labels)
		}
	}
	return r
}

// Has says whether some recorded series with this name may have all these labels.
// A label that its rule does not fix, because it comes with the samples, may have
// any value.
func (r Recorded) Has(name string, want map[string]string) bool {
	return slices.ContainsFunc(r.series[name], func(have map[string]string) bool {
		for label, value := range want {
			if fixed, ok := have[label]; ok && fixed != value {
				return false
			}
		}
		return true
	})
}

// ReadScope is the scope of an expression over the canonical series of m with
// the given labels. A name that is not recorded is undefined.
func ReadScope(m model.Monitor, recorded Recorded, having map[string]string) promql.Scope {
	enforced := enforced(m)
	for _, label := range sortedKeys(having) {
		enforced = append(enforced, promql.Equal(label, having[label]))
	}
	return promql.Scope{
		Enforced: enforced,
		Resolve: func(name string) []promql.Selector {
			if !recorded.Has(name, having) {
				return nil
			}
			return []promql.Selector{{Metric: name}}
		},
	}
}

// identity are the labels that every series and alert of m carries.
func identity(m model.Monitor) map[string]string {
	return map[string]string{"namespace": m.Namespace, "ragmonitor": m.Name}
}

func enforced(m model.Monitor) []*labels.Matcher {
	return []*labels.Matcher{promql.Equal("namespace", m.Namespace), promql.Equal("ragmonitor", m.Name)}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
