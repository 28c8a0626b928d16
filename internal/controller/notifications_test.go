package controller

import (
	"context"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1alpha1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	testingclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
)

// notified gives a RAGMonitor two receivers.
func notified() func(*v1alpha1.RAGMonitor) {
	key := v1alpha1.SecretKey{Name: "secret", Key: "key"}
	return func(rm *v1alpha1.RAGMonitor) {
		rm.Spec.Notifications = &v1alpha1.Notifications{
			Receivers: []v1alpha1.Receiver{
				{Name: "team", Slack: &v1alpha1.SlackReceiver{URLSecret: key}},
				{Name: "on-call", PagerDuty: &v1alpha1.PagerDutyReceiver{RoutingKeySecret: key}},
			},
			Routes: []v1alpha1.NotificationRoute{{Severity: v1alpha1.SeverityCritical, Receivers: []v1alpha1.ReceiverName{"on-call"}}},
		}
	}
}

func configOf(rm *v1alpha1.RAGMonitor) *monitoringv1alpha1.AlertmanagerConfig {
	return &monitoringv1alpha1.AlertmanagerConfig{ObjectMeta: metav1.ObjectMeta{Namespace: rm.Namespace, Name: rm.Name + "-notifications"}}
}

// newAlertmanager makes one for one spec.
func newAlertmanager(ctx context.Context, namespace string, spec monitoringv1.AlertmanagerSpec) *monitoringv1.Alertmanager {
	GinkgoHelper()
	am := &monitoringv1.Alertmanager{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "main"}, Spec: spec}
	Expect(admin.Create(ctx, am)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { Expect(client.IgnoreNotFound(admin.Delete(ctx, am))).To(Succeed()) })
	return am
}

// receiversOf are the severities, and who is told.
func receiversOf(ctx context.Context, rm *v1alpha1.RAGMonitor) map[v1alpha1.Severity]string {
	out := map[v1alpha1.Severity]string{}
	for _, n := range get(ctx, rm).Status.Notifications {
		out[n.Severity] = n.Receivers
	}
	return out
}

