package rules_test

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// upOf is the scrape of a pod of the component api.
func upOf(pod string) string {
	return `up{namespace="rag",ragmonitor="support-bot",component="api",job="api",instance="` + pod + `:8000",pod="` + pod + `"} 1x60
	`
}

// containersOf are the values of a series, by pod, container and node as far as it has
// them.
func (e engine) containersOf(series string, at time.Duration) map[string]float64 {
	e.t.Helper()
	out := map[string]float64{}
	for _, sample := range e.vector(series, at) {
		var labels []string
		for _, name := range []string{"component", "pod", "container", "node"} {
			if value := sample.Metric.Get(name); value != "" {
				labels = append(labels, value)
			}
		}
		key := strings.Join(labels, "/")
		if _, twice := out[key]; twice {
			e.t.Errorf("%s has two samples of %s", series, key)
		}
		out[key] = rounded(sample.F)
	}
	return out
}

// rounded leaves out what floating-point arithmetic adds.
func rounded(f float64) float64 { return math.Round(f*1e9) / 1e9 }

func TestContainers(t *testing.T) {
	const at = 10 * time.Minute
	cpu := func(labels string) string { return `container_cpu_usage_seconds_total{` + labels + `} 0+5x60` }
	for name, tc := range map[string]struct {
		load   string
		series string
		want   map[string]float64
	}{
		"containers of the pods that are scraped": {
			load:   upOf("api-0") + upOf("api-1") + cpu(`namespace="rag",pod="api-0",container="app"`) + "\n" + cpu(`namespace="rag",pod="api-1",container="app"`),
			series: "ragmonitor:container_cpu:rate", want: map[string]float64{"api-0/app": 0.5, "api-1/app": 0.5},
		},
		"other pods, and those of other namespaces, are not ours": {
			load:   upOf("api-0") + cpu(`namespace="rag",pod="other-0",container="app"`) + "\n" + cpu(`namespace="other",pod="api-0",container="app"`),
			series: "ragmonitor:container_cpu:rate", want: map[string]float64{},
		},
		"a container that two jobs tell of counts once": {
			load: upOf("api-0") + cpu(`namespace="rag",pod="api-0",container="app",job="kubelet"`) + "\n" +
				cpu(`namespace="rag",pod="api-0",container="app",job="kubernetes-cadvisor"`),
			series: "ragmonitor:container_cpu:rate", want: map[string]float64{"api-0/app": 0.5},
		},
		"a pod that two components scrape counts once": {
			load: upOf("api-0") + strings.ReplaceAll(upOf("api-0"), "8000", "8001") +
				cpu(`namespace="rag",pod="api-0",container="app"`),
			series: "ragmonitor:container_cpu:rate", want: map[string]float64{"api-0/app": 0.5},
		},
		"neither the sum of a pod nor its pause container is a container": {
			load: upOf("api-0") + cpu(`namespace="rag",pod="api-0",container="POD"`) + "\n" + cpu(`namespace="rag",pod="api-0"`) + "\n" +
				cpu(`namespace="rag",pod="api-0",container="",id="/kubepods"`),
			series: "ragmonitor:container_cpu:rate", want: map[string]float64{},
		},
		"of its limit on processors": {
			load: upOf("api-0") + cpu(`namespace="rag",pod="api-0",container="app"`) + `
			      container_spec_cpu_quota{namespace="rag",pod="api-0",container="app"} 200000x60
			      container_spec_cpu_period{namespace="rag",pod="api-0",container="app"} 100000x60`,
			series: "ragmonitor:container_cpu_usage:ratio", want: map[string]float64{"api-0/app": 0.25},
		},
		"without a limit on processors there is no share of it": {
			load: upOf("api-0") + cpu(`namespace="rag",pod="api-0",container="app"`) + `
			      container_spec_cpu_quota{namespace="rag",pod="api-0",container="app"} -1x60
			      container_spec_cpu_period{namespace="rag",pod="api-0",container="app"} 100000x60`,
			series: "ragmonitor:container_cpu_usage:ratio", want: map[string]float64{},
		},
		"made to wait": {
			load: upOf("api-0") + `container_cpu_cfs_periods_total{namespace="rag",pod="api-0",container="app"} 0+100x60
			      container_cpu_cfs_throttled_periods_total{namespace="rag",pod="api-0",container="app"} 0+40x60`,
			series: "ragmonitor:container_cpu_throttled:ratio", want: map[string]float64{"api-0/app": 0.4},
		},
		"an idle container is not made to wait": {
			load: upOf("api-0") + `container_cpu_cfs_periods_total{namespace="rag",pod="api-0",container="app"} 7x60
			      container_cpu_cfs_throttled_periods_total{namespace="rag",pod="api-0",container="app"} 3x60`,
			series: "ragmonitor:container_cpu_throttled:ratio", want: map[string]float64{},
		},
		"of its limit on memory, and the larger while an old container is told of": {
			load: upOf("api-0") + `container_memory_working_set_bytes{namespace="rag",pod="api-0",container="app",id="/old"} 100x60
			      container_memory_working_set_bytes{namespace="rag",pod="api-0",container="app",id="/new"} 600x60
			      container_spec_memory_limit_bytes{namespace="rag",pod="api-0",container="app",id="/old"} 1000x60
			      container_spec_memory_limit_bytes{namespace="rag",pod="api-0",container="app",id="/new"} 1000x60
			      container_memory_working_set_bytes{namespace="rag",pod="api-0",container="free"} 100x60
			      container_spec_memory_limit_bytes{namespace="rag",pod="api-0",container="free"} 0x60`,
			series: "ragmonitor:container_memory_usage:ratio", want: map[string]float64{"api-0/app": 0.6},
		},
		"processes": {
			load:   upOf("api-0") + `container_processes{namespace="rag",pod="api-0",container="app"} 12x60`,
			series: "ragmonitor:container_processes:max", want: map[string]float64{"api-0/app": 12},
		},
		"restarts, of which a new pod is none": {
			load: upOf("api-0") + upOf("api-1") + `container_start_time_seconds{namespace="rag",pod="api-0",container="app",id="/a"} 100x20 _x39
			      container_start_time_seconds{namespace="rag",pod="api-0",container="app",id="/b"} _x24 340x15 _x20
			      container_start_time_seconds{namespace="rag",pod="api-0",container="app",id="/c"} _x44 540x15
			      container_start_time_seconds{namespace="rag",pod="api-1",container="app",id="/d"} _x30 400x29`,
			series: "ragmonitor:container_restarts:count", want: map[string]float64{"api-0/app": 2, "api-1/app": 0},
		},
		"the network of a pod is that of all its devices": {
			load: upOf("api-0") + `container_network_receive_bytes_total{namespace="rag",pod="api-0",interface="eth0",job="kubelet"} 0+100x60
			      container_network_receive_bytes_total{namespace="rag",pod="api-0",interface="eth0",job="twice"} 0+100x60
			      container_network_receive_bytes_total{namespace="rag",pod="api-0",interface="net1",container="POD"} 0+50x60
			      container_network_receive_bytes_total{id="/",interface="eth0"} 0+1000x60`,
			series: "ragmonitor:pod_network_received_bytes:rate", want: map[string]float64{"api-0": 15},
		},
		"damaged and dropped packets": {
			load: upOf("api-0") + `container_network_receive_errors_total{namespace="rag",pod="api-0",interface="eth0"} 0+10x60
			      container_network_transmit_errors_total{namespace="rag",pod="api-0",interface="eth0"} 0+20x60
			      container_network_receive_packets_dropped_total{namespace="rag",pod="api-0",interface="eth0"} 0+30x60
			      container_network_transmit_packets_dropped_total{namespace="rag",pod="api-0",interface="eth0"} 0+40x60`,
			series: "ragmonitor:pod_network_errors:rate", want: map[string]float64{"api-0": 10},
		},
		"nodes, where the scrape names them": {
			load: upOf("api-0") + upOf("api-1") + `container_start_time_seconds{namespace="rag",pod="api-0",container="app",node="worker-1"} 100x60
			      container_start_time_seconds{namespace="rag",pod="api-0",container="sidecar",node="worker-1"} 100x60
			      container_start_time_seconds{namespace="rag",pod="api-1",container="app"} 100x60`,
			series: "ragmonitor:pod_node:info", want: map[string]float64{"api-0/worker-1": 1},
		},
		"pods of a component": {
			load:   upOf("api-0") + `up{namespace="rag",ragmonitor="support-bot",component="api",job="static",instance="a"} 1x60`,
			series: "ragmonitor:pods:info", want: map[string]float64{"api/api-0": 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, fixture.Minimal, "load 10s\n"+tc.load)
			e.runUntil(at)
			if diff := cmp.Diff(tc.want, e.containersOf(tc.series, at)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.series, diff)
			}
		})
	}
}

