package rules

import (
	"maps"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
)

// namePods stands for the scrapes of a component's pods, also where somebody else makes
// them.
const namePods = "pods"

// containerMetric is a metric of cAdvisor.
type containerMetric struct {
	name string
	// pod says that it is of a pod as a whole. Of the others, the series of pods and of
	// the whole node are left out.
	pod bool
}

// containerMetrics are the names in recording rules of what cAdvisor tells, which
// kubelets have in them.
var containerMetrics = map[string]containerMetric{
	"containerCPU":              {name: "container_cpu_usage_seconds_total"},
	"containerCPULimit":         {name: "container_spec_cpu_quota"},
	"containerCPUPeriod":        {name: "container_spec_cpu_period"},
	"containerPeriods":          {name: "container_cpu_cfs_periods_total"},
	"containerThrottledPeriods": {name: "container_cpu_cfs_throttled_periods_total"},
	"containerMemory":           {name: "container_memory_working_set_bytes"},
	"containerMemoryLimit":      {name: "container_spec_memory_limit_bytes"},
	"containerProcesses":        {name: "container_processes"},
	"containerStart":            {name: "container_start_time_seconds"},
	"podReceived":               {name: "container_network_receive_bytes_total", pod: true},
	"podSent":                   {name: "container_network_transmit_bytes_total", pod: true},
	"podReceiveErrors":          {name: "container_network_receive_errors_total", pod: true},
	"podSendErrors":             {name: "container_network_transmit_errors_total", pod: true},
	"podReceiveDrops":           {name: "container_network_receive_packets_dropped_total", pod: true},
	"podSendDrops":              {name: "container_network_transmit_packets_dropped_total", pod: true},
}

// ContainerMetrics are the metrics of cAdvisor that recording rules read, sorted.
func ContainerMetrics() []string {
	var out []string
	for _, metric := range containerMetrics {
		out = append(out, metric.name)
	}
	slices.Sort(out)
	return out
}

// ContainerMetric is the metric of cAdvisor that a name in a recording rule stands for,
// or "".
func ContainerMetric(name string) string { return containerMetrics[name].name }

// whole are the values of the label "container" where a series is of a pod as a whole:
// with some runtimes that of the container that holds the pod's network.
var whole = []string{"", "POD"}

// ofContainers are the series of cAdvisor in the namespace of m.
func ofContainers(m model.Monitor, metric containerMetric) []promql.Alternative {
	theirs := []*labels.Matcher{promql.NoneOf("container", whole)}
	if metric.pod {
		theirs = []*labels.Matcher{promql.NoneOf("pod", []string{""})}
	}
	var out promql.Alternative
	for _, matchers := range inNamespace(m.Namespaces, m.Namespace, theirs) {
		out = append(out, promql.Selector{Metric: metric.name, Matchers: matchers})
	}
	return []promql.Alternative{out}
}

// measured are the series that an alert reads, and that are made of cAdvisor's metrics,
// each with the one of these that comes first by its name in recording rules.
func (c Catalogue) measured(of promql.Template) map[string]string {
	out := map[string]string{}
	for _, name := range of.Names() {
		for _, r := range c.Recordings {
			if r.Record != name || r.Quantile != nil {
				continue
			}
			maps.Copy(out, c.measured(r.Expr))
			for _, read := range r.Expr.Names() {
				if metric := ContainerMetric(read); metric != "" && out[name] == "" {
					out[name] = metric
				}
			}
		}
	}
	return out
}
