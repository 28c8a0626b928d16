package discovery_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
)

func with(key, value string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
}

func TestSelected(t *testing.T) {
	all := &metav1.LabelSelector{}
	k8s := func(monitors, namespaces *metav1.LabelSelector) discovery.Prometheus {
		return discovery.Prometheus{Name: "k8s", Namespace: "monitoring", ServiceMonitorSelector: monitors, NamespaceSelector: namespaces}
	}
	without := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "team", Operator: metav1.LabelSelectorOpDoesNotExist}}}
	invalid := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "team", Operator: "Like"}}}
	for name, tc := range map[string]struct {
		in []discovery.Prometheus
		// want is the message, "" when there is no problem.
		want string
	}{
		"without a Prometheus nothing is known": {},
		"an empty selector selects all":         {in: []discovery.Prometheus{k8s(all, all)}},
		"labels that are there are selected":    {in: []discovery.Prometheus{k8s(with("team", "search"), with("tier", "prod"))}},
		"one Prometheus that selects is enough": {in: []discovery.Prometheus{k8s(nil, nil), k8s(with("a", "b"), all), k8s(all, all)}},
		"no namespace selector is the own namespace": {
			in: []discovery.Prometheus{{Name: "own", Namespace: "rag", ServiceMonitorSelector: all}},
		},
		"a label that is missing": {
			in:   []discovery.Prometheus{k8s(with("release", "kube-prometheus-stack"), all)},
			want: "Prometheus monitoring/k8s selects ServiceMonitors with release=kube-prometheus-stack: ours has no such label; set --child-labels (chart: childLabels).",
		},
		"a label that has another value": {
			in:   []discovery.Prometheus{k8s(with("team", "infra"), all)},
			want: "Prometheus monitoring/k8s selects ServiceMonitors with team=infra: ours has team=search; set --child-labels (chart: childLabels).",
		},
		"a label that must not be": {
			in:   []discovery.Prometheus{k8s(without, all)},
			want: "Prometheus monitoring/k8s selects ServiceMonitors with !team: ours has team=search; set --child-labels (chart: childLabels).",
		},
		"a selector that is not valid": {
			in:   []discovery.Prometheus{k8s(all, invalid)},
			want: "Prometheus monitoring/k8s selects ServiceMonitors of namespaces with a selector that is not valid: this one has nothing for it; change its labels.",
		},
		"no selector selects nothing": {
			in:   []discovery.Prometheus{k8s(nil, all)},
			want: "Prometheus monitoring/k8s selects no ServiceMonitors: set its serviceMonitorSelector.",
		},
		"another namespace": {
			in:   []discovery.Prometheus{k8s(all, nil)},
			want: "Prometheus monitoring/k8s selects ServiceMonitors of its own namespace only: set its serviceMonitorNamespaceSelector.",
		},
		"a namespace without the label": {
			in:   []discovery.Prometheus{k8s(all, with("monitored", "yes"))},
			want: "Prometheus monitoring/k8s selects ServiceMonitors of namespaces with monitored=yes: this one has no such label; change its labels.",
		},
		"of several the one that needs least is told": {
			in: []discovery.Prometheus{
				k8s(nil, all),
				{Name: "a", Namespace: "x", ServiceMonitorSelector: with("release", "a")},
				k8s(all, nil), k8s(with("release", "b"), all),
			},
			want: "Prometheus monitoring/k8s, one of 4, selects ServiceMonitors with release=b: ours has no such label; set --child-labels (chart: childLabels).",
		},
		"of several that need the same the first by name is told": {
			in: []discovery.Prometheus{
				{Name: "b", Namespace: "x", ServiceMonitorSelector: all}, {Name: "a", Namespace: "x", ServiceMonitorSelector: all},
			},
			want: "Prometheus x/a, one of 2, selects ServiceMonitors of its own namespace only: set its serviceMonitorNamespaceSelector.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := discovery.Selected(map[string]string{"team": "search"}, "rag", map[string]string{"tier": "prod"}, tc.in)
			var want *discovery.Problem
			if tc.want != "" {
				want = &discovery.Problem{Reason: v1alpha1.TargetNotSelected, Message: tc.want}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("problem (-want +got):\n%s", d)
			}
		})
	}
}

func TestSelectedWithLongNames(t *testing.T) {
	value, name := strings.Repeat("v", 63), strings.Repeat("n", 250)
	key := strings.Repeat("k", 250) + "/" + value
	ours := map[string]string{key: value + "2"}
	for range 2 {
		p := discovery.Prometheus{Name: name, Namespace: value, ServiceMonitorSelector: with(key, value), NamespaceSelector: &metav1.LabelSelector{}}
		checkMessage(t, discovery.Selected(ours, "rag", ours, []discovery.Prometheus{p, p}))
		p.ServiceMonitorSelector, p.NamespaceSelector = p.NamespaceSelector, p.ServiceMonitorSelector
		checkMessage(t, discovery.Selected(ours, "rag", ours, []discovery.Prometheus{p, p}))
	}
}
