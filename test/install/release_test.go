package install

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	runtimeschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

const crdName = "ragmonitors.monitoring.ragmonitor.io"

// release is one that is gone through by the steps of testRelease.
type release struct {
	*server
	// t is the test that lasts as long as the release.
	t    *testing.T
	node *node
	pod  *process
}

// testRelease goes through the life of a release, with an operator that does its work
// meanwhile.
func testRelease(t *testing.T, s *server) {
	t.Helper()
	before := s.inventory(t)
	metrics := freeAddress(t)
	r := &release{server: s, t: t}
	r.node = startNode(t, s, s.binary, fmt.Sprintf("%s-metrics.%s.svc:8443", operatorName, systemNamespace), metrics)

	notes := r.helm(t, "install", operatorName, chartPath, "--create-namespace", "--set", "metrics.serviceMonitor.enabled=true")
	s.waitForCRD(t, crdName)
	checkNotes(t, notes)
	monitors := []*unstructured.Unstructured{example(t, []byte(notes), "(?s)<<END\n(.*?)END\n")}
	monitors = append(monitors, second(monitors[0]))
	s.apply(t, namespaceOf("rag"))
	s.apply(t, monitors...)
	s.apply(t, notOurs())
	r.pod = s.startPodAt(r.t, metrics)
	children := r.waitForChildren(t, monitors)

	t.Run("helm test looks at the operator", func(t *testing.T) { r.testHelmTest(t) })
	t.Run("an upgrade upgrades the CustomResourceDefinition", func(t *testing.T) { r.testCRDUpgrade(t) })
	t.Run("an upgrade leaves the children alone", func(t *testing.T) {
		r.helm(t, "upgrade", operatorName, chartPath, "--set", "replicas=2,logLevel=debug,resources.limits.memory=600Mi")
		r.checkUntouched(t, metrics, 2, monitors, children)
	})
	t.Run("a rollback leaves the children alone", func(t *testing.T) {
		r.helm(t, "rollback", operatorName)
		r.checkUntouched(t, metrics, 1, monitors, children)
	})
	t.Run("nothing is removed beside an operator that is installed", func(t *testing.T) {
		_, err := execute(t, s.binary, "cleanup", "--operator-namespace="+systemNamespace, "--operator-deployment="+operatorName, "--kubeconfig="+s.kubeconfig)
		if err == nil || !strings.Contains(err.Error(), "the operator is installed") {
			t.Errorf("error %v, want a refusal", err)
		}
		if diff := cmp.Diff(children, r.children(t)); diff != "" {
			t.Errorf("children (-before +after):\n%s", diff)
		}
	})
	t.Run("an uninstallation takes the children, and nothing is left", func(t *testing.T) {
		r.uninstall(t)
		r.checkLeft(t, before, monitors)
		checkTold(t, s, monitors)
	})
	t.Run("the next installation makes them again", func(t *testing.T) {
		r.helm(t, "install", operatorName, chartPath)
		r.pod = s.startPodAt(r.t, metrics)
		again := r.waitForChildren(t, monitors)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(children)), slices.Sorted(maps.Keys(again))); diff != "" {
			t.Errorf("children (-before +after):\n%s", diff)
		}
	})
	t.Run("a claim for the samples comes and goes", func(t *testing.T) {
		r.helm(t, "upgrade", operatorName, chartPath, "--set", "embedded.storage.existingClaim=samples")
		r.checkStrategy(t, appsv1.RecreateDeploymentStrategyType)
		r.helm(t, "upgrade", operatorName, chartPath, "--reset-values")
		r.checkStrategy(t, appsv1.RollingUpdateDeploymentStrategyType)
	})
	t.Run("an uninstallation that keeps the children keeps them", func(t *testing.T) {
		kept := r.children(t)
		r.helm(t, "upgrade", operatorName, chartPath, "--set", "uninstall.cleanup=false")
		r.uninstall(t)
		// Without a garbage collector the node-exporter, which the Deployment owned, is there too.
		if diff := cmp.Diff(slices.Sorted(maps.Keys(kept)), slices.Sorted(maps.Keys(r.children(t)))); diff != "" {
			t.Errorf("children (-before +after):\n%s", diff)
		}
	})
	t.Run("a release can take over what the last one left", func(t *testing.T) {
		r.helm(t, "install", operatorName, chartPath)
		r.uninstall(t)
		r.checkLeft(t, before, monitors)
	})
}

func (r *release) helm(t *testing.T, arguments ...string) string {
	t.Helper()
	output, err := helm(t, append(arguments, "--kubeconfig", r.kubeconfig, "--namespace", systemNamespace)...)
	if err != nil {
		t.Fatalf("%v\n%s%s", err, r.node.output(operatorName+"-test"), r.node.output(operatorName+"-cleanup"))
	}
	return string(output)
}

