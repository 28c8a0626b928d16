package controller

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

const priceOfOurs = `
asOf: 2026-11-01
source: our contract
models:
- {model: ours, input: "PRICE", output: "4"}
`

func TestPriceTableIsFollowed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "prices.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	changes := 0
	p := &priceTable{
		file:      file,
		catalogue: newCatalogue(desired.Catalogue{Rules: fixture.Rules(t)}),
		changed:   func() { changes++ },
	}
	steps := []struct {
		name, text string
		changes    int
		price      string
	}{
		{"a price is taken over", strings.Replace(priceOfOurs, "PRICE", "2", 1), 1, `vector(0.000002), "priced_model", "ours"`},
		{"the same file changes nothing", strings.Replace(priceOfOurs, "PRICE", "2", 1), 1, `vector(0.000002), "priced_model", "ours"`},
		{"another price is taken over", strings.Replace(priceOfOurs, "PRICE", "3", 1), 2, `vector(0.000003), "priced_model", "ours"`},
		{"a broken file leaves the prices before it", strings.Replace(priceOfOurs, "PRICE", "much", 1), 2, `vector(0.000003), "priced_model", "ours"`},
	}
	for _, step := range steps {
		write(step.text)
		p.look(t.Context())
		if diff := cmp.Diff(step.changes, changes); diff != "" {
			t.Errorf("%s: changes (-want +got):\n%s", step.name, diff)
		}
		if rules := rulesWithPrices(t, p); !strings.Contains(rules, step.price) {
			t.Errorf("%s: the rules have no %s", step.name, step.price)
		}
	}
}

// rulesWithPrices are the expressions of a RAGMonitor whose cost comes from tokens.
func rulesWithPrices(t *testing.T, p *priceTable) string {
	t.Helper()
	made, err := p.catalogue.Load().Rules.Build(fixture.Monitor(t, fixture.Minimal+"\n  objectives: {cost: {source: Tokens}}"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, g := range made.Groups {
		for _, r := range g.Rules {
			b.WriteString(r.Expr + "\n")
		}
	}
	return b.String()
}

func TestPriceTableThatCannotBeReadIsAnError(t *testing.T) {
	if _, err := ReadPriceTable(filepath.Join(t.TempDir(), "none.yaml")); err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("error is %v, must name the file", err)
	}
}

func TestPricesOfTheAdministratorComeFirst(t *testing.T) {
	file := filepath.Join(t.TempDir(), "prices.yaml")
	if err := os.WriteFile(file, []byte(strings.Replace(priceOfOurs, "PRICE", "2", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	table, err := ReadPriceTable(file)
	if err != nil {
		t.Fatal(err)
	}
	builtin, err := ReadPriceTable("")
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Models) != len(builtin.Models)+1 || table.Source == builtin.Source {
		t.Errorf("%d models of %q, must be one more than the %d of %q", len(table.Models), table.Source, len(builtin.Models), builtin.Source)
	}
}
