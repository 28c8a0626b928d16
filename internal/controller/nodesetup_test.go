package controller

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/ragmonitor/ragmonitor-operator/internal/dashboards"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
	"github.com/ragmonitor/ragmonitor-operator/internal/nodes"
	"github.com/ragmonitor/ragmonitor-operator/internal/status"
)

// TestWhatIsMadeForAllNodes: by what RAGMonitors ask for, what the administrator allows,
// and what is there already.
func TestWhatIsMadeForAllNodes(t *testing.T) {
	theirs := &aside{name: "DaemonSet monitoring/node-exporter", namespace: "monitoring", exporter: true, running: true}
	exporter := []string{"DaemonSet ragmonitor-node-exporter", "Service ragmonitor-node-exporter", "ServiceMonitor ragmonitor-node-exporter"}
	rules := []string{"PrometheusRule ragmonitor-node-exporter", "ConfigMap ragmonitor-node-exporter"}
	both := append(append([]string{}, exporter...), rules...)
	for name, tc := range map[string]struct {
		config    NodeExporterConfig
		wish      wish
		aside     *aside
		unscraped bool
		want      []string
	}{
		"nobody asks":  {config: NodeExporterConfig{Enabled: true, Rules: true}},
		"if available": {config: NodeExporterConfig{Enabled: true, Rules: true}, wish: wishIfAvailable, want: both},
		"required":     {config: NodeExporterConfig{Enabled: true, Rules: true}, wish: wishRequired, want: both},
		"if available, and nothing would scrape it":       {config: NodeExporterConfig{Enabled: true, Rules: true}, wish: wishIfAvailable, unscraped: true},
		"required, although nothing here would scrape it": {config: NodeExporterConfig{Enabled: true, Rules: true}, wish: wishRequired, unscraped: true, want: both},
		"another's is there":                              {config: NodeExporterConfig{Enabled: true, Rules: true}, wish: wishRequired, aside: theirs, want: rules},
		"another's is there, and nobody asks":             {config: NodeExporterConfig{Enabled: true, Rules: true}, aside: theirs},
		"another's is there, and none may be made":        {config: NodeExporterConfig{Rules: true}, wish: wishRequired, aside: theirs, want: rules},
		"none may be made":                                {config: NodeExporterConfig{Rules: true}, wish: wishRequired},
		"no rules":                                        {config: NodeExporterConfig{Enabled: true}, wish: wishRequired, want: exporter},
		"no rules on another's":                           {config: NodeExporterConfig{Enabled: true}, wish: wishRequired, aside: theirs},
		"kubelets": {
			config: NodeExporterConfig{Kubelet: &desired.Kubelet{Namespace: "kube-system", Secret: "token"}}, wish: wishIfAvailable,
			want: []string{"ServiceMonitor ragmonitor-kubelet"},
		},
		"kubelets, of which nobody asks": {config: NodeExporterConfig{Kubelet: &desired.Kubelet{Namespace: "kube-system", Secret: "token"}}},
		"a cAdvisor": {
			config: NodeExporterConfig{CAdvisor: &desired.CAdvisor{Socket: "/run/containerd/containerd.sock"}}, wish: wishIfAvailable,
			want: []string{"DaemonSet ragmonitor-cadvisor", "Service ragmonitor-cadvisor", "ServiceMonitor ragmonitor-cadvisor"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc.config.Exporter.Port = 9100
			r := reconcilerOf(t, tc.config, !tc.unscraped)
			sets, err := r.sets(tc.wish, exporters{aside: tc.aside})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, set := range sets {
				for _, o := range set.Objects {
					got = append(got, o.Kind.Kind+" "+o.Name)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("objects (-want +got):\n%s", diff)
			}
		})
	}
}

func reconcilerOf(t *testing.T, config NodeExporterConfig, scraped bool) *NodeExporterReconciler {
	t.Helper()
	board, err := dashboards.Nodes()
	if err != nil {
		t.Fatal(err)
	}
	return &NodeExporterReconciler{
		desired: desired.Catalogue{Rules: fixture.Rules(t), Nodes: board}, config: config,
		scraped: func() bool { return scraped },
	}
}

// TestWhatIsSaidWhereThereIsNone: why there is none, or who has its port.
func TestWhatIsSaidWhereThereIsNone(t *testing.T) {
	agent := &aside{name: "DaemonSet agents/agent", namespace: "agents"}
	for name, tc := range map[string]struct {
		config  NodeExporterConfig
		scraped bool
		aside   *aside
		want    string
	}{
		"none may be made":          {scraped: true, want: "the operator may not make one (--node-exporter=false)"},
		"nothing would scrape it":   {config: NodeExporterConfig{Enabled: true}, want: "nothing would scrape it, since the cluster has no ServiceMonitor API and the operator no Prometheus"},
		"it is about to be made":    {config: NodeExporterConfig{Enabled: true}, scraped: true, want: "it is not made yet"},
		"somebody has its port":     {config: NodeExporterConfig{Enabled: true}, scraped: true, aside: agent, want: "port 9100 of the nodes is taken by DaemonSet agents/agent"},
		"somebody, and none may be": {aside: agent, want: "port 9100 of the nodes is taken by DaemonSet agents/agent"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.config.Exporter.Port = 9100
			got := reconcilerOf(t, tc.config, tc.scraped).stateOf(exporters{aside: tc.aside})
			if diff := cmp.Diff(tc.want, got.Detail); diff != "" || got.Running {
				t.Errorf("detail (-want +got), running is %v:\n%s", got.Running, diff)
			}
		})
	}
}

