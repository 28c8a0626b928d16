package controller

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

var _ = Describe("Without the Prometheus Operator's APIs", Serial, func() {
	It("does the rest, says what is missing, and heals when they come", func(ctx SpecContext) {
		namespace := newNamespace(ctx)
		rm := newMonitor(namespace, "support-bot")
		DeferCleanup(func(ctx SpecContext) { installCRDs(ctx) })

		By("starting without them")
		running.stop()
		removeCRD(ctx, "servicemonitors.monitoring.coreos.com")
		removeCRD(ctx, "prometheusrules.monitoring.coreos.com")
		running = startOperator()
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionPrerequisitesMet)).Should(Equal("False/APIsMissing"))
		Expect(message(rm, v1alpha1.ConditionPrerequisitesMet)).To(And(
			ContainSubstring("ServiceMonitor (monitoring.coreos.com/v1)"), ContainSubstring("PrometheusRule (monitoring.coreos.com/v1)")))
		Expect(conditionOf(ctx, rm, v1alpha1.ConditionApplied)()).To(Equal("True/Applied"))
		Expect(conditionOf(ctx, rm, v1alpha1.ConditionReady)()).To(Equal("False/APIsMissing"))

		By("installing them")
		installCRDs(ctx)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionReady)).Should(Equal("True/Ready"))
		Expect(children(ctx, rm)()).To(HaveLen(3))

		By("removing one while the operator runs")
		removeCRD(ctx, "prometheusrules.monitoring.coreos.com")
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionReady)).Should(Equal("False/APIsMissing"))
		Expect(message(rm, v1alpha1.ConditionPrerequisitesMet)).NotTo(ContainSubstring("ServiceMonitor"))

		By("installing it again")
		installCRDs(ctx)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionReady)).Should(Equal("True/Ready"))
		Eventually(children(ctx, rm)).Should(HaveLen(3))

		By("watching it as before")
		Expect(admin.Delete(ctx, &monitoringv1.PrometheusRule{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "support-bot-rules"},
		})).To(Succeed())
		Eventually(children(ctx, rm)).Should(HaveLen(3))
	})
})

var _ = Describe("Without AlertmanagerConfigs", Serial, func() {
	It("does the rest, and tells those who wait for them", func(ctx SpecContext) {
		namespace := newNamespace(ctx)
		told, untold := newMonitor(namespace, "told", notified()), newMonitor(namespace, "untold")
		DeferCleanup(func(ctx SpecContext) { installCRDs(ctx) })

		By("removing them")
		removeCRD(ctx, "alertmanagerconfigs.monitoring.coreos.com")
		create(ctx, told)
		create(ctx, untold)
		Eventually(conditionOf(ctx, untold, v1alpha1.ConditionReady)).Should(Equal("True/Ready"))
		Eventually(conditionOf(ctx, told, v1alpha1.ConditionPrerequisitesMet)).Should(Equal("False/APIsMissing"))
		Expect(message(told, v1alpha1.ConditionPrerequisitesMet)).To(ContainSubstring("AlertmanagerConfig (monitoring.coreos.com/v1alpha1)"))
		Expect(conditionOf(ctx, told, v1alpha1.ConditionNotifying)()).To(Equal("False/ConfigurationMissing"))
		for _, rm := range []*v1alpha1.RAGMonitor{told, untold} {
			objects := &monitoringv1.PrometheusRuleList{}
			Expect(admin.List(ctx, objects, client.InNamespace(namespace), client.MatchingLabels(naming.Labels(rm.Name)))).To(Succeed())
			Expect(objects.Items).To(HaveLen(1))
		}

		By("installing them again")
		installCRDs(ctx)
		Eventually(conditionOf(ctx, told, v1alpha1.ConditionReady)).Should(Equal("True/Ready"))
		Eventually(conditionOf(ctx, told, v1alpha1.ConditionNotifying)).Should(Equal("False/NoAlertmanager"))
		Expect(children(ctx, told)()).To(HaveLen(4))
		Expect(children(ctx, untold)()).To(HaveLen(3))
	})
})

var _ = Describe("A standby", Serial, func() {
	AfterEach(func() {
		// Its lease goes with the namespace, and who leads with the lease.
		running.stop()
		running = startOperator()
	})

	It("takes over without missing what came while it waited", func(ctx SpecContext) {
		namespace := newNamespace(ctx)
		rm := newMonitor(namespace, "support-bot")
		DeferCleanup(func(ctx SpecContext) { installCRDs(ctx) })
		lease := &coordinationv1.Lease{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "leader"},
			Spec: coordinationv1.LeaseSpec{
				HolderIdentity: new("the leader"), LeaseDurationSeconds: new(int32(3600)),
				AcquireTime: new(metav1.NowMicro()), RenewTime: new(metav1.NowMicro()),
			},
		}
		Expect(admin.Create(ctx, lease)).To(Succeed())

		By("starting both without the kinds")
		running.stop()
		for _, name := range []string{"servicemonitors.monitoring.coreos.com", "prometheusrules.monitoring.coreos.com"} {
			removeCRD(ctx, name)
		}
		leader := startOperator()
		DeferCleanup(leader.cancel)
		running = startOperator(func(o *ctrl.Options) {
			o.LeaderElection, o.LeaderElectionID, o.LeaderElectionNamespace = true, lease.Name, namespace
			o.LeaderElectionConfig = plane.Config()
			o.RetryPeriod = new(500 * time.Millisecond)
		})
		create(ctx, rm)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionReady)).Should(Equal("False/APIsMissing"))

		By("installing them")
		installCRDs(ctx)
		Eventually(conditionOf(ctx, rm, v1alpha1.ConditionReady)).Should(Equal("True/Ready"))
		for _, kind := range desired.OptionalKinds {
			Eventually(running.apis.Has).WithArguments(kind).Should(BeTrue(), kind.Kind)
		}
		Expect(running.leads).NotTo(BeClosed())

		By("ending the leader")
		leader.stop()
		before := len(told(ctx, rm, "APIsMissing"))
		Expect(admin.Delete(ctx, lease)).To(Succeed())
		Eventually(running.leads).Should(BeClosed())
		change(ctx, rm, func(rm *v1alpha1.RAGMonitor) { rm.Spec.Components[0].Vocabulary = "tei" })
		Eventually(func() int64 { return get(ctx, rm).Status.ObservedGeneration }).Should(Equal(rm.Generation))
		Expect(conditionOf(ctx, rm, v1alpha1.ConditionReady)()).To(Equal("True/Ready"))
		Expect(told(ctx, rm, "APIsMissing")).To(HaveLen(before))
	})
})

func removeCRD(ctx context.Context, name string) {
	GinkgoHelper()
	crd := &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: name}}
	Expect(admin.Delete(ctx, crd)).To(Succeed())
	Eventually(func() bool {
		return apierrors.IsNotFound(admin.Get(ctx, client.ObjectKeyFromObject(crd), crd))
	}).Should(BeTrue())
}

func installCRDs(ctx context.Context) {
	GinkgoHelper()
	paths, err := controlplane.CRDPaths(ctx, fixture.Root())
	Expect(err).NotTo(HaveOccurred())
	_, err = envtest.InstallCRDs(plane.Config(), envtest.CRDInstallOptions{Paths: paths, ErrorIfPathMissing: true})
	Expect(err).NotTo(HaveOccurred())
}
