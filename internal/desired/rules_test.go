package desired_test

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

	"github.com/google/go-cmp/cmp"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
)

// ruleFile is what the Prometheus Operator makes of the PrometheusRule among
// objects: the file that Prometheus loads.
func ruleFile(t *testing.T, objects []desired.Object) []byte {
	t.Helper()
	for _, o := range objects {
		if o.Kind != desired.PrometheusRule {
			continue
		}
		var rule monitoringv1.PrometheusRule
		if err := yaml.UnmarshalStrict(document(t, o), &rule); err != nil {
			t.Fatal(err)
		}
		data, err := yaml.Marshal(rule.Spec)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	t.Fatal("there is no PrometheusRule")
	return nil
}

// groups loads the rules as Prometheus does.
func groups(t *testing.T, objects []desired.Object) []rulefmt.RuleGroup {
	t.Helper()
	loaded, errs := rulefmt.Parse(ruleFile(t, objects), false, model.LegacyValidation)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return loaded.Groups
}

func eachRule(t *testing.T, objects []desired.Object, check func(rulefmt.Rule)) {
	t.Helper()
	for _, g := range groups(t, objects) {
		for _, r := range g.Rules {
			check(r)
		}
	}
}

func TestEverySelectorIsOfOneRAGMonitor(t *testing.T) {
	for name, manifest := range cases(t) {
		t.Run(name, func(t *testing.T) {
			objects := build(t, manifest)
			var unbound []string
			eachRule(t, objects, func(r rulefmt.Rule) {
				selectors := 0
				expr, err := parser.ParseExpr(r.Expr)
				if err != nil {
					t.Fatal(err)
				}
				parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
					if s, ok := n.(*parser.VectorSelector); ok {
						selectors++
						checkSelector(t, s, objects[0].Namespace, r.Labels["ragmonitor"])
					}
					return nil
				})
				if selectors == 0 {
					unbound = append(unbound, r.Record+" "+r.Expr)
				}
			})
			if d := cmp.Diff([]string{"ragmonitor:evaluation:timestamp_seconds vector(time())"}, unbound); d != "" {
				t.Errorf("rules that select nothing (-want +got):\n%s", d)
			}
		})
	}
}

func checkSelector(t *testing.T, s *parser.VectorSelector, namespace, monitor string) {
	t.Helper()
	for label, want := range map[string]string{"namespace": namespace, "ragmonitor": monitor} {
		bound := slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool {
			return m.Name == label && m.Type == labels.MatchEqual && m.Value == want
		})
		if !bound || want == "" {
			t.Errorf("%s is not bound to %s=%q", s, label, want)
		}
	}
	if s.Name == "" {
		t.Errorf("%s selects every metric", s)
	}
}

// TestEveryRuleIsLabelled: readers find the series and alerts of a RAGMonitor by
// these labels.
func TestEveryRuleIsLabelled(t *testing.T) {
	for name, manifest := range cases(t) {
		t.Run(name, func(t *testing.T) {
			objects := build(t, manifest)
			eachRule(t, objects, func(r rulefmt.Rule) {
				if r.Labels["namespace"] != objects[0].Namespace || r.Labels["ragmonitor"] == "" {
					t.Errorf("%s%s has the labels %v", r.Record, r.Alert, r.Labels)
				}
				if r.Alert != "" && !slices.Contains([]string{"critical", "warning", "info"}, r.Labels["severity"]) {
					t.Errorf("severity of %s is %q", r.Alert, r.Labels["severity"])
				}
			})
		})
	}
}

func TestAlertsThatAreOffDoNotExist(t *testing.T) {
	alerts := func(name string) map[string]rulefmt.Rule {
		found := map[string]rulefmt.Rule{}
		eachRule(t, build(t, cases(t)[name]), func(r rulefmt.Rule) {
			if r.Alert != "" {
				found[r.Alert] = r
			}
		})
		return found
	}
	if found := alerts("alerts-off"); len(found) > 0 {
		t.Errorf("alerts are off, and there are %v", found)
	}
	found := alerts("everything")
	if _, ok := found["RAGCacheHitRatioLow"]; ok {
		t.Error("RAGCacheHitRatioLow is off, and there is one")
	}
	slow := found["RAGLatencyHigh"]
	if slow.Labels["severity"] != "critical" || time.Duration(slow.For) != 30*time.Second || slow.Labels["area"] != "customer care" {
		t.Errorf("RAGLatencyHigh is not as overridden: %+v", slow)
	}
	if failing := found["RAGErrorRatioHigh"]; failing.For != 0 {
		t.Errorf("RAGErrorRatioHigh waits for %s", failing.For)
	}
}

func TestAnnotationsHoldNoTextOfUsers(t *testing.T) {
	eachRule(t, build(t, cases(t)["everything"]), func(r rulefmt.Rule) {
		for key, text := range r.Annotations {
			for _, of := range []string{"search", "Search", "customer care", "area", "vector-store", "stable"} {
				if strings.Contains(text, of) {
					t.Errorf("annotation %s of %s holds %q: %s", key, r.Alert, of, text)
				}
			}
		}
		for label, value := range r.Labels {
			if strings.ContainsAny(label+value, "{}$") {
				t.Errorf("label %s=%s of %s%s is a template", label, value, r.Record, r.Alert)
			}
		}
	})
}

