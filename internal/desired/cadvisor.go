package desired

import (
	"path"
	"strconv"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1ac "github.com/prometheus-operator/prometheus-operator/pkg/client/applyconfiguration/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// cAdvisorPort is the one that cAdvisor itself has by default.
const cAdvisorPort = 8080

// CAdvisor says how a cAdvisor of our own runs on every node, where the kubelets' must
// not be read.
type CAdvisor struct {
	Image string
	// Socket of containerd on the nodes, from which the names of pods are. Whoever
	// speaks to it can do anything on the node.
	Socket string
	// PriorityClass of its pods, or "".
	PriorityClass string
}

// CAdvisor returns what makes cAdvisor run, and be scraped. The namespaces, pods and
// containers of its series are those that it tells of, not its own.
func (c Catalogue) CAdvisor(at Place, a CAdvisor) []Object {
	pod := cAdvisorPod(a)
	if a.PriorityClass != "" {
		pod.WithPriorityClassName(a.PriorityClass)
	}
	return c.agent(at, agent{
		name: naming.CAdvisor, app: naming.CAdvisorApp, port: cAdvisorPort, pod: pod, endpoint: cAdvisorEndpoint(),
	})
}

// cAdvisorPod has the user root, because nobody else may speak to containerd, and none of
// root's capabilities.
func cAdvisorPod(a CAdvisor) *corev1ac.PodSpecApplyConfiguration {
	return everyNode(corev1ac.PodSpec()).
		// The kernel numbers processes for who is among them, and counts no others.
		WithHostPID(true).
		WithAutomountServiceAccountToken(false).
		WithEnableServiceLinks(false).
		WithSecurityContext(corev1ac.PodSecurityContext().
			WithRunAsUser(0).
			WithRunAsGroup(0).
			WithSeccompProfile(corev1ac.SeccompProfile().WithType(corev1.SeccompProfileTypeRuntimeDefault))).
		WithContainers(corev1ac.Container().
			WithName(naming.CAdvisorApp).
			WithImage(a.Image).
			WithArgs(cAdvisorArgs(a)...).
			WithEnv(podIPVariable()).
			WithPorts(corev1ac.ContainerPort().
				WithName(metricsPortName).
				WithContainerPort(cAdvisorPort).
				WithProtocol(corev1.ProtocolTCP)).
			WithReadinessProbe(healthProbe(10, 3)).
			WithLivenessProbe(healthProbe(20, 6)).
			WithTerminationMessagePolicy(corev1.TerminationMessageFallbackToLogsOnError).
			WithResources(resources("100m", "128Mi", "512Mi")).
			WithSecurityContext(powerless()).
			WithVolumeMounts(
				readOnly("root", "/rootfs").WithMountPropagation(corev1.MountPropagationHostToContainer),
				readOnly("sys", "/sys"),
				readOnly("containerd", path.Dir(a.Socket)))).
		// The folder and not the socket, which containerd makes anew when it restarts.
		WithVolumes(hostPath("root", "/"), hostPath("sys", "/sys"), hostPath("containerd", path.Dir(a.Socket)))
}

func healthProbe(seconds, failures int32) *corev1ac.ProbeApplyConfiguration {
	out := probe(seconds, failures)
	out.HTTPGet.WithPath("/healthz")
	return out
}

// cAdvisorArgs measure what the rules read, of containers only.
func cAdvisorArgs(a CAdvisor) []string {
	return []string{
		"--listen_ip=$(" + podIP + ")",
		"--port=" + strconv.Itoa(cAdvisorPort),
		"--containerd=" + a.Socket,
		"--docker_only=true",
		"--enable_metrics=cpu,memory,network,process",
		"--store_container_labels=false",
		"--whitelisted_container_labels=io.kubernetes.container.name,io.kubernetes.pod.name,io.kubernetes.pod.namespace",
		"--housekeeping_interval=10s",
		"--max_housekeeping_interval=15s",
		"--event_storage_event_limit=default=0",
		"--event_storage_age_limit=default=0",
	}
}

// podLabels are the labels of containers' series, each with the one that cAdvisor
// gives it where no kubelet runs it.
var podLabels = [][2]string{
	{"namespace", "container_label_io_kubernetes_pod_namespace"},
	{"pod", "container_label_io_kubernetes_pod_name"},
	{"container", "container_label_io_kubernetes_container_name"},
}

// cAdvisorEndpoint makes the series look like the kubelets'.
func cAdvisorEndpoint() *monitoringv1ac.EndpointApplyConfiguration {
	out := exporterEndpoint().
		WithHonorTimestamps(false).
		WithRelabelConfigs(monitoringv1ac.RelabelConfig().
			WithSourceLabels("__meta_kubernetes_pod_node_name").
			WithTargetLabel("node")).
		WithMetricRelabelConfigs(onlyContainers(), monitoringv1ac.RelabelConfig().
			WithAction("keep").
			WithSourceLabels(monitoringv1.LabelName(podLabels[1][1])).
			WithRegex(".+"))
	for _, label := range podLabels {
		out.WithMetricRelabelConfigs(monitoringv1ac.RelabelConfig().
			WithSourceLabels(monitoringv1.LabelName(label[1])).
			WithTargetLabel(label[0]))
	}
	return out.WithMetricRelabelConfigs(withoutLabel("container_label_.+"))
}
