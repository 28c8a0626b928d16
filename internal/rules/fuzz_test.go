package rules_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// hostile are texts that would do harm where they are not taken as they are.
var hostile = []string{
	`plain`, `"} or vector(1) #`, `\`, `\"`, "`", "a\nb", `{{ query "up" }}`, `}}`, `$1`, `.*`, `a|b`, `(`, `'`,
	`other",namespace="other`, `é日本`, "\x00", "\ufffd", ` `, `__name__`, `namespace`, `alert`, `ragmonitor:requests:rate`, `%s`, `{threshold}`, `a: b`,
	`up{namespace="other"} > 0`, `{__name__="ragmonitor:requests:rate",ragmonitor="other"} > 0`, `max_over_time(a[1d:5m] offset -1h) unless on () b`,
}

// FuzzRules looks for text that, in some field of a RAGMonitor, changes what the
// rules mean: that makes them unreadable, lets a selector leave the namespace,
// gives an expression another shape, or brings a template of its own.
func FuzzRules(f *testing.F) {
	for field := range fieldNames {
		for _, text := range hostile {
			f.Add(uint8(field), text)
		}
	}
	b := newFuzzed(f)
	harmless := map[string]rendered{}
	for _, name := range fieldNames {
		rm := b.with(name, fields[name].harmless)
		made, ok := b.render(f, rm)
		made.text = fields[name].harmless
		if !ok || !b.admits(f, rm) {
			f.Fatalf("%s: %q is not harmless", name, fields[name].harmless)
		}
		harmless[name] = made
		isRead(f, made.rules)
		for _, rule := range made.rules {
			shape(f, rm, rule, false)
		}
	}
	f.Fuzz(func(t *testing.T, field uint8, text string) {
		name := fieldNames[int(field)%len(fieldNames)]
		// JSON has no text that is not UTF-8.
		if slices.Contains(fields[name].meaningful, text) || !utf8.ValidString(text) {
			return
		}
		rm := b.with(name, text)
		admitted := b.admits(t, rm)
		if !admitted && (!fields[name].value || strings.ContainsRune(text, utf8.RuneError)) {
			return
		}
		made, ok := b.render(t, rm)
		made.text = text
		if !ok {
			return
		}
		made.compare(t, harmless[name], admitted, strings.HasSuffix(name, "expression"))
	})
}

// rendered are the rules of a RAGMonitor.
type rendered struct {
	of    *v1alpha1.RAGMonitor
	text  string
	rules []rulefmt.Rule
}

// fuzzed renders a RAGMonitor with text in one of its fields.
type fuzzed struct {
	admission
	base   *v1alpha1.RAGMonitor
	known  model.Catalogue
	makers rules.Catalogue
}

func newFuzzed(tb testing.TB) fuzzed {
	tb.Helper()
	known := fixture.Catalogue(tb)
	known.Namespaces = model.Namespaces{Labels: []string{"namespace", "k8s_namespace_name"}}
	return fuzzed{admission: newAdmission(tb), base: fixture.RAGMonitor(tb, fuzzedManifest), known: known, makers: fixture.Rules(tb)}
}

// with is the RAGMonitor with text in a field.
func (b fuzzed) with(field, text string) *v1alpha1.RAGMonitor {
	rm := b.base.DeepCopy()
	fields[field].set(rm, text)
	return rm
}

// render is false for a RAGMonitor that Resolve refuses.
func (b fuzzed) render(tb testing.TB, rm *v1alpha1.RAGMonitor) (rendered, bool) {
	tb.Helper()
	m, err := model.Resolve(rm, b.known)
	if err != nil {
		return rendered{}, false
	}
	made, err := b.makers.Build(m)
	if err != nil {
		tb.Fatal(err)
	}
	out := rendered{of: rm}
	for _, g := range made.Groups {
		out.rules = append(out.rules, g.Rules...)
	}
	return out, true
}

// compare checks the rules that differ from those of harmless text: they are bound,
// and have the same shape, unless it is an expression of the user's own; what the API
// server admits is read by Prometheus and holds no templates but ours.
func (r rendered) compare(t *testing.T, harmless rendered, admitted, own bool) {
	t.Helper()
	if len(r.rules) != len(harmless.rules) {
		t.Fatalf("there are %d rules, with harmless text %d", len(r.rules), len(harmless.rules))
	}
	var changed []rulefmt.Rule
	for i, rule := range r.rules {
		was := harmless.rules[i]
		if same(was, rule) {
			continue
		}
		changed = append(changed, rule)
		own := own && (rule.Alert == ownAlert || rule.Labels["alert"] == ownAlert)
		if d := cmp.Diff(shape(t, harmless.of, was, own), shape(t, r.of, rule, own)); d != "" {
			t.Errorf("shape of %s%s (-harmless text +this):\n%s", rule.Record, rule.Alert, d)
		}
		if d := cmp.Diff(templates(was), templates(rule)); admitted && d != "" {
			t.Errorf("templates of %s%s (-harmless text +this):\n%s", rule.Record, rule.Alert, d)
		}
		if d := cmp.Diff(replaced(was.Labels, harmless.text, r.text), rule.Labels); d != "" {
			t.Errorf("labels of %s%s (-with this instead of harmless text +this):\n%s", rule.Record, rule.Alert, d)
		}
	}
	if admitted {
		isRead(t, changed)
	}
}

