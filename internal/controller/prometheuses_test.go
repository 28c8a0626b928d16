package controller

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

var _ = Describe("A RAGMonitor whose pods no Prometheus looks for", func() {
	It("is told which label of its ServiceMonitor is missing", func(ctx SpecContext) {
		namespace := newNamespace(ctx)
		service{port: 8080}.deploy(ctx, namespace, "api")
		Expect(admin.Create(ctx, &monitoringv1.Prometheus{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "k8s"},
			Spec: monitoringv1.PrometheusSpec{CommonPrometheusFields: monitoringv1.CommonPrometheusFields{
				ServiceMonitorSelector:          &metav1.LabelSelector{MatchLabels: map[string]string{"release": "stack"}},
				ServiceMonitorNamespaceSelector: &metav1.LabelSelector{},
			}},
		})).To(Succeed())

		rm := newMonitor(namespace, "support-bot")
		values := healthy(namespace, rm.Name)
		values[series("targets:up", namespace, rm.Name, `component="api"`)] = 0
		values[series("targets:total", namespace, rm.Name, `component="api"`)] = 0
		readings.load(lines(values)...)
		create(ctx, rm)
		Eventually(problems).WithArguments(ctx, rm).Should(Equal(map[string]v1alpha1.TargetProblemReason{"api": v1alpha1.TargetNotSelected}))
		Expect(rm.Status.TargetProblems[0].Message).To(ContainSubstring("release=stack"))
		Expect(conditionOf(ctx, rm, v1alpha1.ConditionHealthy)()).To(Equal("Unknown/NoTargets"))
		Expect(message(rm, v1alpha1.ConditionHealthy)).To(ContainSubstring("release=stack"))
	})
})
