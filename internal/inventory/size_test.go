package inventory

import (
	"fmt"
	"runtime"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
)

// TestBytesPerPod: what a pod costs, with the list that Of keeps.
func TestBytesPerPod(t *testing.T) {
	const pods, limit = 10_000, 1536
	encoded, err := largePod().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	s := newStore(discovery.PodOf, func() {})
	before := heap()
	if err := s.Replace(nil, ""); err != nil {
		t.Fatal(err)
	}
	for i := range pods {
		pod := &corev1.Pod{}
		if err := pod.Unmarshal(encoded); err != nil { // strings of its own, as from the API server
			t.Fatal(err)
		}
		pod.Name = fmt.Sprintf("support-bot-6d4cf56db6-%05d", i)
		if err := s.Add(pod); err != nil {
			t.Fatal(err)
		}
	}
	s.list()
	each := (heap() - before) / pods
	runtime.KeepAlive(s)
	t.Logf("%d bytes each; %d in the API", each, len(encoded))
	if each > limit {
		t.Errorf("a pod costs %d bytes, want at most %d", each, limit)
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// largePod is a pod as an ordinary Deployment makes it.
func largePod() *corev1.Pod {
	container := func(name string, port int32) corev1.Container {
		c := corev1.Container{
			Name: name, Image: "registry.example.com/team/" + name + "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
			Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: port, Protocol: "TCP"}, {Name: "metrics", ContainerPort: port + 1, Protocol: "TCP"}},
		}
		for i := range 20 {
			c.Env = append(c.Env, corev1.EnvVar{Name: fmt.Sprintf("SETTING_%d", i), Value: "a value of some length, such as an address"})
		}
		return c
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "support-bot", Namespace: "rag", UID: types.UID("5e1f8c3a-0000-4000-8000-000000000001"),
			Labels: map[string]string{
				"app.kubernetes.io/name": "support-bot", "app.kubernetes.io/instance": "production", "app.kubernetes.io/component": "api",
				"app.kubernetes.io/version": "v1.2.3", "team": "search", "pod-template-hash": "6d4cf56db6",
			},
			Annotations: map[string]string{"example.com/checksum": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
		},
		Spec: corev1.PodSpec{Containers: []corev1.Container{container("support-bot", 8080), container("proxy", 15000)}},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, PodIP: "10.128.117.201", HostIP: "192.0.2.1", PodIPs: []corev1.PodIP{{IP: "10.128.117.201"}},
		},
	}
	for _, condition := range []corev1.PodConditionType{"Initialized", "Ready", "ContainersReady", "PodScheduled"} {
		pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{Type: condition, Status: "True"})
	}
	return pod
}
