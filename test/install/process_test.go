package install

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// process is one pod of the operator: its container's arguments and environment, and
// the rights of its account.
type process struct {
	cmd *exec.Cmd
	log *os.File
	// probes and metrics are the addresses in place of the pod's ports.
	probes, metrics string
	ended           chan error
}

// startPod starts a pod of the operator's Deployment as it is in the cluster. It ends
// with the test, or before; more are further arguments.
func (s *server) startPod(t *testing.T, more ...string) *process {
	t.Helper()
	deployment := &appsv1.Deployment{}
	if err := s.Get(t.Context(), client.ObjectKey{Namespace: systemNamespace, Name: operatorName}, deployment); err != nil {
		t.Fatal(err)
	}
	pod := deployment.Spec.Template.Spec
	kubeconfig, err := s.kubeconfigOf(t.Context(), t, pod.ServiceAccountName)
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, s.binary, kubeconfig, pod.Containers[0], more...)
	t.Cleanup(func() { p.stop(t) })
	return p
}

func start(t *testing.T, binary, kubeconfig string, container corev1.Container, more ...string) *process {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	p := &process{log: log, probes: freeAddress(t), metrics: freeAddress(t), ended: make(chan error, 1)}
	arguments := slices.Concat(container.Args,
		[]string{"--health-probe-bind-address=" + p.probes, "--metrics-bind-address=" + p.metrics, "--kubeconfig=" + kubeconfig}, more)
	// It is stopped by the test itself: the end of the context is no order.
	p.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), binary, arguments...)
	p.cmd.Env = environment(t, container)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.cmd.Wait() }()
	return p
}

// stop wants a log without errors, and ends it. It may be called again.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if p.cmd != nil {
		// What is broken off by the end is an error too, and none of ours.
		p.checkLog(t)
		p.end(t)
	}
}

// end does what a kubelet does, and wants a clean end, for that is what hands over the
// lease. It may be called again.
func (p *process) end(t *testing.T) {
	t.Helper()
	if p.cmd == nil {
		return
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("signal the operator: %v", err)
	}
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("the operator ended with %v", err)
		}
	case <-time.After(40 * time.Second):
		t.Error("the operator did not end in the time that the chart gives it")
		p.kill(t)
	}
	p.cmd = nil
}

// kill ends it without a chance to hand over.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Errorf("kill the operator: %v", err)
	}
	if err := <-p.ended; err == nil {
		t.Error("the operator was killed and ended well")
	}
	p.cmd = nil
}

var bad = regexp.MustCompile(`"level":"error"|forbidden`)

// checkLog wants no error in it, and shows it where something failed.
func (p *process) checkLog(t *testing.T) {
	t.Helper()
	content, err := io.ReadAll(io.NewSectionReader(p.log, 0, 1<<20))
	if err != nil {
		t.Error(err)
	}
	if t.Failed() || bad.Match(content) {
		t.Errorf("the operator's log:\n%s", content)
	}
}

// sample is the sum of the operator's own series of a metric that have a label; 0 for
// none.
func (p *process) sample(ctx context.Context, t *testing.T, token, name, label string) (float64, error) {
	t.Helper()
	code, body, err := get(ctx, "https://"+p.metrics+"/metrics", token)
	if err != nil || code != http.StatusOK {
		return 0, fmt.Errorf("code %d: %w", code, err)
	}
	sum := 0.0
	lines := bufio.NewScanner(strings.NewReader(body))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		series, value, _ := strings.Cut(lines.Text(), "} ")
		if strings.HasPrefix(series, name+"{") && strings.Contains(series, label) {
			number, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return 0, err
			}
			sum += number
		}
	}
	return sum, lines.Err()
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

// waitForCode wants the code from a URL.
func waitForCode(t *testing.T, url, token string, want int) {
	t.Helper()
	eventually(t, "get "+url, func(ctx context.Context) error {
		code, _, err := get(ctx, url, token)
		if err == nil && code != want {
			err = fmt.Errorf("code %d, want %d", code, want)
		}
		return err
	})
}

// get asks once. The certificate is the operator's own, so it is not verified.
func get(ctx context.Context, url, token string) (code int, body string, err error) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	web := &http.Client{Transport: transport, Timeout: 5 * time.Second}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := web.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close() //nolint:errcheck // nothing was written
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}
