package desired_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// everything that the operator may make, by case.
func everything(t *testing.T) map[string][]desired.Object {
	t.Helper()
	all := map[string][]desired.Object{"agents": agents(t, catalogue(t), nil)}
	for name, manifest := range cases(t) {
		all[name] = build(t, manifest)
	}
	return all
}

func serviceMonitors(t *testing.T, objects []desired.Object) []*monitoringv1.ServiceMonitor {
	t.Helper()
	var out []*monitoringv1.ServiceMonitor
	for _, o := range objects {
		if o.Kind != desired.ServiceMonitor {
			continue
		}
		sm := &monitoringv1.ServiceMonitor{}
		if err := yaml.UnmarshalStrict(document(t, o), sm); err != nil {
			t.Fatal(err)
		}
		out = append(out, sm)
	}
	return out
}

// keys lists the names of all fields of a document, at every depth.
func keys(value any) map[string]bool {
	out := map[string]bool{}
	switch value := value.(type) {
	case map[string]any:
		for key, field := range value {
			out[key] = true
			maps.Copy(out, keys(field))
		}
	case []any:
		for _, element := range value {
			maps.Copy(out, keys(element))
		}
	}
	return out
}

// forbidden fields of a ServiceMonitor read files and Secrets of Prometheus, reach
// beyond the namespace, or send the scrape elsewhere.
var forbidden = []string{
	"bearerTokenFile", "bearerTokenSecret", "authorization", "basicAuth", "oauth2",
	"tlsConfig", "caFile", "certFile", "keyFile", "credentials",
	"namespaceSelector", "any", "matchNames",
	"proxyUrl", "proxyFromEnvironment", "noProxy", "proxyConnectHeader",
	"scrapeClass", "attachMetadata", "params", "filterRunning", "trackTimestampsStaleness",
}

// TestServiceMonitorsReachNothingElse: but for the one of kubelets, which the
// administrator asks for, and in which nothing comes from a RAGMonitor.
func TestServiceMonitorsReachNothingElse(t *testing.T) {
	for name, objects := range everything(t) {
		for _, o := range objects {
			if o.Kind != desired.ServiceMonitor || o.Name == naming.Kubelet {
				continue
			}
			var fields map[string]any
			if err := yaml.Unmarshal(document(t, o), &fields); err != nil {
				t.Fatal(err)
			}
			present := keys(fields["spec"])
			for _, field := range forbidden {
				if present[field] {
					t.Errorf("%s: ServiceMonitor %s has the field %s", name, o.Name, field)
				}
			}
		}
	}
}

func TestEveryScrapeIsLimited(t *testing.T) {
	for name, objects := range everything(t) {
		for _, sm := range serviceMonitors(t, objects) {
			for limit, value := range map[string]*int64{
				"samples": sm.Spec.SampleLimit, "targets": sm.Spec.TargetLimit, "labels": sm.Spec.LabelLimit,
				"the length of label names": sm.Spec.LabelNameLengthLimit, "the length of label values": sm.Spec.LabelValueLengthLimit,
			} {
				if value == nil || *value == 0 {
					t.Errorf("%s: ServiceMonitor %s does not limit %s", name, sm.Name, limit)
				}
			}
			if sm.Spec.BodySizeLimit == nil || *sm.Spec.BodySizeLimit == "" || *sm.Spec.BodySizeLimit == "0" {
				t.Errorf("%s: ServiceMonitor %s does not limit the size of answers", name, sm.Name)
			}
			for _, e := range sm.Spec.Endpoints {
				if e.FollowRedirects == nil || *e.FollowRedirects || e.HonorLabels && sm.Name != naming.Kubelet {
					t.Errorf("%s: ServiceMonitor %s lets a target decide: %+v", name, sm.Name, e)
				}
			}
			if len(sm.Spec.Selector.MatchLabels)+len(sm.Spec.Selector.MatchExpressions) == 0 {
				t.Errorf("%s: ServiceMonitor %s selects every Service", name, sm.Name)
			}
		}
	}
}

