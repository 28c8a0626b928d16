package controller

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

var _ = Describe("The node-exporter", Serial, func() {
	var namespace string
	meta := metav1.ObjectMeta{Namespace: operatorNamespace, Name: naming.NodeExporter}
	program := []client.Object{&appsv1.DaemonSet{ObjectMeta: meta}, &corev1.Service{ObjectMeta: meta}, &monitoringv1.ServiceMonitor{ObjectMeta: meta}}
	rules := []client.Object{&monitoringv1.PrometheusRule{ObjectMeta: meta}, &corev1.ConfigMap{ObjectMeta: meta}}
	kubelet := []client.Object{&monitoringv1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: naming.Kubelet}}}

	exist := func(ctx SpecContext, parts []client.Object) func() int {
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
	available := func(ctx SpecContext, rm *v1alpha1.RAGMonitor) func() string {
		return func() string {
			c := apimeta.FindStatusCondition(get(ctx, rm).Status.Conditions, v1alpha1.ConditionAvailable)
			if c == nil {
				return ""
			}
			return string(c.Status) + "/" + c.Reason + ": " + c.Message
		}
	}

	BeforeEach(func(ctx SpecContext) {
		namespace = newNamespace(ctx)
		Eventually(exist(ctx, program)).Should(BeZero())
		Eventually(exist(ctx, rules)).Should(BeZero())
	})

	It("is made once for all who ask, and goes with the last", func(ctx SpecContext) {
		first, second := asking("first", v1alpha1.NodeMetricsRequired), asking("second", v1alpha1.NodeMetricsIfAvailable)
		create(ctx, first)
		create(ctx, second)
		create(ctx, asking("third", v1alpha1.NodeMetricsOff))
		Eventually(exist(ctx, program)).Should(Equal(3))
		Eventually(exist(ctx, rules)).Should(Equal(2))
		Eventually(exist(ctx, kubelet)).Should(Equal(1))

		Expect(admin.Delete(ctx, first)).To(Succeed())
		Consistently(exist(ctx, program), "500ms").Should(Equal(3))
		Expect(admin.Delete(ctx, second)).To(Succeed())
		Eventually(exist(ctx, program)).Should(BeZero())
		Eventually(exist(ctx, rules)).Should(BeZero())
		Eventually(exist(ctx, kubelet)).Should(BeZero())
	})

	It("runs nowhere in a cluster without nodes, and says so", func(ctx SpecContext) {
		required, ifAvailable := asking("first", v1alpha1.NodeMetricsRequired), asking("second", v1alpha1.NodeMetricsIfAvailable)
		create(ctx, required)
		create(ctx, ifAvailable)
		const text = "there is no node that it can run on"
		Eventually(available(ctx, required)).Should(And(HavePrefix("False/NodeExporterUnavailable"), ContainSubstring(text)))
		Eventually(available(ctx, ifAvailable)).Should(And(HavePrefix("True/NodeExporterUnavailable"), ContainSubstring(text)))
	})

	It("is put back when somebody changes or deletes it", func(ctx SpecContext) {
		create(ctx, asking("first", v1alpha1.NodeMetricsIfAvailable))
		Eventually(exist(ctx, program)).Should(Equal(3))
		service := &corev1.Service{ObjectMeta: meta}
		change(ctx, service, func(s *corev1.Service) { s.Spec.Ports[0].Port = 9999 })
		Eventually(func() int32 { return get(ctx, service).Spec.Ports[0].Port }).Should(BeEquivalentTo(9100))
		for _, o := range []client.Object{&appsv1.DaemonSet{ObjectMeta: meta}, &corev1.ConfigMap{ObjectMeta: meta}, &monitoringv1.PrometheusRule{ObjectMeta: meta}} {
			Eventually(func() error { return admin.Delete(ctx, o) }).Should(Succeed())
		}
		Eventually(exist(ctx, program)).Should(Equal(3))
		Eventually(exist(ctx, rules)).Should(Equal(2))
	})

	// for whom it stands aside, what the RAGMonitors say of it, and whether there are
	// rules on the other's figures.
	DescribeTable("stands aside, and comes back when the other goes",
		func(ctx SpecContext, other func() client.Object, condition, text string) {
			rm := asking("first", v1alpha1.NodeMetricsRequired)
			create(ctx, rm)
			Eventually(exist(ctx, program)).Should(Equal(3))

			theirs := other()
			theirs.SetNamespace(namespace)
			Expect(admin.Create(ctx, theirs)).To(Succeed())
			DeferCleanup(func(ctx SpecContext) { Expect(client.IgnoreNotFound(remove(ctx, theirs))).To(Succeed()) })
			Eventually(exist(ctx, program)).Should(BeZero())
			Eventually(available(ctx, rm)).Should(And(HavePrefix(condition), ContainSubstring(text+namespace+"/theirs")))
			Eventually(func() string { return ruleText(ctx, rules[0]) }).Should(ContainSubstring(`node_cpu_seconds_total{mode="idle",namespace="` + namespace + `"}`))
			Expect(exist(ctx, rules)()).To(Equal(2))

			Expect(remove(ctx, theirs)).To(Succeed())
			Eventually(exist(ctx, program)).Should(Equal(3))
			Eventually(func() string { return ruleText(ctx, rules[0]) }).Should(ContainSubstring(`namespace="` + operatorNamespace + `"`))
		},
		Entry("a DaemonSet with the labels of kube-prometheus-stack", func() client.Object {
			return foreignSet(map[string]string{"app.kubernetes.io/name": "prometheus-node-exporter"}, corev1.PodSpec{})
		}, "False/NodeExporterUnavailable", "see DaemonSet "),
		Entry("a DaemonSet with nothing but the image", func() client.Object {
			return foreignSet(nil, corev1.PodSpec{Containers: []corev1.Container{{Name: "x", Image: "mirror.example.com/prom/node-exporter:v1"}}})
		}, "False/NodeExporterUnavailable", "see DaemonSet "),
		Entry("a DaemonSet that has the port", func() client.Object {
			return foreignSet(nil, corev1.PodSpec{HostNetwork: true, Containers: []corev1.Container{
				{Name: "x", Image: "example.com/agent", Ports: []corev1.ContainerPort{{ContainerPort: 9100}}},
			}})
		}, "False/NodeExporterUnavailable", "port 9100 of the nodes is taken by DaemonSet "),
		Entry("a pod that stands alone", func() client.Object {
			return foreignPod(map[string]string{"app": "node-exporter"})
		}, "True/ExternalNodeExporter", "come from Pod "),
		Entry("a ServiceMonitor of one outside of Kubernetes", func() client.Object {
			return &monitoringv1.ServiceMonitor{
				ObjectMeta: metav1.ObjectMeta{Name: "theirs", Labels: map[string]string{"app.kubernetes.io/name": "node-exporter"}},
				Spec: monitoringv1.ServiceMonitorSpec{
					Selector:  metav1.LabelSelector{MatchLabels: map[string]string{"app": "machines"}},
					Endpoints: []monitoringv1.Endpoint{{Port: "metrics"}},
				},
			}
		}, "True/ExternalNodeExporter", "come from ServiceMonitor "),
	)

	It("does not stand aside for what only looks alike", func(ctx SpecContext) {
		create(ctx, asking("first", v1alpha1.NodeMetricsIfAvailable))
		Eventually(exist(ctx, program)).Should(Equal(3))
		harmless := foreignSet(map[string]string{"app": "log-shipper"}, corev1.PodSpec{Containers: []corev1.Container{
			{Name: "x", Image: "example.com/agent", Ports: []corev1.ContainerPort{{ContainerPort: 9100}}},
		}})
		harmless.Namespace = namespace
		Expect(admin.Create(ctx, harmless)).To(Succeed())
		Consistently(exist(ctx, program), "1s").Should(Equal(3))
		Expect(remove(ctx, harmless)).To(Succeed())
	})

	It("does not take an object that has its name", func(ctx SpecContext) {
		foreign := &corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 1}}}}
		Expect(admin.Create(ctx, foreign)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(admin.Delete(ctx, foreign)).To(Succeed()) })
		version := foreign.ResourceVersion
		create(ctx, asking("first", v1alpha1.NodeMetricsIfAvailable))
		Eventually(func() error { return admin.Get(ctx, client.ObjectKeyFromObject(program[0]), program[0]) }).Should(Succeed())
		Consistently(func() string { return get(ctx, foreign).ResourceVersion }, "500ms").Should(Equal(version))
	})

	Describe("on a node", func() {
		var rm *v1alpha1.RAGMonitor
		var ours *corev1.Pod

		BeforeEach(func(ctx SpecContext) {
			node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "worker-1", Labels: map[string]string{corev1.LabelOSStable: "linux"}}}
			Expect(admin.Create(ctx, node)).To(Succeed())
			DeferCleanup(func(ctx SpecContext) { Expect(admin.Delete(ctx, node)).To(Succeed()) })
			rm = asking("first", v1alpha1.NodeMetricsRequired)
			create(ctx, rm)
			ours = podOf(ctx, naming.NodeExporter)
			// What was last said of the one before may still stand.
			Eventually(available(ctx, rm)).Should(HavePrefix("False/NodeExporterUnavailable"))
		})

		// says gives our pod a status, as scheduler and kubelet would.
		says := func(ctx SpecContext, status corev1.PodStatus) {
			Eventually(func() error {
				if err := admin.Get(ctx, client.ObjectKeyFromObject(ours), ours); err != nil {
					return err
				}
				ours.Status = status
				return admin.Status().Update(ctx, ours)
			}).Should(Succeed())
		}
		works := corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}}

		It("runs, and is available", func(ctx SpecContext) {
			says(ctx, works)
			Eventually(available(ctx, rm)).Should(Equal("True/NodeExporterRunning: The node-exporter runs on every node that it can run on."))
		})

		It("says nothing of a node that joins, until its pod has had time to start", func(ctx SpecContext) {
			says(ctx, works)
			Eventually(available(ctx, rm)).Should(HavePrefix("True/NodeExporterRunning"))
			joined := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "worker-2", Labels: map[string]string{corev1.LabelOSStable: "linux"}}}
			Expect(admin.Create(ctx, joined)).To(Succeed())
			DeferCleanup(func(ctx SpecContext) { Expect(admin.Delete(ctx, joined)).To(Succeed()) })
			Eventually(func() int32 {
				return get(ctx, &appsv1.DaemonSet{ObjectMeta: meta}).Status.DesiredNumberScheduled
			}).Should(BeEquivalentTo(2))
			Consistently(available(ctx, rm), "1s").Should(HavePrefix("True/NodeExporterRunning"))
		})

		It("waits for its port, and runs when the pod that has it goes", func(ctx SpecContext) {
			other := foreignPod(nil)
			other.Namespace, other.Spec.NodeName = namespace, "worker-1"
			other.Spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 9100}}
			Expect(admin.Create(ctx, other)).To(Succeed())
			says(ctx, corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{{
				Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable,
				Message: "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
			}}})
			Eventually(available(ctx, rm)).Should(And(
				HavePrefix("False/NodeExporterUnavailable"), ContainSubstring("port 9100 of node worker-1 is taken by Pod "+namespace+"/theirs"),
			))
			Expect(exist(ctx, program)()).To(Equal(3))
			Expect(remove(ctx, other)).To(Succeed())
			says(ctx, works)
			Eventually(available(ctx, rm)).Should(HavePrefix("True/NodeExporterRunning"))
		})

		It("cannot have a port that somebody took who told nobody", func(ctx SpecContext) {
			says(ctx, corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{{
				Name: "node-exporter", RestartCount: 2,
				State:                corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
				LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1, Message: "listen tcp 10.0.0.1:9100: bind: address already in use"}},
			}}})
			Eventually(available(ctx, rm)).Should(And(
				HavePrefix("False/NodeExporterUnavailable"), ContainSubstring("port 9100 of node worker-1 is taken by a program that no pod declares"),
			))
		})
	})
})

