package nodes_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/internal/nodes"
)

// daemonSets and pods are read as they are written in manifests.
func daemonSets(t *testing.T, manifests ...string) []nodes.Workload {
	t.Helper()
	var out []nodes.Workload
	for _, manifest := range manifests {
		d := &appsv1.DaemonSet{}
		if err := yaml.UnmarshalStrict([]byte(manifest), d); err != nil {
			t.Fatal(err)
		}
		out = append(out, nodes.OfDaemonSet(d))
	}
	return out
}

func pods(t *testing.T, manifests ...string) []corev1.Pod {
	t.Helper()
	var out []corev1.Pod
	for _, manifest := range manifests {
		var p corev1.Pod
		if err := yaml.UnmarshalStrict([]byte(manifest), &p); err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

func workloads(t *testing.T, manifests ...string) []nodes.Workload {
	t.Helper()
	var out []nodes.Workload
	for _, p := range pods(t, manifests...) {
		out = append(out, nodes.OfPod(&p))
	}
	return out
}

const (
	// harmless is what else runs on every node.
	harmless = `
metadata: {namespace: kube-system, name: kube-proxy, labels: {k8s-app: kube-proxy}}
spec:
  template:
    metadata: {labels: {k8s-app: kube-proxy}}
    spec: {hostNetwork: true, containers: [{name: kube-proxy, image: "example.com/kube-proxy:v1", ports: [{containerPort: 10249}]}]}
`
	gpu = `
metadata: {namespace: gpu, name: dcgm-exporter, labels: {app.kubernetes.io/name: dcgm-exporter, app.kubernetes.io/component: exporter}}
spec:
  template:
    spec: {containers: [{name: exporter, image: "example.com/dcgm-exporter:v1", ports: [{containerPort: 9100}]}]}
`
)

func TestAside(t *testing.T) {
	for name, tc := range map[string]struct {
		daemonSets, pods []string
		port             int32
		want             string
	}{
		"nobody else is there": {daemonSets: []string{harmless, gpu}, port: 9100},
		"kube-prometheus": {
			daemonSets: []string{harmless, `
metadata: {namespace: monitoring, name: node-exporter, labels: {app.kubernetes.io/component: exporter, app.kubernetes.io/name: node-exporter, app.kubernetes.io/part-of: kube-prometheus}}
`},
			port: 9100, want: "exporter DaemonSet monitoring/node-exporter",
		},
		"kube-prometheus-stack": {
			daemonSets: []string{`
metadata: {namespace: monitoring, name: kps-prometheus-node-exporter, labels: {app.kubernetes.io/name: prometheus-node-exporter, helm.sh/chart: prometheus-node-exporter-4.0.0}}
`},
			port: 9100, want: "exporter DaemonSet monitoring/kps-prometheus-node-exporter",
		},
		"an older label, on the pods alone": {
			daemonSets: []string{`
metadata: {namespace: monitoring, name: metrics}
spec: {template: {metadata: {labels: {app: node-exporter}}}}
`},
			want: "exporter DaemonSet monitoring/metrics",
		},
		"a name without labels": {
			daemonSets: []string{`metadata: {namespace: monitoring, name: node-exporter}`},
			want:       "exporter DaemonSet monitoring/node-exporter",
		},
		"an image from a mirror, and nothing else": {
			daemonSets: []string{`
metadata: {namespace: cattle, name: agent}
spec: {template: {spec: {containers: [{name: a, image: "mirror.example.com:5000/x/mirrored-prometheus-node-exporter:v1@sha256:0a"}]}}}
`},
			want: "exporter DaemonSet cattle/agent",
		},
		"the port, and nothing that tells of a node-exporter": {
			daemonSets: []string{`
metadata: {namespace: agents, name: agent}
spec: {template: {spec: {hostNetwork: true, containers: [{name: a, image: example.com/agent, ports: [{containerPort: 9100}]}]}}}
`},
			port: 9100, want: "port DaemonSet agents/agent",
		},
		"the port by a mapping of the network's": {
			daemonSets: []string{`
metadata: {namespace: agents, name: agent}
spec: {template: {spec: {containers: [{name: a, image: example.com/agent, ports: [{containerPort: 80, hostPort: 9100}]}]}}}
`},
			port: 9100, want: "port DaemonSet agents/agent",
		},
		"the port where ours has another": {
			daemonSets: []string{`
metadata: {namespace: agents, name: agent}
spec: {template: {spec: {hostNetwork: true, containers: [{name: a, image: example.com/agent, ports: [{containerPort: 9100}]}]}}}
`},
			port: 9101,
		},
		"the port where ours takes none of the node": {
			daemonSets: []string{`
metadata: {namespace: agents, name: agent}
spec: {template: {spec: {hostNetwork: true, containers: [{name: a, image: example.com/agent, ports: [{containerPort: 9100}]}]}}}
`},
		},
		"the same number of another protocol": {
			daemonSets: []string{`
metadata: {namespace: agents, name: agent}
spec: {template: {spec: {hostNetwork: true, containers: [{name: a, image: example.com/agent, ports: [{containerPort: 9100, protocol: UDP}]}]}}}
`},
			port: 9100,
		},
		"pods that stand alone, one on each node": {
			pods: []string{`
metadata: {namespace: kube-system, name: node-exporter-worker-2, labels: {app: node-exporter}}
spec: {nodeName: worker-2, hostNetwork: true}
`, `
metadata: {namespace: kube-system, name: node-exporter-worker-1, labels: {app: node-exporter}}
spec: {nodeName: worker-1, hostNetwork: true}
`},
			port: 9100, want: "exporter Pod kube-system/node-exporter-worker-1",
		},
		"a pod that has the port and is no node-exporter is in the way on one node only": {
			pods: []string{`
metadata: {namespace: agents, name: debug}
spec: {nodeName: worker-1, hostNetwork: true, containers: [{name: a, image: example.com/debug, ports: [{containerPort: 9100, hostPort: 9100}]}]}
`},
			port: 9100,
		},
		"an exporter is told before a port": {
			daemonSets: []string{`
metadata: {namespace: agents, name: agent}
spec: {template: {spec: {hostNetwork: true, containers: [{name: a, image: example.com/agent, ports: [{containerPort: 9100}]}]}}}
`, `metadata: {namespace: monitoring, name: node-exporter}`},
			port: 9100, want: "exporter DaemonSet monitoring/node-exporter",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if other := nodes.Aside(daemonSets(t, tc.daemonSets...), workloads(t, tc.pods...), tc.port); other != nil {
				got = map[bool]string{true: "exporter ", false: "port "}[other.Exporter] + other.String()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("stands aside for (-want +got):\n%s", diff)
			}
		})
	}
}

// pending is a pod of ours that the scheduler cannot place.
const pending = `
metadata: {namespace: ragmonitor-system, name: ours-0}
spec: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [worker-1]}]}]}}}}
`

// unscheduled is its status, for a reason.
func unscheduled(reason string) string {
	return pending + `status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "` + reason + `"}]}
`
}

// ended is one of ours whose container ends, with some last words.
func ended(node, words string) string {
	return `
metadata: {namespace: ragmonitor-system, name: ours-` + node + `}
spec: {nodeName: ` + node + `}
status:
  phase: Running
  conditions: [{type: Ready, status: "False"}]
  containerStatuses:
  - {name: node-exporter, restartCount: 3, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, message: "` + words + `"}}}
`
}

func TestProblem(t *testing.T) {
	const (
		inUse = `listen tcp 10.0.0.1:9100: bind: address already in use`
		other = `
metadata: {namespace: agents, name: debug}
spec: {nodeName: worker-1, hostNetwork: true, containers: [{name: a, ports: [{containerPort: 9100, hostPort: 9100}]}]}
`
		elsewhere = `
metadata: {namespace: agents, name: elsewhere}
spec: {nodeName: worker-2, hostNetwork: true, containers: [{name: a, ports: [{containerPort: 9100, hostPort: 9100}]}]}
`
		works = `
metadata: {namespace: ragmonitor-system, name: ours-worker-0}
spec: {nodeName: worker-0}
status: {conditions: [{type: Ready, status: "True"}]}
`
	)
	two := nodes.Rollout{Wanted: 2, Made: 2, Available: 1, Current: true}
	for name, tc := range map[string]struct {
		rollout nodes.Rollout
		pods    []string
		others  []string
		want    string
	}{
		"it takes its time": {rollout: two, pods: []string{works, `
metadata: {name: ours-1}
spec: {nodeName: worker-1}
status: {phase: Pending, containerStatuses: [{name: node-exporter, state: {waiting: {reason: ContainerCreating}}}]}
`}},
		"its status is of an older form": {rollout: nodes.Rollout{}},
		"no nodes":                       {rollout: nodes.Rollout{Current: true}, want: "there is no node that it can run on"},
		"no pods": {
			rollout: nodes.Rollout{Wanted: 2, Current: true},
			want:    "none of its pods can be made; its namespace must admit pods with access to the host (Pod Security level privileged), and no quota or webhook be in the way",
		},
		"a pod says that it has the port": {
			rollout: two, pods: []string{works, unscheduled("0/2 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.")},
			others: []string{elsewhere, other}, want: "port 9100 of node worker-1 is taken by Pod agents/debug",
		},
		"the scheduler says so of a pod that is not seen": {
			rollout: two, pods: []string{unscheduled("1 node(s) didn't have free ports for the requested pod ports.")}, others: []string{elsewhere},
			want: "port 9100 of node worker-1 is taken by a program that no pod declares, such as a node_exporter outside of Kubernetes",
		},
		"a program outside of Kubernetes has the port": {
			rollout: two, pods: []string{works, ended("worker-1", inUse)}, others: []string{elsewhere},
			want: "port 9100 of node worker-1 is taken by a program that no pod declares, such as a node_exporter outside of Kubernetes",
		},
		"of several nodes the first is told": {
			rollout: two, pods: []string{ended("worker-2", "signal: killed"), ended("worker-1", inUse)}, others: []string{other},
			want: "port 9100 of node worker-1 is taken by Pod agents/debug",
		},
		"it ends for another reason": {
			rollout: two, pods: []string{ended("worker-1", "unknown long flag")},
			want: "its container on node worker-1 ends all the time; see the log of pod ours-worker-1",
		},
		"no room": {
			rollout: two, pods: []string{unscheduled("1 Insufficient cpu.")}, want: "there is no room for its pod on node worker-1",
		},
		"no image": {
			rollout: two, pods: []string{`
metadata: {name: ours-1}
spec: {nodeName: worker-1}
status: {phase: Pending, containerStatuses: [{name: node-exporter, state: {waiting: {reason: ImagePullBackOff}}}]}
`}, want: "its image cannot be pulled on node worker-1",
		},
		"what ended once, and works": {rollout: two, pods: []string{`
metadata: {name: ours-0}
spec: {nodeName: worker-0}
status:
  conditions: [{type: Ready, status: "True"}]
  containerStatuses: [{name: node-exporter, restartCount: 1, lastState: {terminated: {exitCode: 1, message: "` + inUse + `"}}}]
`}},
	} {
		t.Run(name, func(t *testing.T) {
			got := nodes.Problem(tc.rollout, pods(t, tc.pods...), workloads(t, tc.others...), 9100)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("problem (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEverywhere(t *testing.T) {
	for name, tc := range map[string]struct {
		rollout nodes.Rollout
		want    bool
	}{
		"on all nodes":         {nodes.Rollout{Wanted: 2, Made: 2, Available: 2, Current: true}, true},
		"on some":              {nodes.Rollout{Wanted: 2, Made: 2, Available: 1, Current: true}, false},
		"without nodes":        {nodes.Rollout{Current: true}, false},
		"in an older form yet": {nodes.Rollout{Wanted: 2, Made: 2, Available: 2}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.rollout.Everywhere(); got != tc.want {
				t.Errorf("everywhere: %v", got)
			}
		})
	}
}

func TestPodsThatCount(t *testing.T) {
	yes := true
	for name, tc := range map[string]struct {
		pod        corev1.Pod
		runs, ofDS bool
	}{
		"one that runs":                {pod: corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodRunning}}, runs: true},
		"one that has ended":           {pod: corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodSucceeded}}},
		"one that failed":              {pod: corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodFailed}}},
		"one that is deleted":          {pod: corev1.Pod{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &metav1.Time{}}}},
		"one of a DaemonSet":           {pod: corev1.Pod{ObjectMeta: metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{{Kind: "DaemonSet", Controller: &yes}}}}, runs: true, ofDS: true},
		"one that the kubelet started": {pod: corev1.Pod{ObjectMeta: metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{{Kind: "Node", Controller: &yes}}}}, runs: true},
	} {
		t.Run(name, func(t *testing.T) {
			if nodes.Runs(&tc.pod) != tc.runs || nodes.OfASet(&tc.pod) != tc.ofDS {
				t.Errorf("runs %v, of a DaemonSet %v", nodes.Runs(&tc.pod), nodes.OfASet(&tc.pod))
			}
		})
	}
}
