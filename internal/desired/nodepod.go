package desired

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// nobody is the user that node_exporter's own image runs as.
const nobody = 65534

// nodeExporterPod reads the figures of its node, and may change nothing of it. It does
// not need to be among the node's processes to see them: those of the mounted /proc are
// the node's (docs/decisions/0020).
func nodeExporterPod(n NodeExporter) *corev1ac.PodSpecApplyConfiguration {
	return everyNode(corev1ac.PodSpec()).
		WithHostNetwork(n.HostNetwork).
		WithHostPID(false).
		WithAutomountServiceAccountToken(false).
		WithEnableServiceLinks(false).
		WithSecurityContext(corev1ac.PodSecurityContext().
			WithRunAsNonRoot(true).
			WithRunAsUser(nobody).
			WithRunAsGroup(nobody).
			WithSeccompProfile(corev1ac.SeccompProfile().WithType(corev1.SeccompProfileTypeRuntimeDefault))).
		WithContainers(nodeExporterContainer(n)).
		WithVolumes(hostPath("proc", "/proc"), hostPath("sys", "/sys"), hostPath("root", "/"))
}

func nodeExporterContainer(n NodeExporter) *corev1ac.ContainerApplyConfiguration {
	return corev1ac.Container().
		WithName(naming.NodeExporterApp).
		WithImage(n.Image).
		WithArgs(nodeExporterArgs(n)...).
		WithEnv(podIPVariable()).
		WithPorts(exporterPort(n)).
		WithReadinessProbe(probe(10, 3)).
		// Slower than readiness to give up: a node in distress is when figures matter most.
		WithLivenessProbe(probe(20, 6)).
		// The last words of a pod that cannot have its port are then in its status.
		WithTerminationMessagePolicy(corev1.TerminationMessageFallbackToLogsOnError).
		WithResources(resources("20m", "32Mi", "180Mi")).
		WithSecurityContext(powerless()).
		WithVolumeMounts(
			readOnly("proc", "/host/proc"),
			readOnly("sys", "/host/sys"),
			readOnly("root", "/host/root").WithMountPropagation(corev1.MountPropagationHostToContainer))
}

// exporterPort tells the scheduler which port of the node is taken.
func exporterPort(n NodeExporter) *corev1ac.ContainerPortApplyConfiguration {
	port := corev1ac.ContainerPort().
		WithName(metricsPortName).
		WithContainerPort(n.Port).
		WithProtocol(corev1.ProtocolTCP)
	if n.HostNetwork {
		port.WithHostPort(n.Port)
	}
	return port
}

// ofTheNetwork are the collectors that would tell of the pod's own network and name,
// where it is not in its node's.
var ofTheNetwork = []string{"arp", "conntrack", "ipvs", "netdev", "netstat", "sockstat", "udp_queues", "uname"}

// nodeExporterArgs leaves out file systems and devices that come and go with
// containers: they would give every node new series all the time.
func nodeExporterArgs(n NodeExporter) []string {
	out := []string{
		"--web.listen-address=" + listening(n.Port),
		"--path.procfs=/host/proc",
		"--path.sysfs=/host/sys",
		"--path.rootfs=/host/root",
		"--path.udev.data=/host/root/run/udev/data",
		"--no-collector.btrfs",
		"--no-collector.hwmon",
		"--no-collector.wifi",
		"--collector.processes",
		"--collector.filesystem.mount-points-exclude=" + below(containerMounts),
		"--collector.netclass.ignored-devices=" + whole(containerDevices),
	}
	if n.HostNetwork {
		return append(out, "--collector.netdev.device-exclude="+whole(containerDevices))
	}
	for _, collector := range ofTheNetwork {
		out = append(out, "--no-collector."+collector)
	}
	return out
}

// containerMounts are the folders below which container runtimes, and the kubelet for
// pods, mount file systems. ".+" leaves a volume that is mounted at the folder itself.
var containerMounts = []string{
	"dev", "proc", "sys", "run/credentials/.+",
	"run/containerd/.+", "run/k3s/containerd/.+", "run/netns/.+", "run/user/.+",
	"var/lib/containerd/.+", "var/lib/containers/storage/.+", "var/lib/docker/.+",
	"var/lib/kubelet/plugins/.+", "var/lib/kubelet/pods/.+",
}

// containerDevices are the ends of pods' networks, by the plug-in that names them so:
// most of them, Calico, Cilium, those of Amazon, Azure and Google, and OVN.
var containerDevices = []string{
	"veth.*", "cali.*", "lxc.*", "eni[0-9a-f]{11}", "azv[0-9a-f]{11}", "gke[0-9a-f]{11}", "[a-f0-9]{15}",
}

func below(folders []string) string { return "^/(" + strings.Join(folders, "|") + ")($|/)" }

func whole(names []string) string { return "^(" + strings.Join(names, "|") + ")$" }

// probe asks for the page that says what the program is: metrics would take work.
func probe(seconds, failures int32) *corev1ac.ProbeApplyConfiguration {
	return corev1ac.Probe().
		WithHTTPGet(corev1ac.HTTPGetAction().WithPath("/").WithPort(intstr.FromString(metricsPortName))).
		WithPeriodSeconds(seconds).
		WithTimeoutSeconds(5).
		WithFailureThreshold(failures)
}

// resources are what a container asks for, and the most memory that it may take.
func resources(cpu, memory, limit string) *corev1ac.ResourceRequirementsApplyConfiguration {
	return corev1ac.ResourceRequirements().
		WithRequests(corev1.ResourceList{
			corev1.ResourceCPU:    resource.MustParse(cpu),
			corev1.ResourceMemory: resource.MustParse(memory),
		}).
		WithLimits(corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(limit)})
}

func powerless() *corev1ac.SecurityContextApplyConfiguration {
	return corev1ac.SecurityContext().
		WithAllowPrivilegeEscalation(false).
		WithReadOnlyRootFilesystem(true).
		WithCapabilities(corev1ac.Capabilities().WithDrop("ALL"))
}

func hostPath(name, path string) *corev1ac.VolumeApplyConfiguration {
	return corev1ac.Volume().WithName(name).WithHostPath(corev1ac.HostPathVolumeSource().WithPath(path))
}

func readOnly(name, path string) *corev1ac.VolumeMountApplyConfiguration {
	return corev1ac.VolumeMount().WithName(name).WithMountPath(path).WithReadOnly(true)
}