// remove deletes at once what no kubelet will ever end.
func remove(ctx SpecContext, o client.Object) error {
	return admin.Delete(ctx, o, client.GracePeriodSeconds(0))
}

// ruleText are the expressions of a PrometheusRule.
func ruleText(ctx SpecContext, o client.Object) string {
	rule, ok := o.(*monitoringv1.PrometheusRule)
	Expect(ok).To(BeTrue())
	if err := admin.Get(ctx, client.ObjectKeyFromObject(o), rule); err != nil {
		return err.Error()
	}
	var out strings.Builder
	for _, g := range rule.Spec.Groups {
		for _, r := range g.Rules {
			out.WriteString(r.Expr.String() + "\n")
		}
	}
	return out.String()
}

// podOf is the pod that the DaemonSet has made; not one of a namesake before it.
func podOf(ctx SpecContext, daemonSet string) *corev1.Pod {
	GinkgoHelper()
	var found corev1.Pod
	Eventually(func() int {
		set := &appsv1.DaemonSet{}
		if err := admin.Get(ctx, client.ObjectKey{Namespace: operatorNamespace, Name: daemonSet}, set); err != nil || set.DeletionTimestamp != nil {
			return 0
		}
		list := &corev1.PodList{}
		Expect(admin.List(ctx, list, client.InNamespace(operatorNamespace))).To(Succeed())
		n := 0
		for _, p := range list.Items {
			if metav1.IsControlledBy(&p, set) && p.DeletionTimestamp == nil {
				found, n = p, n+1
			}
		}
		return n
	}).Should(Equal(1))
	return &found
}

func foreignSet(labels map[string]string, pod corev1.PodSpec) *appsv1.DaemonSet {
	selector := map[string]string{"is": "theirs"}
	if len(pod.Containers) == 0 {
		pod.Containers = []corev1.Container{{Name: "theirs", Image: "example.com/theirs"}}
	}
	return &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Name: "theirs", Labels: labels},
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: selector},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: selector}, Spec: pod},
		},
	}
}

func foreignPod(labels map[string]string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "theirs", Labels: labels},
		Spec:       corev1.PodSpec{HostNetwork: true, Containers: []corev1.Container{{Name: "theirs", Image: "example.com/theirs"}}},
	}
}