var _ = Describe("A RAGMonitor with receivers", func() {
	notifying := func(ctx context.Context, rm *v1alpha1.RAGMonitor) func() string {
		return conditionOf(ctx, rm, v1alpha1.ConditionNotifying)
	}

	It("has an AlertmanagerConfig, for as long as it has receivers", func(ctx SpecContext) {
		rm := newMonitor(newNamespace(ctx), "support-bot", notified())
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionReady)).Should(Equal("True/Ready"))
		Expect(children(ctx, rm)()).To(ContainElement("AlertmanagerConfig support-bot-notifications"))
		// What was last known of the Alertmanagers of the spec before may still stand.
		Eventually(notifying(ctx, rm)).Should(Equal("False/NoAlertmanager"))
		Expect(receiversOf(ctx, rm)).To(Equal(map[v1alpha1.Severity]string{"critical": "on-call", "warning": "team", "info": "team"}))
		config := get(ctx, configOf(rm))
		Expect(config.Spec.Receivers).To(HaveLen(2))

		By("changing it by hand")
		change(ctx, config, func(c *monitoringv1alpha1.AlertmanagerConfig) { c.Spec.Route.Receiver = "on-call" })
		Eventually(func() string { return get(ctx, configOf(rm)).Spec.Route.Receiver }).Should(Equal("team"))

		By("deleting it by hand")
		uid := get(ctx, configOf(rm)).UID
		Expect(admin.Delete(ctx, configOf(rm))).To(Succeed())
		Eventually(func() bool {
			now := configOf(rm)
			return admin.Get(ctx, client.ObjectKeyFromObject(now), now) == nil && now.UID != uid
		}).Should(BeTrue())

		By("changing the spec")
		change(ctx, rm, func(rm *v1alpha1.RAGMonitor) { rm.Spec.Notifications.DefaultReceiver = "on-call" })
		Eventually(func() string { return get(ctx, configOf(rm)).Spec.Route.Receiver }).Should(Equal("on-call"))
		Eventually(receiversOf).WithArguments(ctx, rm).Should(HaveKeyWithValue(v1alpha1.SeverityWarning, "on-call"))

		By("notifying nobody any more")
		change(ctx, rm, func(rm *v1alpha1.RAGMonitor) { rm.Spec.Notifications = nil })
		Eventually(children(ctx, rm)).Should(HaveLen(3))
		Eventually(notifying(ctx, rm)).Should(BeEmpty())
		Expect(rm.Status.Notifications).To(BeEmpty())
	})

	It("says which Alertmanager takes it up, or why none does", func(ctx SpecContext) {
		namespace, monitoring := newNamespace(ctx), newNamespace(ctx)
		rm := newMonitor(namespace, "support-bot", notified())
		create(ctx, rm)
		Eventually(notifying(ctx, rm)).Should(Equal("False/NoAlertmanager"))

		By("installing one that selects nothing")
		am := newAlertmanager(ctx, monitoring, monitoringv1.AlertmanagerSpec{})
		Eventually(notifying(ctx, rm)).Should(Equal("False/ConfigurationNotSelected"))
		Expect(message(rm, v1alpha1.ConditionNotifying)).To(ContainSubstring("Alertmanager " + monitoring + "/main selects no AlertmanagerConfigs: set its alertmanagerConfigSelector."))

		By("selecting from its own namespace")
		change(ctx, am, func(am *monitoringv1.Alertmanager) { am.Spec.AlertmanagerConfigSelector = &metav1.LabelSelector{} })
		Eventually(func() string { get(ctx, rm); return message(rm, v1alpha1.ConditionNotifying) }).Should(ContainSubstring("alertmanagerConfigNamespaceSelector"))

		By("selecting from this one")
		change(ctx, am, func(am *monitoringv1.Alertmanager) {
			am.Spec.AlertmanagerConfigNamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": namespace}}
			am.Spec.AlertmanagerConfigMatcherStrategy.Type = monitoringv1.NoneConfigMatcherStrategyType
		})
		Eventually(notifying(ctx, rm)).Should(Equal("True/ConfigurationSelected"))
		Expect(message(rm, v1alpha1.ConditionNotifying)).To(And(ContainSubstring(monitoring+"/main selects"), ContainSubstring("(None)")))
		Expect(conditionOf(ctx, rm, v1alpha1.ConditionReady)()).To(Equal("True/Ready"))

		By("hearing the Prometheus Operator")
		judge := func(verdict monitoringv1.ConditionStatus, text string) {
			GinkgoHelper()
			config := get(ctx, configOf(rm))
			config.Status.Bindings = []monitoringv1.WorkloadBinding{{
				Group: "monitoring.coreos.com", Resource: "alertmanagers", Namespace: monitoring, Name: "main",
				Conditions: []monitoringv1.ConfigResourceCondition{{
					Type: monitoringv1.Accepted, Status: verdict, Reason: "Reason", Message: text, LastTransitionTime: metav1.Now(), ObservedGeneration: config.Generation,
				}},
			}}
			Expect(admin.Status().Update(ctx, config)).To(Succeed())
		}
		judge(monitoringv1.ConditionFalse, `unable to get secret "secret": not found`)
		Eventually(notifying(ctx, rm)).Should(Equal("False/ConfigurationRejected"))
		Expect(message(rm, v1alpha1.ConditionNotifying)).To(ContainSubstring(`unable to get secret "secret": not found`))
		judge(monitoringv1.ConditionTrue, "")
		Eventually(notifying(ctx, rm)).Should(Equal("True/ConfigurationAccepted"))

		By("removing it")
		judge(monitoringv1.ConditionUnknown, "")
		Expect(admin.Delete(ctx, am)).To(Succeed())
		Eventually(notifying(ctx, rm)).Should(Equal("False/NoAlertmanager"))
	})

	It("leaves somebody else's AlertmanagerConfig alone", func(ctx SpecContext) {
		rm := newMonitor(newNamespace(ctx), "support-bot", notified())
		other := configOf(rm)
		other.Spec = monitoringv1alpha1.AlertmanagerConfigSpec{Receivers: []monitoringv1alpha1.Receiver{{Name: "theirs"}}}
		Expect(admin.Create(ctx, other)).To(Succeed())
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionApplied)).Should(Equal("False/Conflict"))
		Expect(notifying(ctx, rm)()).To(Equal("False/ConfigurationMissing"))
		Expect(get(ctx, configOf(rm)).ResourceVersion).To(Equal(other.ResourceVersion))
	})

	It("writes nothing when nothing changed, even by a restart", func(ctx SpecContext) {
		namespace := newNamespace(ctx)
		newAlertmanager(ctx, namespace, monitoringv1.AlertmanagerSpec{
			AlertmanagerConfigSelector:          &metav1.LabelSelector{},
			AlertmanagerConfigNamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": namespace}},
		})
		rm := newMonitor(namespace, "support-bot", notified())
		readings.load(lines(healthy(namespace, rm.Name))...)
		create(ctx, rm)
		Eventually(notifying(ctx, rm)).Should(Equal("True/ConfigurationSelected"))
		Eventually(healthOf(ctx, rm)).Should(Equal(v1alpha1.HealthHealthy))

		running.stop()
		since := len(operatorRequests())
		running = startOperator()
		// The Alertmanager selects by labels of the namespace: they are read once.
		once := Equal(map[string]int{"get namespaces": 1})
		Eventually(requests).WithArguments(since, namespace).Should(once)
		Consistently(requests, 3*time.Second).WithArguments(since, namespace).Should(once)
	})
})

var _ = Describe("What is known of Alertmanagers", func() {
	It("is looked at again, and told of when it changed", func(ctx SpecContext) {
		namespace := newNamespace(ctx)
		create(ctx, newMonitor(namespace, "support-bot", notified()))
		newAlertmanager(ctx, namespace, monitoringv1.AlertmanagerSpec{
			AlertmanagerConfigSelector:          &metav1.LabelSelector{},
			AlertmanagerConfigNamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"alerts": "wanted"}},
		})
		var changes atomic.Int32
		clock := testingclock.NewFakeClock(time.Unix(0, 0))
		known := &alertmanagers{live: admin, monitors: admin, clock: clock, changed: func() { changes.Add(1) }}
		ours := discovery.Configuration{Namespace: namespace, Name: "support-bot-notifications"}
		obstacle := func() string {
			GinkgoHelper()
			u, err := known.uptake(ctx, ours)
			Expect(err).NotTo(HaveOccurred())
			return u.Obstacle
		}
		Expect(obstacle()).To(ContainSubstring("alerts=wanted"))
		known.look(ctx)
		Expect(changes.Load()).To(BeZero(), "nothing changed")

		By("giving the namespace the label")
		change(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, func(n *corev1.Namespace) { n.Labels["alerts"] = "wanted" })
		known.look(ctx)
		Expect(obstacle()).NotTo(BeEmpty(), "labels are remembered for a while")
		clock.Step(namespacesAge)
		known.look(ctx)
		Expect(changes.Load()).To(BeEquivalentTo(1))
		Expect(obstacle()).To(BeEmpty())

		By("notifying nobody")
		known.monitors = none{}
		known.look(ctx)
		Expect(changes.Load()).To(BeEquivalentTo(1))
		Expect(known.known).To(BeFalse())
	})
})

// none has no objects.
type none struct{ client.Reader }

func (none) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	return meta.SetList(list, nil)
}
