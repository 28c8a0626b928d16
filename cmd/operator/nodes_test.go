package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/controller"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
)

func TestFlagsOnNodes(t *testing.T) {
	exporter := desired.NodeExporter{Image: "quay.io/prometheus/node-exporter:v1.12.1", Port: 9100, HostNetwork: true}
	for name, tc := range map[string]struct {
		args []string
		want controller.NodeExporterConfig
		// refused is what the refusal names.
		refused string
	}{
		"none": {want: controller.NodeExporterConfig{Enabled: true, Rules: true, Namespace: "system", Exporter: exporter}},
		"a network and a port of its own": {
			args: []string{"--node-exporter-host-network=false", "--node-exporter-port=19100", "--node-exporter-priority-class=high", "--node-rules=false"},
			want: controller.NodeExporterConfig{
				Enabled: true, Namespace: "system",
				Exporter: desired.NodeExporter{Image: exporter.Image, Port: 19100, PriorityClass: "high"},
			},
		},
		"kubelets": {
			args: []string{"--kubelet-metrics", "--kubelet-metrics-verify"},
			want: controller.NodeExporterConfig{
				Enabled: true, Rules: true, Namespace: "system", Exporter: exporter,
				Kubelet: &desired.Kubelet{Namespace: "kube-system", Secret: "ragmonitor-kubelet-metrics", Verify: true},
			},
		},
		"a cAdvisor": {
			args: []string{"--cadvisor", "--cadvisor-image=example.com/cadvisor:v1", "--cadvisor-containerd=/run/k3s/containerd/containerd.sock"},
			want: controller.NodeExporterConfig{
				Enabled: true, Rules: true, Namespace: "system", Exporter: exporter,
				CAdvisor: &desired.CAdvisor{Image: "example.com/cadvisor:v1", Socket: "/run/k3s/containerd/containerd.sock"},
			},
		},
		"a port that nobody may take":       {args: []string{"--node-exporter-port=80"}, refused: "--node-exporter-port"},
		"a port that does not exist":        {args: []string{"--node-exporter-port=70000"}, refused: "--node-exporter-port"},
		"containers twice":                  {args: []string{"--kubelet-metrics", "--cadvisor"}, refused: "both tell of the same containers"},
		"kubelets without a Secret":         {args: []string{"--kubelet-metrics", "--kubelet-metrics-secret="}, refused: "--kubelet-metrics-secret"},
		"a socket that is no path":          {args: []string{"--cadvisor", "--cadvisor-containerd=containerd.sock"}, refused: "--cadvisor-containerd"},
		"a socket that takes the whole run": {args: []string{"--cadvisor", "--cadvisor-containerd=/containerd.sock"}, refused: "--cadvisor-containerd"},
		"a socket by a detour":              {args: []string{"--cadvisor", "--cadvisor-containerd=/run/../etc/x/containerd.sock"}, refused: "--cadvisor-containerd"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := parseFlags(append([]string{"--operator-namespace=system"}, tc.args...))
			if tc.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tc.refused) {
					t.Fatalf("error is %v, must name %q", err, tc.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, f.onNodes()); diff != "" {
				t.Errorf("configuration (-want +got):\n%s", diff)
			}
		})
	}
}
