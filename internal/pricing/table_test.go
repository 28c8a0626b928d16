package pricing

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func builtin(t *testing.T) Table {
	t.Helper()
	table, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestBuiltinPricesAreSane(t *testing.T) {
	const million = 1_000_000
	table := builtin(t)
	if n := len(table.Models); n < 80 || n > 130 {
		t.Errorf("%d models", n)
	}
	for _, m := range table.Models {
		if m.Free || m.Input <= 0 || m.Input*million > 200 {
			t.Errorf("input of %s is %g a million", m.Name, m.Input*million)
		}
		if m.CachedInput <= 0 || m.CachedInput > m.Input {
			t.Errorf("cached input of %s is %g a million, input %g", m.Name, m.CachedInput*million, m.Input*million)
		}
		if m.HasOutput && (m.Output < m.Input/2 || m.Output*million > 600) {
			t.Errorf("output of %s is %g a million, input %g", m.Name, m.Output*million, m.Input*million)
		}
		if embeds := strings.Contains(m.Name, "embed") || strings.HasPrefix(m.Name, "voyage-"); embeds == m.HasOutput {
			t.Errorf("%s has output: %v", m.Name, m.HasOutput)
		}
	}
}

func TestBuiltinHoldsWhatRAGServicesUse(t *testing.T) {
	got := index(builtin(t))
	for name, want := range map[string]Model{
		"gpt-4o":                 {Name: "gpt-4o", Input: 2.5e-6, CachedInput: 1.25e-6, Output: 10e-6, HasOutput: true},
		"claude-3-haiku":         {Name: "claude-3-haiku", Input: 0.25e-6, CachedInput: 0.03e-6, Output: 1.25e-6, HasOutput: true},
		"text-embedding-3-small": {Name: "text-embedding-3-small", Input: 0.02e-6, CachedInput: 0.02e-6},
	} {
		if diff := cmp.Diff(want, got[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestBuiltinIsNoNewerThanItsSource(t *testing.T) {
	table := builtin(t)
	published := regexp.MustCompile(`genai-prices [0-9.]+ of (\S+)$`).FindStringSubmatch(table.Source)
	if published == nil {
		t.Fatalf("source is %q", table.Source)
	}
	day, err := time.Parse(time.DateOnly, published[1])
	if err != nil || table.AsOf.After(day) {
		t.Errorf("as of %s, from %q (%v)", table.AsOf.Format(time.DateOnly), table.Source, err)
	}
}

func TestBuiltinNamesItsLicence(t *testing.T) {
	notice, err := os.ReadFile("../../NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"@pydantic/genai-prices", "Copyright (c) Pydantic Services Inc. 2025 to present", "Permission is hereby granted", `THE SOFTWARE IS PROVIDED "AS IS"`} {
		if !bytes.Contains(notice, []byte(want)) {
			t.Errorf("NOTICE does not hold %q", want)
		}
	}
	head, _, _ := bytes.Cut(embedded, []byte("\nasOf:"))
	for _, want := range []string{"@pydantic/genai-prices ", "MIT License", builtin(t).AsOf.Format(time.DateOnly)} {
		if !bytes.Contains(head, []byte(want)) {
			t.Errorf("head of prices.yaml does not hold %q", want)
		}
	}
}

func TestOverReplacesModelsByName(t *testing.T) {
	older, newer := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	base := Table{AsOf: older, Source: "makers", Models: []Model{
		{Name: "a", Aliases: []string{"a1", "a2"}, Input: 1},
		{Name: "b", Aliases: []string{"b1"}, Input: 2},
	}}
	for name, tc := range map[string]struct {
		over Table
		want Table
	}{
		"an empty table changes nothing": {want: base},
		"a model of another name comes in addition": {
			over: Table{AsOf: newer, Source: "us", Models: []Model{{Name: "aa", Free: true}}},
			want: Table{AsOf: older, Source: "us; otherwise makers", Models: []Model{
				base.Models[0], {Name: "aa", Free: true}, base.Models[1],
			}},
		},
		"a model of the same name takes the place and the aliases": {
			over: Table{AsOf: newer, Source: "us", Models: []Model{{Name: "a", Aliases: []string{"mine"}, Input: 9}}},
			want: Table{AsOf: older, Source: "us; otherwise makers", Models: []Model{
				{Name: "a", Aliases: []string{"mine", "a1", "a2"}, Input: 9}, base.Models[1],
			}},
		},
		"an alias that is a model's name replaces that model": {
			over: Table{AsOf: newer, Source: "us", Models: []Model{{Name: "z", Aliases: []string{"b"}, Input: 9}}},
			want: Table{AsOf: older, Source: "us; otherwise makers", Models: []Model{
				base.Models[0], {Name: "z", Aliases: []string{"b", "b1"}, Input: 9},
			}},
		},
		"a name that is a model's alias is taken from it": {
			over: Table{AsOf: newer, Source: "us", Models: []Model{{Name: "a2", Input: 9}}},
			want: Table{AsOf: older, Source: "us; otherwise makers", Models: []Model{
				{Name: "a", Aliases: []string{"a1"}, Input: 1}, {Name: "a2", Input: 9}, base.Models[1],
			}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := clone(base)
			if diff := cmp.Diff(tc.want, tc.over.Over(base)); diff != "" {
				t.Errorf("table (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, base); diff != "" {
				t.Errorf("base was changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOverSharesNoMemory(t *testing.T) {
	base := Table{Models: []Model{{Name: "a", Aliases: []string{"a1"}}}}
	over := Table{Models: []Model{{Name: "b", Aliases: []string{"b1"}}}}
	for _, m := range over.Over(base).Models {
		m.Aliases[0] = "changed"
	}
	if got := base.Models[0].Aliases[0] + over.Models[0].Aliases[0]; got != "a1b1" {
		t.Errorf("aliases of the tables are %q", got)
	}
}

func clone(t Table) Table {
	t.Models = slices.Clone(t.Models)
	for i := range t.Models {
		t.Models[i].Aliases = slices.Clone(t.Models[i].Aliases)
	}
	return t
}
