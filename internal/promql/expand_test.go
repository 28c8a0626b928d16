package promql

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

func testScope(namespace string) Scope {
	of := func(metric string, matchers ...*labels.Matcher) Selector {
		return Selector{Metric: metric, Matchers: append([]*labels.Matcher{Equal("namespace", namespace)}, matchers...)}
	}
	byModel := of("tokens_total")
	byModel.Labels = map[string]string{"model": "llm", "kind": "kind"}
	millis := of("took_ms")
	millis.Factor = 0.001
	native := of("took")
	native.Func = "histogram_sum"
	misses := of("misses_total")
	misses.Factor, misses.Mark = -1, "misses"
	byGRPC, byREST := of("grpc_total"), of("rest_total")
	byGRPC.Mark, byREST.Mark = "grpc", "rest"
	olderREST := of("http_total")
	olderREST.Mark = "rest"
	meanings := map[string][]Alternative{
		"one":      {{of("one_total")}},
		"two":      {{of("new_total")}, {of("old_total", Equal("status", "error"))}},
		"by_model": {{byModel}},
		"millis":   {{millis}},
		"native":   {{native}},
		"pair":     {{of("lookups_total"), misses}},
		"parts":    {{byGRPC}, {byREST}, {olderREST}},
	}
	return Scope{
		Resolve: func(name string, _ []*labels.Matcher) []Alternative { return meanings[name] },
		Numbers: map[string]float64{"threshold": 0.05},
		Window:  20 * time.Second,
		Fixed:   []string{"component"},
	}
}

func TestExpand(t *testing.T) {
	for name, tc := range map[string]struct {
		template string
		want     string
	}{
		"a name becomes its metric with the matchers it demands": {
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
				`rate(old_total{namespace="rag",status="error"}[20s]) unless on (job, instance, exported_job, exported_instance) rate(new_total{namespace="rag"}[20s])))`,
		},
		"a label gets its canonical name, unless it has it": {
			template: `sum by (model) (rate(by_model[5m]))`,
			want:     `sum by (model) (label_replace(rate(tokens_total{namespace="rag"}[20s]), "model", "$1", "llm", "(.*)"))`,
		},
		"alternatives with different marks are added up, and chosen between with the same": {
			template: `sum(rate(parts[5m]))`,
			want: `sum((label_replace(rate(grpc_total{namespace="rag"}[20s]), "operand", "grpc", "", "") or ` +
				`(label_replace(rate(rest_total{namespace="rag"}[20s]), "operand", "rest", "", "") or ` +
				`label_replace(rate(http_total{namespace="rag"}[20s]), "operand", "rest", "", "") ` +
				`unless on (job, instance, exported_job, exported_instance) label_replace(rate(rest_total{namespace="rag"}[20s]), "operand", "rest", "", ""))))`,
		},
		"a number is put in place of its name": {
			template: `one > threshold`,
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
		"another unit is converted": {
			template: `sum(rate(millis[5m]))`,
			want:     `sum((rate(took_ms{namespace="rag"}[20s]) * 0.001))`,
		},
		"a native histogram is read through a function": {
			template: `sum(rate(native[5m]))`,
			want:     `sum(histogram_sum(rate(took{namespace="rag"}[20s])))`,
		},
		"what is subtracted is told apart from what it is subtracted from": {
			template: `sum(rate(pair[5m]))`,
			want: `sum((rate(lookups_total{namespace="rag"}[20s]) or ` +
				`label_replace((rate(misses_total{namespace="rag"}[20s]) * -1), "operand", "misses", "", "")))`,
		},
		"a label that the rule sets is not grouped by or joined on": {
			template: `sum by (component, le) (one) / on (component) group_left () sum by (component) (one)`,
			want:     `sum by (le) (one_total{namespace="rag"}) / on () group_left () sum(one_total{namespace="rag"})`,
		},
		"offset, matchers and subquery of the template stay": {
			template: `max_over_time((one{le="1"} offset 1w)[5m:1m])`,
			want:     `max_over_time((one_total{le="1",namespace="rag"} offset 1w)[5m:1m])`,
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
			got, ok, err := MustParse(tc.template).Expand(testScope("rag"))
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

func TestExpandLeavesTheTemplateAsItIs(t *testing.T) {
	template := MustParse(`sum by (component) (rate(one[5m])) / on (component) group_left () two`)
	first, _, err := template.Expand(testScope("a"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := template.Expand(testScope("b")); err != nil {
		t.Fatal(err)
	}
	again, _, err := template.Expand(testScope("a"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("expanded again (-first +again):\n%s", diff)
	}
}

func TestBrokenTemplatesAreRefused(t *testing.T) {
	if got, err := Parse(`sum(`); err == nil {
		t.Errorf("parsed %q, must be an error", got)
	}
}

func TestBind(t *testing.T) {
	for name, tc := range map[string]struct{ expr, want string }{
		"a selector is bound":               {`up`, `up{namespace="rag"}`},
		"a selector of another is rebound":  {`up{namespace="other"}`, `up{namespace="rag"}`},
		"a pattern does not get around it":  {`up{namespace=~".+",job="a"}`, `up{job="a",namespace="rag"}`},
		"every selector is bound":           {`rate(a[5m]) / b offset 1h`, `rate(a{namespace="rag"}[5m]) / b{namespace="rag"} offset 1h`},
		"one in a subquery is bound":        {`max_over_time(a[1h:1m])`, `max_over_time(a{namespace="rag"}[1h:1m])`},
		"one of a canonical series is ours": {`ragmonitor:requests:rate > 1`, `ragmonitor:requests:rate{namespace="rag",ragmonitor="bot"} > 1`},
	} {
		t.Run(name, func(t *testing.T) {
			expr, err := parser.ParseExpr(tc.expr)
			if err != nil {
				t.Fatal(err)
			}
			got := Bind(expr, func(metric string) []*labels.Matcher {
				if metric == "ragmonitor:requests:rate" {
					return []*labels.Matcher{Equal("namespace", "rag"), Equal("ragmonitor", "bot")}
				}
				return []*labels.Matcher{Equal("namespace", "rag")}
			})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("bound (-want +got):\n%s", diff)
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
		got, ok, err := MustParse(`sum(rate(two[5m])) / (sum(rate(one[5m])) > 0)`).Expand(testScope(value))
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
