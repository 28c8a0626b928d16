//go:build linux && cluster

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/config"
	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/node"
	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
)

// patience is for a machine that compiles at the same time.
const patience = 2 * time.Minute

// trial is a cluster of the test's own, beside any other on the machine.
type trial struct {
	place node.Place
	bin   string
	client.Client
}

// TestCluster goes once through the life of a cluster. `make cluster-test` runs it, as
// root.
func TestCluster(t *testing.T) {
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	c := &trial{place: node.Place{Dir: filepath.Join(t.TempDir(), "cluster")}, bin: filepath.Join(root, "bin")}
	before := sysctls(t)
	t.Cleanup(func() { _ = exec.Command(c.bin+"/cluster", "down", "--dir="+c.place.Dir).Run() })

	c.run(t, "up")
	if c.Client, err = connect(c.place.Kubeconfig()); err != nil {
		t.Fatal(err)
	}
	c.kubectl(t, "apply", "--filename=testdata/pods.yaml")
	c.seesService(t)
	c.seesContainerMetrics(t)
	c.reachesNothingOutside(t)
	c.isReachedAtItsNodePort(t)
	c.healsFromRestarts(t)

	starts := c.starts(t)
	c.run(t, "up")
	if diff := cmp.Diff(starts, c.starts(t)); diff != "" {
		t.Errorf("a second up has started something (-want +got):\n%s", diff)
	}
	c.run(t, "down")
	if traces := traces(t, c.place); len(traces) > 0 {
		t.Errorf("left behind:\n%s", strings.Join(traces, "\n"))
	}
	if diff := cmp.Diff(before, sysctls(t)); diff != "" {
		t.Errorf("settings of the kernel (-before +after):\n%s", diff)
	}
	c.run(t, "down")
}

// run runs a command of ours, which must succeed.
func (c *trial) run(t *testing.T, args ...string) string {
	t.Helper()
	return command(t, c.bin+"/cluster", append([]string{args[0], "--dir=" + c.place.Dir}, args[1:]...)...)
}

func (c *trial) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	return command(t, c.bin+"/kubectl", append(args, "--kubeconfig="+c.place.Kubeconfig())...)
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	begun := time.Now()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	t.Logf("%s %s: %.1fs", filepath.Base(name), args[0], time.Since(begun).Seconds())
	return string(out)
}

// eventually polls until check is content.
func eventually(t *testing.T, check func(context.Context) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("%v: %v", err, last)
	}
}

// finished waits for a pod to end in this phase, and returns what it printed.
func (c *trial) finished(t *testing.T, name string, phase corev1.PodPhase) string {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		var pod corev1.Pod
		if err := c.Get(ctx, client.ObjectKey{Namespace: "trial", Name: name}, &pod); err != nil {
			return err
		}
		if pod.Status.Phase != phase {
			return fmt.Errorf("pod %s is %s, want %s", name, pod.Status.Phase, phase)
		}
		return nil
	})
	return c.kubectl(t, "logs", "--namespace=trial", name)
}

func (c *trial) seesService(t *testing.T) {
	t.Helper()
	if logs := c.finished(t, "service", corev1.PodSucceeded); !strings.Contains(logs, "\n# TYPE rag_active_requests gauge\n") {
		t.Errorf("the service answers:\n%.500s", logs)
	}
}

func (c *trial) seesContainerMetrics(t *testing.T) {
	t.Helper()
	logs := c.finished(t, "cadvisor", corev1.PodSucceeded)
	for _, metric := range []string{"container_cpu_usage_seconds_total", "container_memory_working_set_bytes", "container_network_receive_bytes_total", "container_processes"} {
		if !has(logs, metric+"{", `namespace="trial"`, `pod="ragsim-`) {
			t.Errorf("no %s of the pods", metric)
		}
	}
}

// has says whether a line of the text has all parts.
func has(text string, parts ...string) bool {
	for line := range strings.Lines(text) {
		found := 0
		for _, part := range parts {
			if strings.Contains(line, part) {
				found++
			}
		}
		if found == len(parts) {
			return true
		}
	}
	return false
}

