package promql_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// odd are expressions with parts that are rare, or that no template has.
var odd = map[string]string{
	"a name that cannot stand before the braces": `{"odd.name","odd.label"="a",b!="c"}`,
	"an empty name, and several":                 `{__name__="",a="b"} or {__name__=~"a|b",__name__!="c"}`,
	"a name and another":                         `{__name__="a",__name__="b"} unless {__name__="a",__name__!~"c"}`,
	"texts that must be escaped":                 `{a="\"",b=~"\\d+\n",c!~"é\u00a0\x00\xff",d="` + "`" + `'"}`,
	"matchers whose order the type decides":      `up{a!="1",a=~"2",a="3",a!~"4",a1="5",A="6",_a="7"}`,
	"offsets":                                    `up offset 1w2d - rate(up{a="b"}[5m] offset -1h30m)`,
	"a fixed time":                               `up @ 1600000000.123 offset 5m + sum_over_time(up[1h] @ start()) - up @ end() * up @ -1`,
	"a subquery with everything":                 `max_over_time(rate(up[5m])[1d:30s] @ 10 offset -1m) + min_over_time((a + b)[1h:])`,
	"subqueries of subqueries":                   `max_over_time(min_over_time(up[5m:1m])[1h:5m] @ end())`,
	"ranges that are computed":                   `rate(up[5m * 2 + 30s] offset -(1m + 1s)) + max_over_time(up[min(1h, 2h):max(step(), 1m)]) + rate(up[step() * 4]) + up offset (step() * -2)`,
	"several ranges":                             `rate(up[5m]) / rate(up[1h]) + rate(up[1h30m]) - rate(up[5m])`,
	"ranges with their edges":                    `increase(up{a="b"}[5m] anchored) + rate(up[1m] smoothed) + up smoothed @ 5 offset 1m`,
	"aggregations with a parameter":              `topk by (a, "b c") (scalar(up) + 1, up) + quantile without (a) (-0.5, up) + count_values("é\"", up)`,
	"aggregations without labels":                `sum without () (up) / count by () (up) + limitk(3, up)`,
	"joins":                                      `a + ignoring (b, c) group_left (d) e * on () group_right () f`,
	"joins that fill gaps":                       `a == bool on (b) c and ignoring () d unless on (a, b) e`,
	"signs and precedence":                       `-(+up ^ -2 ^ 3 % 4) atan2 --up >= bool 1`,
	"numbers":                                    `1e300 + 0x1F + Inf - NaN + -0 + .5e-7 + 1h30m * -5s > bool 1_000`,
	"texts alone":                                `"a\\b\n\"é"`,
	"calls without and with many arguments":      `label_join(vector(time()), "a", ",", "b", "c", "d") + pi() + day_of_week()`,
	"what is new in the language":                `sort_by_label(info(up, {a="b"}), "x") + mad_over_time(up[5m])`,
}

// wholeLanguage makes the parser understand what is switched off by default.
func wholeLanguage(tb testing.TB) {
	tb.Helper()
	for _, enabled := range []*bool{&parser.EnableExperimentalFunctions, &parser.ExperimentalDurationExpr, &parser.EnableExtendedRangeSelectors} {
		was := *enabled
		*enabled = true
		tb.Cleanup(func() { *enabled = was })
	}
}

