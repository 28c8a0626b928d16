package controller

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

var _ = Describe("The health of a RAGMonitor", func() {
	var namespace string
	var rm *v1alpha1.RAGMonitor

	BeforeEach(func(ctx SpecContext) {
		namespace = newNamespace(ctx)
		rm = newMonitor(namespace, "support-bot", func(rm *v1alpha1.RAGMonitor) {
			rm.Spec.SLOs = []v1alpha1.SLO{{Name: "availability", Objective: "99.9"}}
		})
	})

	// with returns the series of a healthy service, changed.
	with := func(record, labels string, value float64) []string {
		values := healthy(namespace, rm.Name)
		values[series(record, namespace, rm.Name, labels)] = value
		return lines(values)
	}
	without := func(record, labels string) []string {
		values := healthy(namespace, rm.Name)
		delete(values, series(record, namespace, rm.Name, labels))
		return lines(values)
	}

	It("is shown with its figures", func(ctx SpecContext) {
		readings.load(with("slo_error_budget_remaining:ratio", `slo="availability"`, 0.714)...)
		create(ctx, rm)
		Eventually(healthOf(ctx, rm)).Should(Equal(v1alpha1.HealthHealthy))
		zero := int32(0)
		Expect(rm.Status.Readings).To(Equal(v1alpha1.Readings{
			LatencyP95: "1.4s", ErrorRatio: "0.8%", RequestRate: "12/s", CostPerDay: "$43", CacheHitRatio: "41%",
			Targets: "2/2", FiringAlerts: &zero, SLOBudgetRemaining: "71%",
		}))
		Expect(rm.Status.Stages).To(Equal([]v1alpha1.StageReading{
			{Name: "generation", TimePerRequest: "650ms", Share: "81%", P95: "1.3s"},
			{Name: "retrieval", TimePerRequest: "100ms", Share: "13%", P95: "200ms"},
			{Name: "unaccounted", TimePerRequest: "48ms", Share: "6%"},
		}))
		Expect(rm.Status.SLOs).To(Equal([]v1alpha1.SLOReading{{Name: "availability", BudgetRemaining: "71%"}}))
		Expect(rm.Status.Bottleneck).To(BeNil())
	})

	It("follows its service through a fault and back", func(ctx SpecContext) {
		readings.load(lines(healthy(namespace, rm.Name))...)
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionHealthy)).Should(Equal("True/ObjectivesMet"))

		readings.load(with("stage_duration_seconds:p95", `component="api",stage="generation"`, 9.3)...)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionHealthy)).Should(Equal("False/StageLatencyHigh"))
		Expect(rm.Status.Health).To(Equal(v1alpha1.HealthDegraded))
		Expect(rm.Status.Bottleneck).To(Equal(&v1alpha1.Bottleneck{Stage: "generation", Share: "81%", P95: "9.3s"}))

		readings.load(lines(healthy(namespace, rm.Name))...)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionHealthy)).Should(Equal("True/ObjectivesMet"))
		Expect(rm.Status.Bottleneck).To(BeNil())
	})

	It("names the component that nothing is heard of", func(ctx SpecContext) {
		values := healthy(namespace, rm.Name)
		values[series("targets:up", namespace, rm.Name, `component="search"`)] = 0
		values[series("targets:total", namespace, rm.Name, `component="search"`)] = 0
		values[series("targets:up", namespace, rm.Name, `component="llm"`)] = 0
		values[series("targets:total", namespace, rm.Name, `component="llm"`)] = 1
		readings.load(lines(values)...)
		for _, name := range []string{"search", "llm"} {
			component := rm.Spec.Components[0]
			component.Name = name
			rm.Spec.Components = append(rm.Spec.Components, component)
		}
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionHealthy)).Should(Equal("False/TargetsDown"))
		Expect(message(rm, v1alpha1.ConditionHealthy)).To(ContainSubstring("component llm"))
		Expect(rm.Status.Readings.Targets).To(Equal("2/3"))
		Eventually(problems).WithArguments(ctx, rm).Should(Equal(map[string]v1alpha1.TargetProblemReason{
			"search": v1alpha1.TargetNoServiceMatches, "llm": v1alpha1.TargetDown,
		}))

		values[series("targets:up", namespace, rm.Name, `component="llm"`)] = 1
		readings.load(lines(values)...)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionHealthy)).Should(Equal("False/NoTargets"))
		Expect(message(rm, v1alpha1.ConditionHealthy)).To(ContainSubstring("component search"))
		Expect(rm.Status.Health).To(Equal(v1alpha1.HealthDegraded))
	})

	It("names the component that the rules in force do not know", func(ctx SpecContext) {
		readings.load(lines(healthy(namespace, rm.Name))...)
		rm.Spec.Components = append(rm.Spec.Components, newComponent("search"))
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionHealthy)).Should(Equal("False/RulesNotLoaded"))
		Expect(message(rm, v1alpha1.ConditionHealthy)).To(ContainSubstring("component search"))
		Expect(rm.Status.Health).To(Equal(v1alpha1.HealthDegraded))
	})

	It("counts the alerts that fire", func(ctx SpecContext) {
		alert := func(severity string, n int) string {
			return fmt.Sprintf(`ALERTS{alertname="a%d",alertstate="firing",namespace=%q,ragmonitor="support-bot",severity=%q} 1`, n, namespace, severity)
		}
		readings.load(append(lines(healthy(namespace, rm.Name)), alert("warning", 1), alert("warning", 2))...)
		create(ctx, rm)
		Eventually(func() *int32 { return get(ctx, rm).Status.Readings.FiringAlerts }).Should(HaveValue(BeEquivalentTo(2)))
		Expect(rm.Status.Health).To(Equal(v1alpha1.HealthHealthy))

		readings.load(append(lines(healthy(namespace, rm.Name)), alert("critical", 3))...)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionHealthy)).Should(Equal("False/CriticalAlertFiring"))
		Expect(rm.Status.Health).To(Equal(v1alpha1.HealthCritical))
	})

	It("is Unknown, and not what it was, when the source fails", func(ctx SpecContext) {
		readings.load(lines(healthy(namespace, rm.Name))...)
		create(ctx, rm)
		Eventually(healthOf(ctx, rm)).Should(Equal(v1alpha1.HealthHealthy))
		readings.fail()
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionDataAvailable)).Should(Equal("False/SourceFailed"))
		Expect(rm.Status.Health).To(Equal(v1alpha1.HealthUnknown))
		Expect(rm.Status.Readings.LatencyP95).To(BeEmpty())
	})

	DescribeTable("is honest when there is nothing to judge by",
		func(ctx SpecContext, load func() []string, health v1alpha1.Health, reason string) {
			readings.load(load()...)
			create(ctx, rm)
			Eventually(func() string {
				c := get(ctx, rm).Status.Conditions
				for i := range c {
					if c[i].Type == v1alpha1.ConditionHealthy {
						return string(rm.Status.Health) + "/" + string(c[i].Status) + "/" + c[i].Reason
					}
				}
				return ""
			}).Should(Equal(string(health) + "/" + string(metav1.ConditionUnknown) + "/" + reason))
		},
		Entry("no rules were evaluated", func() []string { return without("evaluation:timestamp_seconds", "") },
			v1alpha1.HealthNoData, v1alpha1.ReasonRulesNotLoaded),
		Entry("rules were evaluated too long ago", func() []string { return with("evaluation:timestamp_seconds", "", -91) },
			v1alpha1.HealthStale, v1alpha1.ReasonRulesNotEvaluated),
		Entry("no target is scraped", func() []string {
			values := healthy(namespace, rm.Name)
			values[series("targets:up", namespace, rm.Name, `component="api"`)] = 0
			values[series("targets:total", namespace, rm.Name, `component="api"`)] = 0
			return lines(values)
		}, v1alpha1.HealthNoData, v1alpha1.ReasonNoTargets),
		Entry("no target answers", func() []string { return with("targets:up", `component="api"`, 0) },
			v1alpha1.HealthNoData, v1alpha1.ReasonTargetsDown),
		Entry("no metric counts requests", func() []string { return without("requests:rate", `component="api"`) },
			v1alpha1.HealthNoData, v1alpha1.ReasonRequestsNotMeasured),
		Entry("nobody asks anything", func() []string { return with("requests:rate", `component="api"`, 0) },
			v1alpha1.HealthNoTraffic, v1alpha1.ReasonNoRequests),
	)

	It("is not written while figures move a little, nor more than once a minute while they move a lot", func(ctx SpecContext) {
		readings.load(lines(healthy(namespace, rm.Name))...)
		create(ctx, rm)
		Eventually(healthOf(ctx, rm)).Should(Equal(v1alpha1.HealthHealthy))
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionReady)).Should(Equal("True/Ready"))
		version := get(ctx, rm).ResourceVersion
		for _, p95 := range []float64{1.40, 1.50, 0.7, 1.1, 0.2} {
			readings.load(with("request_duration_seconds:p95", `component="api"`, p95)...)
			Consistently(func() string { return get(ctx, rm).ResourceVersion }, 3*interval).Should(Equal(version))
		}
	})

	It("reads as much for many RAGMonitors as for one", func(ctx SpecContext) {
		readings.load(lines(healthy(namespace, rm.Name))...)
		create(ctx, rm)
		for i := range 20 {
			create(ctx, newMonitor(namespace, fmt.Sprintf("other-%d", i)))
		}
		Eventually(healthOf(ctx, rm)).Should(Equal(v1alpha1.HealthHealthy))
		began, asked := time.Now(), readings.queries()
		Eventually(readings.queries).Should(BeNumerically(">=", asked+10*len(queries)))
		Expect(time.Since(began)).To(BeNumerically(">=", 7*interval), "one round may have begun before, and one be late")
	})
})

func problems(ctx context.Context, rm *v1alpha1.RAGMonitor) map[string]v1alpha1.TargetProblemReason {
	out := map[string]v1alpha1.TargetProblemReason{}
	for _, p := range get(ctx, rm).Status.TargetProblems {
		out[p.Component] = p.Reason
	}
	return out
}
