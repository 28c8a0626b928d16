package differential_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/dashboards"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// pace is that of rules, where their own is one that no test can wait for.
type pace struct {
	// interval is the longest between two evaluations, and wait what alerts wait for at
	// most before they fire.
	interval, wait time.Duration
}

// watch is a RAGMonitor, and what both sources are told of it.
type watch struct {
	rm      *v1alpha1.RAGMonitor
	model   model.Monitor
	monitor monitoringv1.ServiceMonitor
	groups  []rulefmt.RuleGroup
	targets []discovery.Target
}

func (w watch) key() health.Key { return health.Key{Namespace: w.rm.Namespace, Name: w.rm.Name} }

// without is what is watched once the pod at an address was deleted.
func (w watch) without(address netip.AddrPort) watch {
	w.targets = slices.DeleteFunc(slices.Clone(w.targets), func(t discovery.Target) bool { return t.Address == address })
	return w
}

// catalogue makes watches. It is read once, because there are many.
type catalogue struct {
	// template is the RAGMonitor, but for names, vocabulary and path.
	template *v1alpha1.RAGMonitor
	pace     pace
	names    model.Catalogue
	desired  desired.Catalogue
}

func newCatalogue(t *testing.T, template string, p pace) catalogue {
	t.Helper()
	board, err := dashboards.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return catalogue{
		template: fixture.RAGMonitor(t, template),
		pace:     p,
		names:    fixture.Catalogue(t),
		desired:  desired.Catalogue{Rules: fixture.Rules(t), Board: board},
	}
}

// watch is a RAGMonitor in a namespace of its own, with one component and its pods.
func (c catalogue) watch(t *testing.T, name, vocabulary, path string, pods ...netip.AddrPort) watch {
	t.Helper()
	rm := c.template.DeepCopy()
	rm.Name, rm.Namespace = name, "of-"+name
	rm.Spec.Components[0].Vocabulary = vocabulary
	rm.Spec.Components[0].Endpoint.Path = path
	m, err := model.Resolve(rm, c.names)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	children, err := c.desired.Build(m)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	out := watch{rm: rm, model: m, monitor: serviceMonitor(t, children.Objects), groups: c.hurried(children.Rules.Groups)}
	for i, address := range pods {
		out.targets = append(out.targets, discovery.Target{
			Address: address, Service: "support-bot", Pod: fmt.Sprintf("support-bot-%d", i), Container: "app", Endpoint: m.Components[0].Endpoint.Port,
		})
	}
	return out
}

// serviceMonitor is the only one among the children.
func serviceMonitor(t *testing.T, children []desired.Object) (out monitoringv1.ServiceMonitor) {
	t.Helper()
	for _, child := range children {
		if child.Kind != desired.ServiceMonitor {
			continue
		}
		text, err := json.Marshal(child.Config)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &out); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// hurried are the groups at a pace that a test can wait for.
func (c catalogue) hurried(groups []rulefmt.RuleGroup) []rulefmt.RuleGroup {
	groups = slices.Clone(groups)
	for i := range groups {
		g := &groups[i]
		g.Interval = min(g.Interval, promconfig.Duration(c.pace.interval))
		g.Rules = slices.Clone(g.Rules)
		for j := range g.Rules {
			g.Rules[j].For = min(g.Rules[j].For, promconfig.Duration(c.pace.wait))
			g.Rules[j].KeepFiringFor = min(g.Rules[j].KeepFiringFor, promconfig.Duration(c.pace.wait))
		}
	}
	return groups
}