// uninstall stops the operator when its Deployment is gone, as a cluster does: some time
// after helm has gone on.
func (r *release) uninstall(t *testing.T) {
	t.Helper()
	stopped := make(chan error)
	go func() {
		key := client.ObjectKey{Namespace: systemNamespace, Name: operatorName}
		stopped <- wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
			return apierrors.IsNotFound(r.Get(ctx, key, &appsv1.Deployment{})), nil
		})
	}()
	uninstalled := make(chan error)
	arguments := []string{"uninstall", operatorName, "--kubeconfig", r.kubeconfig, "--namespace", systemNamespace}
	go func() {
		_, err := helm(t, arguments...)
		uninstalled <- err
	}()
	if err := <-stopped; err != nil {
		t.Errorf("wait for the end of the Deployment: %v", err)
	}
	// helm has taken its rights already, so it cannot say goodbye.
	r.pod.end(r.t)
	if err := <-uninstalled; err != nil {
		t.Fatalf("%v\n%s", err, r.node.output(operatorName+"-cleanup"))
	}
}

func namespaceOf(name string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name},
	}}
}

// notOurs has the label of the operator's objects, and is nobody's.
func notOurs() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{
			"namespace": "rag", "name": "not-ours", "labels": map[string]any{naming.LabelManagedBy: naming.ManagedBy},
		},
	}}
}

// second is the same in another namespace.
func second(monitor *unstructured.Unstructured) *unstructured.Unstructured {
	other := monitor.DeepCopy()
	other.SetNamespace("rag")
	other.SetName("docs-bot")
	return other
}

// identity is what an object keeps as long as nobody writes it.
type identity struct{ UID, Version string }

// children are all objects that an operator made, as "kind namespace/name".
func (r *release) children(t *testing.T) map[string]identity {
	t.Helper()
	found := map[string]identity{}
	kinds := map[runtimeschema.GroupVersionKind]bool{}
	for _, kind := range slices.Concat(desired.MonitorKinds, desired.NodeExporterKinds) {
		kinds[kind] = true
	}
	for kind := range kinds {
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(kind)
		if err := r.List(t.Context(), list, client.MatchingLabels{naming.LabelManagedBy: naming.ManagedBy}); err != nil {
			t.Fatal(err)
		}
		for _, o := range list.Items {
			found[fmt.Sprintf("%s %s/%s", kind.Kind, o.Namespace, o.Name)] = identity{string(o.UID), o.ResourceVersion}
		}
	}
	return found
}

// waitForChildren wants a rule, a scrape job and a board of each RAGMonitor, and the
// node-exporter.
func (r *release) waitForChildren(t *testing.T, monitors []*unstructured.Unstructured) map[string]identity {
	t.Helper()
	want := []string{"DaemonSet " + systemNamespace + "/" + naming.NodeExporter}
	for _, m := range monitors {
		want = append(want,
			"PrometheusRule "+m.GetNamespace()+"/"+naming.PrometheusRule(m.GetName()),
			"ServiceMonitor "+m.GetNamespace()+"/"+naming.ServiceMonitor(m.GetName(), "api"),
			"ConfigMap "+m.GetNamespace()+"/"+naming.Dashboard(m.GetName()))
	}
	eventually(t, "children", func(context.Context) error {
		have := r.children(t)
		for _, name := range want {
			if _, ok := have[name]; !ok {
				return fmt.Errorf("no %s", name)
			}
		}
		return nil
	})
	r.waitForWork(t, len(monitors))
	return r.children(t)
}

// waitForWork returns when the operator has looked at all RAGMonitors, at the
// node-exporter, and at the sources.
func (r *release) waitForWork(t *testing.T, monitors int) {
	t.Helper()
	reader := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: corev1.NamespaceDefault, Name: "release-reader"}}
	if err := r.Create(t.Context(), reader); err == nil {
		bindReader(t, r.server, reader)
	}
	bearer := token(t, r.server, reader)
	for series, least := range map[string]float64{
		`controller="ragmonitor",result="success"`:         float64(monitors),
		`controller="nodeexporter",result="requeue_after"`: 1,
		`controller="aggregator",result="success"`:         float64(monitors),
	} {
		eventually(t, series, func(ctx context.Context) error {
			got, err := r.pod.sample(ctx, t, bearer, "controller_runtime_reconcile_total", series)
			if err == nil && got < least {
				err = fmt.Errorf("%g reconciliations, want %g", got, least)
			}
			return err
		})
	}
}

func (r *release) testHelmTest(t *testing.T) {
	t.Helper()
	r.helm(t, "test", operatorName)
	output := r.node.output(operatorName + "-test")
	for _, want := range []string{"leader: ", "metrics: are served to those who may read them", "RAGMonitors: the operator has looked at all 2"} {
		if !strings.Contains(output, want) {
			t.Errorf("the test does not say %q:\n%s", want, output)
		}
	}
}

