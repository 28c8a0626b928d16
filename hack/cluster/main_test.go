//go:build linux

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommandLines(t *testing.T) {
	empty := t.TempDir()
	for name, tc := range map[string]struct {
		args []string
		code int
		// said is part of what is printed, on either output.
		said string
		root bool // whether it can only be tried as root
	}{
		"without a command":           {code: 2, said: "usage: cluster COMMAND"},
		"a command that there is not": {args: []string{"start"}, code: 2, said: "usage: cluster COMMAND"},
		"a flag that there is not":    {args: []string{"up", "--nodes=3"}, code: 2, said: "flag provided but not defined"},
		"help":                        {args: []string{"up", "--help"}, said: "folder of the cluster"},
		"images without binaries":     {args: []string{"images", "--bin=" + empty}, code: 1, said: "run `make images`"},
		"down without a cluster":      {args: []string{"down", "--dir=" + filepath.Join(empty, "none")}, said: "no cluster in", root: true},
		"down where no cluster runs":  {args: []string{"down", "--dir=" + empty}, said: "no cluster runs in", root: true},
		"status without a cluster":    {args: []string{"status", "--dir=" + empty}, code: 1, said: "`make cluster-up` starts one", root: true},
		"restart without a cluster":   {args: []string{"restart", "--dir=" + empty, "kubelet"}, code: 1, said: "`make cluster-up` starts one", root: true},
		"load without naming what":    {args: []string{"load", "--dir=" + empty}, code: 1, said: "name the files", root: true},
	} {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			code := run(tc.args, &said, &said)
			if tc.root && os.Geteuid() != 0 {
				tc.code, tc.said = 1, "it needs root"
			}
			if code != tc.code || !strings.Contains(said.String(), tc.said) {
				t.Errorf("exit code %d, want %d; said %q, want %q", code, tc.code, &said, tc.said)
			}
		})
	}
}

func TestMissingPackages(t *testing.T) {
	for name, tc := range map[string]struct {
		there []string
		want  []string
	}{
		"a machine with none": {want: []string{"conntrack", "containernetworking-plugins", "iproute2", "iptables", "mount", "runc", "util-linux"}},
		"one file of a package is missing": {
			there: []string{"/usr/sbin/runc", "/usr/lib/cni/ptp", "/usr/lib/cni/host-local", "/usr/sbin/iptables", "/usr/sbin/conntrack", "/usr/bin/ip", "/usr/bin/mount", "/usr/bin/nsenter"},
			want:  []string{"containernetworking-plugins"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			there := map[string]bool{}
			for _, path := range tc.there {
				there[path] = true
			}
			got := missingPackages(func(path string) bool { return there[path] })
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("packages (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCoreDNSIsRendered(t *testing.T) {
	objects, err := coredns("10.254.2.10")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, object := range objects {
		seen[object.GetKind()] = object.GetName()
		switch object.GetKind() {
		case "Service":
			spec := object.Object["spec"].(map[string]any)
			if spec["clusterIP"] != "10.254.2.10" {
				t.Errorf("address %v", spec["clusterIP"])
			}
		case "ConfigMap":
			data := object.Object["data"].(map[string]any)
			if corefile := data["Corefile"].(string); !strings.HasPrefix(corefile, "cluster.local:1053 in-addr.arpa:1053 {") {
				t.Errorf("Corefile:\n%s", corefile)
			}
		}
	}
	want := map[string]string{
		"ServiceAccount": "coredns", "ClusterRole": "system:coredns", "ClusterRoleBinding": "system:coredns",
		"ConfigMap": "coredns", "Deployment": "coredns", "Service": "kube-dns",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

func TestTailIsOfWholeLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("first\n"+strings.Repeat("line\n", shown/5)), 0o600); err != nil {
		t.Fatal(err)
	}
	got := tail(path)
	if len(got) > shown || !strings.HasPrefix(got, "line\n") || !strings.HasSuffix(got, "line\n") {
		t.Errorf("the tail is %q", got)
	}
}
