package inventory_test

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
	"github.com/ragmonitor/ragmonitor-operator/internal/inventory"
)

// reader is who the inventory is to the API server: a user without any right, but
// for those that a spec gives in its namespace.
const reader = "reader"

var (
	plane    *controlplane.Plane
	admin    kubernetes.Interface
	auditLog string
)

func TestInventory(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Inventory")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	SetDefaultEventuallyTimeout(60 * time.Second)
	SetDefaultEventuallyPollingInterval(20 * time.Millisecond)
	auditLog = filepath.Join(GinkgoT().TempDir(), "audit.log")
	var err error
	plane, err = controlplane.Start(ctx, controlplane.Options{AuditLog: auditLog})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(plane.Stop()).To(Succeed()) })
	admin, err = kubernetes.NewForConfig(plane.Config())
	Expect(err).NotTo(HaveOccurred())
})

// clientOf is a client with a connection of its own, for a user without any right.
func clientOf(user string) kubernetes.Interface {
	GinkgoHelper()
	config, err := plane.UserConfig(user)
	Expect(err).NotTo(HaveOccurred())
	client, err := kubernetes.NewForConfig(config)
	Expect(err).NotTo(HaveOccurred())
	return client
}

// run runs an inventory for the time of a spec. calls counts those of changed.
func run(client kubernetes.Interface) (i *inventory.Inventory, calls *atomic.Int64, stop func()) {
	GinkgoHelper()
	calls = &atomic.Int64{}
	i = inventory.New(client, func() { calls.Add(1) })
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- i.Run(ctx) }()
	stopped := false
	stop = func() {
		GinkgoHelper()
		if !stopped {
			stopped = true
			cancel()
			Eventually(done).Should(Receive(BeNil()))
		}
	}
	DeferCleanup(stop)
	return i, calls, stop
}

func newNamespace(ctx context.Context) string {
	GinkgoHelper()
	ns, err := admin.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "rag-"}}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	return ns.Name
}

// allow lets the reader list and watch resources of a namespace.
func allow(ctx context.Context, namespace string, resources ...string) {
	GinkgoHelper()
	meta := metav1.ObjectMeta{GenerateName: "reader-", Namespace: namespace}
	role, err := admin.RbacV1().Roles(namespace).Create(ctx, &rbacv1.Role{
		ObjectMeta: meta,
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: resources, Verbs: []string{"list", "watch"}}},
	}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	_, err = admin.RbacV1().RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: meta,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.UserKind, Name: reader, APIGroup: rbacv1.GroupName}},
	}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
}

func newService(ctx context.Context, namespace, name string) {
	GinkgoHelper()
	_, err := admin.CoreV1().Services(namespace).Create(ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": "bot"}},
		Spec: corev1.ServiceSpec{
			Selector: map[string]string{"run": "bot"},
			Ports:    []corev1.ServicePort{{Name: "metrics", Port: 9090}},
		},
	}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
}

// newPod makes a pod that nothing runs; addresses are reported in its status.
func newPod(ctx context.Context, namespace, name string, addresses ...string) {
	GinkgoHelper()
	pods := admin.CoreV1().Pods(namespace)
	pod, err := pods.Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"run": "bot"}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "app", Image: "example.com/bot:v1", Ports: []corev1.ContainerPort{{Name: "prom", ContainerPort: 9090}},
		}}},
	}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	pod.Status.Phase = corev1.PodRunning
	for _, a := range addresses {
		pod.Status.PodIPs = append(pod.Status.PodIPs, corev1.PodIP{IP: a})
	}
	pod.Status.PodIP = addresses[0]
	_, err = pods.UpdateStatus(ctx, pod, metav1.UpdateOptions{})
	Expect(err).NotTo(HaveOccurred())
}