func (c *trial) reachesNothingOutside(t *testing.T) {
	t.Helper()
	if logs := c.finished(t, "outside", corev1.PodFailed); !strings.Contains(logs, "no answer within 2s") {
		t.Errorf("asking outside ends with:\n%s", logs)
	}
}

func (c *trial) isReachedAtItsNodePort(t *testing.T) {
	t.Helper()
	var service corev1.Service
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: "trial", Name: "ragsim"}, &service); err != nil {
		t.Fatal(err)
	}
	settings, err := c.place.Settings()
	if err != nil {
		t.Fatal(err)
	}
	url := fmt.Sprintf("http://%s:%d/metrics", settings.Addresses.Node, service.Spec.Ports[0].NodePort)
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it was read to its end
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("%s answers %s, error %v", url, response.Status, err)
	}
}

// healsFromRestarts looks that no container was lost, and that new ones start.
func (c *trial) healsFromRestarts(t *testing.T) {
	t.Helper()
	for _, component := range config.Components(config.Settings{}) {
		c.run(t, "restart", "--hard", component.Name)
	}
	c.run(t, "restart", "containerd")
	c.run(t, "restart", "kube-apiserver")
	c.kubectl(t, "scale", "--namespace=trial", "deployment/ragsim", "--replicas=3")
	eventually(t, func(ctx context.Context) error {
		var deployment appsv1.Deployment
		if err := c.Get(ctx, client.ObjectKey{Namespace: "trial", Name: "ragsim"}, &deployment); err != nil {
			return err
		}
		if deployment.Status.AvailableReplicas != 3 {
			return fmt.Errorf("%d of 3 pods are available", deployment.Status.AvailableReplicas)
		}
		return nil
	})
	var pods corev1.PodList
	if err := c.List(t.Context(), &pods, client.InNamespace("trial"), client.MatchingLabels{"app": "ragsim"}); err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods.Items {
		for _, container := range pod.Status.ContainerStatuses {
			if container.RestartCount > 0 {
				t.Errorf("container %s of pod %s was started again", container.Name, pod.Name)
			}
		}
	}
}

func (c *trial) starts(t *testing.T) map[string]int {
	t.Helper()
	report, err := node.NewClient(c.place).Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	starts := map[string]int{}
	for _, component := range report.Components {
		starts[component.Name] = component.Starts
	}
	return starts
}

// traces are what a cluster has left on the machine beside its logs and the lock of
// its commands: control groups, links, mounts, processes and files.
func traces(t *testing.T, place node.Place) []string {
	t.Helper()
	var found []string
	for _, pattern := range []string{
		"/sys/fs/cgroup/ragmonitor-" + place.ID(),
		"/sys/fs/cgroup/*/ragmonitor-" + place.ID(),
		"/sys/class/net/rm-" + place.ID(),
		place.Dir + "/*",
	} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if path != place.Logs() && filepath.Base(path) != "lock" {
				found = append(found, path)
			}
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(mounts, []byte(place.Dir)) {
		found = append(found, "a mount of "+place.Dir)
	}
	return append(found, processes(t, place)...)
}

// processes are those of the cluster: the keeper names it, all others are in its
// control groups.
func processes(t *testing.T, place node.Place) []string {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, process := range all {
		line, _ := os.ReadFile(process + "/cmdline") // it may have ended
		groups, _ := os.ReadFile(process + "/cgroup")
		if bytes.Contains(line, []byte(place.Dir)) || bytes.Contains(groups, []byte("ragmonitor-"+place.ID())) {
			found = append(found, fmt.Sprintf("%s: %q", process, line))
		}
	}
	return found
}

// sysctls are what the kubelet would have changed.
func sysctls(t *testing.T) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, name := range config.Sysctls() {
		content, err := os.ReadFile("/proc/sys/" + name)
		if err != nil {
			t.Fatal(err)
		}
		values[name] = string(content)
	}
	return values
}