// bad has a value for every canonical series with which every alert fires that can
// with so many targets up.
func bad(t *testing.T, objects []desired.Object, up string) string {
	t.Helper()
	values := map[string]string{
		"ragmonitor:requests:rate": "1", "ragmonitor:request_errors:rate": "1",
		"ragmonitor:cache_hits:ratio": "0", "ragmonitor:rate_limit_remaining:min": "0",
		"ragmonitor:targets:up": up, "ragmonitor:relevance_score:p50": "0", "ragmonitor:context_precision:p50": "0",
	}
	load := "load 30s\n"
	eachRule(t, objects, func(r rulefmt.Rule) {
		if r.Record == "" {
			return
		}
		value, ok := values[r.Record]
		if !ok {
			value = "1000000"
		}
		load += fmt.Sprintf("  %s%s %sx1\n", r.Record, labels.FromMap(r.Labels), value)
	})
	return load
}

// TestAlertTextsExpand lets Prometheus' own rule engine write the texts of alerts
// that fire.
func TestAlertTextsExpand(t *testing.T) {
	for _, name := range []string{"minimal", "everything"} {
		t.Run(name, func(t *testing.T) {
			objects := build(t, cases(t)[name])
			silent := map[string]bool{}
			eachRule(t, objects, func(r rulefmt.Rule) { silent[r.Alert] = true })
			delete(silent, "")
			for _, up := range []string{"0", "1"} {
				for _, alert := range firing(t, objects, up) {
					delete(silent, alert.Labels.Get("alertname"))
					checkTexts(t, alert)
				}
			}
			for alert := range silent {
				t.Errorf("%s is silent", alert)
			}
		})
	}
}

func checkTexts(t *testing.T, alert *rules.Alert) {
	t.Helper()
	name := alert.Labels.Get("alertname")
	for _, text := range []string{"<error", "<no value>", "{{", "}}", "{objective}", "%!", "NaN"} {
		if strings.Contains(alert.Annotations.String(), text) {
			t.Errorf("texts of %s hold %q: %s", name, text, alert.Annotations)
		}
	}
	if summary := alert.Annotations.Get("summary"); !strings.Contains(summary, "support-bot") {
		t.Errorf("summary of %s does not say of which RAGMonitor: %q", name, summary)
	}
	if description := alert.Annotations.Get("description"); !strings.Contains(description, "rag/support-bot") {
		t.Errorf("description of %s does not say of which RAGMonitor: %q", name, description)
	}
}

// firing are the alerts among objects in a service with bad values everywhere, and so
// many targets up.
func firing(t *testing.T, objects []desired.Object, up string) []*rules.Alert {
	t.Helper()
	storage := promqltest.LoadedStorage(t, bad(t, objects, up))
	t.Cleanup(func() { _ = storage.Close() })
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, ruleFile(t, objects), 0o600); err != nil {
		t.Fatal(err)
	}
	manager := rules.NewManager(&rules.ManagerOptions{
		NameValidationScheme: model.LegacyValidation,
		Context:              t.Context(),
		Appendable:           storage,
		Queryable:            storage,
		QueryFunc:            rules.EngineQueryFunc(promqltest.NewTestEngine(t, false, 5*time.Minute, 1_000_000), storage),
		NotifyFunc:           func(context.Context, string, ...*rules.Alert) {},
		Logger:               slog.New(slog.DiscardHandler),
		Registerer:           prometheus.NewRegistry(),
	})
	loaded, errs := manager.LoadGroups(time.Minute, labels.EmptyLabels(), "", nil, false, file)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var found []*rules.Alert
	for _, g := range loaded {
		if len(g.AlertingRules()) > 0 {
			g.Eval(t.Context(), time.Unix(30, 0))
		}
		for _, rule := range g.AlertingRules() {
			if err := rule.LastError(); err != nil {
				t.Errorf("%s: %v", rule.Name(), err)
			}
			found = append(found, rule.ActiveAlerts()...)
		}
	}
	return found
}

// TestLargestRAGMonitor: the Prometheus Operator refuses a rule file of more than
// 512 KiB, and with it every rule of the RAGMonitor.
func TestLargestRAGMonitor(t *testing.T) {
	manifest := "metadata: {name: " + strings.Repeat("m", 63) + ", namespace: " + strings.Repeat("n", 63) + ", uid: u-1}\nspec:\n  components:\n"
	for i := range 16 {
		manifest += fmt.Sprintf("  - {name: %s%02d, vocabulary: rag, selector: {matchLabels: {app: a%d}}}\n", strings.Repeat("c", 61), i, i)
	}
	manifest += "  slos:\n"
	for i := range 8 {
		manifest += fmt.Sprintf("  - {name: slo%d, objective: \"99.9\"}\n", i)
	}
	const limit = 500 << 10
	objects := build(t, manifest)
	if size := len(ruleFile(t, objects)); size > limit {
		t.Errorf("the rule file has %d bytes, must have at most %d", size, limit)
	}
	for _, o := range objects {
		if size := len(document(t, o)); o.Kind == desired.ConfigMap && size > limit {
			t.Errorf("the board has %d bytes, must have at most %d", size, limit)
		}
	}
}
