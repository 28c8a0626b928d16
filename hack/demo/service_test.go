package main

import (
	"io"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// TestTheOperatorFindsThePod lets a real API server take the Service, the pod and
// the RAGMonitor, and looks for targets in what it made of them.
func TestTheOperatorFindsThePod(t *testing.T) {
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	d := &demo{console: newConsole(io.Discard), root: root, plane: startedPlane(t, controlplane.OwnCRDs(root))}
	if d.client, err = newClient(d.plane.Config()); err != nil {
		t.Fatal(err)
	}
	d.ports = []port{{name: "metrics", number: 4321}, {name: "steps", number: 4322}}
	if err := d.createObjects(t.Context()); err != nil {
		t.Fatal(err)
	}

	got := map[string][]string{}
	for _, c := range components(t, d) {
		targets, problem := discovery.Targets(c, inventory(t, d))
		if problem != nil {
			t.Errorf("%s: %s", c.Name, problem.Message)
		}
		for _, target := range targets {
			got[c.Name] = append(got[c.Name], target.Address.String()+" of "+target.Pod)
		}
	}
	want := map[string][]string{"api": {"127.0.0.1:4321 of support-bot-0"}, "steps": {"127.0.0.1:4322 of support-bot-0"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
}

// components are those of the demo's RAGMonitor, as the operator understands them
// when the API server has filled in the defaults.
func components(t *testing.T, d *demo) []model.Component {
	t.Helper()
	content, err := os.ReadFile(d.manifest())
	if err != nil {
		t.Fatal(err)
	}
	var monitor v1alpha1.RAGMonitor
	if err := yaml.UnmarshalStrict(content, &monitor); err != nil {
		t.Fatal(err)
	}
	monitor.Namespace = sampleNamespace
	create(t, d.client, &monitor)
	resolved, err := model.Resolve(&monitor, fixture.Catalogue(t))
	if err != nil {
		t.Fatal(err)
	}
	return resolved.Components
}

func inventory(t *testing.T, d *demo) discovery.Inventory {
	t.Helper()
	var (
		services corev1.ServiceList
		pods     corev1.PodList
		out      discovery.Inventory
	)
	for _, list := range []client.ObjectList{&services, &pods} {
		if err := d.client.List(t.Context(), list, client.InNamespace(sampleNamespace)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range services.Items {
		out.Services = append(out.Services, discovery.ServiceOf(&services.Items[i]))
	}
	for i := range pods.Items {
		out.Pods = append(out.Pods, discovery.PodOf(&pods.Items[i]))
	}
	return out
}

// TestPrometheusFindsTheService is about the ports that only the number tells apart.
func TestPrometheusFindsTheService(t *testing.T) {
	service := sampleService([]port{{name: "metrics", number: 4321}, {name: "steps", number: 4322}})
	bot := monitor(func(s *monitoringv1.ServiceMonitorSpec) { s.Endpoints[0].Port = "steps" })
	jobs, err := scrapeJobs([]monitoringv1.ServiceMonitor{bot}, []corev1.Service{*service})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"127.0.0.1:4322"}, jobs[0].StaticConfigs[0].Targets); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
}
