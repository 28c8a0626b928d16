package controller

import (
	"context"
	"maps"
	"net"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
)

// service is a sample service that runs in a pod, as far as the API server knows.
type service struct {
	*sim.Service
	port int32
}

func startService() service {
	GinkgoHelper()
	config := sim.DefaultConfig()
	config.Rate = 100
	s, err := sim.New(config)
	Expect(err).NotTo(HaveOccurred())
	server := httptest.NewServer(s.Handler())
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		defer GinkgoRecover()
		Expect(s.Run(ctx)).To(Succeed())
	})
	DeferCleanup(func() {
		cancel()
		running.Wait()
		server.Close()
	})
	address, err := url.Parse(server.URL)
	Expect(err).NotTo(HaveOccurred())
	_, text, err := net.SplitHostPort(address.Host)
	Expect(err).NotTo(HaveOccurred())
	port, err := strconv.ParseInt(text, 10, 32)
	Expect(err).NotTo(HaveOccurred())
	return service{s, int32(port)}
}

// deploy makes the Service and its pod, and says what a kubelet would say of it.
func (s service) deploy(ctx context.Context, namespace, app string) {
	GinkgoHelper()
	labels := map[string]string{"app": app}
	Expect(admin.Create(ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: app, Labels: labels},
		Spec:       corev1.ServiceSpec{Selector: labels, Ports: []corev1.ServicePort{{Name: "metrics", Port: s.port}}},
	})).To(Succeed())
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: app, Labels: labels},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "app", Image: "example.com/app:v1", Ports: []corev1.ContainerPort{{Name: "metrics", ContainerPort: s.port}},
		}}},
	}
	Expect(admin.Create(ctx, pod)).To(Succeed())
	pod.Status = corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "127.0.0.1", PodIPs: []corev1.PodIP{{IP: "127.0.0.1"}}}
	Expect(admin.Status().Update(ctx, pod)).To(Succeed())
}

var _ = Describe("A RAGMonitor whose source is the operator itself", func() {
	var namespace string
	var rm *v1alpha1.RAGMonitor

	BeforeEach(func(ctx SpecContext) {
		namespace = newNamespace(ctx)
		rm = newMonitor(namespace, "support-bot", func(rm *v1alpha1.RAGMonitor) {
			rm.Spec.Source = "embedded"
			rm.Spec.Components[0].Endpoint.Interval = metav1.Duration{Duration: time.Second}
			rm.Spec.Evaluation = v1alpha1.Evaluation{
				Interval: metav1.Duration{Duration: time.Second},
				Window:   metav1.Duration{Duration: 8 * time.Second},
			}
		})
	})

	It("says what is missing, until its pods are scraped and healthy, and then what is wrong", func(ctx SpecContext) {
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionHealthy)).Should(Equal("Unknown/NoTargets"))
		Eventually(problems).WithArguments(ctx, rm).Should(Equal(map[string]v1alpha1.TargetProblemReason{"api": v1alpha1.TargetNoServiceMatches}))
		Eventually(func() string { return message(get(ctx, rm), v1alpha1.ConditionHealthy) }).Should(ContainSubstring("has no Services"))

		s := startService()
		s.deploy(ctx, namespace, "api")
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionHealthy)).Should(Equal("True/ObjectivesMet"))
		Expect(rm.Status.Readings.Targets).To(Equal("1/1"))
		Eventually(problems).WithArguments(ctx, rm).Should(BeEmpty())
		Expect(gauge("ragmonitor_health", namespace, map[string]string{"state": "Healthy"})).To(HaveValue(Equal(1.0)))
		Expect(gauge("ragmonitor_health", namespace, map[string]string{"state": "Degraded"})).To(HaveValue(Equal(0.0)))

		Expect(s.SetFaults(sim.Faults{Slow: map[string]float64{sim.StageRetrieval: 20}})).To(Succeed())
		Eventually(func() *v1alpha1.Bottleneck { return get(ctx, rm).Status.Bottleneck }).Should(
			HaveValue(HaveField("Stage", sim.StageRetrieval)))
		Expect(rm.Status.Health).To(Equal(v1alpha1.HealthDegraded))
		Expect(gauge("ragmonitor_bottleneck_info", namespace, map[string]string{"stage": sim.StageRetrieval})).To(HaveValue(Equal(1.0)))

		Expect(s.SetFaults(sim.Faults{ErrorRatio: 0.5})).To(Succeed())
		Eventually(healthOf(ctx, rm)).Should(Equal(v1alpha1.HealthCritical))

		By("telling of each change once")
		Eventually(func() []string { return told(ctx, rm, "HealthChanged") }).Should(ContainElements(
			HavePrefix("Degraded:"), HavePrefix("Critical:")))
		for _, e := range told(ctx, rm, "") {
			Expect(occurrences(ctx, rm, e)).To(Equal(1), e)
		}
	})

	It("goes on by the last accepted spec while one is refused", func(ctx SpecContext) {
		s := startService()
		s.deploy(ctx, namespace, "api")
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionHealthy)).Should(Equal("True/ObjectivesMet"))

		change(ctx, rm, func(rm *v1alpha1.RAGMonitor) { rm.Spec.Components[0].Vocabulary = "unheard-of" })
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionAccepted)).Should(Equal("False/UnknownVocabulary"))
		Expect(s.SetFaults(sim.Faults{ErrorRatio: 0.5})).To(Succeed())
		Eventually(healthOf(ctx, rm)).Should(Or(Equal(v1alpha1.HealthCritical), Equal(v1alpha1.HealthNoData), Equal(v1alpha1.HealthStale)))
		Expect(rm.Status.Health).To(Equal(v1alpha1.HealthCritical))
	})

	It("says which target is down, and why", func(ctx SpecContext) {
		s := startService()
		s.port = 1 // nobody listens there
		s.deploy(ctx, namespace, "api")
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionHealthy)).Should(Equal("Unknown/TargetsDown"))
		Eventually(problems).WithArguments(ctx, rm).Should(Equal(map[string]v1alpha1.TargetProblemReason{"api": v1alpha1.TargetDown}))
		Expect(rm.Status.TargetProblems[0].Message).To(ContainSubstring("127.0.0.1:1"))
		Expect(rm.Status.Readings.Targets).To(Equal("0/1"))
	})
})

