package promql

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

func testScope() Scope {
	metrics := map[string][]Selector{
		"one":      {{Metric: "one_total"}},
		"two":      {{Metric: "new_total"}, {Metric: "old_total", Matchers: []*labels.Matcher{Equal("status", "error")}}},
		"by_model": {{Metric: "tokens_total", Labels: map[string]string{"model": "llm", "kind": "kind"}}},
	}
	return Scope{
		Enforced: []*labels.Matcher{Equal("namespace", "rag")},
		Resolve:  func(name string) []Selector { return metrics[name] },
		Numbers:  map[string]float64{"objective": 0.05},
		Window:   20 * time.Second,
	}
}

func TestExpand(t *testing.T) {
	for name, tc := range map[string]struct {
		template string
		want     string
	}{
		"a name becomes its metric with the enforced matcher": {
			template: `one`,
			want:     `one_total{namespace="rag"}`,
		},
		"a range becomes the window": {
			template: `sum(rate(one[5m]))`,
			want:     `sum(rate(one_total{namespace="rag"}[20s]))`,
		},
		"of two spellings each target's first is taken, outside the range": {
			template: `sum(rate(two[5m]))`,
			want: `sum((rate(new_total{namespace="rag"}[20s]) or ` +
				`rate(old_total{namespace="rag",status="error"}[20s]) unless on (job, instance) rate(new_total{namespace="rag"}[20s])))`,
		},
		"a label gets its canonical name, unless it has it": {
			template: `sum by (model) (rate(by_model[5m]))`,
			want:     `sum by (model) (label_replace(rate(tokens_total{namespace="rag"}[20s]), "model", "$1", "llm", "(.*)"))`,
		},
		"a number is put in place of its name": {
			template: `one > objective`,
			want:     `one_total{namespace="rag"} > 0.05`,
		},
		"an undefined operand of or is left out": {
			template: `missing or one or missing`,
			want:     `one_total{namespace="rag"}`,
		},
		"an undefined right operand of unless is left out": {
			template: `one unless missing`,
			want:     `one_total{namespace="rag"}`,
		},
		"an undefined left operand of unless makes all undefined": {
			template: `missing unless one`,
		},
		"an undefined operand of anything else makes all undefined": {
			template: `one / (missing > 0)`,
		},
		"an undefined argument makes the call undefined": {
			template: `histogram_quantile(0.5, sum by (le) (rate(missing[5m])))`,
		},
		"a call without names is kept": {
			template: `vector(time())`,
			want:     `vector(time())`,
		},
		"grouping and matching are kept": {
			template: `-sum by (a) (one) / on (a) group_left () sum by (a, b) (one)`,
			want:     `-sum by (a) (one_total{namespace="rag"}) / on (a) group_left () sum by (a, b) (one_total{namespace="rag"})`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok, err := Expand(tc.template, testScope())
			if err != nil {
				t.Fatal(err)
			}
			if ok != (tc.want != "") {
				t.Errorf("defined is %v", ok)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("expression (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExpandRefusesBrokenTemplates(t *testing.T) {
	for name, template := range map[string]string{
		"text that is not PromQL":     `sum(`,
		"a subquery":                  `max_over_time(one[5m:1m])`,
		"a range over more than name": `rate((one)[5m:])`,
	} {
		t.Run(name, func(t *testing.T) {
			if got, _, err := Expand(template, testScope()); err == nil {
				t.Errorf("expanded to %q, must be an error", got)
			}
		})
	}
}

// FuzzExpandEnforcesMatchers looks for a label value that leaves the selector it
// was put in, or changes the shape of the expression.
func FuzzExpandEnforcesMatchers(f *testing.F) {
	for _, value := range []string{`rag`, `"} or vector(1) #`, `\`, "`", "\n", `{{ query "up" }}`, "\xff"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		scope := testScope()
		scope.Enforced = []*labels.Matcher{Equal("namespace", value)}
		got, ok, err := Expand(`sum(rate(two[5m])) / (sum(rate(one[5m])) > 0)`, scope)
		if err != nil || !ok {
			t.Fatalf("value %q: defined is %v, error is %v", value, ok, err)
		}
		parsed, err := parser.ParseExpr(got)
		if err != nil {
			t.Fatalf("%q does not parse: %v", got, err)
		}
		selectors := parser.ExtractSelectors(parsed)
		if len(selectors) != 4 {
			t.Fatalf("%q has %d selectors, must have 4", got, len(selectors))
		}
		for _, matchers := range selectors {
			found := false
			for _, m := range matchers {
				found = found || (m.Name == "namespace" && m.Type == labels.MatchEqual && m.Value == value)
			}
			if !found {
				t.Fatalf("%q has a selector without the enforced matcher", got)
			}
		}
	})
}
