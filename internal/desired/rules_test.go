package desired_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// ruleFiles are what the Prometheus Operator makes of the PrometheusRules among
// objects: the files that Prometheus loads.
func ruleFiles(t *testing.T, objects []desired.Object) [][]byte {
	t.Helper()
	var files [][]byte
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
		files = append(files, data)
	}
	if len(files) == 0 {
		t.Fatal("there is no PrometheusRule")
	}
	return files
}

// groups loads the rules as Prometheus does.
func groups(t *testing.T, objects []desired.Object) []rulefmt.RuleGroup {
	t.Helper()
	var out []rulefmt.RuleGroup
	for _, file := range ruleFiles(t, objects) {
		loaded, errs := rulefmt.Parse(file, false, model.LegacyValidation)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		out = append(out, loaded.Groups...)
	}
	return out
}

func eachRule(t *testing.T, objects []desired.Object, check func(rulefmt.Rule)) {
	t.Helper()
	for _, g := range groups(t, objects) {
		for _, r := range g.Rules {
			check(r)
		}
	}
}

// TestEverySelectorIsOfOneRAGMonitor: a custom alert may read what else is in the
// namespace, and neither a component that somebody else collects nor what kubelets tell
// of containers has a label of ours.
func TestEverySelectorIsOfOneRAGMonitor(t *testing.T) {
	for name, manifest := range cases(t) {
		t.Run(name, func(t *testing.T) {
			objects := build(t, manifest)
			free := map[string]bool{}
			eachRule(t, objects, func(r rulefmt.Rule) {
				expr, err := parser.ParseExpr(r.Expr)
				if err != nil {
					t.Fatal(err)
				}
				selectors := parser.ExtractSelectors(expr)
				for _, matchers := range selectors {
					checkSelector(t, matchers, objects[0].Namespace, r)
				}
				if len(selectors) == 0 {
					free[r.Record] = true
				}
			})
			for record := range free {
				if !slices.Contains(constants, record) {
					t.Errorf("%s selects nothing", record)
				}
			}
		})
	}
}

// constants are the series whose rules may select nothing.
var constants = []string{"ragmonitor:evaluation:timestamp_seconds", "ragmonitor:token_price_usd:const", "ragmonitor:budget_period:key", "ragmonitor:cost_day:key", "ragmonitor:cost_month:key", "ragmonitor:targets:total"}

func checkSelector(t *testing.T, matchers []*labels.Matcher, namespace string, r rulefmt.Rule) {
	t.Helper()
	have := map[string]string{}
	for _, m := range matchers {
		if m.Type == labels.MatchEqual {
			have[m.Name] = m.Value
		}
	}
	if have["namespace"] != namespace {
		t.Errorf("%s%s: %v is not bound to namespace %s", r.Record, r.Alert, matchers, namespace)
	}
	theirs := !strings.HasPrefix(have[model.MetricNameLabel], "ragmonitor:") &&
		(r.Annotations["runbook_url"] == "" && r.Alert != "" || have["job"] == "tei" || have["job"] == "support-bot" ||
			slices.Contains(rules.ContainerMetrics(), have[model.MetricNameLabel]))
	if have["ragmonitor"] != r.Labels["ragmonitor"] && !theirs {
		t.Errorf("%s%s: %v is not bound to RAGMonitor %s", r.Record, r.Alert, matchers, r.Labels["ragmonitor"])
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
	if slow.Labels["severity"] != "critical" || time.Duration(slow.For) != 30*time.Second || !strings.HasSuffix(slow.Expr, " > 1.25") {
		t.Errorf("RAGLatencyHigh is not as overridden: %+v", slow)
	}
	if slow.Labels["area"] != "customer care" || slow.Labels["team"] != "front" || found["VectorStoreFull"].Labels["team"] != "data" {
		t.Errorf("labels are not as overridden: %v, %v", slow.Labels, found["VectorStoreFull"].Labels)
	}
	if failing := found["RAGErrorRatioHigh"]; failing.For != 0 {
		t.Errorf("RAGErrorRatioHigh waits for %s", failing.For)
	}
}

// TestAlertsThatBurnInPageNobody: they are recorded, and there is no alert of theirs.
func TestAlertsThatBurnInPageNobody(t *testing.T) {
	for name, want := range map[string][]string{
		"everything": {"NobodyAsks", "RAGQueueBacklog"},
		"burn-in": {
			"RAGComponentAbsent", "RAGContainerCPUHigh", "RAGContainerMemoryHigh", "RAGContainerRestarting", "RAGCostPerDayHigh", "RAGCostSpike", "RAGScrapeIncomplete", "RAGServiceDown", "RAGTargetsDown", "RAGTokensUnpriced", "RAGTrafficDrop", "RAGVocabularyDrift",
		},
	} {
		t.Run(name, func(t *testing.T) {
			rehearsed := map[string]bool{}
			paging := map[string]bool{}
			eachRule(t, build(t, cases(t)[name]), func(r rulefmt.Rule) {
				paging[r.Alert] = true
				if r.Record == rules.BurnInFiring {
					rehearsed[r.Labels["alert"]] = true
				}
			})
			got := slices.Sorted(maps.Keys(rehearsed))
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("alerts that burn in (-want +got):\n%s", d)
			}
			for _, alert := range got {
				if paging[alert] {
					t.Errorf("%s pages", alert)
				}
			}
			if name == "burn-in" && len(paging) > 1 {
				t.Errorf("there are alerts: %v", paging)
			}
		})
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
