package controller

import (
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

var _ = Describe("A RAGMonitor", func() {
	var namespace string
	var rm *v1alpha1.RAGMonitor
	wanted := []string{"ConfigMap support-bot-dashboard", "PrometheusRule support-bot-rules", "ServiceMonitor support-bot.api"}

	BeforeEach(func(ctx SpecContext) {
		namespace = newNamespace(ctx)
		rm = newMonitor(namespace, "support-bot")
	})

	It("gets its children and is ready", func(ctx SpecContext) {
		began := time.Now()
		create(ctx, rm)
		Eventually(children(ctx, rm)).Should(Equal(wanted))
		took := time.Since(began)
		AddReportEntry("from apply to all children", took)
		fmt.Fprintf(GinkgoWriter, "from apply to all children: %s\n", took)

		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionReady)).Should(Equal("True/Ready"))
		Expect(rm.Status.ObservedGeneration).To(Equal(rm.Generation))
		Expect(rm.Status.Components).To(Equal("api"))
		rule := get(ctx, &monitoringv1.PrometheusRule{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "support-bot-rules"}})
		owner := metav1.GetControllerOf(rule)
		Expect(owner).NotTo(BeNil())
		Expect(owner.UID).To(Equal(rm.UID))
	})

	It("writes each child once and its status twice: objects, and health", func(ctx SpecContext) {
		since := len(operatorRequests())
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionReady)).Should(Equal("True/Ready"))
		Eventually(healthOf(ctx, rm)).Should(Equal(v1alpha1.HealthNoData))
		Consistently(func() map[string]int {
			counts := requests(since, namespace)
			delete(counts, "create events")
			return counts
		}, 2*time.Second).Should(Equal(map[string]int{
			// One look for somebody else's object before each is made.
			"get configmaps": 1, "get servicemonitors": 1, "get prometheusrules": 1,
			"patch configmaps": 1, "patch servicemonitors": 1, "patch prometheusrules": 1,
			"patch ragmonitors/status": 2,
		}))
	})

	It("causes no write and no live read when nothing changed, even by a restart", func(ctx SpecContext) {
		readings.load(lines(healthy(namespace, rm.Name))...)
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionReady)).Should(Equal("True/Ready"))
		Eventually(healthOf(ctx, rm)).Should(Equal(v1alpha1.HealthHealthy))

		running.stop()
		since := len(operatorRequests())
		running = startOperator()
		Consistently(func() map[string]int { return requests(since, namespace) }, 3*time.Second).Should(BeEmpty())
	})

	It("puts back what somebody edits or deletes", func(ctx SpecContext) {
		create(ctx, rm)
		Eventually(children(ctx, rm)).Should(Equal(wanted))

		By("editing a rule")
		rule := get(ctx, &monitoringv1.PrometheusRule{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "support-bot-rules"}})
		before := rule.Spec.DeepCopy()
		change(ctx, rule, func(r *monitoringv1.PrometheusRule) { r.Spec.Groups[0].Rules[0].Expr.StrVal = "vector(0)" })
		Eventually(func() monitoringv1.PrometheusRuleSpec { return get(ctx, rule).Spec }).Should(Equal(*before))

		By("removing a label")
		Expect(admin.Patch(ctx, rule, client.RawPatch("application/json-patch+json", []byte(`[{"op":"remove","path":"/metadata/labels/app.kubernetes.io~1part-of"}]`)))).To(Succeed())
		Eventually(func() map[string]string { return get(ctx, rule).Labels }).Should(HaveKeyWithValue("app.kubernetes.io/part-of", "ragmonitor"))

		By("adding an endpoint")
		sm := &monitoringv1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "support-bot.api"}}
		change(ctx, sm, func(s *monitoringv1.ServiceMonitor) {
			s.Spec.Endpoints = append(s.Spec.Endpoints, monitoringv1.Endpoint{Port: "admin"})
		})
		Eventually(func() int { return len(get(ctx, sm).Spec.Endpoints) }).Should(Equal(1))

		By("deleting the dashboard")
		dashboard := get(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "support-bot-dashboard"}})
		Expect(admin.Delete(ctx, dashboard)).To(Succeed())
		Eventually(children(ctx, rm)).Should(Equal(wanted))
	})

	It("leaves alone what others add to a child, without writing it again and again", func(ctx SpecContext) {
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionReady)).Should(Equal("True/Ready"))
		rule := &monitoringv1.PrometheusRule{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "support-bot-rules"}}
		since := len(operatorRequests())
		change(ctx, rule, func(r *monitoringv1.PrometheusRule) {
			r.Annotations["note"] = "mine"
			r.Spec.Groups = append(r.Spec.Groups, monitoringv1.RuleGroup{Name: "mine"})
		})
		Consistently(func() int { return requests(since, namespace)["patch prometheusrules"] }, 2*time.Second).Should(BeNumerically("<=", 1))
		Expect(get(ctx, rule).Annotations).To(HaveKeyWithValue("note", "mine"))
	})

	It("follows its spec, and removes what is no longer wanted", func(ctx SpecContext) {
		rm.Spec.Components = append(rm.Spec.Components, newComponent("search"))
		create(ctx, rm)
		Eventually(children(ctx, rm)).Should(Equal(append(wanted, "ServiceMonitor support-bot.search")))

		change(ctx, rm, func(rm *v1alpha1.RAGMonitor) { rm.Spec.Components = rm.Spec.Components[:1] })
		Eventually(children(ctx, rm)).Should(Equal(wanted))
	})

	It("keeps the children of the last good spec when the new one cannot be resolved", func(ctx SpecContext) {
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionReady)).Should(Equal("True/Ready"))

		change(ctx, rm, func(rm *v1alpha1.RAGMonitor) { rm.Spec.Components[0].Vocabulary = "esperanto" })
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionReady)).Should(Equal("False/UnknownVocabulary"))
		Expect(message(rm, v1alpha1.ConditionAccepted)).To(Equal(
			`spec.components[0].vocabulary is "esperanto", which is not in the catalogue: write one of ` +
				fixture.Catalogue(GinkgoTB()).Vocabularies.Names() + `, or custom with signals of your own`))
		Expect(conditionOf(ctx, rm, v1alpha1.ConditionApplied)()).To(Equal("True/Applied"))
		Expect(children(ctx, rm)()).To(Equal(wanted))

		change(ctx, rm, func(rm *v1alpha1.RAGMonitor) { rm.Spec.Components[0].Vocabulary = "rag" })
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionReady)).Should(Equal("True/Ready"))
	})

	It("names the alerts that exist when an override names none of them", func(ctx SpecContext) {
		rm.Spec.Alerts.Overrides = []v1alpha1.AlertOverride{{Alert: "RAGTooFast", Mode: v1alpha1.AlertsOff}}
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionReady)).Should(Equal("False/UnknownAlert"))
		Expect(message(rm, v1alpha1.ConditionAccepted)).To(ContainSubstring("RAGLatencyHigh"))
		Expect(children(ctx, rm)()).To(BeEmpty())
	})

	It("never adopts an object that somebody else made", func(ctx SpecContext) {
		foreign := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "support-bot-dashboard"}, Data: map[string]string{"a": "b"}}
		Expect(admin.Create(ctx, foreign)).To(Succeed())
		version := foreign.ResourceVersion
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionApplied)).Should(Equal("False/Conflict"))
		Expect(message(rm, v1alpha1.ConditionApplied)).To(ContainSubstring("ConfigMap " + namespace + "/support-bot-dashboard"))
		Expect(get(ctx, foreign).ResourceVersion).To(Equal(version))
		Expect(children(ctx, rm)()).To(Equal([]string{"PrometheusRule support-bot-rules", "ServiceMonitor support-bot.api"}))
	})

	It("does not adopt an object that only bears its labels", func(ctx SpecContext) {
		foreign := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "support-bot-dashboard", Labels: naming.Labels("support-bot")}}
		Expect(admin.Create(ctx, foreign)).To(Succeed())
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionApplied)).Should(Equal("False/Conflict"))
		Expect(admin.Delete(ctx, rm)).To(Succeed())
		Consistently(func() error { return admin.Get(ctx, client.ObjectKeyFromObject(foreign), foreign) }, time.Second).Should(Succeed())
	})

	It("takes its children with it when it is deleted", func(ctx SpecContext) {
		create(ctx, rm)
		Eventually(children(ctx, rm)).Should(Equal(wanted))
		Expect(admin.Delete(ctx, rm)).To(Succeed())
		Eventually(children(ctx, rm)).Should(BeEmpty())
	})

	It("may have a name of 63 characters, and two of them are never confused", func(ctx SpecContext) {
		long := strings.Repeat("a", 62)
		first, second := newMonitor(namespace, long+"b"), newMonitor(namespace, long+"c")
		create(ctx, first)
		create(ctx, second)
		Eventually(conditionOf(ctx, first, v1alpha1.ConditionReady)).Should(Equal("True/Ready"))
		Eventually(conditionOf(ctx, second, v1alpha1.ConditionReady)).Should(Equal("True/Ready"))
		Expect(children(ctx, first)()).To(HaveLen(3))
		Expect(children(ctx, second)()).To(HaveLen(3))
	})
})
