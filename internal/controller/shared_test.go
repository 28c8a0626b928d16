package controller

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

var _ = Describe("The lists that both field managers write", func() {
	const firingFor = `alert="RAGRelevanceLow",metric="rag_response_relevance_score"`
	var namespace string
	var rm *v1alpha1.RAGMonitor
	var values map[string]float64

	BeforeEach(func(ctx SpecContext) {
		namespace = newNamespace(ctx)
		rm = newMonitor(namespace, "support-bot", func(rm *v1alpha1.RAGMonitor) {
			rm.Spec.SLOs = []v1alpha1.SLO{
				{Name: "fast", Indicator: v1alpha1.IndicatorLatency, Objective: "95", Threshold: &metav1.Duration{Duration: 2 * time.Second}},
				{Name: "availability", Objective: "99.9"},
			}
		})
		values = healthy(namespace, rm.Name)
		values[series("slo_error_budget_remaining:ratio", namespace, rm.Name, `slo="fast"`)] = 0.5
		values[series("slo_error_budget_remaining:ratio", namespace, rm.Name, `slo="availability"`)] = 0.714
		values[series("alert_inputs:missing", namespace, rm.Name, firingFor)] = 1
		values[series("burn_in_pages:count", namespace, rm.Name, `alert="RAGLatencyHigh"`)] = 3
		readings.load(lines(values)...)
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionReady)).Should(Equal("True/Ready"))
		Eventually(healthOf(ctx, rm)).Should(Equal(v1alpha1.HealthHealthy))
	})

	// reasons are the unavailable alerts of one reason, with what they miss.
	reasons := func(ctx SpecContext, reason v1alpha1.UnavailableReason) map[string]string {
		out := map[string]string{}
		for _, a := range get(ctx, rm).Status.UnavailableAlerts {
			if a.Reason == reason {
				out[a.Alert] = a.Missing
			}
		}
		return out
	}
	exposed := map[string]string{"RAGRelevanceLow": "rag_response_relevance_score"}
	budgets := ConsistOf(
		v1alpha1.SLOReading{Name: "fast", Threshold: "2s", BudgetRemaining: "50%"},
		v1alpha1.SLOReading{Name: "availability", BudgetRemaining: "71%"},
	)
	// settled is when both have written of the present generation.
	settled := func(ctx SpecContext) bool {
		get(ctx, rm)
		for _, c := range rm.Status.Conditions {
			if c.ObservedGeneration != rm.Generation {
				return false
			}
		}
		return true
	}

	It("hold what each says", func(ctx SpecContext) {
		Expect(get(ctx, rm).Status.SLOs).To(budgets)
		Expect(reasons(ctx, v1alpha1.UnavailableNotExposed)).To(Equal(exposed))
		Expect(reasons(ctx, v1alpha1.UnavailableNotInVocabulary)).To(HaveKeyWithValue("RAGKVCacheSaturated", "kvCacheUsage"))
		Expect(rm.Status.BurnIn).To(Equal([]v1alpha1.BurnInReading{{Alert: "RAGLatencyHigh", Pages: new(int32(3))}}))
	})

	It("keep what the other says when one writes", func(ctx SpecContext) {
		unfed := reasons(ctx, v1alpha1.UnavailableNotInVocabulary)

		By("the operator, of another spec")
		change(ctx, rm, func(rm *v1alpha1.RAGMonitor) { rm.Spec.SLOs[0].Threshold.Duration = 5 * time.Second })
		Eventually(func() []v1alpha1.SLOReading { return get(ctx, rm).Status.SLOs }).Should(ConsistOf(
			v1alpha1.SLOReading{Name: "fast", Threshold: "5s", BudgetRemaining: "50%"},
			v1alpha1.SLOReading{Name: "availability", BudgetRemaining: "71%"},
		))
		Expect(reasons(ctx, v1alpha1.UnavailableNotExposed)).To(Equal(exposed))

		By("the aggregator, which has no data any more")
		readings.fail()
		Eventually(healthOf(ctx, rm)).Should(Equal(v1alpha1.HealthUnknown))
		Expect(rm.Status.SLOs).To(Equal([]v1alpha1.SLOReading{{Name: "fast", Threshold: "5s"}}))
		Expect(rm.Status.BurnIn).To(BeEmpty())
		Expect(reasons(ctx, v1alpha1.UnavailableNotExposed)).To(BeEmpty())
		Expect(reasons(ctx, v1alpha1.UnavailableNotInVocabulary)).To(Equal(unfed))

		By("the operator, without an SLO of latency")
		change(ctx, rm, func(rm *v1alpha1.RAGMonitor) { rm.Spec.SLOs = rm.Spec.SLOs[1:] })
		Eventually(func() []v1alpha1.SLOReading { return get(ctx, rm).Status.SLOs }).Should(BeEmpty())

		By("the aggregator, which has data again")
		readings.load(lines(values)...)
		Eventually(healthOf(ctx, rm)).Should(Equal(v1alpha1.HealthHealthy))
		Expect(rm.Status.SLOs).To(Equal([]v1alpha1.SLOReading{{Name: "availability", BudgetRemaining: "71%"}}))
		Expect(reasons(ctx, v1alpha1.UnavailableNotExposed)).To(Equal(exposed))
		Expect(reasons(ctx, v1alpha1.UnavailableNotInVocabulary)).To(Equal(unfed))
	})

	It("tell one reason of an alert, and none when it is fed again", func(ctx SpecContext) {
		change(ctx, rm, func(rm *v1alpha1.RAGMonitor) { rm.Spec.Components[0].Vocabulary = "tei" })
		Eventually(settled).WithArguments(ctx).Should(BeTrue())
		Expect(reasons(ctx, v1alpha1.UnavailableNotInVocabulary)).To(HaveKeyWithValue("RAGRelevanceLow", "relevance"))

		// What the aggregator said before may stay for a minute, unless it has to write.
		values[series("stage_duration_seconds:p95", namespace, rm.Name, `component="api",stage="generation"`)] = 9.3
		readings.load(lines(values)...)
		Eventually(healthOf(ctx, rm)).Should(Equal(v1alpha1.HealthDegraded))
		Expect(reasons(ctx, v1alpha1.UnavailableNotExposed)).To(BeEmpty())

		delete(values, series("alert_inputs:missing", namespace, rm.Name, firingFor))
		readings.load(lines(values)...)
		change(ctx, rm, func(rm *v1alpha1.RAGMonitor) { rm.Spec.Components[0].Vocabulary = "rag" })
		Eventually(settled).WithArguments(ctx).Should(BeTrue())
		for _, a := range rm.Status.UnavailableAlerts {
			Expect(a.Alert).NotTo(Equal("RAGRelevanceLow"), "%+v", a)
		}
	})

	It("are not written again when nothing changed, even by a restart", func(ctx SpecContext) {
		running.stop()
		since := len(operatorRequests())
		running = startOperator()
		Consistently(func() map[string]int { return requests(since, namespace) }, 3*time.Second).Should(BeEmpty())
	})
})
