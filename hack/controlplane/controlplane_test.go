package controlplane

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// TestPlane goes through the life of one plane, because a start takes ten seconds.
func TestPlane(t *testing.T) {
	options := Options{ControllerManager: true, AuditLog: filepath.Join(t.TempDir(), "audit.log"), CRDs: crds(t)}
	p, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	})

	t.Run("the CRDs are served", func(t *testing.T) { checkCRDs(t, p.Config()) })
	t.Run("an object goes with its owner", func(t *testing.T) { checkGarbageCollection(t, client(t, p.Config())) })
	t.Run("a user may do what RBAC grants", func(t *testing.T) { checkUser(t, p, options.AuditLog) })
	t.Run("the kubeconfig is an administrator's", func(t *testing.T) { checkKubeconfig(t, p) })
	t.Run("a process that ended is named", func(t *testing.T) { checkEnded(t, p) })
	t.Run("nothing is left after Stop", func(t *testing.T) { checkStopped(t, p) })
}

func crds(t *testing.T) []string {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	paths, err := CRDPaths(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func client(t *testing.T, config *rest.Config) kubernetes.Interface {
	t.Helper()
	c, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func checkCRDs(t *testing.T, config *rest.Config) {
	t.Helper()
	resources, err := discovery.ServerPreferredResources(discovery.NewDiscoveryClientForConfigOrDie(config))
	if err != nil {
		t.Fatal(err)
	}
	served := map[string]bool{}
	for _, list := range resources {
		for _, resource := range list.APIResources {
			served[resource.Name] = true
		}
	}
	for _, name := range append([]string{"ragmonitors"}, PrometheusOperatorKinds...) {
		if !served[name] {
			t.Errorf("%s are not served", name)
		}
	}
}

func checkGarbageCollection(t *testing.T, c kubernetes.Interface) {
	t.Helper()
	maps := c.CoreV1().ConfigMaps(metav1.NamespaceDefault)
	owner, err := maps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "owner"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ref := metav1.NewControllerRef(owner, corev1.SchemeGroupVersion.WithKind("ConfigMap"))
	owned := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "owned", OwnerReferences: []metav1.OwnerReference{*ref}}}
	if _, err := maps.Create(t.Context(), owned, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := maps.Delete(t.Context(), "owner", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	err = wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		_, err := maps.Get(ctx, "owned", metav1.GetOptions{})
		return apierrors.IsNotFound(err), nil
	})
	if err != nil {
		t.Errorf("the owned object is still there: %v", err)
	}
}

func checkUser(t *testing.T, p *Plane, auditLog string) {
	t.Helper()
	config, err := p.UserConfig("alice", "search")
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, config)
	_, err = c.CoreV1().ConfigMaps(metav1.NamespaceDefault).List(t.Context(), metav1.ListOptions{})
	if !apierrors.IsForbidden(err) {
		t.Errorf("error %v, want forbidden", err)
	}
	_, err = c.CoreV1().ConfigMaps(metav1.NamespaceDefault).Create(t.Context(),
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "hers"}}, metav1.CreateOptions{})
	if !apierrors.IsForbidden(err) {
		t.Errorf("error %v, want forbidden", err)
	}
	events, err := ReadAudit(auditLog)
	if err != nil {
		t.Fatal(err)
	}
	type request struct {
		verb, resource string
		code           int
		write          bool
	}
	var got []request
	for _, e := range events {
		if e.User.Username == "alice" {
			got = append(got, request{e.Verb, e.ObjectRef.Resource, e.ResponseStatus.Code, e.Write()})
		}
	}
	want := []request{{"list", "configmaps", 403, false}, {"create", "configmaps", 403, true}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(request{})); diff != "" {
		t.Errorf("alice's requests in the audit log (-want +got):\n%s", diff)
	}
}

func checkKubeconfig(t *testing.T, p *Plane) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := p.WriteKubeconfig(path); err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client(t, config).CoreV1().Secrets("").List(t.Context(), metav1.ListOptions{}); err != nil {
		t.Error(err)
	}
}

func checkEnded(t *testing.T, p *Plane) {
	t.Helper()
	if err := p.Check(); err != nil {
		t.Errorf("before: %v", err)
	}
	p.controllers.Stop()
	if err := p.Check(); err == nil || !strings.Contains(err.Error(), "kube-controller-manager") {
		t.Errorf("afterwards: error %v, want one that names kube-controller-manager", err)
	}
}

func checkStopped(t *testing.T, p *Plane) {
	t.Helper()
	pids := p.PIDs()
	if len(pids) != 3 {
		t.Fatalf("processes %v, want three", pids)
	}
	begun := time.Now()
	for range 2 {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	}
	t.Logf("stopped after %s", time.Since(begun))
	for name, pid := range pids {
		if alive(pid) {
			t.Errorf("%s is still there, with pid %d", name, pid)
		}
	}
	if _, err := os.Stat(p.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", p.dir, err)
	}
}

func TestStartFails(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	for name, tc := range map[string]struct {
		ctx     context.Context
		options Options
		want    string
	}{
		"without binaries it says how to get them": {
			ctx: t.Context(), options: Options{BinDir: t.TempDir()}, want: "run `make controlplane`",
		},
		"with a CRD that is not there": {
			ctx: t.Context(), options: Options{CRDs: []string{"testdata/missing.yaml"}}, want: "testdata/missing.yaml",
		},
		"when the context has ended": {
			ctx: ended, want: "context canceled",
		},
		"with an audit log that cannot be written it shows what the server said": {
			ctx: t.Context(), options: Options{AuditLog: t.TempDir()}, want: "is a directory",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			p, err := Start(tc.ctx, tc.options)
			if err == nil {
				t.Fatalf("started, and stopped with: %v", p.Stop())
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %q, want one with %q", err, tc.want)
			}
			left, err := os.ReadDir(os.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if len(left) > 0 {
				t.Errorf("left in the temporary directory: %v", left)
			}
		})
	}
}

func TestLaunchersQuote(t *testing.T) {
	for name, tc := range map[string]struct{ path, want string }{
		"a plain path":        {path: "/bin/etcd", want: "'/bin/etcd'"},
		"a path with a blank": {path: "/my bin/etcd", want: "'/my bin/etcd'"},
		"a path with a quote": {path: "/it's/etcd", want: `'/it'\''s/etcd'`},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, quote(tc.path)); diff != "" {
				t.Errorf("word (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOutputKeepsWholeLines(t *testing.T) {
	var o output
	for range 1000 {
		if _, err := o.Write([]byte("0123456789\n")); err != nil {
			t.Fatal(err)
		}
	}
	tail := o.Tail()
	if len(tail) > kept || len(tail) < kept/2 {
		t.Errorf("%d bytes kept, want about %d", len(tail), kept)
	}
	for line := range strings.Lines(tail) {
		if strings.TrimSpace(line) != "0123456789" {
			t.Errorf("line %q is not whole", line)
		}
	}
}
