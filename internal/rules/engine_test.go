package rules_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/util/teststorage"
	"go.yaml.in/yaml/v3"

	ragmodel "github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// engine evaluates the rules of one RAGMonitor as Prometheus does: loaded by its
// rule loader, evaluated in order at the groups' interval over real storage.
type engine struct {
	t       *testing.T
	groups  []*rules.Group
	query   rules.QueryFunc
	storage *teststorage.TestStorage
	// epoch is the time 0 of series and evaluations.
	epoch time.Time
}

// newEngine loads the rules of manifest and the series of load, which is in the
// notation of promqltest: "{labels} start+step x times" at fixed steps.
func newEngine(t *testing.T, manifest, load string) engine {
	t.Helper()
	return engineOf(t, understood(t, manifest), load)
}

// engineOf loads the rules of a RAGMonitor that was understood already.
func engineOf(t *testing.T, m ragmodel.Monitor, load string) engine {
	t.Helper()
	made, err := readOnce(t).rules.Build(m)
	if err != nil {
		t.Fatal(err)
	}
	return engineFor(t, made.Groups, load)
}

// engineFor loads some groups of rules.
func engineFor(t *testing.T, groups []rulefmt.RuleGroup, load string) engine {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	data, err := yaml.Marshal(rulefmt.RuleGroups{Groups: groups})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	storage := promqltest.LoadedStorage(t, load)
	t.Cleanup(func() { _ = storage.Close() })
	query := rules.EngineQueryFunc(prometheusEngine(t), storage)
	manager := rules.NewManager(&rules.ManagerOptions{
		NameValidationScheme: model.UTF8Validation,
		Context:              t.Context(),
		Appendable:           storage,
		Queryable:            storage,
		QueryFunc:            query,
		NotifyFunc:           func(context.Context, string, ...*rules.Alert) {},
		Logger:               slog.New(slog.DiscardHandler),
		Registerer:           prometheus.NewRegistry(),
	})
	loaded, errs := manager.LoadGroups(time.Minute, labels.EmptyLabels(), "", nil, false, file)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	e := engine{t: t, query: query, storage: storage, epoch: time.Unix(0, 0)}
	for _, g := range loaded {
		e.groups = append(e.groups, g)
	}
	slices.SortFunc(e.groups, func(a, b *rules.Group) int {
		// Recordings first: they are the input of all others.
		return strings.Compare(order(a.Name()), order(b.Name()))
	})
	return e
}

// prometheusEngine is the engine of a Prometheus without feature flags. The test
// engine of promqltest differs: it removes names of metrics late, and so forgives
// series that a function makes equal.
func prometheusEngine(t *testing.T) *promql.Engine {
	t.Helper()
	return promqltest.NewTestEngineWithOpts(t, promql.EngineOpts{
		MaxSamples: 1_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute,
		EnableAtModifier: true, EnableNegativeOffset: true,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
	})
}

// order sorts groups: recordings are the input of SLOs, and both of all others. A
// group that was divided is numbered.
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

// runUntil evaluates every group at its interval, from the epoch to end.
func (e engine) runUntil(end time.Duration) { e.runFrom(0, end) }

// runFrom does the same from start to end, where nothing depends on what lies
// before, or that was evaluated already.
func (e engine) runFrom(start, end time.Duration) {
	for at := start; at <= end; at += e.groups[0].Interval() {
		e.runAt(at)
	}
}

// runAt evaluates once the groups that are due. A rule that fails is a failure of the test.
func (e engine) runAt(at time.Duration) {
	for _, g := range e.groups {
		if at%g.Interval() != 0 {
			continue
		}
		g.Eval(e.t.Context(), e.epoch.Add(at))
		for _, rule := range g.Rules() {
			if err := rule.LastError(); err != nil {
				e.t.Errorf("rule %s after %s: %v", rule.Name(), at, err)
			}
		}
	}
}

// value returns the sample of an expression at a time; it must have at most one.
func (e engine) value(expr string, at time.Duration) (float64, bool) {
	e.t.Helper()
	vector := e.vector(expr, at)
	if len(vector) > 1 {
		e.t.Fatalf("%s has %d samples: %v", expr, len(vector), vector)
	}
	if len(vector) == 0 {
		return 0, false
	}
	return vector[0].F, true
}

func (e engine) vector(expr string, at time.Duration) promql.Vector {
	e.t.Helper()
	vector, err := e.query(e.t.Context(), expr, e.epoch.Add(at))
	if err != nil {
		e.t.Fatal(err)
	}
	return vector
}

// firing lists the alerts that fire now, by name and stage.
func (e engine) firing() []string {
	found := []string{}
	for name, active := range e.active() {
		for _, alert := range active {
			if alert.State == rules.StateFiring {
				found = append(found, strings.TrimSuffix(name+"/"+alert.Labels.Get("stage"), "/"))
			}
		}
	}
	slices.Sort(found)
	return found
}

// active are the alerts that are pending or fire, by name.
func (e engine) active() map[string][]*rules.Alert {
	found := map[string][]*rules.Alert{}
	for _, g := range e.groups {
		for _, rule := range g.AlertingRules() {
			found[rule.Name()] = append(found[rule.Name()], rule.ActiveAlerts()...)
		}
	}
	return found
}
