package config

import (
	"fmt"
	"net/netip"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/pki"
)

// AdminKubeconfig is the administrator's kubeconfig in the cluster's folder.
const AdminKubeconfig = "kubeconfig"

// servers are the certificates that components serve with.
func servers(s Settings) map[string]pki.Request {
	loopback := netip.MustParseAddr("127.0.0.1")
	return map[string]pki.Request{
		"kube-apiserver": {
			User:      "kube-apiserver",
			Names:     []string{"localhost", NodeName, "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + Domain},
			Addresses: []netip.Addr{loopback, s.Addresses.Node, s.Addresses.API},
		},
		// Without the node's address in it, `kubectl logs` and scrapes of the kubelet
		// fail.
		"kubelet": {
			User: "system:node:" + NodeName, Groups: []string{"system:nodes"},
			Names: []string{NodeName}, Addresses: []netip.Addr{loopback, s.Addresses.Node},
		},
		// It is no server: this is how the API server logs in at the kubelet.
		"kubelet-client": {User: "kube-apiserver-kubelet-client", Groups: []string{"system:masters"}},
	}
}

// clients are those who log in at the API server, by the path of their kubeconfig.
func clients() map[string]pki.Request {
	return map[string]pki.Request{
		AdminKubeconfig:                          {User: "admin", Groups: []string{"system:masters"}},
		"etc/kube-controller-manager.kubeconfig": {User: "system:kube-controller-manager"},
		"etc/kube-scheduler.kubeconfig":          {User: "system:kube-scheduler"},
		"etc/kube-proxy.kubeconfig":              {User: "system:kube-proxy"},
		"etc/kubelet.kubeconfig":                 {User: "system:node:" + NodeName, Groups: []string{"system:nodes"}},
	}
}

// Credentials are new keys, certificates and kubeconfigs, valid for a year from now
// on, by their path in the cluster's folder.
func Credentials(s Settings, now time.Time) (map[string][]byte, error) {
	authority, err := pki.New(now)
	if err != nil {
		return nil, err
	}
	tokens, err := pki.SigningKey()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	put(files, "ca", authority.Pair)
	put(files, "tokens", tokens)
	for name, request := range servers(s) {
		pair, err := authority.Issue(request)
		if err != nil {
			return nil, err
		}
		put(files, name, pair)
	}
	for path, request := range clients() {
		pair, err := authority.Issue(request)
		if err != nil {
			return nil, err
		}
		if files[path], err = kubeconfig(s, authority.Certificate, request.User, pair); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func put(files map[string][]byte, name string, pair pki.Pair) {
	files["pki/"+name+".crt"] = pair.Certificate
	files["pki/"+name+".key"] = pair.Key
}

// kubeconfig names the node's address, which both sides of the link reach.
func kubeconfig(s Settings, ca []byte, user string, pair pki.Pair) ([]byte, error) {
	const name = "ragmonitor"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{
		Server:                   fmt.Sprintf("https://%s:%d", s.Addresses.Node, APIPort),
		CertificateAuthorityData: ca,
	}
	config.AuthInfos[user] = &clientcmdapi.AuthInfo{ClientCertificateData: pair.Certificate, ClientKeyData: pair.Key}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: user}
	config.CurrentContext = name
	content, err := clientcmd.Write(*config)
	if err != nil {
		return nil, fmt.Errorf("make the kubeconfig of %s: %w", user, err)
	}
	return content, nil
}
