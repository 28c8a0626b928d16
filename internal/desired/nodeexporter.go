package desired

import (
	"fmt"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1ac "github.com/prometheus-operator/prometheus-operator/pkg/client/applyconfiguration/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

const (
	nodeExporterPort     = 9100
	nodeExporterPortName = "metrics"
	// nobody is the user that node_exporter's own image runs as.
	nobody = 65534
)

// NodeExporterKinds are the kinds that the cluster's node-exporter is made of.
var NodeExporterKinds = []schema.GroupVersionKind{DaemonSet, Service, ServiceMonitor, PrometheusRule}

// NodeExporter returns the objects of the cluster's one node-exporter. Nothing in
// them comes from a RAGMonitor: owner is the operator's own Deployment, or nil. An
// error means that the catalogue is broken.
func (c Catalogue) NodeExporter(namespace, image string, owner *metav1ac.OwnerReferenceApplyConfiguration) ([]Object, error) {
	alerts, err := c.Rules.NodeGroup(namespace, naming.NodeExporterApp)
	if err != nil {
		return nil, fmt.Errorf("build node alerts: %w", err)
	}
	const name = naming.NodeExporter
	labels := withLabels(c.Labels, nodeExporterLabels())
	daemonSet := appsv1ac.DaemonSet(name, namespace).
		WithLabels(labels).
		WithSpec(nodeExporterSpec(image))
	service := corev1ac.Service(name, namespace).
		WithLabels(labels).
		WithSpec(corev1ac.ServiceSpec().
			WithClusterIP(corev1.ClusterIPNone).
			WithSelector(nodeExporterSelector()).
			WithPorts(corev1ac.ServicePort().
				WithName(nodeExporterPortName).
				WithPort(nodeExporterPort).
				WithTargetPort(intstr.FromString(nodeExporterPortName))))
	serviceMonitor := monitoringv1ac.ServiceMonitor(name, namespace).
		WithLabels(labels).
		WithSpec(scrapeSpec(
			model.Selector{Labels: nodeExporterSelector()},
			[]*monitoringv1ac.EndpointApplyConfiguration{nodeExporterEndpoint()},
		).WithJobLabel(naming.LabelName))
	prometheusRule := monitoringv1ac.PrometheusRule(name, namespace).
		WithLabels(labels).
		WithSpec(monitoringv1ac.PrometheusRuleSpec().WithGroups(ruleGroup(alerts)))
	if owner != nil {
		prometheusRule.WithOwnerReferences(owner)
		daemonSet.WithOwnerReferences(owner)
		service.WithOwnerReferences(owner)
		serviceMonitor.WithOwnerReferences(owner)
	}
	return []Object{
		{Kind: DaemonSet, Namespace: namespace, Name: name, Config: daemonSet},
		{Kind: Service, Namespace: namespace, Name: name, Config: service},
		{Kind: ServiceMonitor, Namespace: namespace, Name: name, Config: serviceMonitor},
		{Kind: PrometheusRule, Namespace: namespace, Name: name, Config: prometheusRule},
	}, nil
}

// nodeExporterSelector never changes: the selector of a DaemonSet is immutable.
func nodeExporterSelector() map[string]string {
	return map[string]string{naming.LabelName: naming.NodeExporterApp, naming.LabelPartOf: "ragmonitor"}
}

func nodeExporterLabels() map[string]string {
	labels := nodeExporterSelector()
	labels[naming.LabelManagedBy] = naming.ManagedBy
	return labels
}

// nodeExporterEndpoint names each target after its node, as the rules and boards
// of others expect it.
func nodeExporterEndpoint() *monitoringv1ac.EndpointApplyConfiguration {
	return monitoringv1ac.Endpoint().
		WithPort(nodeExporterPortName).
		WithInterval("30s").
		WithFollowRedirects(false).
		WithRelabelConfigs(monitoringv1ac.RelabelConfig().
			WithSourceLabels(monitoringv1.LabelName("__meta_kubernetes_pod_node_name")).
			WithTargetLabel("instance"))
}

func nodeExporterSpec(image string) *appsv1ac.DaemonSetSpecApplyConfiguration {
	return appsv1ac.DaemonSetSpec().
		WithSelector(metav1ac.LabelSelector().WithMatchLabels(nodeExporterSelector())).
		WithUpdateStrategy(appsv1ac.DaemonSetUpdateStrategy().
			WithType(appsv1.RollingUpdateDaemonSetStrategyType).
			WithRollingUpdate(appsv1ac.RollingUpdateDaemonSet().WithMaxUnavailable(intstr.FromString("10%")))).
		WithTemplate(corev1ac.PodTemplateSpec().
			WithLabels(nodeExporterLabels()).
			WithSpec(nodeExporterPod(image)))
}

// nodeExporterPod shares the host's network and process table, because it is their
// figures that it reads; it may change nothing of the host.
func nodeExporterPod(image string) *corev1ac.PodSpecApplyConfiguration {
	return corev1ac.PodSpec().
		WithHostNetwork(true).
		WithHostPID(true).
		WithAutomountServiceAccountToken(false).
		WithTolerations(corev1ac.Toleration().WithOperator(corev1.TolerationOpExists)).
		WithNodeSelector(map[string]string{corev1.LabelOSStable: "linux"}).
		WithSecurityContext(corev1ac.PodSecurityContext().
			WithRunAsNonRoot(true).
			WithRunAsUser(nobody).
			WithRunAsGroup(nobody).
			WithSeccompProfile(corev1ac.SeccompProfile().WithType(corev1.SeccompProfileTypeRuntimeDefault))).
		WithContainers(nodeExporterContainer(image)).
		WithVolumes(hostPath("proc", "/proc"), hostPath("sys", "/sys"), hostPath("root", "/"))
}

func nodeExporterContainer(image string) *corev1ac.ContainerApplyConfiguration {
	return corev1ac.Container().
		WithName(naming.NodeExporterApp).
		WithImage(image).
		WithArgs(nodeExporterArgs()...).
		WithPorts(corev1ac.ContainerPort().
			WithName(nodeExporterPortName).
			WithContainerPort(nodeExporterPort).
			WithHostPort(nodeExporterPort).
			WithProtocol(corev1.ProtocolTCP)).
		WithResources(corev1ac.ResourceRequirements().
			WithRequests(corev1.ResourceList{
				corev1.ResourceCPU:    resource.MustParse("20m"),
				corev1.ResourceMemory: resource.MustParse("32Mi"),
			}).
			WithLimits(corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("128Mi")})).
		WithSecurityContext(corev1ac.SecurityContext().
			WithAllowPrivilegeEscalation(false).
			WithReadOnlyRootFilesystem(true).
			WithCapabilities(corev1ac.Capabilities().WithDrop("ALL"))).
		WithVolumeMounts(
			readOnly("proc", "/host/proc"),
			readOnly("sys", "/host/sys"),
			readOnly("root", "/host/root").WithMountPropagation(corev1.MountPropagationHostToContainer))
}

// nodeExporterArgs leaves out file systems and devices that come and go with
// containers: they would give every node new series all the time.
func nodeExporterArgs() []string {
	return []string{
		"--path.procfs=/host/proc",
		"--path.sysfs=/host/sys",
		"--path.rootfs=/host/root",
		"--no-collector.wifi",
		"--collector.filesystem.mount-points-exclude=^/(dev|proc|sys|run/k3s/containerd/.+|var/lib/docker/.+|var/lib/kubelet/pods/.+)($|/)",
		"--collector.netclass.ignored-devices=^(veth.*|[a-f0-9]{15})$",
		"--collector.netdev.device-exclude=^(veth.*|[a-f0-9]{15})$",
	}
}

func hostPath(name, path string) *corev1ac.VolumeApplyConfiguration {
	return corev1ac.Volume().WithName(name).WithHostPath(corev1ac.HostPathVolumeSource().WithPath(path))
}

func readOnly(name, path string) *corev1ac.VolumeMountApplyConfiguration {
	return corev1ac.VolumeMount().WithName(name).WithMountPath(path).WithReadOnly(true)
}
