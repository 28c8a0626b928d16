package config_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/address"
	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/config"
)

func settings(t *testing.T) config.Settings {
	t.Helper()
	plan, err := address.Choose([]netip.Prefix{netip.MustParsePrefix("10.254.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	return config.Settings{Addresses: plan, Snapshotter: "native"}
}

func TestFilesSayWhatIsParticular(t *testing.T) {
	files, err := config.Files(settings(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, wants := range map[string][]string{
		"etc/containerd.toml": {
			`snapshotter = "native"`,
			`sandbox = "localhost/ragmonitor/pause:dev"`,
			`conf_dir = "/run/node/etc/cni"`,
			`restrict_oom_score_adj = true`,
		},
		"etc/cni/10-pods.conflist": {`"subnet": "10.253.1.0/24"`},
		"etc/kubelet.yaml": {
			`clusterDNS: ["10.253.2.10"]`,
			`failCgroupV1: false`,
			`webhook: {enabled: true}`,
			`mode: Webhook`,
			`tlsCertFile: "/run/node/pki/kubelet.crt"`,
		},
		"etc/kube-proxy.yaml":             {`clusterCIDR: "10.253.1.0/24"`, `maxPerCore: 0`, `mode: iptables`},
		"etc/sysctl/vm.panic_on_oom":      {"0\n"},
		"etc/sysctl/kernel.panic":         {"10\n"},
		"etc/resolv.conf":                 {"options"},
		"etc/sysctl/vm.overcommit_memory": {"1\n"},
	} {
		for _, want := range wants {
			if !strings.Contains(string(files[name]), want) {
				t.Errorf("%s lacks %q:\n%s", name, want, files[name])
			}
		}
	}
}

func TestFilesCanBeRead(t *testing.T) {
	files, err := config.Files(settings(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		var value map[string]any
		switch {
		case strings.HasSuffix(name, ".yaml"):
			err = yaml.UnmarshalStrict(content, &value)
		case strings.HasSuffix(name, ".conflist"):
			err = json.Unmarshal(content, &value)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(string(content), "<no value>") {
			t.Errorf("%s has a gap:\n%s", name, content)
		}
	}
}

// The kubelet writes what differs from what it wants, for the whole machine.
func TestEverySysctlHasItsFile(t *testing.T) {
	files, err := config.Files(settings(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range config.Sysctls() {
		if len(files[config.SysctlFile(name)]) == 0 {
			t.Errorf("%s has no file", name)
		}
		if _, err := os.Stat("/proc/sys/" + name); err != nil && os.Getuid() == 0 {
			t.Errorf("nothing to cover: %v", err)
		}
	}
}

func TestComponents(t *testing.T) {
	var names []string
	for _, component := range config.Components(settings(t)) {
		names = append(names, component.Name)
		if component.Patience <= 0 || component.Probe == (config.Probe{}) {
			t.Errorf("%s cannot be waited for: %+v", component.Name, component)
		}
		for _, arg := range component.Args {
			if !strings.HasPrefix(arg, "--") || strings.Contains(arg, "invalid") {
				t.Errorf("%s is told %q", component.Name, arg)
			}
		}
	}
	want := []string{"etcd", "containerd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// A file that a component is told of, and nobody writes, is seen only when it starts.
func TestComponentsNameFilesThatAreWritten(t *testing.T) {
	s := settings(t)
	files, err := config.Files(s)
	if err != nil {
		t.Fatal(err)
	}
	secrets, err := config.Credentials(s, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, component := range config.Components(s) {
		for _, arg := range component.Args {
			_, value, _ := strings.Cut(arg, "=")
			name, inside := strings.CutPrefix(value, config.Dir+"/")
			if !inside || slices.Contains(config.Folders(), name) {
				continue
			}
			if files[name] == nil && secrets[name] == nil {
				t.Errorf("%s is told %s, which nobody writes", component.Name, arg)
			}
		}
	}
}

func TestCredentials(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	files, err := config.Credentials(settings(t), now)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(files["pki/ca.crt"])
	for name, tc := range map[string]struct {
		certificate, server string
	}{
		"the API server at the node's address":     {"pki/kube-apiserver.crt", "10.253.0.2"},
		"the API server at the Service's address":  {"pki/kube-apiserver.crt", "10.253.2.1"},
		"the API server inside of the node":        {"pki/kube-apiserver.crt", "127.0.0.1"},
		"the API server by its Service's name":     {"pki/kube-apiserver.crt", "kubernetes.default.svc"},
		"the kubelet, for logs and for its series": {"pki/kubelet.crt", "10.253.0.2"},
	} {
		t.Run(name, func(t *testing.T) {
			block, _ := pem.Decode(files[tc.certificate])
			certificate, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := certificate.Verify(x509.VerifyOptions{Roots: roots, DNSName: tc.server, CurrentTime: now}); err != nil {
				t.Error(err)
			}
		})
	}
	admin, err := clientcmd.RESTConfigFromKubeConfig(files[config.AdminKubeconfig])
	if err != nil {
		t.Fatal(err)
	}
	if want := "https://10.253.0.2:6443"; admin.Host != want {
		t.Errorf("the kubeconfig names %s, want %s", admin.Host, want)
	}
}
