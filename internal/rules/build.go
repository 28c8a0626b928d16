package rules

import (
	"fmt"
	"maps"
	"slices"
	"time"

	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
)

const labelNamespace = "namespace"

// canonicalPrefix is what the names of canonical series begin with.
const canonicalPrefix = "ragmonitor:"

// sloInterval is the shortest time between two evaluations of rules that read
// hours and weeks of samples, and so move slowly.
const sloInterval = time.Minute

// Rules are what is made for one RAGMonitor.
type Rules struct {
	// Groups of rules, none of them empty.
	Groups []rulefmt.RuleGroup
	// Recorded are the canonical series that they record.
	Recorded Recorded
	// Unavailable are the alerts that are not among them, because no component
	// feeds what they read.
	Unavailable []Unavailable
	// Thresholds are the bucket bounds at which SLOs of latency are measured.
	Thresholds map[string]Bounds
}

// Build returns the rules of m. An error means that the catalogue is broken.
func (c Catalogue) Build(m model.Monitor) (Rules, error) {
	recordings, recorded, err := c.recordings(m)
	if err != nil {
		return Rules{}, err
	}
	counted, err := sloRecordings(m, recorded)
	if err != nil {
		return Rules{}, err
	}
	recordings = append(recordings, counted...)
	moving, err := slow(m, recorded)
	if err != nil {
		return Rules{}, err
	}
	alerts, unavailable, err := c.alerts(m, recorded)
	if err != nil {
		return Rules{}, err
	}
	rehearsed, err := burnIn(m, alerts)
	if err != nil {
		return Rules{}, err
	}
	interval := m.Evaluation.Interval
	groups := slices.Concat(
		grouped("ragmonitor.recordings", interval, recordings),
		grouped("ragmonitor.slos", max(interval, sloInterval), slices.Concat(moving, c.coverage(m, alerts), rehearsed.counts)),
		grouped("ragmonitor.alerts", interval, rehearsed.paging),
		grouped("ragmonitor.burn-in", interval, rehearsed.conditions),
	)
	return Rules{Groups: groups, Recorded: recorded, Unavailable: unavailable, Thresholds: thresholds(m)}, nil
}

// slow adds the rules that move slowly to recorded, and returns them.
func slow(m model.Monitor, recorded Recorded) ([]rulefmt.Rule, error) {
	var out []rulefmt.Rule
	for _, rulesOf := range []func(model.Monitor, Recorded) ([]rulefmt.Rule, error){
		sloRatios, budgetRules, spentRules, baselineRules,
	} {
		rules, err := rulesOf(m, recorded)
		if err != nil {
			return nil, err
		}
		out = append(out, rules...)
	}
	return out, nil
}

// largestGroup is where a group is divided, in characters of its rules. Only a
// RAGMonitor of several large vocabularies gets there; what its later groups read of
// the earlier ones may then be one interval old.
const largestGroup = 128 * 1024

// grouped puts rules into groups, in their order.
func grouped(name string, interval time.Duration, rules []rulefmt.Rule) []rulefmt.RuleGroup {
	var out []rulefmt.RuleGroup
	size, start := 0, 0
	for i, rule := range rules {
		if size += length(rule); len(out) == 0 || size > largestGroup {
			size, start = length(rule), i
			out = append(out, rulefmt.RuleGroup{Name: numbered(name, len(out)), Interval: promconfig.Duration(interval)})
		}
		out[len(out)-1].Rules = rules[start : i+1 : i+1]
	}
	return out
}

func numbered(name string, before int) string {
	if before == 0 {
		return name
	}
	return fmt.Sprintf("%s.%d", name, before+1)
}

func length(rule rulefmt.Rule) int {
	n := len(rule.Expr)
	for _, texts := range []map[string]string{rule.Labels, rule.Annotations} {
		for name, text := range texts {
			n += len(name) + len(text)
		}
	}
	return n
}

// Recorded answers which canonical series a RAGMonitor has.
type Recorded struct {
	series map[string][]recordedSeries
}

// recordedSeries is what one rule records.
type recordedSeries struct {
	labels map[string]string
	// components are those that the rule is for; none for one of the RAGMonitor.
	components []string
}

func index(rules []rulefmt.Rule) Recorded {
	r := Recorded{series: map[string][]recordedSeries{}}
	for _, rule := range rules {
		r.add(rule)
	}
	return r
}

func (r Recorded) add(rule rulefmt.Rule, components ...string) {
	if rule.Record != "" {
		r.series[rule.Record] = append(r.series[rule.Record], recordedSeries{rule.Labels, components})
	}
}

// Has says whether some recorded series with this name may match. A label that
// its rule does not fix, because it comes with the samples, may have any value.
func (r Recorded) Has(name string, matchers []*labels.Matcher) bool {
	return slices.ContainsFunc(r.series[name], func(s recordedSeries) bool { return s.matches(matchers) })
}

// hasFor is Has for some of the components only.
func (r Recorded) hasFor(name string, matchers []*labels.Matcher, components []string) bool {
	return slices.ContainsFunc(r.series[name], func(s recordedSeries) bool {
		ofThem := slices.ContainsFunc(s.components, func(c string) bool { return slices.Contains(components, c) })
		return s.matches(matchers) && (ofThem || len(components) == 0 || len(s.components) == 0)
	})
}

func (s recordedSeries) matches(matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if fixed, ok := s.labels[m.Name]; ok && !m.Matches(fixed) {
			return false
		}
	}
	return true
}

// ReadScope is the scope of an expression over the canonical series of m that
// match having. A name that is not recorded is undefined.
func ReadScope(m model.Monitor, recorded Recorded, having ...*labels.Matcher) promql.Scope {
	bound := append(enforced(m), having...)
	return promql.Scope{
		Resolve: func(name string, matchers []*labels.Matcher) []promql.Alternative {
			if !recorded.Has(name, slices.Concat(having, matchers)) {
				return nil
			}
			return []promql.Alternative{{{Metric: name, Matchers: bound}}}
		},
	}
}

// identity are the labels that every series and alert of m carries.
func identity(m model.Monitor) map[string]string {
	return map[string]string{labelNamespace: m.Namespace, "ragmonitor": m.Name}
}

func enforced(m model.Monitor) []*labels.Matcher {
	return []*labels.Matcher{promql.Equal(labelNamespace, m.Namespace), promql.Equal("ragmonitor", m.Name)}
}

// with is labels, which may be nil, and more labels.
func with(labels map[string]string, more ...string) map[string]string {
	out := make(map[string]string, len(labels)+len(more)/2)
	maps.Copy(out, labels)
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i]] = more[i+1]
	}
	return out
}
