package main

import (
	"flag"
	"fmt"
	"path"

	"github.com/ragmonitor/ragmonitor-operator/internal/controller"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
)

const (
	// defaultNodeExporterImage is the version that the suites run.
	defaultNodeExporterImage = "quay.io/prometheus/node-exporter:v1.12.1"
	defaultCAdvisorImage     = "ghcr.io/google/cadvisor:0.56.2"
)

// nodeFlags are about figures of nodes and containers.
type nodeFlags struct {
	exporter                        bool
	image, priorityClass            string
	port                            int
	hostNetwork, rules              bool
	kubelet, verifyKubelet          bool
	kubeletNamespace, kubeletSecret string
	cAdvisor                        bool
	cAdvisorImage, cAdvisorSocket   string
}

func (f *nodeFlags) bind(set *flag.FlagSet) {
	set.BoolVar(&f.exporter, "node-exporter", true, "Allow the operator to make the cluster's node-exporter DaemonSet when a RAGMonitor asks for node metrics and no other is there.")
	set.StringVar(&f.image, "node-exporter-image", defaultNodeExporterImage, "Image of the node-exporter.")
	set.IntVar(&f.port, "node-exporter-port", 9100, "Port that the node-exporter takes of every node, 1024 to 65535; or of its pods, with --node-exporter-host-network=false.")
	set.BoolVar(&f.hostNetwork, "node-exporter-host-network", true, "Put the node-exporter into the network of its node. Without it no port of a node is taken, and there are no figures of the nodes' networks.")
	set.StringVar(&f.priorityClass, "node-exporter-priority-class", "", "PriorityClass of the pods of node-exporter and cAdvisor. Default: none, since many clusters allow those of the system in kube-system alone.")
	set.BoolVar(&f.rules, "node-rules", true, "Record figures of the nodes, alert on them and make a board of them, when a RAGMonitor asks for node metrics, whoever's node-exporter tells of them.")
	set.BoolVar(&f.kubelet, "kubelet-metrics", false, "Make a ServiceMonitor that scrapes figures of containers from kubelets. For clusters in which nobody does so yet.")
	set.StringVar(&f.kubeletNamespace, "kubelet-service-namespace", "kube-system", "Namespace of the Service that the Prometheus Operator keeps for all kubelets (its flag --kubelet-service).")
	set.StringVar(&f.kubeletSecret, "kubelet-metrics-secret", "ragmonitor-kubelet-metrics", "Secret in the operator's namespace whose key \"token\" Prometheus shows to kubelets: of a service account that may get nodes/metrics. The operator does not read it.")
	set.BoolVar(&f.verifyKubelet, "kubelet-metrics-verify", false, "Have the certificates of kubelets checked against the key \"ca.crt\" of that Secret. Most clusters have kubelets whose certificates nobody has signed.")
	set.BoolVar(&f.cAdvisor, "cadvisor", false, "Run a cAdvisor of the operator's own on every node, where kubelets must not be read. It may speak to containerd, and so do anything on its node.")
	set.StringVar(&f.cAdvisorImage, "cadvisor-image", defaultCAdvisorImage, "Image of cAdvisor.")
	set.StringVar(&f.cAdvisorSocket, "cadvisor-containerd", "/run/containerd/containerd.sock", "Socket of containerd on the nodes.")
}

func (f *nodeFlags) check() error {
	switch {
	case f.port < 1024 || f.port > 65535:
		return fmt.Errorf("--node-exporter-port is %d: write a port from 1024 to 65535, since the node-exporter is nobody and may not take others", f.port)
	case f.kubelet && f.cAdvisor:
		return fmt.Errorf("--kubelet-metrics and --cadvisor are both set: both tell of the same containers, so choose one")
	case f.kubelet && (f.kubeletNamespace == "" || f.kubeletSecret == ""):
		return fmt.Errorf("--kubelet-metrics needs --kubelet-service-namespace and --kubelet-metrics-secret")
	case f.cAdvisor && !inFolder(f.cAdvisorSocket):
		return fmt.Errorf("--cadvisor-containerd is %q: write the path of a socket in a folder of its own, such as /run/containerd/containerd.sock", f.cAdvisorSocket)
	}
	return nil
}

// inFolder says whether a path is absolute, plain, and not that of a file in the root:
// its folder will be mounted.
func inFolder(file string) bool {
	return path.IsAbs(file) && path.Clean(file) == file && path.Dir(file) != "/"
}

// onNodes is what the operator may make for all nodes.
func (f *flags) onNodes() controller.NodeExporterConfig {
	n := f.nodes
	out := controller.NodeExporterConfig{
		Enabled: n.exporter, Rules: n.rules, Namespace: f.namespace,
		Exporter: desired.NodeExporter{Image: n.image, Port: int32(n.port), HostNetwork: n.hostNetwork, PriorityClass: n.priorityClass}, //nolint:gosec // checked
	}
	if n.kubelet {
		out.Kubelet = &desired.Kubelet{Namespace: n.kubeletNamespace, Secret: n.kubeletSecret, Verify: n.verifyKubelet}
	}
	if n.cAdvisor {
		out.CAdvisor = &desired.CAdvisor{Image: n.cAdvisorImage, Socket: n.cAdvisorSocket, PriorityClass: n.priorityClass}
	}
	return out
}
