package rules_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/pricing"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// fewPrices are enough to tell models with a price from those without. The table
// that is compiled in makes rules that take longer than all others together.
const fewPrices = `
asOf: 2026-01-01
source: a test
unit: 1000000
models:
- {model: gpt-4o, input: "2.50", output: "10.00", cachedInput: "1.25"}
- {model: llama-3, free: true}
`

type catalogues struct {
	names model.Catalogue
	rules rules.Catalogue
}

var shared struct {
	sync.Once
	catalogues
}

// readOnce reads the catalogues for all tests: reading them takes longer than most
// of the cases.
func readOnce(t *testing.T) catalogues {
	t.Helper()
	shared.Do(func() {
		prices, err := pricing.Parse("few", []byte(fewPrices))
		if err != nil {
			t.Fatal(err)
		}
		if shared.rules, err = rules.Builtin(prices); err != nil {
			t.Fatal(err)
		}
		shared.names = fixture.Catalogue(t)
	})
	return shared.catalogues
}

// newEngineAt loads the rules of manifest, and no series yet. It begins at epoch.
// Where alerts or series are named, it leaves out the rules that they do not read.
func newEngineAt(t *testing.T, manifest string, epoch time.Time, wanted ...string) engine {
	t.Helper()
	made, err := readOnce(t).rules.Build(understood(t, manifest))
	if err != nil {
		t.Fatal(err)
	}
	if len(wanted) > 0 {
		made.Groups = leadingTo(t, made.Groups, wanted)
	}
	e := engineFor(t, made.Groups, "")
	e.storage.DisableCompactions()
	e.epoch = epoch
	return e
}

// leadingTo are the rules that some alerts or series are made from. Rules come after
// those that they read, and so do groups.
func leadingTo(t *testing.T, groups []rulefmt.RuleGroup, wanted []string) []rulefmt.RuleGroup {
	t.Helper()
	var out []rulefmt.RuleGroup
	for _, g := range slices.Backward(groups) {
		var kept []rulefmt.Rule
		for _, rule := range slices.Backward(g.Rules) {
			if !slices.Contains(wanted, rule.Record+rule.Alert) {
				continue
			}
			read, err := promql.Parse(rule.Expr)
			if err != nil {
				t.Fatal(err)
			}
			wanted = append(wanted, read.Names()...)
			kept = append(kept, rule)
		}
		if g.Rules = kept; len(kept) > 0 {
			slices.Reverse(g.Rules)
			out = append(out, g)
		}
	}
	return out
}

// understood is the RAGMonitor of a manifest.
func understood(t *testing.T, manifest string) model.Monitor {
	t.Helper()
	m, err := model.Resolve(fixture.RAGMonitor(t, manifest), readOnce(t).names)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
