// Package nodes finds out who tells of the cluster's nodes: somebody else's
// node-exporter, for which the operator's stands aside, or the operator's own, and what
// is in its way. It looks at values only.
package nodes

import (
	"path"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Workload is a DaemonSet or a pod, as far as it matters who has which port of a node.
type Workload struct {
	Kind, Namespace, Name string
	// Node that a pod runs on, or "".
	Node string
	// labels are its own, and those of its pods.
	labels []map[string]string
	images []string
	// hostPorts are those that it says to take of its nodes.
	hostPorts []int32
}

// String names it for people.
func (w Workload) String() string { return w.Kind + " " + w.Namespace + "/" + w.Name }

// OfDaemonSet is what matters of a DaemonSet.
func OfDaemonSet(d *appsv1.DaemonSet) Workload {
	w := Workload{Kind: "DaemonSet", Namespace: d.Namespace, Name: d.Name, labels: []map[string]string{d.Labels, d.Spec.Template.Labels}}
	w.add(d.Spec.Template.Spec)
	return w
}

// OfPod is what matters of a pod.
func OfPod(p *corev1.Pod) Workload {
	w := Workload{Kind: "Pod", Namespace: p.Namespace, Name: p.Name, Node: p.Spec.NodeName, labels: []map[string]string{p.Labels}}
	w.add(p.Spec)
	return w
}

func (w *Workload) add(spec corev1.PodSpec) {
	for _, c := range spec.Containers {
		w.images = append(w.images, c.Image)
		for _, p := range c.Ports {
			// The API server fills in the port of the node in pods, and not in what they
			// are made from.
			if spec.HostNetwork && p.HostPort == 0 {
				p.HostPort = p.ContainerPort
			}
			if p.HostPort != 0 && p.Protocol != corev1.ProtocolUDP && p.Protocol != corev1.ProtocolSCTP {
				w.hostPorts = append(w.hostPorts, p.HostPort)
			}
		}
	}
}

// Takes says whether it takes a port of its nodes, and says so.
func (w Workload) Takes(port int32) bool { return slices.Contains(w.hostPorts, port) }

// Known names of node_exporter: those that its charts and manifests give it, and the
// labels that hold them.
var (
	names      = []string{"node-exporter", "prometheus-node-exporter", "node_exporter"}
	nameLabels = []string{"app.kubernetes.io/name", "app", "k8s-app", "name", "component", "app.kubernetes.io/component"}
)

// IsNodeExporter says whether it is a node_exporter, by its labels, its name, or its
// image.
func (w Workload) IsNodeExporter() bool {
	return slices.ContainsFunc(w.labels, named) ||
		slices.Contains(names, w.Name) || strings.HasSuffix(w.Name, "-prometheus-node-exporter") ||
		slices.ContainsFunc(w.images, ofNodeExporter)
}

func named(labels map[string]string) bool {
	return slices.ContainsFunc(nameLabels, func(label string) bool { return slices.Contains(names, labels[label]) })
}

// ofNodeExporter knows an image by the last part of its name: mirrors keep it, behind a
// prefix of theirs.
func ofNodeExporter(image string) bool {
	image, _, _ = strings.Cut(image, "@")
	base, _, _ := strings.Cut(path.Base(image), ":")
	return strings.HasSuffix(base, "node-exporter") || strings.HasSuffix(base, "node_exporter")
}

// Runs says whether a pod is there to stay: it has not ended, and nobody deletes it.
func Runs(p *corev1.Pod) bool {
	return p.DeletionTimestamp == nil && p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed
}

// OfASet says whether a pod belongs to a DaemonSet, which is then looked at instead.
func OfASet(p *corev1.Pod) bool {
	owner := metav1.GetControllerOf(p)
	return owner != nil && owner.Kind == "DaemonSet"
}
