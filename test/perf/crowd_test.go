package perf_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/embedded"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// exposition is 300 series, some of which rules read.
func exposition(read int) string {
	var b strings.Builder
	for i := range 300 {
		name := "rag_request_latency_seconds_bucket"
		if i >= read {
			name = "some_other_latency_seconds_bucket"
		}
		fmt.Fprintf(&b, "%s{endpoint=\"/api/v1/route-%d\",le=\"%d\"} %d\n", name, i/12, i%12, i%12*100)
	}
	return b.String()
}

// crowd are RAGMonitors with ten pods each, all of which are one target.
func crowd(built rules.Rules, address netip.AddrPort, targets int) []embedded.Monitor {
	var out []embedded.Monitor
	for i := range targets / 10 {
		name := fmt.Sprintf("bot-%d", i)
		job := embedded.Job{Component: component, Path: "/metrics", Interval: scrapeInterval / haste}
		for j := range 10 {
			job.Targets = append(job.Targets, embedded.Target{Address: address, Labels: map[string]string{
				"service": name, "pod": fmt.Sprintf("%s-7d9f8b6c5-x%d", name, j), "container": "app",
				"endpoint": "metrics", "job": name, "instance": fmt.Sprintf("10.0.%d.%d:8080", i, j),
			}})
		}
		out = append(out, embedded.Monitor{
			Namespace: "rag", Name: name, Version: "1", Jobs: []embedded.Job{job}, Groups: groupsOf(built, name),
		})
	}
	return out
}

// groupsOf are the rules as they are of another RAGMonitor, and evaluated in haste.
func groupsOf(built rules.Rules, name string) []rulefmt.RuleGroup {
	groups := slices.Clone(built.Groups)
	for i := range groups {
		groups[i].Interval /= haste
		groups[i].Rules = slices.Clone(groups[i].Rules)
		for j := range groups[i].Rules {
			rule := &groups[i].Rules[j]
			rule.Expr = strings.ReplaceAll(rule.Expr, "support-bot", name)
			rule.Labels = maps.Clone(rule.Labels)
			rule.Labels["ragmonitor"] = name
		}
	}
	return groups
}
