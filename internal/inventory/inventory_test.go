package inventory_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
	"github.com/ragmonitor/ragmonitor-operator/internal/inventory"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// podsOf are the names of the pods that are known, with their addresses; nil when
// nothing is known.
func podsOf(i *inventory.Inventory, namespace string) func() []string {
	return func() []string {
		in, ok := i.Of(namespace)
		if !ok {
			return nil
		}
		out := []string{}
		for _, p := range in.Pods {
			out = append(out, fmt.Sprint(p.Name, p.Addresses))
		}
		return out
	}
}

func known(i *inventory.Inventory, namespace string) func() bool {
	return func() bool {
		_, ok := i.Of(namespace)
		return ok
	}
}

var _ = Describe("an inventory", func() {
	It("has what discovery needs of Services and pods", func(ctx SpecContext) {
		namespace := newNamespace(ctx)
		newService(ctx, namespace, "bot")
		newPod(ctx, namespace, "bot-0", "127.0.0.1", "::1")
		i, _, _ := run(admin)
		i.Follow([]string{namespace})
		Eventually(known(i, namespace)).Should(BeTrue())
		got, _ := i.Of(namespace)
		Expect(got).To(Equal(discovery.Inventory{
			Services: []discovery.Service{{
				Name: "bot", Labels: map[string]string{"app": "bot"}, Selector: map[string]string{"run": "bot"}, Family: corev1.IPv4Protocol,
				Ports: []discovery.ServicePort{{Name: "metrics", Number: 9090, Protocol: corev1.ProtocolTCP, Target: intstr.FromInt32(9090)}},
			}},
			Pods: []discovery.Pod{{
				Name: "bot-0", Labels: map[string]string{"run": "bot"}, Phase: corev1.PodRunning,
				Addresses:  []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")},
				Containers: []discovery.Container{{Name: "app", Ports: []discovery.ContainerPort{{Name: "prom", Number: 9090, Protocol: corev1.ProtocolTCP}}}},
			}},
		}))
		targets, problem := discovery.Targets(model.Component{
			Selector: model.Selector{Labels: map[string]string{"app": "bot"}}, Endpoint: model.Endpoint{Port: "metrics"},
		}, got)
		Expect(problem).To(BeNil())
		Expect(targets).To(Equal([]discovery.Target{{
			Address: netip.MustParseAddrPort("127.0.0.1:9090"), Service: "bot", Pod: "bot-0", Container: "app", Endpoint: "metrics",
		}}))
	})

	It("knows an empty namespace to be empty", func(ctx SpecContext) {
		namespace := newNamespace(ctx)
		i, _, _ := run(admin)
		i.Follow([]string{namespace})
		Eventually(podsOf(i, namespace)).Should(BeEmpty())
		Eventually(known(i, namespace)).Should(BeTrue())
		Expect(i.Err(namespace)).To(Succeed())
	})

	It("keeps up with what comes and goes", func(ctx SpecContext) {
		namespace := newNamespace(ctx)
		newPod(ctx, namespace, "a", "10.0.0.1")
		i, calls, _ := run(admin)
		i.Follow([]string{namespace})
		Eventually(podsOf(i, namespace)).Should(Equal([]string{"a[10.0.0.1]"}))
		newPod(ctx, namespace, "b", "10.0.0.2")
		newService(ctx, namespace, "bot")
		Eventually(podsOf(i, namespace)).Should(Equal([]string{"a[10.0.0.1]", "b[10.0.0.2]"}))
		Eventually(i.Counts).Should(Equal(inventory.Counts{Namespaces: 1, Services: 1, Pods: 2}))
		before := calls.Load()
		Expect(admin.CoreV1().Pods(namespace).Delete(ctx, "a", metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))})).To(Succeed())
		Eventually(podsOf(i, namespace)).Should(Equal([]string{"b[10.0.0.2]"}))
		Eventually(calls.Load).Should(BeNumerically(">", before))
	})

	It("tells changes that matter, and many at once", func(ctx SpecContext) {
		namespace := newNamespace(ctx)
		newPod(ctx, namespace, "noted", "10.0.0.1")
		i, calls, _ := run(admin)
		i.Follow([]string{namespace})
		Eventually(known(i, namespace)).Should(BeTrue())
		quietly(calls.Load)

		before := calls.Load()
		for n := range 20 {
			annotate(ctx, namespace, "noted", fmt.Sprint(n))
		}
		newPod(ctx, namespace, "last", "10.0.0.2")
		Eventually(podsOf(i, namespace)).Should(ContainElement("last[10.0.0.2]"))
		quietly(calls.Load)
		// The new pod is two changes, made and running. They are told apart or at once.
		Expect(calls.Load() - before).To(BeNumerically("~", 1.5, 0.5))

		before = calls.Load()
		for n := range 20 {
			newPod(ctx, namespace, fmt.Sprintf("one-of-many-%02d", n), "10.0.0.3")
		}
		Eventually(podsOf(i, namespace)).Should(ContainElement("one-of-many-19[10.0.0.3]"))
		quietly(calls.Load)
		Expect(calls.Load() - before).To(BeNumerically("<=", 4))
	})

	It("does not follow more than it is told", func(ctx SpecContext) {
		const user = "follower"
		followed, other := newNamespace(ctx), newNamespace(ctx)
		i, _, _ := run(clientOf(user))
		i.Follow([]string{"", followed, followed})
		Eventually(func() error { return i.Err(followed) }).Should(HaveOccurred())
		Expect(i.Err("")).To(Succeed())
		Expect(i.Counts().Namespaces).To(Equal(1))
		for _, r := range requests(user) {
			Expect(r).To(HavePrefix("/api/v1/namespaces/" + followed + "/"))
		}
		Expect(known(i, other)()).To(BeFalse())
	})

	It("frees what is no longer followed, and follows it again", func(ctx SpecContext) {
		first, second := newNamespace(ctx), newNamespace(ctx)
		newPod(ctx, first, "a", "10.0.0.1")
		newPod(ctx, second, "b", "10.0.0.2")
		i, _, _ := run(admin)
		i.Follow([]string{first, second})
		Eventually(i.Counts).Should(Equal(inventory.Counts{Namespaces: 2, Pods: 2}))
		i.Follow([]string{second})
		Expect(known(i, first)()).To(BeFalse())
		Expect(i.Counts()).To(Equal(inventory.Counts{Namespaces: 1, Pods: 1}))
		newPod(ctx, first, "c", "10.0.0.3")
		i.Follow([]string{first, second})
		Eventually(podsOf(i, first)).Should(Equal([]string{"a[10.0.0.1]", "c[10.0.0.3]"}))
		Expect(podsOf(i, second)()).To(Equal([]string{"b[10.0.0.2]"}))
	})

	It("does nothing when it is told the same again", func(ctx SpecContext) {
		const user = "repeater"
		namespace := newNamespace(ctx)
		i, _, _ := run(clientOf(user))
		i.Follow([]string{namespace})
		Eventually(func() error { return i.Err(namespace) }).Should(HaveOccurred())
		for range 1000 {
			i.Follow([]string{namespace})
		}
		Expect(len(requests(user))).To(BeNumerically("<", 20))
	})

	It("says what it must not read, and recovers when it may", func(ctx SpecContext) {
		namespace := newNamespace(ctx)
		newPod(ctx, namespace, "a", "10.0.0.1")
		i, calls, _ := run(clientOf(reader))
		i.Follow([]string{namespace})
		Eventually(func() error { return i.Err(namespace) }).Should(MatchError(And(
			ContainSubstring("watch services of namespace "+namespace), ContainSubstring("watch pods of namespace "+namespace))))
		Expect(apierrors.IsForbidden(i.Err(namespace))).To(BeTrue())
		Expect(known(i, namespace)()).To(BeFalse())

		allow(ctx, namespace, "services")
		Eventually(func() error { return i.Err(namespace) }).Should(MatchError(Not(ContainSubstring("watch services"))))
		Expect(known(i, namespace)()).To(BeFalse(), "half of it is not enough")
		before := calls.Load()
		allow(ctx, namespace, "pods")
		Eventually(podsOf(i, namespace)).Should(Equal([]string{"a[10.0.0.1]"}))
		Expect(i.Err(namespace)).To(Succeed())
		Eventually(calls.Load).Should(BeNumerically(">", before))
	})

	It("asks rarely for what is refused", func(ctx SpecContext) {
		const user = "stranger"
		namespace := newNamespace(ctx)
		i, _, _ := run(clientOf(user))
		i.Follow([]string{namespace})
		// Two kinds, each asked for with a watch and then with a list: after 0, 1 and 3
		// seconds, and then not for four.
		Eventually(func() int { return len(requests(user)) }).Should(BeNumerically(">=", 12))
		Consistently(func() int { return len(requests(user)) }, 2*time.Second).Should(BeNumerically("<=", 16))
	})

	It("leaves nothing running", func(ctx SpecContext) {
		namespaces := []string{newNamespace(ctx), newNamespace(ctx)}
		client := clientOf("leaver")
		_, err := client.Discovery().ServerVersion() // the connection stays
		Expect(err).NotTo(HaveOccurred())
		stopped := goleak.IgnoreCurrent()
		i, _, stop := run(client)
		i.Follow(append(namespaces, "does-not-exist"))
		Eventually(func() error { return i.Err(namespaces[1]) }).Should(HaveOccurred())
		i.Follow(nil)
		Expect(i.Counts()).To(BeZero())
		Eventually(func() error { return goleak.Find(stopped, runs, tells) }).Should(Succeed())

		i.Follow(namespaces)
		Eventually(func() error { return i.Err(namespaces[1]) }).Should(HaveOccurred())
		stop()
		Eventually(func() error { return goleak.Find(stopped) }).Should(Succeed())
		Expect(i.Counts()).To(BeZero())
	})

	It("starts when it runs, not when it is told", func(ctx SpecContext) {
		namespace := newNamespace(ctx)
		i := inventory.New(admin, func() {})
		i.Follow([]string{namespace})
		Expect(known(i, namespace)()).To(BeFalse())
		runCtx, cancel := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- i.Run(runCtx) }()
		Eventually(known(i, namespace)).Should(BeTrue())
		cancel()
		Eventually(done).Should(Receive(BeNil()))
		Expect(known(i, namespace)()).To(BeFalse())
	})
})

