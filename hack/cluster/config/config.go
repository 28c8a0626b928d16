// Package config says what the components of a node are told: their files and their
// command lines. It is pure; node writes the files and starts the commands.
package config

import (
	"bytes"
	"embed"
	"fmt"
	"path"
	"text/template"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/address"
)

// Places inside the node. They are the same for every cluster, whatever folder it
// has on the machine, so that no path becomes too long for a socket.
const (
	// Dir is the cluster's folder.
	Dir = "/run/node"
	// Bin holds the binaries.
	Bin = "/run/bin"
)

const (
	// NodeName is the name of the only node.
	NodeName = "ragmonitor"
	// Domain is the cluster's DNS domain.
	Domain = "cluster.local"
	// APIPort is the port of the API server at the node's address.
	APIPort = 6443
	// Image is the prefix of every image that is made here; a name and Tag follow.
	Image = "localhost/ragmonitor/"
	// Tag of every image that is made here.
	Tag = ":dev"
)

// Settings are what is particular to one cluster.
type Settings struct {
	Addresses address.Plan `json:"addresses"`
	// Snapshotter is containerd's: overlayfs, or native where overlays cannot be
	// mounted.
	Snapshotter string `json:"snapshotter"`
}

//go:embed templates
var templates embed.FS

// rendered are the files in templates by what they are called in the cluster's
// folder.
var rendered = map[string]string{
	"etc/containerd.toml":      "containerd.toml.tmpl",
	"etc/cni/10-pods.conflist": "pods.conflist.tmpl",
	"etc/kubelet.yaml":         "kubelet.yaml.tmpl",
	"etc/kube-proxy.yaml":      "kube-proxy.yaml.tmpl",
	"etc/resolv.conf":          "resolv.conf.tmpl",
}

// Files are the components' files by their path in the cluster's folder, except
// what has to do with keys: see Credentials.
func Files(s Settings) (map[string][]byte, error) {
	files := map[string][]byte{}
	for name, source := range rendered {
		text, err := template.New("").Option("missingkey=error").ParseFS(templates, path.Join("templates", source))
		if err != nil {
			return nil, fmt.Errorf("render %s: %w", name, err)
		}
		var b bytes.Buffer
		if err := text.ExecuteTemplate(&b, path.Base(source), values(s)); err != nil {
			return nil, fmt.Errorf("render %s: %w", name, err)
		}
		files[name] = b.Bytes()
	}
	for name, value := range sysctls {
		files[SysctlFile(name)] = []byte(value + "\n")
	}
	return files, nil
}

// values are what the templates may name.
func values(s Settings) map[string]any {
	return map[string]any{
		"Dir": Dir, "Domain": Domain, "NodeName": NodeName,
		"Addresses": s.Addresses, "Snapshotter": s.Snapshotter,
		"Pause": Image + "pause" + Tag,
	}
}

// Folders must exist in the cluster's folder before anything starts: what stands for
// the node's own /var and /tmp, and the data of etcd.
func Folders() []string {
	return []string{"etc", "logs", "etcd", "tmp", "var/lib/kubelet", "var/lib/containerd", "var/lib/cni", "var/log", "var/cache", "var/tmp"}
}

// Component is a process of the node.
type Component struct {
	// Name is also that of the binary in Bin.
	Name string
	// Args is the command line without the name.
	Args []string
	// Probe is what answers when it works.
	Probe Probe
	// Patience is how long it may take until then.
	Patience time.Duration
}

// Probe is a way to ask a component whether it works: a URL that returns 200, or a
// unix socket that takes connections.
type Probe struct {
	URL, Socket string
}