var _ = Describe("A RAGMonitor whose source does not exist", func() {
	It("is told which ones do", func(ctx SpecContext) {
		rm := newMonitor(newNamespace(ctx), "support-bot", func(rm *v1alpha1.RAGMonitor) { rm.Spec.Source = "thanos" })
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionHealthy)).Should(Equal("Unknown/UnknownSource"))
		Expect(message(rm, v1alpha1.ConditionHealthy)).To(ContainSubstring("embedded, prometheus"))
	})
})

// told are the messages of the events with a reason, or with any.
func told(ctx context.Context, rm *v1alpha1.RAGMonitor, reason string) []string {
	GinkgoHelper()
	list := &eventsv1.EventList{}
	Expect(admin.List(ctx, list, client.InNamespace(rm.Namespace))).To(Succeed())
	var out []string
	for _, e := range list.Items {
		if e.Regarding.UID == rm.UID && (reason == "" || e.Reason == reason) {
			out = append(out, e.Note)
		}
	}
	return out
}

func occurrences(ctx context.Context, rm *v1alpha1.RAGMonitor, note string) int {
	GinkgoHelper()
	list := &eventsv1.EventList{}
	Expect(admin.List(ctx, list, client.InNamespace(rm.Namespace))).To(Succeed())
	n := 0
	for _, e := range list.Items {
		if e.Regarding.UID == rm.UID && e.Note == note {
			n++
			if e.Series != nil {
				n += int(e.Series.Count)
			}
		}
	}
	return n
}

// gauge is the value of one of the operator's own metrics, nil without the series.
func gauge(name, namespace string, labels map[string]string) *float64 {
	GinkgoHelper()
	wanted := maps.Clone(labels)
	wanted["namespace"], wanted["ragmonitor"] = namespace, "support-bot"
	families, err := running.metrics.(prometheus.Gatherer).Gather()
	Expect(err).NotTo(HaveOccurred())
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == name && maps.Equal(labelsOf(m), wanted) {
				return m.GetGauge().Value
			}
		}
	}
	return nil
}

func labelsOf(m *dto.Metric) map[string]string {
	out := map[string]string{}
	for _, l := range m.GetLabel() {
		out[l.GetName()] = l.GetValue()
	}
	return out
}