// replaced are labels with another text in place of one, be it a name or a value.
func replaced(in map[string]string, from, to string) map[string]string {
	replace := func(text string) string {
		if text == from {
			return to
		}
		return text
	}
	out := map[string]string{}
	for name, value := range in {
		out[replace(name)] = replace(value)
	}
	return out
}

func same(a, b rulefmt.Rule) bool {
	return a.Record == b.Record && a.Alert == b.Alert && a.Expr == b.Expr && a.For == b.For && maps.Equal(a.Labels, b.Labels) && maps.Equal(a.Annotations, b.Annotations)
}

// isRead says whether Prometheus loads rules: it checks expressions, labels and
// templates.
func isRead(tb testing.TB, changed []rulefmt.Rule) {
	tb.Helper()
	data, err := yaml.Marshal(rulefmt.RuleGroups{Groups: []rulefmt.RuleGroup{{Name: "changed", Rules: changed}}})
	if err != nil {
		tb.Fatal(err)
	}
	if _, errs := rulefmt.Parse(data, false, prommodel.UTF8Validation); len(errs) > 0 {
		tb.Errorf("Prometheus does not load the rules: %v", errs)
	}
}

// shape is what of a rule does not depend on any text.
func shape(tb testing.TB, of *v1alpha1.RAGMonitor, rule rulefmt.Rule, own bool) string {
	tb.Helper()
	expr, err := parser.ParseExpr(rule.Expr)
	if err != nil {
		tb.Fatalf("%s%s: %q: %v", rule.Record, rule.Alert, rule.Expr, err)
	}
	for _, matchers := range parser.ExtractSelectors(expr) {
		if !isBound(of, matchers) {
			tb.Errorf("%s%s selects %v of others", rule.Record, rule.Alert, matchers)
		}
	}
	out := fmt.Sprintf("%s alert=%t labels=%d annotations=%v ", rule.Record, rule.Alert != "", len(rule.Labels), slices.Sorted(maps.Keys(rule.Annotations)))
	if own {
		return out
	}
	return out + shapeOf(expr)
}

// isBound says whether a selector is of the namespace, and one of a canonical series
// of the RAGMonitor.
func isBound(of *v1alpha1.RAGMonitor, matchers []*labels.Matcher) bool {
	have := map[string]string{}
	for _, m := range matchers {
		if m.Type == labels.MatchEqual {
			have[m.Name] = m.Value
		}
	}
	return (have["namespace"] == of.Namespace || have["k8s_namespace_name"] == of.Namespace) &&
		(!strings.HasPrefix(have[prommodel.MetricNameLabel], "ragmonitor:") || have["ragmonitor"] == of.Name)
}

// shapeOf writes an expression without its texts.
func shapeOf(expr parser.Expr) string {
	var out strings.Builder
	parser.Inspect(expr, func(n parser.Node, path []parser.Node) error {
		switch n := n.(type) {
		case nil:
			return nil
		case *parser.VectorSelector:
			types := map[string]int{}
			for _, m := range n.LabelMatchers {
				// Of texts that are taken literally there are as many as matches.
				types[fmt.Sprintf("%s%d", m.Type, len(m.SetMatches()))]++
			}
			fmt.Fprintf(&out, "%d selector %v offset %s; ", len(path), types, n.OriginalOffset)
		case *parser.MatrixSelector:
			fmt.Fprintf(&out, "%d range %s; ", len(path), n.Range)
		case *parser.SubqueryExpr:
			fmt.Fprintf(&out, "%d subquery %s:%s offset %s; ", len(path), n.Range, n.Step, n.OriginalOffset)
		case *parser.Call:
			fmt.Fprintf(&out, "%d call %s/%d; ", len(path), n.Func.Name, len(n.Args))
		case *parser.AggregateExpr:
			fmt.Fprintf(&out, "%d %s %t %v; ", len(path), n.Op, n.Without, n.Grouping)
		case *parser.BinaryExpr:
			fmt.Fprintf(&out, "%d %s %t %+v; ", len(path), n.Op, n.ReturnBool, n.VectorMatching)
		case *parser.NumberLiteral:
			fmt.Fprintf(&out, "%d %v; ", len(path), n.Val)
		default:
			fmt.Fprintf(&out, "%d %T; ", len(path), n)
		}
		return nil
	})
	return out.String()
}

var action = regexp.MustCompile(`(?s)\{\{.*?\}\}`)

// templates are the actions in the texts of a rule, and what is left of "{{" and
// "}}" without them.
func templates(rule rulefmt.Rule) []string {
	var out []string
	for _, texts := range []map[string]string{rule.Labels, rule.Annotations} {
		for _, text := range texts {
			out = append(out, action.FindAllString(text, -1)...)
			rest := action.ReplaceAllString(text, "")
			if strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
				out = append(out, rest)
			}
		}
	}
	slices.Sort(out)
	return out
}
