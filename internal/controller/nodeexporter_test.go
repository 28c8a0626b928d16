package controller

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

var _ = Describe("The node-exporter", Serial, func() {
	var namespace string
	meta := metav1.ObjectMeta{Namespace: operatorNamespace, Name: naming.NodeExporter}
	parts := []client.Object{&appsv1.DaemonSet{ObjectMeta: meta}, &corev1.Service{ObjectMeta: meta}, &monitoringv1.ServiceMonitor{ObjectMeta: meta}}

	exists := func(ctx SpecContext) func() int {
		return func() int {
			n := 0
			for _, o := range parts {
				err := admin.Get(ctx, client.ObjectKeyFromObject(o), o)
				Expect(client.IgnoreNotFound(err)).To(Succeed())
				if err == nil && o.GetDeletionTimestamp() == nil {
					n++
				}
			}
			return n
		}
	}
	asking := func(name string, policy v1alpha1.NodeMetricsPolicy) *v1alpha1.RAGMonitor {
		return newMonitor(namespace, name, func(rm *v1alpha1.RAGMonitor) { rm.Spec.NodeMetrics = policy })
	}

	BeforeEach(func(ctx SpecContext) {
		namespace = newNamespace(ctx)
		Eventually(exists(ctx)).Should(BeZero())
	})

	It("is made once for all who ask, and goes with the last", func(ctx SpecContext) {
		first, second := asking("first", v1alpha1.NodeMetricsRequired), asking("second", v1alpha1.NodeMetricsIfAvailable)
		create(ctx, first)
		create(ctx, second)
		create(ctx, asking("third", v1alpha1.NodeMetricsOff))
		Eventually(exists(ctx)).Should(Equal(3))
		// There are no nodes here, so it runs on every one of them.
		Eventually(conditionOf(ctx, first, v1alpha1.ConditionAvailable)).Should(Equal("True/NodeExporterRunning"))

		Expect(admin.Delete(ctx, first)).To(Succeed())
		Consistently(exists(ctx), "500ms").Should(Equal(3))
		Expect(admin.Delete(ctx, second)).To(Succeed())
		Eventually(exists(ctx)).Should(BeZero())
	})

	It("is put back when somebody changes or deletes it", func(ctx SpecContext) {
		create(ctx, asking("first", v1alpha1.NodeMetricsIfAvailable))
		Eventually(exists(ctx)).Should(Equal(3))
		service := &corev1.Service{ObjectMeta: meta}
		change(ctx, service, func(s *corev1.Service) { s.Spec.Ports[0].Port = 9999 })
		Eventually(func() int32 { return get(ctx, service).Spec.Ports[0].Port }).Should(BeEquivalentTo(9100))
		Expect(admin.Delete(ctx, &appsv1.DaemonSet{ObjectMeta: meta})).To(Succeed())
		Eventually(exists(ctx)).Should(Equal(3))
	})

	It("steps aside for another, and comes back when that goes", func(ctx SpecContext) {
		rm := asking("first", v1alpha1.NodeMetricsRequired)
		create(ctx, rm)
		Eventually(exists(ctx)).Should(Equal(3))

		other := foreignExporter(namespace)
		Expect(admin.Create(ctx, other)).To(Succeed())
		Eventually(exists(ctx)).Should(BeZero())
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionAvailable)).Should(Equal("True/ExternalNodeExporter"))
		Expect(message(rm, v1alpha1.ConditionAvailable)).To(ContainSubstring("DaemonSet " + namespace + "/theirs"))

		Expect(admin.Delete(ctx, other)).To(Succeed())
		Eventually(exists(ctx)).Should(Equal(3))
	})

	It("does not take an object that has its name", func(ctx SpecContext) {
		foreign := &corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 1}}}}
		Expect(admin.Create(ctx, foreign)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(admin.Delete(ctx, foreign)).To(Succeed()) })
		version := foreign.ResourceVersion
		create(ctx, asking("first", v1alpha1.NodeMetricsIfAvailable))
		Eventually(func() error { return admin.Get(ctx, client.ObjectKeyFromObject(parts[0]), parts[0]) }).Should(Succeed())
		Consistently(func() string { return get(ctx, foreign).ResourceVersion }, "500ms").Should(Equal(version))
	})

	AfterEach(func(ctx SpecContext) {
		err := admin.Delete(ctx, &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "theirs"}})
		Expect(err == nil || apierrors.IsNotFound(err)).To(BeTrue())
	})
})

func foreignExporter(namespace string) *appsv1.DaemonSet {
	labels := map[string]string{"app.kubernetes.io/name": "prometheus-node-exporter"}
	return &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "theirs", Labels: labels},
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "theirs", Image: "example.com/theirs"}}},
			},
		},
	}
}
