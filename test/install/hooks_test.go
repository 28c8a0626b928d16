package install

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	runtimeschema "k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
)

// TestHooksLeaveNothing is about what helm does not keep account of, and so does not
// delete with the release.
func TestHooksLeaveNothing(t *testing.T) {
	for name, r := range renderings() {
		t.Run(name, func(t *testing.T) {
			for _, hook := range r.hooks(t) {
				policy := hook.GetAnnotations()["helm.sh/hook-delete-policy"]
				for _, when := range []string{"before-hook-creation", "hook-succeeded"} {
					if !strings.Contains(policy, when) {
						t.Errorf("%s %s is not deleted at %s, only at %q", hook.GetKind(), hook.GetName(), when, policy)
					}
				}
			}
		})
	}
}

// TestHooksAreNotTheOperator: a pod with its labels would get requests for its metrics,
// and count as one of its replicas.
func TestHooksAreNotTheOperator(t *testing.T) {
	for name, r := range renderings() {
		t.Run(name, func(t *testing.T) {
			selector := only[appsv1.Deployment](t, r.objects(t), "Deployment").Spec.Selector.MatchLabels
			hooks := r.hooks(t)
			if len(hooks) == 0 {
				return
			}
			for _, pod := range pods(t, hooks) {
				if labels.SelectorFromSet(selector).Matches(labels.Set(pod.Labels)) {
					t.Errorf("the pod of %s has the labels of the operator's", pod.Name)
				}
			}
		})
	}
}

func TestCleanupIsAChoice(t *testing.T) {
	for name, want := range map[string][]string{
		"chart with default values":      {"post-delete", "test"},
		"chart with all switched off":    {"test"},
		"chart with every option":        {"post-delete", "test", "test,post-delete"},
		"kustomize with every component": nil,
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, hook := range renderings()[name].hooks(t) {
				got = append(got, hook.GetAnnotations()["helm.sh/hook"])
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
				t.Errorf("hooks (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCleanupEndsBeforeHelmGivesUp: else the user reads of a time-out only. helm waits
// for five minutes unless it is told otherwise.
func TestCleanupEndsBeforeHelmGivesUp(t *testing.T) {
	job := only[batchv1.Job](t, renderings()["chart with default values"].hooks(t), "Job")
	deadline := time.Duration(*job.Spec.ActiveDeadlineSeconds) * time.Second
	if deadline >= 5*time.Minute {
		t.Errorf("the Job may take %s", deadline)
	}
}

// TestCleanupMayDeleteWhatTheOperatorMayMake, and the manual names it for who does it
// by hand.
func TestCleanupMayDeleteWhatTheOperatorMayMake(t *testing.T) {
	var cleanup []*unstructured.Unstructured
	for _, hook := range renderings()["chart with default values"].hooks(t) {
		if strings.HasSuffix(hook.GetName(), "-cleanup") {
			cleanup = append(cleanup, hook)
		}
	}
	may := map[string]bool{}
	for _, rule := range allRules(t, cleanup) {
		for _, resource := range rule.Resources {
			may[runtimeschema.GroupResource{Group: rule.APIGroups[0], Resource: resource}.String()] = slices.Contains(rule.Verbs, "delete") && slices.Contains(rule.Verbs, "list")
		}
	}
	manual := string(readFile(t, chartPath+"/README.md"))
	_, manual, _ = strings.Cut(manual, "kubectl delete configmaps")
	manual, _, _ = strings.Cut("configmaps"+manual, "```")
	for _, kind := range slices.Concat(desired.MonitorKinds, desired.NodeExporterKinds) {
		name := runtimeschema.GroupResource{Group: kind.Group, Resource: strings.ToLower(kind.Kind) + "s"}.String()
		if !may[name] {
			t.Errorf("%s may not be listed and deleted", name)
		}
		if slices.Contains(desired.MonitorKinds, kind) && !strings.Contains(manual, name) {
			t.Errorf("the manual does not have %s deleted by hand:\n%s", name, manual)
		}
	}
}
