package install

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
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
	probes, metrics := freeAddress(t), freeAddress(t)
	log := startOperator(t, plane, environment(t, container), slices.Concat(container.Args,
		[]string{"--health-probe-bind-address=" + probes, "--metrics-bind-address=" + metrics}))
	defer func() {
		content, err := io.ReadAll(io.NewSectionReader(log, 0, 1<<20))
		if err != nil {
			t.Error(err)
		}
		if t.Failed() || regexp.MustCompile(`"level":"error"|forbidden`).Match(content) {
			t.Errorf("the operator's log:\n%s", content)
		}
	}()

	for _, probe := range []*corev1.Probe{container.LivenessProbe, container.ReadinessProbe} {
		waitForCode(t, "http://"+probes+probe.HTTPGet.Path, "", http.StatusOK)
	}
	waitForConditions(t, s)
	waitForNodeExporter(t, s)

	// The operator remembers a refusal for half a minute, so the two are two accounts.
	reader, stranger := account(t, s, "prometheus"), account(t, s, "stranger")
	bindReader(t, s, reader)
	waitForCode(t, "https://"+metrics+"/metrics", "", http.StatusUnauthorized)
	waitForCode(t, "https://"+metrics+"/metrics", token(t, s, stranger), http.StatusForbidden)
	waitForCode(t, "https://"+metrics+"/metrics", token(t, s, reader), http.StatusOK)
}

// startOperator returns the file that the operator logs to. It ends with the test.
func startOperator(t *testing.T, plane *controlplane.Plane, env, arguments []string) *os.File {
	t.Helper()
	dir := t.TempDir()
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := plane.WriteUserKubeconfig(kubeconfig, accountUser, accountGroups...); err != nil {
		t.Fatal(err)
	}
	log, err := os.CreateTemp(dir, "log")
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t, buildImage(t), append(arguments, "--kubeconfig="+kubeconfig)...)
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 40 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The end of the test has sent the signal already; a clean end is part of what
		// is promised, for it is what hands over the lease.
		if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() != 0 {
			t.Errorf("the operator ended with %v", err)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return log
}

// environment is what a kubelet makes of the container's, but that a folder which is
// mounted is one of the test's. There is no other to write to.
func environment(t *testing.T, container corev1.Container) []string {
	t.Helper()
	mounts := map[string]bool{}
	for _, mount := range container.VolumeMounts {
		mounts[mount.MountPath] = true
	}
	env := []string{"TMPDIR=/a/root/file/system/that/is/read-only"}
	for _, variable := range container.Env {
		value, source := variable.Value, variable.ValueFrom
		switch {
		case source == nil && mounts[value]:
			value = t.TempDir()
		case source == nil:
		case source.FieldRef != nil && source.FieldRef.FieldPath == "metadata.namespace":
			value = systemNamespace
		case source.ResourceFieldRef != nil && source.ResourceFieldRef.Resource == "limits.memory":
			value = strconv.FormatInt(container.Resources.Limits.Memory().Value(), 10)
		default:
			t.Fatalf("%s has a source that the test does not know: %v", variable.Name, source)
		}
		env = append(env, variable.Name+"="+value)
	}
	return env
}

// freeAddress is an address of the loopback interface that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // nothing was written
	return listener.Addr().String()
}

// eventually fails when the condition is not met within half a minute.
func eventually(t *testing.T, what string, condition func(ctx context.Context) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		err := condition(ctx)
		if err == nil || ctx.Err() == nil {
			last = err
		}
		return err == nil, nil
	})
	if err != nil {
		t.Fatalf("%s: %v", what, last)
	}
}

// waitForCode wants the code from a URL. The certificate is the operator's own, so
// it is not verified.
func waitForCode(t *testing.T, url, token string, want int) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	web := &http.Client{Transport: transport, Timeout: 5 * time.Second}
	eventually(t, "get "+url, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := web.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close() //nolint:errcheck // nothing was written
		if response.StatusCode != want {
			return fmt.Errorf("code %d, want %d", response.StatusCode, want)
		}
		return nil
	})
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
		ObjectMeta: metav1.ObjectMeta{Name: operatorName + "-metrics-reader"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: operatorName + "-metrics-reader"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: reader.Name, Namespace: reader.Namespace}},
	}
	if err := s.Create(t.Context(), binding); err != nil {
		t.Fatal(err)
	}
}