// TestContainersOfExistingComponents: whoever scrapes a component, its pods are known by
// the scrapes.
func TestContainersOfExistingComponents(t *testing.T) {
	const at = 10 * time.Minute
	m := existing(t, collected, model.Namespaces{Labels: []string{"k8s_namespace", "namespace"}})
	m.Namespaces = m.Components[0].Existing.Namespaces
	e := engineOf(t, m, `load 10s
		up{namespace="monitoring",k8s_namespace="rag",service_name="support.bot",pod="bot-0"} 1x60
		up{namespace="rag",k8s_namespace="other",service_name="support.bot",pod="bot-1"} 1x60
		container_processes{namespace="rag",pod="bot-0",container="app"} 3x60
		container_processes{namespace="kube-system",k8s_namespace="rag",pod="bot-0",container="sidecar"} 4x60
		container_processes{namespace="rag",k8s_namespace="other",pod="bot-0",container="strange"} 5x60
		container_processes{namespace="rag",pod="bot-1",container="app"} 6x60`)
	e.runUntil(at)
	want := map[string]float64{"bot-0/app": 3, "bot-0/sidecar": 4}
	if diff := cmp.Diff(want, e.containersOf("ragmonitor:container_processes:max", at)); diff != "" {
		t.Errorf("containers (-want +got):\n%s", diff)
	}
}

