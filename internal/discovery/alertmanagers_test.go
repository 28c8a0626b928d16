package discovery_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
)

func TestTakenUp(t *testing.T) {
	all := &metav1.LabelSelector{}
	ours := discovery.Configuration{
		Namespace: "rag", Name: "support-bot-notifications", Version: "0.28.0",
		Labels: map[string]string{"team": "search"}, NamespaceLabels: map[string]string{"tier": "prod"},
	}
	am := func(configs, namespaces *metav1.LabelSelector, edits ...func(*discovery.Alertmanager)) discovery.Alertmanager {
		out := discovery.Alertmanager{Name: "main", Namespace: "monitoring", ConfigSelector: configs, NamespaceSelector: namespaces}
		for _, edit := range edits {
			edit(&out)
		}
		return out
	}
	called := func(name string) func(*discovery.Alertmanager) {
		return func(a *discovery.Alertmanager) { a.Name = name }
	}
	versioned := func(v string) func(*discovery.Alertmanager) {
		return func(a *discovery.Alertmanager) { a.Version = v }
	}
	paused := func(a *discovery.Alertmanager) { a.Paused = true }
	for name, tc := range map[string]struct {
		in   []discovery.Alertmanager
		want discovery.Uptake
	}{
		"there is no Alertmanager": {},
		"it selects all": {
			in:   []discovery.Alertmanager{am(all, all)},
			want: discovery.Uptake{By: []string{"monitoring/main"}, Strategy: "OnNamespace"},
		},
		"it selects by our labels": {
			in: []discovery.Alertmanager{am(with("team", "search"), with("tier", "prod"), func(a *discovery.Alertmanager) { a.Strategy = "None" })},
			want: discovery.Uptake{
				By: []string{"monitoring/main"}, Strategy: "None",
			},
		},
		"several do": {
			in:   []discovery.Alertmanager{am(all, all, called("b")), am(nil, nil, called("a")), am(all, all, called("a"))},
			want: discovery.Uptake{By: []string{"monitoring/a", "monitoring/b"}, Strategy: "OnNamespace"},
		},
		"it is in our namespace": {
			in:   []discovery.Alertmanager{{Name: "own", Namespace: "rag", ConfigSelector: all}},
			want: discovery.Uptake{By: []string{"rag/own"}, Strategy: "OnNamespace"},
		},
		"it has another configuration for its own": {
			in:   []discovery.Alertmanager{am(all, all, func(a *discovery.Alertmanager) { a.Global = "global" })},
			want: discovery.Uptake{By: []string{"monitoring/main"}, Strategy: "OnNamespace"},
		},
		"one of our name elsewhere is its own": {
			in:   []discovery.Alertmanager{am(all, all, func(a *discovery.Alertmanager) { a.Global = "support-bot-notifications" })},
			want: discovery.Uptake{By: []string{"monitoring/main"}, Strategy: "OnNamespace"},
		},
		"it selects none": {
			in:   []discovery.Alertmanager{am(nil, all)},
			want: discovery.Uptake{Obstacle: "Alertmanager monitoring/main selects no AlertmanagerConfigs: set its alertmanagerConfigSelector."},
		},
		"it wants another label": {
			in:   []discovery.Alertmanager{am(with("team", "infra"), all)},
			want: discovery.Uptake{Obstacle: "Alertmanager monitoring/main selects AlertmanagerConfigs with team=infra: ours has team=search; set --child-labels (chart: childLabels)."},
		},
		"it looks into its own namespace": {
			in:   []discovery.Alertmanager{am(all, nil)},
			want: discovery.Uptake{Obstacle: "Alertmanager monitoring/main selects AlertmanagerConfigs of its own namespace only: set its alertmanagerConfigNamespaceSelector."},
		},
		"it wants other namespaces": {
			in:   []discovery.Alertmanager{am(all, with("tier", "test"))},
			want: discovery.Uptake{Obstacle: "Alertmanager monitoring/main selects AlertmanagerConfigs of namespaces with tier=test: this one has tier=prod; change its labels."},
		},
		"it has ours for its own": {
			in:   []discovery.Alertmanager{{Name: "own", Namespace: "rag", ConfigSelector: all, Global: "support-bot-notifications"}},
			want: discovery.Uptake{Obstacle: "Alertmanager rag/own has it for its own configuration (alertmanagerConfiguration), which it cannot be: name another there."},
		},
		"it is paused": {
			in:   []discovery.Alertmanager{am(all, all, paused)},
			want: discovery.Uptake{Obstacle: "Alertmanager monitoring/main is paused: the Prometheus Operator gives it no new configuration."},
		},
		"it is too old": {
			in:   []discovery.Alertmanager{am(all, all, versioned("v0.27.0"))},
			want: discovery.Uptake{Obstacle: "Alertmanager monitoring/main has version v0.27.0, and a receiver needs 0.28.0."},
		},
		"it is new enough": {
			in:   []discovery.Alertmanager{am(all, all, versioned("0.28.1"))},
			want: discovery.Uptake{By: []string{"monitoring/main"}, Strategy: "OnNamespace"},
		},
		"its version is no version": {
			in:   []discovery.Alertmanager{am(all, all, versioned("latest"))},
			want: discovery.Uptake{By: []string{"monitoring/main"}, Strategy: "OnNamespace"},
		},
		"of several the nearest is told of": {
			in:   []discovery.Alertmanager{am(nil, nil), am(with("team", "infra"), all, called("near"), paused), am(with("team", "infra"), all, called("nearest"))},
			want: discovery.Uptake{Obstacle: "Alertmanager monitoring/nearest, one of 3, selects AlertmanagerConfigs with team=infra: ours has team=search; set --child-labels (chart: childLabels)."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, discovery.TakenUp(ours, tc.in)); d != "" {
				t.Errorf("uptake (-want +got):\n%s", d)
			}
		})
	}
}

func TestNeedsLabels(t *testing.T) {
	for name, tc := range map[string]struct {
		selector *metav1.LabelSelector
		want     bool
	}{
		"its own namespace":       {nil, false},
		"every namespace":         {&metav1.LabelSelector{}, false},
		"namespaces with a label": {with("a", "b"), true},
		"namespaces without one":  {&metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "DoesNotExist"}}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := discovery.NeedsLabels([]discovery.Alertmanager{{NamespaceSelector: tc.selector}}); got != tc.want {
				t.Errorf("it needs labels: %t", got)
			}
		})
	}
}
