package install

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

const alertTests = "test/install/testdata/alerts/operator.test.yaml"

func operatorRules(t *testing.T, objects []*unstructured.Unstructured) []monitoringv1.Rule {
	t.Helper()
	var rules []monitoringv1.Rule
	for _, group := range only[monitoringv1.PrometheusRule](t, objects, "PrometheusRule").Spec.Groups {
		rules = append(rules, group.Rules...)
	}
	return rules
}

// TestOperatorAlertsWithPromtool has the alerts on the operator, as a release of any
// name has them, fire and be silent.
func TestOperatorAlertsWithPromtool(t *testing.T) {
	objects := chart("rag-watch", "platform", "--set", "metrics.prometheusRule.enabled=true").objects(t)
	checkRules(t, objects)
	dir := t.TempDir()
	rule := only[monitoringv1.PrometheusRule](t, objects, "PrometheusRule")
	spec, err := yaml.Marshal(rule.Spec)
	if err != nil {
		t.Fatal(err)
	}
	tests := append([]byte("rule_files: [rules.yaml]\n"), readFile(t, alertTests)...)
	for name, content := range map[string][]byte{"rules.yaml": spec, "test.yaml": tests} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := run(t, "promtool", "test", "rules", filepath.Join(dir, "test.yaml")); err != nil {
		t.Error(err)
	}
}

// TestEveryOperatorAlertIsTested wants a case in which it fires, and one in which it
// does not.
func TestEveryOperatorAlertIsTested(t *testing.T) {
	var file struct {
		Tests []struct {
			Cases []struct {
				Alert string `json:"alertname"`
				Fires []any  `json:"exp_alerts"`
			} `json:"alert_rule_test"`
		} `json:"tests"`
	}
	if err := yaml.Unmarshal(readFile(t, alertTests), &file); err != nil {
		t.Fatal(err)
	}
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, c := range test.Cases {
			fires[c.Alert] = fires[c.Alert] || len(c.Fires) > 0
			silent[c.Alert] = silent[c.Alert] || len(c.Fires) == 0
		}
	}
	for _, rule := range operatorRules(t, renderings()["kustomize with every component"].objects(t)) {
		if !fires[rule.Alert] || !silent[rule.Alert] {
			t.Errorf("%s: a case where it fires is %t, and one where it does not %t", rule.Alert, fires[rule.Alert], silent[rule.Alert])
		}
	}
}

func TestChartChangesTheOperatorsAlerts(t *testing.T) {
	objects := renderings()["chart with every option"].objects(t)
	got := map[string]map[string]string{}
	for _, rule := range operatorRules(t, objects) {
		got[rule.Alert] = rule.Labels
	}
	want := map[string]map[string]string{}
	for _, rule := range operatorRules(t, renderings()["kustomize with every component"].objects(t)) {
		if rule.Alert != "RAGMonitorStatusStale" {
			want[rule.Alert] = map[string]string{"severity": "critical", "team": "platform", "namespace": "rag-everything"}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("labels by alert (-want +got):\n%s", diff)
	}
	labels := only[monitoringv1.PrometheusRule](t, objects, "PrometheusRule").Labels
	if labels["release"] != "kube-prometheus-stack" {
		t.Errorf("the PrometheusRule has the labels %v", labels)
	}
}

// selected are the labels, by metric, that the alerts on the operator select or group
// by, but those that Prometheus adds to what it scrapes.
func selected(t *testing.T, rules []monitoringv1.Rule) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, rule := range rules {
		expr, err := parser.ParseExpr(rule.Expr.String())
		if err != nil {
			t.Fatal(err)
		}
		parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
			selector, ok := node.(*parser.VectorSelector)
			if !ok || selector.Name == "up" {
				return nil
			}
			labels := map[string]bool{}
			for _, matcher := range selector.LabelMatchers {
				labels[matcher.Name] = true
			}
			for _, parent := range path {
				if sum, ok := parent.(*parser.AggregateExpr); ok {
					for _, label := range sum.Grouping {
						labels[label] = true
					}
				}
			}
			for _, added := range []string{"__name__", "namespace", "job"} {
				delete(labels, added)
			}
			out[selector.Name] = append(out[selector.Name], slices.Collect(maps.Keys(labels))...)
			return nil
		})
	}
	return out
}