// testCRDUpgrade puts an older CustomResourceDefinition in place.
func (r *release) testCRDUpgrade(t *testing.T) {
	t.Helper()
	columns := func() int {
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := r.Get(t.Context(), client.ObjectKey{Name: crdName}, crd); err != nil {
			t.Fatal(err)
		}
		return len(crd.Spec.Versions[0].AdditionalPrinterColumns)
	}
	all := columns()
	_, err := run(t, "kubectl", "--kubeconfig", r.kubeconfig, "patch", "crd", crdName, "--type=json",
		`--patch=[{"op":"remove","path":"/spec/versions/0/additionalPrinterColumns/0"}]`)
	if err != nil {
		t.Fatal(err)
	}
	if got := columns(); got != all-1 {
		t.Fatalf("%d columns, want %d before the upgrade", got, all-1)
	}
	r.helm(t, "upgrade", operatorName, chartPath, "--reuse-values", "--force-conflicts")
	if got := columns(); got != all {
		t.Errorf("%d columns after the upgrade, want %d", got, all)
	}
}

// checkUntouched runs the operator as the Deployment now has it, and wants each child to
// be the object that it was, not written once.
func (r *release) checkUntouched(t *testing.T, metrics string, replicas int32, monitors []*unstructured.Unstructured, before map[string]identity) {
	t.Helper()
	deployment := &appsv1.Deployment{}
	if err := r.Get(t.Context(), client.ObjectKey{Namespace: systemNamespace, Name: operatorName}, deployment); err != nil {
		t.Fatal(err)
	}
	if *deployment.Spec.Replicas != replicas {
		t.Errorf("%d replicas, want %d", *deployment.Spec.Replicas, replicas)
	}
	r.pod.stop(t)
	r.pod = r.startPodAt(r.t, metrics)
	r.waitForWork(t, len(monitors))
	if diff := cmp.Diff(before, r.children(t)); diff != "" {
		t.Errorf("children (-before +after):\n%s", diff)
	}
}

func (r *release) checkStrategy(t *testing.T, want appsv1.DeploymentStrategyType) {
	t.Helper()
	deployment := &appsv1.Deployment{}
	if err := r.Get(t.Context(), client.ObjectKey{Namespace: systemNamespace, Name: operatorName}, deployment); err != nil {
		t.Fatal(err)
	}
	if got := deployment.Spec.Strategy.Type; got != want {
		t.Errorf("pods are replaced by %s, want %s", got, want)
	}
}

// checkLeft wants RAGMonitors, their CustomResourceDefinition, and nothing else that was
// not there before.
func (r *release) checkLeft(t *testing.T, before []string, monitors []*unstructured.Unstructured) {
	t.Helper()
	want := append(slices.Clone(before),
		"CustomResourceDefinition /"+crdName,
		// These are the test's.
		"Namespace /rag", "ConfigMap rag/not-ours", "Namespace /"+systemNamespace,
		"ServiceAccount default/release-reader", "ClusterRoleBinding /release-reader")
	for _, m := range monitors {
		want = append(want, "RAGMonitor "+m.GetNamespace()+"/"+m.GetName())
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, r.inventory(t)); diff != "" {
		t.Errorf("objects in the cluster (-want +got):\n%s\n%s", diff, r.node.output(operatorName+"-cleanup"))
	}
}

// checkTold wants each RAGMonitor to say that nobody looks after it any more.
func checkTold(t *testing.T, s *server, monitors []*unstructured.Unstructured) {
	t.Helper()
	for _, m := range monitors {
		found := m.DeepCopy()
		if err := s.Get(t.Context(), client.ObjectKeyFromObject(m), found); err != nil {
			t.Fatal(err)
		}
		if health, _, _ := unstructured.NestedString(found.Object, "status", "health"); health != string(v1alpha1.HealthUnknown) {
			t.Errorf("the health of %s is %s", m.GetName(), health)
		}
		got := map[string]string{}
		conditions, _, _ := unstructured.NestedSlice(found.Object, "status", "conditions")
		for _, c := range conditions {
			condition := c.(map[string]any)
			got[condition["type"].(string)] = fmt.Sprint(condition["status"], "/", condition["reason"])
		}
		for kind, want := range map[string]string{"Ready": "False/Uninstalled", "Applied": "False/Uninstalled", "Healthy": "Unknown/Uninstalled"} {
			if got[kind] != want {
				t.Errorf("%s of %s is %s, want %s", kind, m.GetName(), got[kind], want)
			}
		}
	}
}

func checkNotes(t *testing.T, notes string) {
	t.Helper()
	for _, want := range []string{
		"kubectl get ragmonitors --all-namespaces",
		"embedded: the operator itself",
		"--set prometheus.url=",
		"kubectl label namespace " + systemNamespace + " pod-security.kubernetes.io/enforce=privileged",
		"helm test " + operatorName + " --namespace " + systemNamespace,
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes do not say %q:\n%s", want, notes)
		}
	}
}

// startPodAt starts a pod whose metrics are at an address, and waits until it is ready.
func (s *server) startPodAt(t *testing.T, metrics string) *process {
	t.Helper()
	p := s.startPod(t, "--metrics-bind-address="+metrics)
	p.metrics = metrics
	waitForCode(t, "http://"+p.probes+"/readyz", "", http.StatusOK)
	return p
}