// What runs while an inventory runs and follows nothing.
var (
	runs  = goleak.IgnoreTopFunction("github.com/ragmonitor/ragmonitor-operator/internal/inventory.(*Inventory).Run")
	tells = goleak.IgnoreTopFunction("github.com/ragmonitor/ragmonitor-operator/internal/inventory.(*Inventory).tell")
)

// quietly waits until a count has not changed for longer than changes are held back.
func quietly(count func() int64) {
	GinkgoHelper()
	last, since := count(), time.Now()
	Eventually(func() time.Duration {
		if now := count(); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since)
	}).Should(BeNumerically(">", 1500*time.Millisecond))
}

func annotate(ctx context.Context, namespace, name, value string) {
	GinkgoHelper()
	pods := admin.CoreV1().Pods(namespace)
	pod, err := pods.Get(ctx, name, metav1.GetOptions{})
	Expect(err).NotTo(HaveOccurred())
	pod.Annotations = map[string]string{"note": value}
	_, err = pods.Update(ctx, pod, metav1.UpdateOptions{})
	Expect(err).NotTo(HaveOccurred())
}

// requests are those that a user has made so far, but for discovery.
func requests(user string) []string {
	GinkgoHelper()
	events, err := controlplane.ReadAudit(auditLog)
	Expect(err).NotTo(HaveOccurred())
	var out []string
	for _, e := range events {
		again := e.Verb == "watch" && e.Stage == "ResponseComplete" // its beginning was recorded too
		if e.User.Username == user && strings.HasPrefix(e.RequestURI, "/api/v1/") && !again {
			out = append(out, e.RequestURI)
		}
	}
	return slices.Clip(out)
}
