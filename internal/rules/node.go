package rules

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
)

//go:embed node.yaml
var nodeYAML []byte

const nodeInterval = 30 * time.Second

// NodeSeries says which series are those of the cluster's node-exporter.
type NodeSeries struct {
	// Namespace that the node-exporter runs in.
	Namespace string
	// Labels are further ones that its series have, such as the job.
	Labels map[string]string
	// Namespaces says by which labels series are bound to a namespace.
	Namespaces model.Namespaces
}

// nodeRules is the file of what there is about nodes.
type nodeRules struct {
	Recordings []Recording `yaml:"recordings"`
	Alerts     []Alert     `yaml:"alerts"`
}

// withNodes is the catalogue with what there is about nodes.
func (c Catalogue) withNodes() (Catalogue, error) {
	var nodes nodeRules
	if err := decode("node.yaml", nodeYAML, &nodes); err != nil {
		return c, err
	}
	for i := range nodes.Alerts {
		nodes.Alerts[i].Scope = ScopeMonitor
	}
	c.NodeRecordings, c.NodeAlerts = nodes.Recordings, nodes.Alerts
	return c, c.checkNodes()
}

func (c Catalogue) checkNodes() error {
	for _, r := range c.NodeRecordings {
		if !isCanonical(r.Record) {
			return fmt.Errorf("node.yaml: %s does not begin with %s", r.Record, canonicalPrefix)
		}
	}
	for _, a := range c.NodeAlerts {
		for _, name := range a.Expr.Names() {
			if name != thresholdName && !c.recordsOfNodes(name) {
				return fmt.Errorf("node.yaml: %s reads %q, which is not recorded", a.Alert, name)
			}
		}
		if a.Signal == "" {
			return fmt.Errorf("node.yaml: %s has no signal: say in one word what it is about", a.Alert)
		}
		if a.Threshold != nil && units[a.Threshold.Unit] == nil {
			return fmt.Errorf("node.yaml: %s has a threshold of the unknown unit %q", a.Alert, a.Threshold.Unit)
		}
	}
	return nil
}

func (c Catalogue) recordsOfNodes(name string) bool {
	for _, r := range c.NodeRecordings {
		if r.Record == name {
			return true
		}
	}
	return false
}

// NodeGroup is what is recorded of the nodes, and the alerts on them, in the operator's
// namespace. An error means that the catalogue is broken.
func (c Catalogue) NodeGroup(namespace string, from NodeSeries) (rulefmt.RuleGroup, error) {
	out := rulefmt.RuleGroup{Name: "ragmonitor.nodes", Interval: promconfig.Duration(nodeInterval)}
	for _, r := range c.NodeRecordings {
		expr, _, err := r.Expr.Expand(nodeScope(namespace, from))
		if err != nil {
			return out, err
		}
		out.Rules = append(out.Rules, rulefmt.Rule{Record: r.Record, Expr: expr, Labels: map[string]string{labelNamespace: namespace}})
	}
	for _, a := range c.NodeAlerts {
		rule, err := a.onNodes(namespace, from)
		if err != nil {
			return out, err
		}
		c.link(rule)
		out.Rules = append(out.Rules, rule)
	}
	return out, nil
}

func (a Alert) onNodes(namespace string, from NodeSeries) (rulefmt.Rule, error) {
	l, _ := a.limit(model.Monitor{}, "")
	scope := nodeScope(namespace, from)
	scope.Numbers = map[string]float64{thresholdName: l.value}
	expr, _, err := a.Expr.Expand(scope)
	text := strings.NewReplacer("{threshold}", l.text)
	return rulefmt.Rule{
		Alert:  a.Alert,
		Expr:   expr,
		For:    a.For,
		Labels: map[string]string{labelNamespace: namespace, "severity": a.Severity, LabelSignal: a.Signal},
		Annotations: map[string]string{
			"summary":       text.Replace(a.Summary),
			"description":   text.Replace(a.Description),
			"runbook_url":   RunbookBase + a.Alert + ".md",
			annotationUID:   naming.NodeBoardUID,
			annotationPanel: strconv.Itoa(a.Panel),
		},
	}, err
}

// nodeScope reads the metrics of the node-exporter, and what is recorded of them in the
// operator's namespace.
func nodeScope(namespace string, from NodeSeries) promql.Scope {
	var theirs []*labels.Matcher
	for label, value := range from.Labels {
		theirs = append(theirs, promql.Equal(label, value))
	}
	metrics := inNamespace(from.Namespaces, from.Namespace, theirs)
	return promql.Scope{
		Resolve: func(name string, _ []*labels.Matcher) []promql.Alternative {
			if isCanonical(name) {
				return []promql.Alternative{{{Metric: name, Matchers: []*labels.Matcher{promql.Equal(labelNamespace, namespace)}}}}
			}
			var out promql.Alternative
			for _, matchers := range metrics {
				out = append(out, promql.Selector{Metric: name, Matchers: matchers})
			}
			return []promql.Alternative{out}
		},
		Foreign: true,
	}
}

// NodeReadScope is the scope of an expression over what is recorded of nodes: in a
// namespace, or wherever the operator is if that is "". A name that is not recorded is
// undefined.
func (c Catalogue) NodeReadScope(namespace string) promql.Scope {
	var bound []*labels.Matcher
	if namespace != "" {
		bound = append(bound, promql.Equal(labelNamespace, namespace))
	}
	return promql.Scope{Resolve: func(name string, _ []*labels.Matcher) []promql.Alternative {
		if !c.recordsOfNodes(name) {
			return nil
		}
		return []promql.Alternative{{{Metric: name, Matchers: bound}}}
	}}
}
