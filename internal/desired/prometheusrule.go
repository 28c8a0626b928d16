package desired

import (
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1ac "github.com/prometheus-operator/prometheus-operator/pkg/client/applyconfiguration/monitoring/v1"
	"github.com/prometheus/prometheus/model/rulefmt"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

func (c Catalogue) prometheusRule(m model.Monitor, groups []rulefmt.RuleGroup) Object {
	spec := monitoringv1ac.PrometheusRuleSpec()
	for _, g := range groups {
		spec.WithGroups(ruleGroup(g))
	}
	name := naming.PrometheusRule(m.Name)
	config := monitoringv1ac.PrometheusRule(name, m.Namespace).
		WithLabels(c.labels(m)).
		WithOwnerReferences(owner(m)).
		WithSpec(spec)
	return Object{Kind: PrometheusRule, Namespace: m.Namespace, Name: name, Config: config}
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
