package desired

import (
	"fmt"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1ac "github.com/prometheus-operator/prometheus-operator/pkg/client/applyconfiguration/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// metricsPortName names the port of an exporter, in its pods and its Service.
const metricsPortName = "metrics"

// NodeExporterKinds are the kinds that exporters on the nodes, and what reads them, are made of.
var NodeExporterKinds = []schema.GroupVersionKind{DaemonSet, Service, ServiceMonitor, PrometheusRule, ConfigMap}

// Place is where the operator's own objects are. Nothing in them comes from a
// RAGMonitor.
type Place struct {
	Namespace string
	// Owner is the operator's own Deployment, or nil.
	Owner *metav1ac.OwnerReferenceApplyConfiguration
}

// NodeExporter says how the cluster's one node-exporter runs.
type NodeExporter struct {
	Image string
	// Port that it listens on, 1 to 65535: of the node, or of its pods without
	// HostNetwork.
	Port int32
	// HostNetwork puts its pods into the network of their nodes. Without it there
	// are no figures of the nodes' networks.
	HostNetwork bool
	// PriorityClass of its pods, or "".
	PriorityClass string
}

// NodeExporter returns what makes the node-exporter run, and be scraped.
func (c Catalogue) NodeExporter(at Place, n NodeExporter) []Object {
	pod := nodeExporterPod(n)
	if n.PriorityClass != "" {
		pod.WithPriorityClassName(n.PriorityClass)
	}
	return c.agent(at, agent{
		name: naming.NodeExporter, app: naming.NodeExporterApp, port: n.Port, pod: pod, endpoint: exporterEndpoint(),
	})
}

// agent is a program that runs on every node and exposes metrics there.
type agent struct {
	// name of its objects; app is the name under which the program is known.
	name, app string
	port      int32
	pod       *corev1ac.PodSpecApplyConfiguration
	endpoint  *monitoringv1ac.EndpointApplyConfiguration
}

func (c Catalogue) agent(at Place, a agent) []Object {
	daemonSet := appsv1ac.DaemonSet(a.name, at.Namespace).WithLabels(c.agentLabels(a.app)).WithSpec(a.daemonSet())
	service := corev1ac.Service(a.name, at.Namespace).
		WithLabels(c.agentLabels(a.app)).
		WithSpec(corev1ac.ServiceSpec().
			WithClusterIP(corev1.ClusterIPNone).
			WithSelector(agentSelector(a.app)).
			WithPorts(corev1ac.ServicePort().
				WithName(metricsPortName).
				WithPort(a.port).
				WithTargetPort(intstr.FromString(metricsPortName))))
	serviceMonitor := monitoringv1ac.ServiceMonitor(a.name, at.Namespace).
		WithLabels(c.agentLabels(a.app)).
		WithSpec(ofNodes(scrapeSpec(
			model.Selector{Labels: agentSelector(a.app)},
			[]*monitoringv1ac.EndpointApplyConfiguration{a.endpoint},
		).WithJobLabel(naming.LabelName)))
	if at.Owner != nil {
		daemonSet.WithOwnerReferences(at.Owner)
		service.WithOwnerReferences(at.Owner)
		serviceMonitor.WithOwnerReferences(at.Owner)
	}
	return []Object{
		{Kind: DaemonSet, Namespace: at.Namespace, Name: a.name, Config: daemonSet},
		{Kind: Service, Namespace: at.Namespace, Name: a.name, Config: service},
		{Kind: ServiceMonitor, Namespace: at.Namespace, Name: a.name, Config: serviceMonitor},
	}
}

// agentSelector never changes: the selector of a DaemonSet is immutable.
func agentSelector(app string) map[string]string {
	return map[string]string{naming.LabelName: app, naming.LabelPartOf: "ragmonitor"}
}

func (c Catalogue) agentLabels(app string) map[string]string {
	return withLabels(c.Labels, naming.AgentLabels(app))
}

func (a agent) daemonSet() *appsv1ac.DaemonSetSpecApplyConfiguration {
	return appsv1ac.DaemonSetSpec().
		WithSelector(metav1ac.LabelSelector().WithMatchLabels(agentSelector(a.app))).
		WithUpdateStrategy(appsv1ac.DaemonSetUpdateStrategy().
			WithType(appsv1.RollingUpdateDaemonSetStrategyType).
			WithRollingUpdate(appsv1ac.RollingUpdateDaemonSet().WithMaxUnavailable(intstr.FromString("10%")))).
		WithTemplate(corev1ac.PodTemplateSpec().
			WithLabels(naming.AgentLabels(a.app)).
			WithSpec(a.pod))
}

// exporterEndpoint names each target after its node, as the rules and boards of others
// expect it.
func exporterEndpoint() *monitoringv1ac.EndpointApplyConfiguration {
	return monitoringv1ac.Endpoint().
		WithPort(metricsPortName).
		WithInterval("30s").
		WithFollowRedirects(false).
		WithRelabelConfigs(monitoringv1ac.RelabelConfig().
			WithSourceLabels(monitoringv1.LabelName("__meta_kubernetes_pod_node_name")).
			WithTargetLabel("instance"))
}

// everyNode has pods of a DaemonSet run on every node of Linux that can run them:
// tainted ones too, but not those that stand for a service of a cloud, where a pod that
// uses the host stays pending for ever.
func everyNode(pod *corev1ac.PodSpecApplyConfiguration) *corev1ac.PodSpecApplyConfiguration {
	not := func(label, value string) *corev1ac.NodeSelectorRequirementApplyConfiguration {
		return corev1ac.NodeSelectorRequirement().WithKey(label).WithOperator(corev1.NodeSelectorOpNotIn).WithValues(value)
	}
	return pod.
		WithNodeSelector(map[string]string{corev1.LabelOSStable: "linux"}).
		WithTolerations(corev1ac.Toleration().WithOperator(corev1.TolerationOpExists)).
		WithAffinity(corev1ac.Affinity().WithNodeAffinity(corev1ac.NodeAffinity().
			WithRequiredDuringSchedulingIgnoredDuringExecution(corev1ac.NodeSelector().
				WithNodeSelectorTerms(corev1ac.NodeSelectorTerm().WithMatchExpressions(
					not("eks.amazonaws.com/compute-type", "fargate"),
					not("type", "virtual-kubelet"),
				)))))
}

// listening is the address that a program in a pod serves metrics at: the pod's own, so
// that it does not listen on every network of a node.
func listening(port int32) string { return fmt.Sprintf("[$(%s)]:%d", podIP, port) }

const podIP = "POD_IP"

func podIPVariable() *corev1ac.EnvVarApplyConfiguration {
	return corev1ac.EnvVar().WithName(podIP).WithValueFrom(corev1ac.EnvVarSource().
		WithFieldRef(corev1ac.ObjectFieldSelector().WithFieldPath("status.podIP")))
}
