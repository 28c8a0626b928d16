package desired

import (
	"encoding/json"
	"fmt"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1ac "github.com/prometheus-operator/prometheus-operator/pkg/client/applyconfiguration/monitoring/v1"
	"github.com/prometheus/prometheus/model/rulefmt"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// largestRuleObject is the most that goes into one PrometheusRule, in bytes of its
// JSON. The Prometheus Operator refuses more than 524,288, and counts the YAML, which
// may be somewhat longer.
const largestRuleObject = 400 * 1024

// What is refused: an object that the Prometheus Operator would refuse, because one
// rule alone is too large for the rest to be moved elsewhere, and rules of a size that
// nobody could want evaluated. Only names and labels that a user gives, all of them
// long, get there.
const (
	refusedRuleObject = 480 * 1024
	refusedRules      = 4 * 1024 * 1024
)

// prometheusRules returns the PrometheusRule of m. Only one with many vocabularies
// and long names is so large that there must be several.
func (c Catalogue) prometheusRules(m model.Monitor, groups []rulefmt.RuleGroup) ([]Object, error) {
	packages, err := pack(groups)
	if err != nil {
		return nil, err
	}
	var objects []Object
	for i, packed := range packages {
		name := naming.PrometheusRule(m.Name)
		if i > 0 {
			name = naming.PrometheusRulePart(m.Name, i+1)
		}
		config := monitoringv1ac.PrometheusRule(name, m.Namespace).
			WithLabels(c.labels(m)).
			WithOwnerReferences(owner(m)).
			WithSpec(monitoringv1ac.PrometheusRuleSpec().WithGroups(packed...))
		objects = append(objects, Object{Kind: PrometheusRule, Namespace: m.Namespace, Name: name, Config: config})
	}
	return objects, nil
}

// pack puts groups together, in their order, for as long as they fit. The error is
// an *model.InvalidSpecError.
func pack(groups []rulefmt.RuleGroup) ([][]*monitoringv1ac.RuleGroupApplyConfiguration, error) {
	var out [][]*monitoringv1ac.RuleGroupApplyConfiguration
	size, total := 0, 0
	for _, g := range groups {
		group := ruleGroup(g)
		length := marshalledSize(group)
		if total += length; length > refusedRuleObject || total > refusedRules {
			return nil, tooLarge(max(length, total))
		}
		if size += length; len(out) == 0 || size > largestRuleObject {
			size = length
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], group)
	}
	return out, nil
}

func tooLarge(size int) error {
	return &model.InvalidSpecError{
		Reason: v1alpha1.ReasonRulesTooLarge,
		Message: fmt.Sprintf("the rules would take more than %d KiB, and the Prometheus Operator would refuse them: "+
			"use fewer or shorter labels in spec.components[].existing.matchLabels and spec.components[].signals, fewer spellings of a metric, or fewer components", size/1024),
	}
}

func marshalledSize(group *monitoringv1ac.RuleGroupApplyConfiguration) int {
	data, err := json.Marshal(group)
	if err != nil {
		panic(fmt.Sprintf("a rule group must marshal: %v", err))
	}
	return len(data)
}

func ruleGroup(g rulefmt.RuleGroup) *monitoringv1ac.RuleGroupApplyConfiguration {
	out := monitoringv1ac.RuleGroup().
		WithName(g.Name).
		WithInterval(monitoringv1.Duration(g.Interval.String()))
	for _, r := range g.Rules {
		out.WithRules(rule(r))
	}
	return out
}

func rule(r rulefmt.Rule) *monitoringv1ac.RuleApplyConfiguration {
	out := monitoringv1ac.Rule().WithExpr(intstr.FromString(r.Expr)).WithLabels(r.Labels)
	if r.Record != "" {
		return out.WithRecord(r.Record)
	}
	out.WithAlert(r.Alert).WithAnnotations(r.Annotations)
	if r.For > 0 {
		out.WithFor(monitoringv1.Duration(r.For.String()))
	}
	return out
}