// rulesOf are all rules of a RAGMonitor, and those about the nodes.
func rulesOf(tb testing.TB, manifest string) []rulefmt.Rule {
	tb.Helper()
	made, err := fixture.Rules(tb).Build(fixture.Monitor(tb, manifest))
	if err != nil {
		tb.Fatal(err)
	}
	nodes, err := fixture.Rules(tb).NodeGroup("monitoring", rules.NodeSeries{
		Namespace: "monitoring", Labels: map[string]string{"job": "node-exporter"}, Namespaces: model.Namespaces{Labels: []string{"k8s_namespace", "namespace"}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	out := slices.Clone(nodes.Rules)
	for _, group := range made.Groups {
		out = append(out, group.Rules...)
	}
	return out
}

// templates are the expressions that rules are made from.
func templates(tb testing.TB) []string {
	tb.Helper()
	c := fixture.Rules(tb)
	var out []string
	for _, r := range slices.Concat(c.Recordings, c.NodeRecordings) {
		if r.Quantile == nil {
			out = append(out, r.Expr.String())
		}
	}
	for _, a := range slices.Concat(c.Alerts, c.NodeAlerts) {
		out = append(out, a.Expr.String())
	}
	return out
}

func TestPrintIsWhatTheParserPrints(t *testing.T) {
	wholeLanguage(t)
	check := func(t *testing.T, text string) {
		t.Helper()
		expr, err := parser.ParseExpr(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(expr.String(), promql.Print(expr)); diff != "" {
			t.Errorf("%s (-parser +printed):\n%s", text, diff)
		}
	}
	for name, text := range odd {
		t.Run(name, func(t *testing.T) { check(t, text) })
	}
	t.Run("every template", func(t *testing.T) {
		for _, text := range templates(t) {
			check(t, text)
		}
	})
	for name, manifest := range map[string]string{"small": fixture.Minimal, "large": fixture.Largest()} {
		t.Run("every rule of a RAGMonitor that is "+name, func(t *testing.T) {
			for _, rule := range rulesOf(t, manifest) {
				check(t, rule.Expr)
			}
		})
	}
}

// TestPrintedRulesAreCanonical, so that parsing what was printed from a tree that no
// parser made gives a tree of the same text.
func TestPrintedRulesAreCanonical(t *testing.T) {
	for _, rule := range rulesOf(t, fixture.Largest()) {
		expr, err := parser.ParseExpr(rule.Expr)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(expr.String(), rule.Expr); diff != "" {
			t.Errorf("%s%s (-parser +printed):\n%s", rule.Record, rule.Alert, diff)
		}
	}
}

// TestPrintOfTreesThatNoTextGives covers what engines and hands put into trees.
func TestPrintOfTreesThatNoTextGives(t *testing.T) {
	up := &parser.VectorSelector{Name: "up", LabelMatchers: []*labels.Matcher{promql.Equal("b", "1"), promql.Equal("a", "2")}}
	named := []*labels.Matcher{promql.Equal("a", "1"), promql.Equal("__name__", "up")}
	every := func(selectors ...parser.Expr) parser.Expr {
		return &parser.Call{Func: parser.Functions["vector"], Args: selectors}
	}
	for name, expr := range map[string]parser.Expr{
		"a part that does not change with time": &parser.StepInvariantExpr{Expr: &parser.ParenExpr{Expr: up}},
		"a selector of nothing":                 &parser.VectorSelector{},
		"a matcher without a label":             &parser.VectorSelector{LabelMatchers: []*labels.Matcher{promql.Equal("", "a")}},
		"matchers that are almost the name": &parser.VectorSelector{Name: "up", LabelMatchers: []*labels.Matcher{
			promql.Equal("a", "up"), promql.Equal("__name__", "down"), promql.NoneOf("__name__", []string{"up"}), promql.Equal("__name__", "up"),
		}},
		"the same matcher twice": &parser.ParenExpr{Expr: &parser.UnaryExpr{Op: parser.SUB, Expr: &parser.VectorSelector{Name: "x", LabelMatchers: slices.Concat(up.LabelMatchers, up.LabelMatchers)}}},
		"a list of several metrics": every(
			&parser.VectorSelector{Name: "x", LabelMatchers: up.LabelMatchers}, &parser.VectorSelector{Name: "y", LabelMatchers: up.LabelMatchers}, up),
		"the beginning of a list": every(
			up, &parser.VectorSelector{Name: "x", LabelMatchers: up.LabelMatchers[:1]}, &parser.VectorSelector{Name: "x", LabelMatchers: up.LabelMatchers[1:]}, up),
		"a list with a name that only one has": every(
			&parser.VectorSelector{LabelMatchers: named}, &parser.VectorSelector{Name: "up", LabelMatchers: named}, &parser.VectorSelector{Name: "down", LabelMatchers: named}),
		"a part that stands in two places": &parser.BinaryExpr{Op: parser.LOR, LHS: up, RHS: up, VectorMatching: &parser.VectorMatching{Card: parser.CardManyToMany}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(expr.String(), promql.Print(expr)); diff != "" {
				t.Errorf("(-parser +printed):\n%s", diff)
			}
		})
	}
}

// TestPrintKnowsAllPartsOfANode fails when a release of the parser gives a node a new
// part: Print must then print it, or leave the node to its own method.
func TestPrintKnowsAllPartsOfANode(t *testing.T) {
	for node, want := range map[any][]string{
		&parser.ParenExpr{}:     {"Expr", "PosRange"},
		&parser.UnaryExpr{}:     {"Op", "Expr", "StartPos"},
		&parser.BinaryExpr{}:    {"Op", "LHS", "RHS", "VectorMatching", "ReturnBool"},
		&parser.StringLiteral{}: {"Val", "PosRange"},
		&parser.SubqueryExpr{}: {
			"Expr", "Range", "RangeExpr", "OriginalOffset", "OriginalOffsetExpr", "Offset",
			"Timestamp", "StartOrEnd", "Step", "StepExpr", "EndPos",
		},
		&parser.AggregateExpr{}:  {"Op", "Expr", "Param", "Grouping", "Without", "PosRange"},
		&parser.Call{}:           {"Func", "Args", "PosRange"},
		&parser.MatrixSelector{}: {"VectorSelector", "Range", "RangeExpr", "EndPos"},
		&parser.VectorSelector{}: {
			"Name", "OriginalOffset", "OriginalOffsetExpr", "Offset", "Timestamp", "SkipHistogramBuckets", "StartOrEnd",
			"LabelMatchers", "UnexpandedSeriesSet", "Series", "BypassEmptyMatcherCheck", "Anchored", "Smoothed", "PosRange",
		},
	} {
		var got []string
		for _, field := range reflect.VisibleFields(reflect.TypeOf(node).Elem()) {
			got = append(got, field.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%T (-known +there):\n%s", node, diff)
		}
	}
}

// FuzzPrint looks for an expression that Print does not print as the parser does.
func FuzzPrint(f *testing.F) {
	wholeLanguage(f)
	for _, text := range templates(f) {
		f.Add(text)
	}
	for _, text := range odd {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		expr, err := parser.ParseExpr(text)
		if err != nil {
			return
		}
		if want, got := expr.String(), promql.Print(expr); got != want {
			t.Errorf("%q is printed as %q, by the parser as %q", text, got, want)
		}
	})
}
