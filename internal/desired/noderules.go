package desired

import (
	"fmt"

	monitoringv1ac "github.com/prometheus-operator/prometheus-operator/pkg/client/applyconfiguration/monitoring/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// OwnNodeSeries are those of the node-exporter that runs in a namespace as NodeExporter
// has it.
func OwnNodeSeries(namespace string) rules.NodeSeries {
	return rules.NodeSeries{
		Namespace:  namespace,
		Labels:     map[string]string{"job": naming.NodeExporterApp},
		Namespaces: model.Namespaces{Labels: []string{"namespace"}},
	}
}

// NodeRules returns what is recorded of the cluster's nodes, the alerts on them, and
// their board. An error means that the catalogue is broken.
func (c Catalogue) NodeRules(at Place, from rules.NodeSeries) ([]Object, error) {
	const name = naming.NodeExporter
	group, err := c.Rules.NodeGroup(at.Namespace, from)
	if err != nil {
		return nil, fmt.Errorf("build rules of nodes: %w", err)
	}
	board, err := c.Nodes.RenderNodes(c.Rules, at.Namespace)
	if err != nil {
		return nil, fmt.Errorf("build the board of nodes: %w", err)
	}
	prometheusRule := monitoringv1ac.PrometheusRule(name, at.Namespace).
		WithLabels(c.agentLabels(naming.NodeExporterApp)).
		WithSpec(monitoringv1ac.PrometheusRuleSpec().WithGroups(ruleGroup(group)))
	configMap := corev1ac.ConfigMap(name, at.Namespace).
		WithLabels(c.agentLabels(naming.NodeExporterApp)).
		WithLabels(map[string]string{naming.LabelDashboard: "1"}).
		// Unlike the keys of RAGMonitors' boards it has one dot, and so is none of theirs.
		WithData(map[string]string{naming.NodeBoardUID + ".json": board})
	if at.Owner != nil {
		prometheusRule.WithOwnerReferences(at.Owner)
		configMap.WithOwnerReferences(at.Owner)
	}
	return []Object{
		{Kind: PrometheusRule, Namespace: at.Namespace, Name: name, Config: prometheusRule},
		{Kind: ConfigMap, Namespace: at.Namespace, Name: name, Config: configMap},
	}, nil
}
