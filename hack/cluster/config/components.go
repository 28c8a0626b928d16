package config

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"
)

// patience is how long a component may take to work, on a machine that compiles at
// the same time.
const patience = 2 * time.Minute

// Components are the processes of the node in the order in which they are started.
func Components(s Settings) []Component {
	components := []Component{
		etcd(),
		containerd(),
		apiServer(s),
		controllerManager(),
		scheduler(),
		kubelet(s.Addresses.Node),
		kubeProxy(),
	}
	for i := range components {
		components[i].Patience = patience
	}
	return components
}

// file is the path inside the node of one in the cluster's folder.
func file(name string) string { return Dir + "/" + name }

func etcd() Component {
	return Component{
		Name: "etcd",
		Args: []string{
			"--name=node",
			"--data-dir=" + file("etcd"),
			"--listen-client-urls=http://127.0.0.1:2379",
			"--advertise-client-urls=http://127.0.0.1:2379",
			"--listen-peer-urls=http://127.0.0.1:2380",
			"--initial-advertise-peer-urls=http://127.0.0.1:2380",
			"--initial-cluster=node=http://127.0.0.1:2380",
			// The data does not outlive the cluster, nor the cluster the machine.
			"--unsafe-no-fsync",
		},
		Probe: Probe{URL: "http://127.0.0.1:2379/health"},
	}
}

func containerd() Component {
	return Component{
		Name:  "containerd",
		Args:  []string{"--config=" + file("etc/containerd.toml")},
		Probe: Probe{Socket: "/run/containerd/containerd.sock"},
	}
}

func apiServer(s Settings) Component {
	return Component{
		Name: "kube-apiserver",
		Args: []string{
			"--etcd-servers=http://127.0.0.1:2379",
			"--advertise-address=" + s.Addresses.Node.String(),
			"--secure-port=" + strconv.Itoa(APIPort),
			"--service-cluster-ip-range=" + s.Addresses.Services.String(),
			"--allow-privileged",
			"--authorization-mode=Node,RBAC",
			"--enable-admission-plugins=NodeRestriction",
			"--client-ca-file=" + file("pki/ca.crt"),
			"--tls-cert-file=" + file("pki/kube-apiserver.crt"),
			"--tls-private-key-file=" + file("pki/kube-apiserver.key"),
			"--kubelet-certificate-authority=" + file("pki/ca.crt"),
			"--kubelet-client-certificate=" + file("pki/kubelet-client.crt"),
			"--kubelet-client-key=" + file("pki/kubelet-client.key"),
			"--kubelet-preferred-address-types=InternalIP",
			"--service-account-issuer=https://kubernetes.default.svc." + Domain,
			"--service-account-key-file=" + file("pki/tokens.crt"),
			"--service-account-signing-key-file=" + file("pki/tokens.key"),
			"--profiling=false",
		},
		Probe: Probe{URL: fmt.Sprintf("https://127.0.0.1:%d/readyz", APIPort)},
	}
}

func controllerManager() Component {
	return Component{
		Name: "kube-controller-manager",
		Args: []string{
			"--kubeconfig=" + file("etc/kube-controller-manager.kubeconfig"),
			"--leader-elect=false",
			"--use-service-account-credentials",
			"--root-ca-file=" + file("pki/ca.crt"),
			"--service-account-private-key-file=" + file("pki/tokens.key"),
			"--cluster-signing-cert-file=" + file("pki/ca.crt"),
			"--cluster-signing-key-file=" + file("pki/ca.key"),
			"--bind-address=127.0.0.1",
			"--profiling=false",
		},
		Probe: Probe{URL: "https://127.0.0.1:10257/healthz"},
	}
}

func scheduler() Component {
	return Component{
		Name: "kube-scheduler",
		Args: []string{
			"--kubeconfig=" + file("etc/kube-scheduler.kubeconfig"),
			"--leader-elect=false",
			"--bind-address=127.0.0.1",
			"--profiling=false",
		},
		Probe: Probe{URL: "https://127.0.0.1:10259/healthz"},
	}
}

func kubelet(node netip.Addr) Component {
	return Component{
		Name: "kubelet",
		Args: []string{
			"--config=" + file("etc/kubelet.yaml"),
			"--kubeconfig=" + file("etc/kubelet.kubeconfig"),
			"--hostname-override=" + NodeName,
			"--node-ip=" + node.String(),
		},
		Probe: Probe{URL: "http://127.0.0.1:10248/healthz"},
	}
}

func kubeProxy() Component {
	return Component{
		Name:  "kube-proxy",
		Args:  []string{"--config=" + file("etc/kube-proxy.yaml")},
		Probe: Probe{URL: "http://127.0.0.1:10256/healthz"},
	}
}
