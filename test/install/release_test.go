package install

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
)

const crdName = "ragmonitors.monitoring.ragmonitor.io"

// testRelease goes through the life of a release: what is uninstalled must leave the
// RAGMonitors, and be able to come back to them.
func testRelease(t *testing.T, plane *controlplane.Plane, s *server) {
	t.Helper()
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := plane.WriteKubeconfig(kubeconfig); err != nil {
		t.Fatal(err)
	}
	do := func(arguments ...string) string {
		t.Helper()
		output, err := helm(t, append(arguments, "--kubeconfig", kubeconfig, "--namespace", systemNamespace)...)
		if err != nil {
			t.Fatal(err)
		}
		return string(output)
	}

	notes := do("install", operatorName, chartPath, "--create-namespace")
	s.waitForCRD(t, crdName)
	monitor := example(t, []byte(notes), "(?s)<<END\n(.*?)END\n")
	s.apply(t, monitor)
	checkNotes(t, notes)

	do("upgrade", operatorName, chartPath, "--set", "replicas=2", "--set", "prometheus.url=http://prometheus:9090")
	if got := replicas(t, s); got != 2 {
		t.Errorf("%d replicas after the upgrade, want 2", got)
	}

	do("uninstall", operatorName)
	checkLeft(t, s, monitor)

	do("install", operatorName, chartPath)
	if got := replicas(t, s); got != 1 {
		t.Errorf("%d replicas after the second installation, want 1", got)
	}
	do("uninstall", operatorName)
}

func checkNotes(t *testing.T, notes string) {
	t.Helper()
	for _, want := range []string{
		"kubectl get ragmonitors --all-namespaces",
		"embedded: the operator itself",
		"--set prometheus.url=",
		"kubectl label namespace " + systemNamespace + " pod-security.kubernetes.io/enforce=privileged",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes do not say %q:\n%s", want, notes)
		}
	}
}

func replicas(t *testing.T, s *server) int32 {
	t.Helper()
	var deployment appsv1.Deployment
	if err := s.Get(t.Context(), client.ObjectKey{Namespace: systemNamespace, Name: operatorName}, &deployment); err != nil {
		t.Fatal(err)
	}
	return *deployment.Spec.Replicas
}

// checkLeft wants the CRD and the RAGMonitor, and nothing else of the release.
func checkLeft(t *testing.T, s *server, monitor *unstructured.Unstructured) {
	t.Helper()
	if err := s.Get(t.Context(), client.ObjectKey{Name: crdName}, &apiextensionsv1.CustomResourceDefinition{}); err != nil {
		t.Errorf("the CustomResourceDefinition is gone: %v", err)
	}
	if err := s.Get(t.Context(), client.ObjectKeyFromObject(monitor), monitor.DeepCopy()); err != nil {
		t.Errorf("the RAGMonitor is gone: %v", err)
	}
	err := s.Get(t.Context(), client.ObjectKey{Namespace: systemNamespace, Name: operatorName}, &appsv1.Deployment{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("the Deployment is still there: %v", err)
	}
	var roles rbacv1.ClusterRoleList
	var bindings rbacv1.ClusterRoleBindingList
	ours := client.MatchingLabels{"app.kubernetes.io/instance": operatorName}
	for _, list := range []client.ObjectList{&roles, &bindings} {
		if err := s.List(t.Context(), list, ours); err != nil {
			t.Fatal(err)
		}
	}
	left := append(names(roles.Items), names(bindings.Items)...)
	if diff := cmp.Diff([]string(nil), left); diff != "" {
		t.Errorf("left in the cluster (-want +got):\n%s", diff)
	}
}

func names[T any, P interface {
	*T
	metav1.Object
}](items []T) []string {
	var found []string
	for i := range items {
		found = append(found, P(&items[i]).GetName())
	}
	return found
}
