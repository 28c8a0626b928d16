package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
)

// source is where the operator has its metrics from, and what else is different
// because of that.
type source struct {
	// binaries are needed beside those that the demo always needs, and folders are
	// made in the temporary directory.
	binaries, folders []string
	// crds are the files of the kinds that the cluster has.
	crds func(ctx context.Context, root string) ([]string, error)
	// start starts what the operator reads from; nil when that is the operator.
	start func(*demo, context.Context) error
	// flags of the operator.
	flags func(*demo) []string
	// children are what the operator makes of the RAGMonitor.
	children []child
}

// child is a kind of which the operator makes objects.
type child struct {
	kind string
	list func() client.ObjectList
}

var (
	serviceMonitors = child{"ServiceMonitor", func() client.ObjectList { return &monitoringv1.ServiceMonitorList{} }}
	prometheusRules = child{"PrometheusRule", func() client.ObjectList { return &monitoringv1.PrometheusRuleList{} }}
	dashboards      = child{"dashboard", func() client.ObjectList { return &corev1.ConfigMapList{} }}
)

// defaultSource needs nothing that a bare cluster lacks.
const defaultSource = "embedded"

var sources = map[string]source{
	// No Prometheus anywhere, nor the kinds of its operator.
	defaultSource: {
		folders: []string{"samples"},
		crds: func(_ context.Context, root string) ([]string, error) {
			return []string{controlplane.OwnCRDs(root)}, nil
		},
		flags: func(d *demo) []string {
			return []string{"--embedded-allow-loopback", "--embedded-dir=" + d.path("samples")}
		},
		children: []child{dashboards},
	},
	"prometheus": {
		binaries: []string{"prometheus"},
		folders:  []string{"prometheus/rules"},
		crds:     controlplane.CRDPaths,
		start:    (*demo).startPrometheus,
		flags:    func(d *demo) []string { return []string{"--prometheus-url=" + d.prometheus} },
		children: []child{serviceMonitors, prometheusRules, dashboards},
	},
}

// findSource is the one with this name; the error says which there are.
func findSource(name string) (source, error) {
	s, ok := sources[name]
	if !ok {
		return source{}, fmt.Errorf("--source is %q: write %s", name, strings.Join(slices.Sorted(maps.Keys(sources)), " or "))
	}
	return s, nil
}

// startSource starts what the operator reads from.
func (d *demo) startSource(ctx context.Context) error {
	if d.source.start == nil {
		d.step("no Prometheus is started: the operator scrapes the pod itself")
		return nil
	}
	return d.source.start(d, ctx)
}
