package install

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
)

// testOperator runs the operator with what the kustomization renders: its arguments,
// its environment and the rights of its account. It has to answer the probes, to
// give the RAGMonitor of the README a status, to make the node-exporter that it asks
// for, to let in who may read metrics, and to log no error.
func testOperator(t *testing.T, plane *controlplane.Plane, s *server) {
	t.Helper()
	container := only[appsv1.Deployment](t, renderings()["kustomize node-exporter"].objects(t), "Deployment").Spec.Template.Spec.Containers[0]
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := plane.WriteUserKubeconfig(kubeconfig, accountUser, accountGroups...); err != nil {
		t.Fatal(err)
	}
	p := start(t, s.binary, kubeconfig, container)
	defer p.stop(t)

	for _, probe := range []*corev1.Probe{container.LivenessProbe, container.ReadinessProbe} {
		waitForCode(t, "http://"+p.probes+probe.HTTPGet.Path, "", http.StatusOK)
	}
	waitForConditions(t, s)
	waitForNodeExporter(t, s)

	// The operator remembers a refusal for half a minute, so the two are two accounts.
	reader, stranger := account(t, s, "prometheus"), account(t, s, "stranger")
	bindReader(t, s, reader)
	url := "https://" + p.metrics + "/metrics"
	waitForCode(t, url, "", http.StatusUnauthorized)
	waitForCode(t, url, token(t, s, stranger), http.StatusForbidden)
	waitForCode(t, url, token(t, s, reader), http.StatusOK)
	checkSelected(t, url, token(t, s, reader))
}

// checkSelected wants the operator to have every series, with every label, that the
// alerts on it read.
func checkSelected(t *testing.T, url, token string) {
	t.Helper()
	rules := operatorRules(t, renderings()["kustomize with every component"].objects(t))
	for metric, labels := range selected(t, rules) {
		eventually(t, metric, func(ctx context.Context) error {
			_, body, err := get(ctx, url, token)
			if err != nil {
				return err
			}
			_, series, found := strings.Cut(body, "\n"+metric+"{")
			series, _, _ = strings.Cut(series, "\n")
			for _, label := range labels {
				found = found && strings.Contains("{"+strings.ReplaceAll(series, "{", ","), label+`="`)
			}
			if !found {
				return fmt.Errorf("no series with the labels %v", labels)
			}
			return nil
		})
	}
}

// waitForConditions wants a status on every RAGMonitor, which shows that the operator
// leads, reads them and may write what it found.
func waitForConditions(t *testing.T, s *server) {
	t.Helper()
	monitors := unstructured.UnstructuredList{Object: map[string]any{
		"apiVersion": "monitoring.ragmonitor.io/v1alpha1", "kind": "RAGMonitorList",
	}}
	eventually(t, "status of the RAGMonitors", func(ctx context.Context) error {
		if err := s.List(ctx, &monitors); err != nil {
			return err
		}
		if len(monitors.Items) == 0 {
			return errors.New("there is none")
		}
		for _, monitor := range monitors.Items {
			conditions, _, err := unstructured.NestedSlice(monitor.Object, "status", "conditions")
			if err != nil {
				return err
			}
			if len(conditions) == 0 {
				return fmt.Errorf("%s has no conditions", monitor.GetName())
			}
		}
		return nil
	})
}

// waitForNodeExporter wants a DaemonSet that goes when the operator's Deployment does.
func waitForNodeExporter(t *testing.T, s *server) {
	t.Helper()
	// There is nothing here that would scrape it, so that one has to insist.
	s.apply(t, decode(t, []byte(`
apiVersion: monitoring.ragmonitor.io/v1alpha1
kind: RAGMonitor
metadata: {name: on-nodes, namespace: default}
spec:
  components: [{name: api, vocabulary: rag, selector: {matchLabels: {app: api}}}]
  nodeMetrics: Required
`))...)
	var daemonSets appsv1.DaemonSetList
	eventually(t, "node-exporter", func(ctx context.Context) error {
		if err := s.List(ctx, &daemonSets, client.InNamespace(systemNamespace)); err != nil {
			return err
		}
		if len(daemonSets.Items) != 1 {
			return fmt.Errorf("%d DaemonSets, want 1", len(daemonSets.Items))
		}
		return nil
	})
	owners := daemonSets.Items[0].OwnerReferences
	if len(owners) != 1 || owners[0].Kind != "Deployment" || owners[0].Name != operatorName {
		t.Errorf("the DaemonSet is owned by %v", owners)
	}
}

func account(t *testing.T, s *server, name string) *corev1.ServiceAccount {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: corev1.NamespaceDefault}}
	if err := s.Create(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	return account
}

func token(t *testing.T, s *server, account *corev1.ServiceAccount) string {
	t.Helper()
	request := &authenticationv1.TokenRequest{}
	if err := s.SubResource("token").Create(t.Context(), account, request); err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}

// bindReader does what the chart's README says.
func bindReader(t *testing.T, s *server, reader *corev1.ServiceAccount) {
	t.Helper()
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: reader.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: operatorName + "-metrics-reader"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: reader.Name, Namespace: reader.Namespace}},
	}
	if err := s.Create(t.Context(), binding); err != nil {
		t.Fatal(err)
	}
}