// TestWhatIsToldOfTheNodeExporter: everybody is told, so that it must be worth it.
func TestWhatIsToldOfTheNodeExporter(t *testing.T) {
	const name = "DaemonSet ragmonitor-system/ragmonitor-node-exporter"
	everywhere := status.NodeExporter{State: status.NodeExporterOurs, Running: true, Detail: name}
	somewhere := status.NodeExporter{State: status.NodeExporterOurs, Detail: name}
	taken := status.NodeExporter{State: status.NodeExporterOurs, Detail: name, Problem: "port 9100 of node a is taken"}
	again := status.NodeExporter{State: status.NodeExporterOurs, Detail: name, UID: "another"}
	theirs := status.NodeExporter{State: status.NodeExporterExternal, Running: true, Detail: "DaemonSet a/b"}
	partly := status.NodeExporter{State: status.NodeExporterExternal, Detail: "DaemonSet a/b"}
	for name, tc := range map[string]struct {
		// seen is looked at every two minutes.
		seen []status.NodeExporter
		// told are those of which RAGMonitors hear, untold the times in minutes after
		// which the operator looks again.
		told   []status.NodeExporter
		untold []int
	}{
		"a node joins":                      {seen: []status.NodeExporter{everywhere, somewhere, everywhere}, told: []status.NodeExporter{everywhere}, untold: []int{0, 5, 0}},
		"another's, and a node joins":       {seen: []status.NodeExporter{theirs, partly, theirs}, told: []status.NodeExporter{theirs}, untold: []int{0, 5, 0}},
		"a node joins, and later another":   {seen: []status.NodeExporter{everywhere, somewhere, everywhere, somewhere, somewhere}, told: []status.NodeExporter{everywhere}, untold: []int{0, 5, 0, 5, 3}},
		"a node stays without it":           {seen: []status.NodeExporter{everywhere, somewhere, taken, taken, taken, taken}, told: []status.NodeExporter{everywhere, taken}, untold: []int{0, 5, 3, 1, 0, 0}},
		"it never ran everywhere":           {seen: []status.NodeExporter{somewhere, taken, everywhere}, told: []status.NodeExporter{somewhere, taken, everywhere}, untold: []int{0, 0, 0}},
		"it is deleted and made again":      {seen: []status.NodeExporter{everywhere, again}, told: []status.NodeExporter{everywhere, again}, untold: []int{0, 0}},
		"it gives way to another":           {seen: []status.NodeExporter{everywhere, theirs}, told: []status.NodeExporter{everywhere, theirs}, untold: []int{0, 0}},
		"it gives way to one that does not": {seen: []status.NodeExporter{everywhere, partly}, told: []status.NodeExporter{everywhere, partly}, untold: []int{0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			now := clocktesting.NewFakePassiveClock(time.Unix(0, 0))
			var told []status.NodeExporter
			r := &NodeExporterReconciler{clock: now}
			r.changed = func() {
				state, err := r.State(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				told = append(told, state)
			}
			var untold []int
			for _, state := range tc.seen {
				untold = append(untold, int(r.announce(state).Minutes()))
				now.SetTime(now.Now().Add(2 * time.Minute))
			}
			if diff := cmp.Diff(tc.told, told); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.untold, untold); diff != "" {
				t.Errorf("minutes untold (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLeanObjectsTellTheSame: what the cache leaves out of DaemonSets and pods changes
// nothing of what is made of them.
func TestLeanObjectsTellTheSame(t *testing.T) {
	pod := corev1.PodSpec{
		HostNetwork: true, NodeName: "worker-1", Volumes: []corev1.Volume{{Name: "root"}},
		Containers: []corev1.Container{{Name: "x", Image: "example.com/node-exporter", Args: []string{"--a"}, Ports: []corev1.ContainerPort{{ContainerPort: 9100}}}},
	}
	meta := metav1.ObjectMeta{Namespace: "a", Name: "b", Labels: map[string]string{"app": "x"}, Annotations: map[string]string{"long": "text"}}
	set := &appsv1.DaemonSet{ObjectMeta: meta, Spec: appsv1.DaemonSetSpec{Template: corev1.PodTemplateSpec{ObjectMeta: meta, Spec: pod}}, Status: appsv1.DaemonSetStatus{DesiredNumberScheduled: 3}}
	whole, err := runtime.DefaultUnstructuredConverter.ToUnstructured(set)
	if err != nil {
		t.Fatal(err)
	}
	stripped, err := leanDaemonSet(&unstructured.Unstructured{Object: runtime.DeepCopyJSON(whole)})
	if err != nil {
		t.Fatal(err)
	}
	again := &appsv1.DaemonSet{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(stripped.(*unstructured.Unstructured).Object, again); err != nil {
		t.Fatal(err)
	}
	opaque := cmp.AllowUnexported(nodes.Workload{})
	if diff := cmp.Diff(nodes.OfDaemonSet(set), nodes.OfDaemonSet(again), opaque); diff != "" || rollout(set) != rollout(again) {
		t.Errorf("DaemonSet (-whole +lean):\n%s", diff)
	}
	if len(again.Annotations)+len(again.Spec.Template.Spec.Volumes)+len(again.Spec.Template.Spec.Containers[0].Args) > 0 {
		t.Errorf("much is kept: %+v", again)
	}

	p := &corev1.Pod{ObjectMeta: meta, Spec: pod}
	lean, err := leanPod(p.DeepCopy())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(nodes.OfPod(p), nodes.OfPod(lean.(*corev1.Pod)), opaque); diff != "" {
		t.Errorf("pod (-whole +lean):\n%s", diff)
	}
	if len(lean.(*corev1.Pod).Annotations)+len(lean.(*corev1.Pod).Spec.Volumes) > 0 {
		t.Errorf("much is kept: %+v", lean)
	}
}

// TestOursAreKeptWhole: they are compared with what they should be, and their pods are
// asked why they do not run.
func TestOursAreKeptWhole(t *testing.T) {
	labels := naming.AgentLabels(naming.NodeExporterApp)
	u := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{"volumes": []any{"x"}}}}}}
	u.SetLabels(labels)
	u.SetAnnotations(map[string]string{"hash": "0a"})
	want := u.DeepCopy()
	got, err := leanDaemonSet(u)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Object, got.(*unstructured.Unstructured).Object); diff != "" {
		t.Errorf("DaemonSet (-want +got):\n%s", diff)
	}
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: labels}}
	p.Spec.Affinity = &corev1.Affinity{}
	p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady}}
	p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "node-exporter"}}
	lean, err := leanPod(p.DeepCopy())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, lean); diff != "" {
		t.Errorf("pod (-want +got):\n%s", diff)
	}
}
