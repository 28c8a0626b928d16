package install

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// node does for the pods of helm's hooks what a kubelet, the Job controller and the
// Service's address would: it runs the container's arguments as a process, with the token
// of the pod's account and nothing else, and reports how it ended.
type node struct {
	t      *testing.T
	server *server
	binary string
	// resolve are the addresses of names that only a cluster knows.
	resolve *strings.Replacer

	mu      sync.Mutex
	started map[types.UID]bool
	// printed is the output of each, by the object's name.
	printed map[string]string
	running sync.WaitGroup
}

// startNode runs pods and Jobs of the namespace as they appear, until the test ends.
func startNode(t *testing.T, s *server, binary string, resolve ...string) *node {
	t.Helper()
	n := &node{
		t: t, server: s, binary: binary, resolve: strings.NewReplacer(resolve...),
		started: map[types.UID]bool{}, printed: map[string]string{},
	}
	ctx, stop := context.WithCancel(t.Context())
	n.running.Go(func() {
		for ctx.Err() == nil {
			n.look(ctx)
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	t.Cleanup(func() { stop(); n.running.Wait() })
	return n
}

// output is what the pod of an object printed; it is complete once helm is told.
func (n *node) output(name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.printed[name]
}

func (n *node) look(ctx context.Context) {
	var pods corev1.PodList
	var jobs batchv1.JobList
	for _, list := range []client.ObjectList{&pods, &jobs} {
		if err := n.server.List(ctx, list, client.InNamespace(systemNamespace)); err != nil {
			return // the next look will tell
		}
	}
	for i := range pods.Items {
		pod := &pods.Items[i]
		n.start(pod.UID, func() { n.runPod(ctx, pod) })
	}
	for i := range jobs.Items {
		job := &jobs.Items[i]
		n.start(job.UID, func() { n.runJob(ctx, job) })
	}
}

func (n *node) start(uid types.UID, run func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.started[uid] {
		n.started[uid] = true
		n.running.Go(run)
	}
}

func (n *node) runPod(ctx context.Context, pod *corev1.Pod) {
	pod.Status.Phase = corev1.PodSucceeded
	if err := n.run(ctx, pod.Name, pod.Spec); err != nil {
		pod.Status.Phase = corev1.PodFailed
	}
	if err := n.server.Status().Update(ctx, pod); err != nil && ctx.Err() == nil {
		n.t.Errorf("status of pod %s: %v", pod.Name, err)
	}
}

func (n *node) runJob(ctx context.Context, job *batchv1.Job) {
	began := metav1.Now()
	err := n.run(ctx, job.Name, job.Spec.Template.Spec)
	job.Status.StartTime = &began
	conditions := []batchv1.JobConditionType{batchv1.JobSuccessCriteriaMet, batchv1.JobComplete}
	job.Status.Succeeded = 1
	if err != nil {
		conditions = []batchv1.JobConditionType{batchv1.JobFailureTarget, batchv1.JobFailed}
		job.Status.Succeeded, job.Status.Failed = 0, 1
	} else {
		ended := metav1.Now()
		job.Status.CompletionTime = &ended
	}
	for _, kind := range conditions {
		job.Status.Conditions = append(job.Status.Conditions, batchv1.JobCondition{Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: began})
	}
	if err := n.server.Status().Update(ctx, job); err != nil && ctx.Err() == nil {
		n.t.Errorf("status of Job %s: %v", job.Name, err)
	}
}

// run is the one container of a pod.
func (n *node) run(ctx context.Context, name string, pod corev1.PodSpec) error {
	kubeconfig, err := n.server.kubeconfigOf(ctx, n.t, pod.ServiceAccountName)
	if err != nil {
		n.t.Errorf("account of %s: %v", name, err)
		return err
	}
	container := pod.Containers[0]
	var arguments []string
	for _, argument := range container.Args {
		arguments = append(arguments, n.resolve.Replace(argument))
	}
	cmd := command(n.t, n.binary, append(arguments, "--kubeconfig="+kubeconfig)...)
	cmd.Env = environment(n.t, container)
	printed, err := cmd.CombinedOutput()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.printed[name] = string(printed)
	return err
}

// kubeconfigOf writes one with a token of an account of the operator's namespace.
func (s *server) kubeconfigOf(ctx context.Context, t *testing.T, name string) (string, error) {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: systemNamespace, Name: name}}
	request := &authenticationv1.TokenRequest{}
	if err := s.SubResource("token").Create(ctx, account, request); err != nil {
		return "", err
	}
	const own = "own"
	config := clientcmdapi.NewConfig()
	config.Clusters[own] = &clientcmdapi.Cluster{Server: s.config.Host, CertificateAuthorityData: s.config.CAData}
	config.AuthInfos[own] = &clientcmdapi.AuthInfo{Token: request.Status.Token}
	config.Contexts[own] = &clientcmdapi.Context{Cluster: own, AuthInfo: own}
	config.CurrentContext = own
	file := filepath.Join(t.TempDir(), "kubeconfig")
	return file, clientcmd.WriteToFile(*config, file)
}

// inventory lists the objects of the cluster as "kind namespace/name", but events, which
// go by themselves, and what the API server makes for itself.
func (s *server) inventory(t *testing.T) []string {
	t.Helper()
	kubectl := func(arguments ...string) string {
		output, err := run(t, "kubectl", append([]string{"--kubeconfig", s.kubeconfig}, arguments...)...)
		if err != nil {
			t.Fatal(err)
		}
		return string(output)
	}
	var kinds []string
	for kind := range strings.FieldsSeq(kubectl("api-resources", "--verbs=list,delete", "--output=name", "--no-headers")) {
		if group, _, _ := strings.Cut(kind, "."); group != "events" && group != "apiservices" && group != "ipaddresses" {
			kinds = append(kinds, kind)
		}
	}
	const line = `{range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name}{"\n"}{end}`
	objects := strings.Split(strings.TrimSpace(kubectl("get", strings.Join(kinds, ","), "--all-namespaces", "--output=jsonpath="+line)), "\n")
	slices.Sort(objects)
	return objects
}
