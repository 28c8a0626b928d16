package discovery_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
)

func TestServiceOf(t *testing.T) {
	meta := metav1.ObjectMeta{Name: "bot", Labels: map[string]string{"app": "bot"}}
	for name, tc := range map[string]struct {
		spec corev1.ServiceSpec
		want discovery.Service
	}{
		"everything that matters": {
			spec: corev1.ServiceSpec{
				Selector: map[string]string{"run": "bot"}, PublishNotReadyAddresses: true,
				IPFamilies: []corev1.IPFamily{corev1.IPv6Protocol, corev1.IPv4Protocol},
				Ports: []corev1.ServicePort{
					{Name: "metrics", Port: 80, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromString("prom")},
					{Name: "http", Port: 81, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromInt32(8081)},
				},
			},
			want: discovery.Service{
				Name: "bot", Labels: meta.Labels, Selector: map[string]string{"run": "bot"}, PublishNotReady: true, Family: corev1.IPv6Protocol,
				Ports: []discovery.ServicePort{
					{Name: "metrics", Number: 80, Protocol: corev1.ProtocolTCP, Target: intstr.FromString("prom")},
					{Name: "http", Number: 81, Protocol: corev1.ProtocolTCP, Target: intstr.FromInt32(8081)},
				},
			},
		},
		"a port that points nowhere points to its own number": {
			spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}},
			want: discovery.Service{
				Name: "bot", Labels: meta.Labels,
				Ports: []discovery.ServicePort{{Number: 80, Target: intstr.FromInt32(80)}},
			},
		},
		"an external name": {
			spec: corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "example.com"},
			want: discovery.Service{Name: "bot", Labels: meta.Labels, ExternalName: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := discovery.ServiceOf(&corev1.Service{ObjectMeta: meta, Spec: tc.spec})
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("service (-want +got):\n%s", d)
			}
		})
	}
}

func TestPodOf(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	now := metav1.Now()
	waits := func(reasons ...string) []corev1.ContainerStatus {
		var out []corev1.ContainerStatus
		for _, r := range reasons {
			out = append(out, corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: r}}})
		}
		return out
	}
	for name, tc := range map[string]struct {
		in   corev1.Pod
		want discovery.Pod
	}{
		"everything that matters": {
			in: corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Name: "bot-0", Labels: map[string]string{"run": "bot"}, DeletionTimestamp: &now},
				Spec: corev1.PodSpec{
					Containers: []corev1.Container{
						{Name: "app", Ports: []corev1.ContainerPort{{Name: "prom", ContainerPort: 9090, Protocol: corev1.ProtocolTCP}}},
						{Name: "without-ports"},
					},
					InitContainers: []corev1.Container{
						{Name: "init", Ports: []corev1.ContainerPort{{ContainerPort: 1}}},
						{Name: "proxy", RestartPolicy: &always, Ports: []corev1.ContainerPort{{ContainerPort: 2}}},
					},
				},
				Status: corev1.PodStatus{
					Phase: corev1.PodRunning, PodIP: "192.0.2.1",
					PodIPs:            []corev1.PodIP{{IP: "10.0.0.1"}, {IP: "not an address"}, {IP: "fd00::1"}},
					ContainerStatuses: waits("CrashLoopBackOff"),
				},
			},
			want: discovery.Pod{
				Name: "bot-0", Labels: map[string]string{"run": "bot"}, Phase: corev1.PodRunning, Terminating: true,
				Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fd00::1")},
				Containers: []discovery.Container{
					{Name: "app", Ports: []discovery.ContainerPort{{Name: "prom", Number: 9090, Protocol: corev1.ProtocolTCP}}},
					{Name: "init", Starts: true, Ports: []discovery.ContainerPort{{Number: 1}}},
					{Name: "proxy", Ports: []discovery.ContainerPort{{Number: 2}}},
				},
			},
		},
		"a pod that waits for a node": {
			in: corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{
				{Type: corev1.PodReady, Status: corev1.ConditionFalse, Reason: "NotReady"},
				{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable"},
			}}},
			want: discovery.Pod{Phase: corev1.PodPending, Reason: "Unschedulable"},
		},
		"a pod that was evicted": {
			in:   corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted"}},
			want: discovery.Pod{Phase: corev1.PodFailed, Reason: "Evicted"},
		},
		"a container that cannot start is told before those that wait for it": {
			in: corev1.Pod{Status: corev1.PodStatus{
				Phase:                 corev1.PodPending,
				InitContainerStatuses: append(waits("PodInitializing"), corev1.ContainerStatus{}),
				ContainerStatuses:     waits("ContainerCreating", "", "ImagePullBackOff"),
			}},
			want: discovery.Pod{Phase: corev1.PodPending, Reason: "ImagePullBackOff"},
		},
		"a pod whose containers are made": {
			in:   corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodPending, ContainerStatuses: waits("ContainerCreating", "PodInitializing")}},
			want: discovery.Pod{Phase: corev1.PodPending, Reason: "ContainerCreating"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, discovery.PodOf(&tc.in), byValue); d != "" {
				t.Errorf("pod (-want +got):\n%s", d)
			}
		})
	}
}