// TestNothingOfContainersUnlessAskedFor: neither rules, nor alerts that are missed.
func TestNothingOfContainersUnlessAskedFor(t *testing.T) {
	made, err := readOnce(t).rules.Build(understood(t, speaking("rag")+withoutNodes))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range made.Groups {
		for _, rule := range g.Rules {
			if strings.Contains(rule.Expr, "container_") || strings.Contains(rule.Record, "pod") || strings.HasPrefix(rule.Alert, "RAGContainer") {
				t.Errorf("there is %s%s: %s", rule.Record, rule.Alert, rule.Expr)
			}
		}
	}
	for _, u := range made.Unavailable {
		if strings.HasPrefix(u.Alert, "RAGContainer") {
			t.Errorf("%s is unavailable", u.Alert)
		}
	}
}

// TestContainersThatNobodyMeasures: the alerts that then cannot fire are told, each with
// a metric.
func TestContainersThatNobodyMeasures(t *testing.T) {
	const limited = `container_cpu_usage_seconds_total{namespace="rag",pod="api-0",container="app"} 0+1x10
		container_memory_working_set_bytes{namespace="rag",pod="api-0",container="app"} 10x10
		container_start_time_seconds{namespace="rag",pod="api-0",container="app"} 10x10`
	for name, tc := range map[string]struct {
		load string
		want map[string]string
	}{
		"nothing": {
			load: `up{pod="api-0"} 1x10`,
			want: map[string]string{
				"RAGContainerCPUHigh":    "container_cpu_usage_seconds_total",
				"RAGContainerMemoryHigh": "container_memory_working_set_bytes",
				"RAGContainerRestarting": "container_start_time_seconds",
			},
		},
		"no limits": {
			load: `up{pod="api-0"} 1x10
			       ` + limited,
			want: map[string]string{
				"RAGContainerCPUHigh":    "container_spec_cpu_quota",
				"RAGContainerMemoryHigh": "container_spec_memory_limit_bytes",
			},
		},
		"everything": {
			load: `up{pod="api-0"} 1x10
			       container_spec_cpu_quota{namespace="rag",pod="api-0",container="app"} 10x10
			       container_spec_cpu_period{namespace="rag",pod="api-0",container="app"} 10x10
			       container_spec_memory_limit_bytes{namespace="rag",pod="api-0",container="app"} 10x10
			       ` + limited,
			want: map[string]string{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := alertCases{monitor: speaking("rag")}.play(t, tc.load, nil)
			got := map[string]string{}
			for _, sample := range p.vector(rules.MissingInputs+`{alert=~"RAGContainer.*"}`, p.end) {
				// The status names the first of several.
				alert, metric := sample.Metric.Get("alert"), sample.Metric.Get("metric")
				if got[alert] == "" || metric < got[alert] {
					got[alert] = metric
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("metrics that alerts lack (-want +got):\n%s", diff)
			}
		})
	}
}

// TestContainerMetricsAreThoseThatRulesRead: what is scraped of kubelets is cut down to
// them.
func TestContainerMetricsAreThoseThatRulesRead(t *testing.T) {
	read := map[string]bool{}
	for _, r := range readOnce(t).rules.Recordings {
		if r.Quantile != nil {
			continue
		}
		for _, name := range r.Expr.Names() {
			if metric := rules.ContainerMetric(name); metric != "" {
				read[metric] = true
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(read)), rules.ContainerMetrics()); diff != "" {
		t.Errorf("metrics (-read +listed):\n%s", diff)
	}
}
