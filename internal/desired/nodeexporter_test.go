package desired_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
)

const systemNamespace = "ragmonitor-system"

func at(owner *metav1ac.OwnerReferenceApplyConfiguration) desired.Place {
	return desired.Place{Namespace: systemNamespace, Owner: owner}
}

func deployment() *metav1ac.OwnerReferenceApplyConfiguration {
	return metav1ac.OwnerReference().
		WithAPIVersion("apps/v1").WithKind("Deployment").WithName("ragmonitor-operator").WithUID("5e1f8c3a-0000-4000-8000-000000000002").
		WithController(true)
}

// onHosts is the node-exporter as it runs by default.
func onHosts() desired.NodeExporter {
	return desired.NodeExporter{Image: "example.com/node-exporter:v1", Port: 9100, HostNetwork: true}
}

func cAdvisor() desired.CAdvisor {
	return desired.CAdvisor{Image: "example.com/cadvisor:v1", Socket: "/run/containerd/containerd.sock"}
}

func nodeRules(t *testing.T, c desired.Catalogue, owner *metav1ac.OwnerReferenceApplyConfiguration) []desired.Object {
	t.Helper()
	objects, err := c.NodeRules(at(owner), desired.OwnNodeSeries(systemNamespace))
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// agents are all objects that the operator makes for itself and no RAGMonitor.
func agents(t *testing.T, c desired.Catalogue, owner *metav1ac.OwnerReferenceApplyConfiguration) []desired.Object {
	t.Helper()
	return slices.Concat(
		c.NodeExporter(at(owner), onHosts()),
		nodeRules(t, c, owner),
		c.CAdvisor(at(owner), cAdvisor()),
		[]desired.Object{c.KubeletMonitor(at(owner), desired.Kubelet{Namespace: "kube-system", Secret: "kubelet-token"})},
	)
}

func TestAgents(t *testing.T) {
	c := catalogue(t)
	for name, objects := range map[string][]desired.Object{
		"owned":       c.NodeExporter(at(deployment()), onHosts()),
		"unowned":     c.NodeExporter(at(nil), onHosts()),
		"pod-network": c.NodeExporter(at(nil), desired.NodeExporter{Image: "example.com/node-exporter:v1", Port: 19100, PriorityClass: "important"}),
		"cadvisor":    c.CAdvisor(at(deployment()), cAdvisor()),
		"kubelet":     {c.KubeletMonitor(at(deployment()), desired.Kubelet{Namespace: "kube-system", Secret: "kubelet-token"})},
		"kubelet-verified": {
			c.KubeletMonitor(at(nil), desired.Kubelet{Namespace: "kube-system", Secret: "kubelet-token", Verify: true}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			compare(t, filepath.Join("testdata", "node-exporter", "objects", name+".yaml"), documents(t, objects))
		})
	}
}

func TestNodeRules(t *testing.T) {
	compare(t, filepath.Join("testdata", "node-exporter", "rules.yaml"), documents(t, nodeRules(t, catalogue(t), deployment())))
}

func daemonSet(t *testing.T, objects []desired.Object) appsv1.DaemonSet {
	t.Helper()
	var out appsv1.DaemonSet
	if err := yaml.UnmarshalStrict(document(t, objects[0]), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAgentsTakeNoMoreThanTheyNeed lists everything that the Pod Security level
// "restricted" would refuse, so that nothing is added unseen.
func TestAgentsTakeNoMoreThanTheyNeed(t *testing.T) {
	c := catalogue(t)
	inPod := onHosts()
	inPod.HostNetwork = false
	const volumes = `restricted volume types`
	for name, tc := range map[string]struct {
		objects []desired.Object
		want    []string
	}{
		"node-exporter":                          {c.NodeExporter(at(nil), onHosts()), []string{"host namespaces", "hostPort", volumes}},
		"node-exporter in a network of its own":  {c.NodeExporter(at(nil), inPod), []string{volumes}},
		"cAdvisor, as root because of its mount": {c.CAdvisor(at(nil), cAdvisor()), []string{"host namespaces", volumes, "runAsNonRoot != true", "runAsUser=0"}},
	} {
		t.Run(name, func(t *testing.T) {
			evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
			if err != nil {
				t.Fatal(err)
			}
			template := daemonSet(t, tc.objects).Spec.Template
			var got []string
			for _, result := range evaluator.EvaluatePod(api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}, &template.ObjectMeta, &template.Spec) {
				if !result.Allowed {
					got = append(got, result.ForbiddenReason)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("what a restricted namespace refuses (-want +got):\n%s", diff)
			}
			checkHost(t, template.Spec)
		})
	}
}

// checkHost is about what the levels leave open.
func checkHost(t *testing.T, pod corev1.PodSpec) {
	t.Helper()
	if pod.HostIPC || *pod.AutomountServiceAccountToken || pod.HostPID && pod.Containers[0].Name != "cadvisor" {
		t.Error("the pod is among the node's processes, or has a token")
	}
	for _, c := range pod.Containers {
		if c.LivenessProbe == nil || c.ReadinessProbe == nil || c.Resources.Limits.Memory().IsZero() || !*c.SecurityContext.ReadOnlyRootFilesystem {
			t.Errorf("container %s has no probes, no limit, or may write", c.Name)
		}
		for _, m := range c.VolumeMounts {
			if !m.ReadOnly {
				t.Errorf("container %s may write to %s", c.Name, m.MountPath)
			}
		}
	}
}

// TestSelectorsOfAgentsStay: that of a DaemonSet is immutable, so that a change would
// keep an upgrade from being applied.
func TestSelectorsOfAgentsStay(t *testing.T) {
	c := catalogue(t)
	c.Labels = map[string]string{"release": "prometheus"}
	for app, objects := range map[string][]desired.Object{
		"node-exporter": c.NodeExporter(at(nil), onHosts()),
		"cadvisor":      c.CAdvisor(at(nil), cAdvisor()),
	} {
		set := daemonSet(t, objects)
		want := map[string]string{"app.kubernetes.io/name": app, "app.kubernetes.io/part-of": "ragmonitor"}
		if d := cmp.Diff(want, set.Spec.Selector.MatchLabels); d != "" {
			t.Errorf("selector (-want +got):\n%s", d)
		}
		for key, value := range want {
			if set.Spec.Template.Labels[key] != value {
				t.Errorf("pods do not match: %v", set.Spec.Template.Labels)
			}
		}
	}
}

func TestWhatComesAndGoesWithContainersIsLeftOut(t *testing.T) {
	args := daemonSet(t, catalogue(t).NodeExporter(at(nil), onHosts())).Spec.Template.Spec.Containers[0].Args
	for name, tc := range map[string]struct {
		flag     string
		out, yes []string
	}{
		"mounts": {
			flag: "--collector.filesystem.mount-points-exclude=",
			out: []string{
				"/run/containerd/io.containerd.grpc.v1.cri/sandboxes/0a/shm", "/var/lib/kubelet/pods/0a/volumes/kubernetes.io~projected/x",
				"/var/lib/docker/overlay2/0a/merged", "/proc", "/sys/fs/cgroup", "/dev/shm", "/run/credentials/systemd", "/run/netns/cni-0a",
			},
			yes: []string{"/", "/var", "/var/lib/kubelet", "/var/lib/docker", "/var/lib/containerd", "/data", "/procurement", "/mnt/run/containerd/x"},
		},
		"devices": {
			flag: "--collector.netdev.device-exclude=",
			out:  []string{"veth1a2b3c", "cali0123456789a", "lxc0123456789ab", "lxc_health", "eni0123456789a", "azv0123456789a", "gke0123456789a", "0123456789abcde"},
			yes:  []string{"eth0", "ens5", "eno1", "enp3s0", "bond0", "wlan0", "ib0", "cni0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			i := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, tc.flag) })
			if i < 0 {
				t.Fatalf("no %s in %v", tc.flag, args)
			}
			pattern := regexp.MustCompile(strings.TrimPrefix(args[i], tc.flag))
			for _, text := range tc.out {
				if !pattern.MatchString(text) {
					t.Errorf("%s is not left out", text)
				}
			}
			for _, text := range tc.yes {
				if pattern.MatchString(text) {
					t.Errorf("%s is left out", text)
				}
			}
		})
	}
}

// TestNoFlagIsGivenTwice: node_exporter refuses to start then.
func TestNoFlagIsGivenTwice(t *testing.T) {
	c := catalogue(t)
	inPod := onHosts()
	inPod.HostNetwork = false
	for _, objects := range [][]desired.Object{c.NodeExporter(at(nil), onHosts()), c.NodeExporter(at(nil), inPod), c.CAdvisor(at(nil), cAdvisor())} {
		seen := map[string]bool{}
		for _, arg := range daemonSet(t, objects).Spec.Template.Spec.Containers[0].Args {
			name, _, _ := strings.Cut(arg, "=")
			if seen[name] {
				t.Errorf("%s is given twice", name)
			}
			seen[name] = true
		}
	}
}

// TestNodesAreNotLimitedLikeOneService: a target limit below the number of nodes would
// lose them all.
func TestNodesAreNotLimitedLikeOneService(t *testing.T) {
	for _, sm := range serviceMonitors(t, agents(t, catalogue(t), nil)) {
		if got := fmt.Sprint(*sm.Spec.TargetLimit); got != "10000" {
			t.Errorf("%s is limited to %s targets; Kubernetes to 5,000 nodes", sm.Name, got)
		}
	}
}

// TestTheMonitorOfKubeletsReadsNoFile: Prometheus objects may refuse those that do. Its
// series are cut down to containers, whose namespaces are theirs.
func TestTheMonitorOfKubeletsReadsNoFile(t *testing.T) {
	c := catalogue(t)
	for _, verify := range []bool{false, true} {
		sm := serviceMonitors(t, []desired.Object{c.KubeletMonitor(at(nil), desired.Kubelet{Namespace: "kube-system", Secret: "kubelet-token", Verify: verify})})[0]
		e := sm.Spec.Endpoints[0]
		if e.BearerTokenFile != "" || e.TLSConfig.CAFile != "" || e.TLSConfig.CertFile != "" || e.TLSConfig.KeyFile != "" { //nolint:staticcheck // that it is not used
			t.Errorf("reads files of Prometheus: %+v", e)
		}
		if e.Authorization.Credentials.Name != "kubelet-token" || e.Authorization.Credentials.Key != "token" {
			t.Errorf("takes the token from %+v", e.Authorization.Credentials)
		}
		skips := e.TLSConfig.InsecureSkipVerify != nil && *e.TLSConfig.InsecureSkipVerify
		if ca := e.TLSConfig.CA.Secret; skips == verify || (ca != nil) != verify {
			t.Errorf("verify is %v, and it skips: %v, with %v", verify, skips, ca)
		}
		if diff := cmp.Diff([]string{"kube-system"}, sm.Spec.NamespaceSelector.MatchNames); diff != "" || sm.Spec.NamespaceSelector.Any {
			t.Errorf("namespaces (-want +got):\n%s", diff)
		}
		if !e.HonorLabels || e.MetricRelabelConfigs[0].Action != "keep" || e.Path != "/metrics/cadvisor" {
			t.Errorf("keeps %+v", e.MetricRelabelConfigs)
		}
	}
}
