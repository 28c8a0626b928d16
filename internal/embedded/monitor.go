// Package embedded is a metric source for clusters without a Prometheus. It scrapes
// pods, evaluates the rule groups that would go into a PrometheusRule, and answers
// instant queries, all with Prometheus' own packages: what it says is what a
// Prometheus with the same configuration would say. Everything about it is bounded,
// because what it reads is written by the users of a cluster.
package embedded

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"
)

// Key identifies a RAGMonitor.
type Key struct{ Namespace, Name string }

// Monitor is what is collected and evaluated for one RAGMonitor.
type Monitor struct {
	Namespace, Name string
	// Jobs have distinct components.
	Jobs []Job
	// Groups as rules.Build returns them. They must not be changed any more.
	Groups []rulefmt.RuleGroup
	// Version stands for Groups: they are only read anew when it changes.
	Version string
}

// Key of the RAGMonitor.
func (m Monitor) Key() Key { return Key{m.Namespace, m.Name} }

func (m Monitor) equal(other Monitor) bool {
	return m.Key() == other.Key() && m.Version == other.Version && slices.EqualFunc(m.Jobs, other.Jobs, Job.equal)
}

// Job is the scraping of one component.
type Job struct {
	Component, Path string
	// Interval between two scrapes of a target. One that takes longer than it, or
	// than 10 s, has failed.
	Interval time.Duration
	Targets  []Target
}

func (j Job) equal(other Job) bool {
	return j.Component == other.Component && j.Path == other.Path && j.Interval == other.Interval &&
		slices.EqualFunc(j.Targets, other.Targets, Target.equal)
}

// Target is one endpoint, of plain HTTP.
type Target struct {
	Address netip.AddrPort
	// Labels of all its series, as service discovery would give them: service, pod,
	// container, endpoint, job, instance. Those of the RAGMonitor (namespace,
	// ragmonitor, component) are added and win; those that begin with "__" are left
	// out, because they would say how to scrape.
	Labels map[string]string
}

func (t Target) equal(other Target) bool {
	return t.Address == other.Address && maps.Equal(t.Labels, other.Labels)
}
