package install

import (
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

func TestPodsAreRestricted(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	for name, r := range renderings() {
		t.Run(name, func(t *testing.T) {
			for _, pod := range pods(t, slices.Concat(r.objects(t), r.hooks(t))) {
				for _, result := range evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec) {
					if !result.Allowed {
						t.Errorf("pod of %s: %s: %s", pod.Name, result.ForbiddenReason, result.ForbiddenDetail)
					}
				}
				for _, container := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
					checkContainer(t, pod, container)
				}
			}
		})
	}
}

// pods are those that objects make, under the names of these.
func pods(t *testing.T, objects []*unstructured.Unstructured) []corev1.Pod {
	t.Helper()
	made := find[corev1.Pod](t, objects, "Pod")
	add := func(name string, template corev1.PodTemplateSpec) {
		template.Name = name
		made = append(made, corev1.Pod{ObjectMeta: template.ObjectMeta, Spec: template.Spec})
	}
	for _, d := range find[appsv1.Deployment](t, objects, "Deployment") {
		add(d.Name, d.Spec.Template)
	}
	for _, j := range find[batchv1.Job](t, objects, "Job") {
		add(j.Name, j.Spec.Template)
	}
	if len(made) == 0 {
		t.Fatal("there is no pod")
	}
	return made
}

// checkContainer is about what the level restricted leaves open.
func checkContainer(t *testing.T, pod corev1.Pod, container corev1.Container) {
	t.Helper()
	security := container.SecurityContext
	if security.ReadOnlyRootFilesystem == nil || !*security.ReadOnlyRootFilesystem {
		t.Errorf("pod of %s: container %s may write to its root file system", pod.Name, container.Name)
	}
	if container.Resources.Limits.Memory().IsZero() {
		t.Errorf("pod of %s: container %s has no limit on memory", pod.Name, container.Name)
	}
	// What ends by itself needs no probes.
	if pod.Spec.RestartPolicy != corev1.RestartPolicyNever && (container.LivenessProbe == nil || container.ReadinessProbe == nil) {
		t.Errorf("pod of %s: container %s has no probes", pod.Name, container.Name)
	}
}

func TestNamespaceLevels(t *testing.T) {
	for name, want := range map[string]string{
		"kustomize default":       "restricted",
		"kustomize node-exporter": "privileged",
	} {
		t.Run(name, func(t *testing.T) {
			namespace := only[corev1.Namespace](t, renderings()[name].objects(t), "Namespace")
			if got := namespace.Labels[api.EnforceLevelLabel]; got != want {
				t.Errorf("level %s, want %s", got, want)
			}
		})
	}
}

func TestRolesAreNarrow(t *testing.T) {
	for name, r := range renderings() {
		t.Run(name, func(t *testing.T) {
			rules := allRules(t, slices.Concat(r.objects(t), r.hooks(t)))
			if len(rules) == 0 {
				t.Fatal("no rules")
			}
			for _, rule := range rules {
				checkRule(t, rule)
			}
		})
	}
}

func allRules(t *testing.T, objects []*unstructured.Unstructured) []rbacv1.PolicyRule {
	t.Helper()
	var rules []rbacv1.PolicyRule
	for _, role := range find[rbacv1.ClusterRole](t, objects, "ClusterRole") {
		rules = append(rules, role.Rules...)
	}
	for _, role := range find[rbacv1.Role](t, objects, "Role") {
		rules = append(rules, role.Rules...)
	}
	return rules
}

// powers are verbs that lend the rights of others, and resources that hold
// credentials or run commands. Pods may be followed, to find those to scrape: that
// is two verbs, and the pods as a whole. Figures of nodes may be read.
var (
	powerVerbs     = []string{"escalate", "bind", "impersonate", "approve", "sign"}
	powerResources = []string{"secrets", "serviceaccounts", "pods", "nodes", "roles", "rolebindings", "clusterroles", "clusterrolebindings"}
)

func checkRule(t *testing.T, rule rbacv1.PolicyRule) {
	t.Helper()
	for _, word := range slices.Concat(rule.Verbs, rule.APIGroups, rule.Resources, rule.NonResourceURLs) {
		if strings.Contains(word, "*") {
			t.Errorf("wildcard %q in %v", word, rule)
		}
	}
	for _, verb := range rule.Verbs {
		if slices.Contains(powerVerbs, verb) {
			t.Errorf("verb %s in %v", verb, rule)
		}
	}
	for _, resource := range rule.Resources {
		if resource == "pods" && !slices.ContainsFunc(rule.Verbs, changes) {
			continue
		}
		if resource == "nodes/metrics" && slices.Equal(rule.Verbs, []string{"get"}) {
			continue
		}
		if kind, _, _ := strings.Cut(resource, "/"); slices.Contains(powerResources, kind) {
			t.Errorf("resource %s in %v", resource, rule)
		}
	}
}

func changes(verb string) bool { return verb != "list" && verb != "watch" }
