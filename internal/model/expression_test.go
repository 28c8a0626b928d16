package model_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// bound is what becomes of the expression of a custom alert of RAGMonitor
// rag/support-bot, or why it is refused.
func bound(t *testing.T, expression string) (expr, refused string) {
	t.Helper()
	got, refused := resolved(t, v1alpha1.Alerts{Custom: []v1alpha1.CustomAlert{{Name: "A", Expression: expression}}})
	if refused != "" {
		return "", strings.TrimPrefix(refused, "spec.alerts.custom[0].expression cannot be used: ")
	}
	return got.Custom[0].Expr, ""
}

func TestExpressionsAreBound(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"a selector gets the namespace": {
			`max(vector_store_fill_ratio) > 0.9`, `max(vector_store_fill_ratio{namespace="rag"}) > 0.9`,
		},
		"matchers on other labels stay": {
			`up{job=~"a|b",pod!=""} == 0`, `up{job=~"a|b",namespace="rag",pod!=""} == 0`,
		},
		"another namespace is replaced": {
			`up{namespace="other"} == 0`, `up{namespace="rag"} == 0`,
		},
		"every other namespace is replaced, however it is written": {
			`up{namespace!="x",namespace=~".+","namespace"=""} == 0`, `up{namespace="rag"} == 0`,
		},
		"a canonical series is of this RAGMonitor": {
			`ragmonitor:requests:rate < 1`, `ragmonitor:requests:rate{namespace="rag",ragmonitor="support-bot"} < 1`,
		},
		"a canonical series of another RAGMonitor is replaced": {
			`ragmonitor:requests:rate{ragmonitor="other",component="api"} < 1`, `ragmonitor:requests:rate{component="api",namespace="rag",ragmonitor="support-bot"} < 1`,
		},
		"a canonical series is known by a matcher too": {
			`{__name__="ragmonitor:requests:rate",ragmonitor=~".*"} < 1`, `{__name__="ragmonitor:requests:rate",namespace="rag",ragmonitor="support-bot"} < 1`,
		},
		"a canonical series is known in quotes too": {
			`{"ragmonitor:requests:rate"} < 1`, `{__name__="ragmonitor:requests:rate",namespace="rag",ragmonitor="support-bot"} < 1`,
		},
		"a name of OpenTelemetry stays what it is": {
			`{"gen_ai.client.token.usage","k8s.pod.name"="a"} > 1`, `{"k8s.pod.name"="a",__name__="gen_ai.client.token.usage",namespace="rag"} > 1`,
		},
		"the RAGMonitor of a metric that is not ours stays": {
			`up{ragmonitor="other"} == 0`, `up{namespace="rag",ragmonitor="other"} == 0`,
		},
		"every selector is bound, wherever it stands": {
			`rate(a[5m]) / on (job) group_left () b offset 1h unless max_over_time(c[1h:1m]) or label_replace(d, "x", "$1", "y", "(.*)")`,
			`rate(a{namespace="rag"}[5m]) / on (job) group_left () b{namespace="rag"} offset 1h unless max_over_time(c{namespace="rag"}[1h:1m]) ` +
				`or label_replace(d{namespace="rag"}, "x", "$1", "y", "(.*)")`,
		},
		"one that asks for absence is bound": {
			`absent(up{job="a"})`, `absent(up{job="a",namespace="rag"})`,
		},
		"seven days are not too far": {
			`avg_over_time(a[1d] offset 6d) > max_over_time(b[7d:1h])`, `avg_over_time(a{namespace="rag"}[1d] offset 6d) > max_over_time(b{namespace="rag"}[1w:1h])`,
		},
		"a fixed time stays": {
			`up @ end() > up @ 1600000000 offset 1d`, `up{namespace="rag"} @ end() > up{namespace="rag"} @ 1600000000.000 offset 1d`,
		},
		"sixteen selectors are not too many": {
			strings.Repeat("a or ", 15) + "a", strings.Repeat(`a{namespace="rag"} or `, 15) + `a{namespace="rag"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, refused := bound(t, tc.in)
			if d := cmp.Diff(tc.want, got); d != "" || refused != "" {
				t.Errorf("refused because %q; bound (-want +got):\n%s", refused, d)
			}
		})
	}
}

func TestExpressionsAreRefused(t *testing.T) {
	const (
		tooFar  = "it reaches back further than 1w, all ranges and offsets taken together"
		tooFine = "steps, at most 11000 are allowed: write a longer step, such as [1d:5m]"
		unnamed = "name the metric that you mean in "
		scalar  = "it is a scalar, write an expression that gives an instant vector, such as \"max(x) > 0.9\""
	)
	for name, tc := range map[string]struct{ in, want string }{
		"what is not PromQL":                             {"up >", "write PromQL: 1:5: parse error: unexpected end of input"},
		"what is two expressions":                        {"up\n} or vector(1", "write PromQL: "},
		"what is a template":                             {`{{ query "up" }}`, "write PromQL: "},
		"a number":                                       {"1", scalar},
		"a scalar":                                       {"scalar(up) > bool 1", scalar},
		"a string":                                       {`"up"`, "it is a string"},
		"a range":                                        {"up[5m]", "it is a matrix"},
		"a subquery":                                     {"up[5m:1m]", "it is a matrix"},
		"what is of no service":                          {"vector(1)", "it selects no metric, so it says nothing about the service"},
		"a selector without a metric":                    {`{job="a"}`, unnamed + `{job="a"}`},
		"a pattern of metrics":                           {`count({__name__=~"ragmonitor:.+"}) > 1`, unnamed + `{__name__=~"ragmonitor:.+"}`},
		"all metrics but one":                            {`{__name__!="up",job="a"}`, unnamed},
		"a metric without a name":                        {`{__name__="",job="a"}`, unnamed},
		"one selector without a metric of two":           {`up and {job="a"}`, unnamed},
		"a range of more than seven days":                {"rate(a[8d]) > 1", tooFar},
		"an offset of more than seven days":              {"a offset 7d1s > 1", tooFar},
		"an offset into the far future":                  {"a offset -8d > 1", tooFar},
		"a subquery of more than seven days":             {"max_over_time(a[8d:1h]) > 1", tooFar},
		"a subquery with an offset that is too far":      {"max_over_time(a[1d:1h] offset 1w) > 1", tooFar},
		"a range and an offset that are too far":         {"rate(a[1d] offset 7d) > 1", tooFar},
		"subqueries in each other that are too far":      {"max_over_time(rate(a[3d])[3d:1h] offset 2d) > 1", tooFar},
		"a length of time that is longer than all":       {"max_over_time(a[292y:1h] offset 292y) > 1", tooFar},
		"a subquery of no metric that is too far":        {"max_over_time(vector(1)[8d:1h]) > a", tooFar},
		"a subquery of too many steps":                   {"max_over_time(a[7d:10s]) > 1", "its subqueries take 60480 " + tooFine},
		"a subquery without a step, which takes as many": {"max_over_time(a[7d:]) > 1", "its subqueries take 40320 " + tooFine},
		"subqueries whose steps multiply":                {"max_over_time(max_over_time(a[1d:5m])[1d:5m]) > 1", "its subqueries take 82944 " + tooFine},
		"text that Prometheus prints and cannot read":    {`up{job="\ufffd"} > 0`, "it cannot be bound to the namespace: "},
		"seventeen selectors":                            {strings.Repeat("a or ", 16) + "a", "it selects 17 metrics, at most 16 are allowed: record what you need first"},
	} {
		t.Run(name, func(t *testing.T) {
			got, refused := bound(t, tc.in)
			if !strings.HasPrefix(refused, tc.want) {
				t.Errorf("refused because %q, must be because %q; bound it is %s", refused, tc.want, got)
			}
		})
	}
}

// FuzzExpressionsAreBound looks for an expression that reads another namespace, or
// that the operator prints in a way that Prometheus does not read.
func FuzzExpressionsAreBound(f *testing.F) {
	for _, expression := range []string{
		`max(fill) > 0.9`, `up{namespace="other"}`, `{__name__="ragmonitor:requests:rate"}`, `{"gen_ai.client","a b"=~"x"}`, `-a ^ -2 > bool on () b @ end()`,
		`sum without ("a b") (rate(a[5m:] offset -1m))`, `absent_over_time(a[1d])`, "a == 0x1F or b != +Inf", `a{b="\xff\n\"}{{"}`, `topk(2, a) by (b)`, `up{job="\ufffd"}`,
	} {
		f.Add(expression)
	}
	catalogue := fixture.Catalogue(f)
	rm := fixture.RAGMonitor(f, fixture.Minimal)
	f.Fuzz(func(t *testing.T, expression string) {
		rm.Spec.Alerts.Custom = []v1alpha1.CustomAlert{{Name: "A", Expression: expression}}
		m, err := model.Resolve(rm, catalogue)
		if err != nil {
			return
		}
		parsed, err := parser.ParseExpr(m.Alerts.Custom[0].Expr)
		if err != nil {
			t.Fatalf("%q becomes %q: %v", expression, m.Alerts.Custom[0].Expr, err)
		}
		for _, matchers := range parser.ExtractSelectors(parsed) {
			checkBound(t, matchers)
		}
	})
}

func checkBound(t *testing.T, matchers []*labels.Matcher) {
	t.Helper()
	have := map[string]string{}
	for _, m := range matchers {
		if _, twice := have[m.Name]; (twice || m.Type != labels.MatchEqual) && m.Name == "namespace" {
			t.Errorf("%v has a namespace besides", matchers)
		}
		if m.Type == labels.MatchEqual {
			have[m.Name] = m.Value
		}
	}
	if have["namespace"] != "rag" || strings.HasPrefix(have["__name__"], "ragmonitor:") && have["ragmonitor"] != "support-bot" {
		t.Errorf("%v is not bound", matchers)
	}
}
