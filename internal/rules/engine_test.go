package rules_test

import (
	"context"
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
	"go.yaml.in/yaml/v3"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

// engine evaluates the rules of one RAGMonitor as Prometheus does: loaded by its
// rule loader, evaluated in order at the groups' interval over real storage.
type engine struct {
	t      *testing.T
	groups []*rules.Group
	query  rules.QueryFunc
}

// newEngine loads the rules of manifest and the series of load, which is in the
// notation of promqltest: "{labels} start+step x times" at fixed steps.
func newEngine(t *testing.T, manifest, load string) engine {
	t.Helper()
	groups, err := fixture.Rules(t).Build(fixture.Monitor(t, manifest))
	if err != nil {
		t.Fatal(err)
	}
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
	query := rules.EngineQueryFunc(promqltest.NewTestEngine(t, false, 5*time.Minute, 1_000_000), storage)
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
	e := engine{t: t, query: query}
	for _, g := range loaded {
		e.groups = append(e.groups, g)
	}
	slices.SortFunc(e.groups, func(a, b *rules.Group) int {
		// Recordings first: they are the input of all others.
		return strings.Compare(order(a.Name()), order(b.Name()))
	})
	return e
}

func order(group string) string {
	if strings.HasSuffix(group, "recordings") {
		return ""
	}
	return group
}

// runUntil evaluates every group at its interval, from the epoch to end.
func (e engine) runUntil(end time.Duration) {
	for at := time.Duration(0); at <= end; at += e.groups[0].Interval() {
		for _, g := range e.groups {
			if at%g.Interval() == 0 {
				g.Eval(e.t.Context(), time.Unix(0, 0).Add(at))
			}
		}
	}
	for _, g := range e.groups {
		for _, rule := range g.Rules() {
			if rule.LastError() != nil {
				e.t.Errorf("rule %s: %v", rule.Name(), rule.LastError())
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
	vector, err := e.query(e.t.Context(), expr, time.Unix(0, 0).Add(at))
	if err != nil {
		e.t.Fatal(err)
	}
	return vector
}

// firing lists the alerts that fire now, by name and stage, with their summary.
func (e engine) firing() []string {
	found := []string{}
	for _, g := range e.groups {
		for _, rule := range g.AlertingRules() {
			for _, alert := range rule.ActiveAlerts() {
				if alert.State == rules.StateFiring {
					found = append(found, strings.TrimSuffix(rule.Name()+"/"+alert.Labels.Get("stage"), "/"))
				}
			}
		}
	}
	slices.Sort(found)
	return found
}