// TestEveryComponentIsScraped: and labelled so that its rules find it.
func TestEveryComponentIsScraped(t *testing.T) {
	for name, tc := range map[string]struct{ want []string }{
		"minimal":    {[]string{"api metrics/metrics 30s"}},
		"everything": {[]string{"api http/stats/prometheus 10s", "own metrics/metrics 30s", "vector-store metrics/metrics 1m", "worker worker/metrics 1s500ms"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, sm := range serviceMonitors(t, build(t, cases(t)[name])) {
				for _, e := range sm.Spec.Endpoints {
					labels, dropped := map[string]string{}, []string{}
					for _, r := range e.RelabelConfigs {
						if r.Action == "labeldrop" {
							dropped = append(dropped, r.Regex)
							continue
						}
						if len(r.SourceLabels) > 0 || r.Regex != "" || r.Action != "" || strings.Contains(*r.Replacement, "$") {
							t.Errorf("relabelling of %s depends on the target: %+v", sm.Name, r)
						}
						labels[r.TargetLabel] = *r.Replacement
					}
					got = append(got, fmt.Sprintf("%s %s%s %s", labels["component"], e.Port, e.Path, e.Interval))
					want := map[string]string{"ragmonitor": "support-bot", "component": labels["component"], "job": "support-bot." + labels["component"]}
					if d := cmp.Diff(want, labels); d != "" {
						t.Errorf("labels of targets (-want +got):\n%s", d)
					}
					// Nothing is left by which Services tell one pod from itself.
					if d := cmp.Diff([]string{"service", "endpoint"}, dropped); d != "" {
						t.Errorf("labels that the Prometheus Operator sets, and we take off (-want +got):\n%s", d)
					}
				}
			}
			slices.Sort(got)
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("scrapes (-want +got):\n%s", d)
			}
		})
	}
}

func TestComponentsWithOneSelectorShareAServiceMonitor(t *testing.T) {
	got := map[string]int{}
	for _, sm := range serviceMonitors(t, build(t, cases(t)["everything"])) {
		got[sm.Name] = len(sm.Spec.Endpoints)
	}
	if d := cmp.Diff(map[string]int{"support-bot.api": 2, "support-bot.own": 1, "support-bot.vector-store": 1}, got); d != "" {
		t.Errorf("endpoints by ServiceMonitor (-want +got):\n%s", d)
	}
}

// asUnstructured reads the metadata of an object.
func asUnstructured(t *testing.T, o desired.Object) *unstructured.Unstructured {
	t.Helper()
	u := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(document(t, o), &u.Object); err != nil {
		t.Fatal(err)
	}
	return u
}

func TestChildrenAreOwnedAndFound(t *testing.T) {
	for name, manifest := range cases(t) {
		for _, o := range build(t, manifest) {
			u := asUnstructured(t, o)
			owners := u.GetOwnerReferences()
			if len(owners) != 1 || owners[0].Controller == nil || !*owners[0].Controller || owners[0].Kind != "RAGMonitor" || owners[0].UID == "" {
				t.Errorf("%s: %s is owned by %+v", name, o.Kind.Kind, owners)
			}
			if owners[0].BlockOwnerDeletion != nil {
				t.Errorf("%s: %s blocks the deletion of its owner", name, o.Kind.Kind)
			}
			for key, want := range naming.Labels(owners[0].Name) {
				if u.GetLabels()[key] != want {
					t.Errorf("%s: label %s of %s is %q, must be %q", name, key, o.Kind.Kind, u.GetLabels()[key], want)
				}
			}
			if !slices.Contains(desired.MonitorKinds, o.Kind) {
				t.Errorf("%s: %s would never be pruned", name, o.Kind.Kind)
			}
		}
	}
}

func TestLabelsOfTheAdministratorAreOnEveryChild(t *testing.T) {
	c := catalogue(t)
	c.Labels = map[string]string{"release": "prometheus", naming.LabelManagedBy: "somebody", naming.LabelRAGMonitor: "other", naming.LabelDashboard: "0", naming.LabelName: "other"}
	children, err := c.Build(monitorOf(t, "everything"))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range append(children.Objects, agents(t, c, nil)...) {
		labels := asUnstructured(t, o).GetLabels()
		if labels["release"] != "prometheus" {
			t.Errorf("%s %s lacks the label: %v", o.Kind.Kind, o.Name, labels)
		}
		if labels[naming.LabelManagedBy] != naming.ManagedBy || labels[naming.LabelRAGMonitor] == "other" && o.Namespace == "rag" {
			t.Errorf("labels of %s %s were replaced: %v", o.Kind.Kind, o.Name, labels)
		}
		if o.Kind == desired.ConfigMap && labels[naming.LabelDashboard] != "1" {
			t.Errorf("Grafana does not find the board: %v", labels)
		}
	}
	if len(c.Labels) != 5 {
		t.Errorf("the administrator's labels were changed: %v", c.Labels)
	}
}
