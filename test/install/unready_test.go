package install

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// testUnready runs an operator that may not list ConfigMaps. It must never say that it is
// ready, not even before it has begun: a rollout would end the pod before it, which works.
// It is alive, because a restart would not mend it.
func testUnready(t *testing.T, s *server) {
	t.Helper()
	const name = "half"
	objects := renderings()["kustomize default"].objects(t)
	meta := metav1.ObjectMeta{Name: name, Namespace: systemNamespace}
	cluster, namespaced := &rbacv1.ClusterRole{ObjectMeta: meta}, &rbacv1.Role{ObjectMeta: meta}
	for _, role := range find[rbacv1.ClusterRole](t, objects, "ClusterRole") {
		cluster.Rules = append(cluster.Rules, slices.DeleteFunc(role.Rules, func(rule rbacv1.PolicyRule) bool {
			return slices.Contains(rule.Resources, "configmaps")
		})...)
	}
	namespaced.Rules = only[rbacv1.Role](t, objects, "Role").Rules
	subjects := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: name, Namespace: systemNamespace}}
	ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name}
	for _, err := range []error{
		s.Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: meta}),
		s.Create(t.Context(), cluster), s.Create(t.Context(), namespaced),
		s.Create(t.Context(), &rbacv1.ClusterRoleBinding{ObjectMeta: meta, Subjects: subjects, RoleRef: ref}),
		s.Create(t.Context(), &rbacv1.RoleBinding{
			ObjectMeta: meta, Subjects: subjects, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
		}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	kubeconfig, err := s.kubeconfigOf(t.Context(), t, name)
	if err != nil {
		t.Fatal(err)
	}
	container := only[appsv1.Deployment](t, objects, "Deployment").Spec.Template.Spec.Containers[0]
	p := start(t, s.binary, kubeconfig, container)
	defer p.kill(t)
	checkNeverReady(t, p)
	waitForCode(t, "http://"+p.probes+"/healthz", "", http.StatusOK)
}

// checkNeverReady asks from the first moment on, and for some time after the first answer.
func checkNeverReady(t *testing.T, p *process) {
	t.Helper()
	unready := 0
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		code, body, err := get(ctx, "http://"+p.probes+"/readyz", "")
		if err != nil {
			return false, nil //nolint:nilerr // it does not listen yet
		}
		if code == http.StatusOK {
			return false, fmt.Errorf("it is ready after %d times when it was not", unready)
		}
		if !strings.Contains(body, "[-]caches failed") {
			return false, fmt.Errorf("it is not ready for another reason: %s", body)
		}
		unready++
		return unready >= 3, nil
	})
	if err != nil {
		t.Error(err)
	}
}
