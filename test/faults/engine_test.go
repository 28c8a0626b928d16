package faults_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
	"go.yaml.in/yaml/v3"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	ragmodel "github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// epoch is the time of the first scrape.
var epoch = time.Unix(1_700_000_000, 0).Truncate(time.Minute)

func at(since time.Duration) time.Time { return epoch.Add(since) }

// ruleset is what the operator makes of a RAGMonitor, loaded by Prometheus.
type ruleset struct {
	monitor ragmodel.Monitor
	groups  []*rules.Group
	engine  *promql.Engine
	metrics *rules.Metrics
}

func rulesetOf(t *testing.T, manifest string) ruleset {
	t.Helper()
	m := fixture.Monitor(t, manifest)
	made, err := fixture.Rules(t).Build(m)
	if err != nil {
		t.Fatal(err)
	}
	data, err := yaml.Marshal(rulefmt.RuleGroups{Groups: made.Groups})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	manager := rules.NewManager(&rules.ManagerOptions{NameValidationScheme: model.UTF8Validation, Logger: slog.New(slog.DiscardHandler)})
	loaded, errs := manager.LoadGroups(time.Minute, labels.EmptyLabels(), "", nil, false, file)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	out := ruleset{monitor: m, metrics: rules.NewGroupMetrics(prometheus.NewRegistry()), engine: prometheusEngine(t)}
	for _, g := range loaded {
		out.groups = append(out.groups, g)
	}
	slices.SortFunc(out.groups, func(a, b *rules.Group) int { return strings.Compare(order(a.Name()), order(b.Name())) })
	return out
}

// prometheusEngine is the engine of a Prometheus without feature flags.
func prometheusEngine(t *testing.T) *promql.Engine {
	t.Helper()
	return promqltest.NewTestEngineWithOpts(t, promql.EngineOpts{
		MaxSamples: 5_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute,
		EnableAtModifier: true, EnableNegativeOffset: true,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
	})
}

// order sorts groups: recordings are the input of SLOs, and both of all others.
func order(group string) string {
	class := "2"
	switch {
	case strings.HasPrefix(group, "ragmonitor.recordings"):
		class = "0"
	case strings.HasPrefix(group, "ragmonitor.slos"):
		class = "1"
	}
	return fmt.Sprintf("%s/%03d/%s", class, len(group), group)
}

// operator evaluates the rules over a store, and reads what the operator reads.
type operator struct {
	ruleset
	store *store
	evals []*rules.Group
}

// over has the rules that are wanted evaluated. Alerts remember what was: they must not
// be evaluated over two stores.
func (r ruleset) over(s *store, wanted func(rules.Rule) bool) *operator {
	out := &operator{ruleset: r, store: s}
	options := &rules.ManagerOptions{
		NameValidationScheme: model.UTF8Validation, Appendable: s, Queryable: s, Metrics: r.metrics,
		QueryFunc: rules.EngineQueryFunc(r.engine, s), Logger: slog.New(slog.DiscardHandler),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {},
	}
	for _, g := range r.groups {
		kept := slices.DeleteFunc(slices.Clone(g.Rules()), func(rule rules.Rule) bool { return !wanted(rule) })
		if len(kept) > 0 {
			out.evals = append(out.evals, rules.NewGroup(rules.GroupOptions{
				Name: g.Name(), Interval: g.Interval(), Rules: kept, Opts: options,
			}))
		}
	}
	return out
}

// everything has all rules evaluated, alerts included.
func everything(rules.Rule) bool { return true }

// decisive has the rules evaluated that the name of a bottleneck depends on, and what
// they read: time is spent on nothing else, and most rules are about something else.
func (r ruleset) decisive() func(rules.Rule) bool {
	wanted := map[string]bool{}
	for _, name := range health.Series() {
		wanted[name] = about.MatchString(name)
	}
	for _, g := range slices.Backward(r.groups) {
		for _, rule := range slices.Backward(g.Rules()) {
			if wanted[rule.Name()] {
				parser.Inspect(rule.Query(), func(node parser.Node, _ []parser.Node) error {
					if selector, ok := node.(*parser.VectorSelector); ok {
						wanted[selector.Name] = true
					}
					return nil
				})
			}
		}
	}
	return func(rule rules.Rule) bool { return wanted[rule.Name()] }
}

var about = regexp.MustCompile("^ragmonitor:(evaluation|targets|requests?|request_.+|stage_.+):")

// evaluate evaluates each group once. A rule that fails is a failure of the test.
func (o *operator) evaluate(t *testing.T, since time.Duration) {
	t.Helper()
	for _, g := range o.evals {
		g.Eval(t.Context(), at(since))
		for _, rule := range g.Rules() {
			if err := rule.LastError(); err != nil {
				t.Errorf("rule %s after %s: %v", rule.Name(), since, err)
			}
		}
	}
}

// What the operator asks its source.
var (
	seriesQuery = `{__name__=~"` + strings.Join(health.Series(), "|") + `",ragmonitor!=""}`
	alertsQuery = `count by (namespace, ragmonitor, severity) (ALERTS{alertstate="firing",ragmonitor!=""})`
)

// readings are what the operator knows at a time.
func (o *operator) readings(t *testing.T, since time.Duration) health.Readings {
	t.Helper()
	key := health.Key{Namespace: o.monitor.Namespace, Name: o.monitor.Name}
	var components []string
	for _, c := range o.monitor.Components {
		components = append(components, c.Name)
	}
	all, foreign := health.Collect(o.vector(t, seriesQuery, since), o.vector(t, alertsQuery, since), health.Watched{key: components})
	if foreign != 0 {
		t.Errorf("%d samples are of what is not watched", foreign)
	}
	return all[key]
}

func (o *operator) vector(t *testing.T, expr string, since time.Duration) model.Vector {
	t.Helper()
	query, err := o.engine.NewInstantQuery(t.Context(), o.store, promql.NewPrometheusQueryOpts(false, 0), expr, at(since))
	if err != nil {
		t.Fatal(err)
	}
	defer query.Close()
	found, err := query.Exec(t.Context()).Vector()
	if err != nil {
		t.Fatal(err)
	}
	out := make(model.Vector, 0, len(found))
	for _, s := range found {
		metric := model.Metric{}
		s.Metric.Range(func(l labels.Label) { metric[model.LabelName(l.Name)] = model.LabelValue(l.Value) })
		out = append(out, &model.Sample{Metric: metric, Value: model.SampleValue(s.F), Timestamp: model.Time(s.T)})
	}
	return out
}
