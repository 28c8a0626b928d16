package controller

import (
	"bytes"
	"context"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1alpha1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

func splitDocuments(data []byte) [][]byte {
	var out [][]byte
	for d := range bytes.SplitSeq(data, []byte("---\n")) {
		if len(bytes.TrimSpace(d)) > 0 {
			out = append(out, d)
		}
	}
	return out
}

// newNamespace makes a namespace for one spec, and removes it afterwards.
func newNamespace(ctx context.Context) string {
	GinkgoHelper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "rag-"}}
	Expect(admin.Create(ctx, ns)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { Expect(admin.Delete(ctx, ns)).To(Succeed()) })
	return ns.Name
}

// newMonitor is a RAGMonitor with one component, which does not ask for node
// metrics: that is the cluster's business, and other specs'.
func newMonitor(namespace, name string, edits ...func(*v1alpha1.RAGMonitor)) *v1alpha1.RAGMonitor {
	rm := &v1alpha1.RAGMonitor{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.RAGMonitorSpec{
			Components:  []v1alpha1.Component{newComponent("api")},
			NodeMetrics: v1alpha1.NodeMetricsOff,
		},
	}
	for _, edit := range edits {
		edit(rm)
	}
	return rm
}

func newComponent(name string) v1alpha1.Component {
	return v1alpha1.Component{
		Name:       name,
		Vocabulary: "rag",
		Selector:   &v1alpha1.ServiceSelector{MatchLabels: map[string]v1alpha1.LabelValue{"app": v1alpha1.LabelValue(name)}},
	}
}

// create makes a RAGMonitor and has the status invariants checked at the end.
func create(ctx context.Context, rm *v1alpha1.RAGMonitor) {
	GinkgoHelper()
	Expect(admin.Create(ctx, rm)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) {
		checkInvariants(ctx, rm)
		Expect(client.IgnoreNotFound(admin.Delete(ctx, rm))).To(Succeed())
	})
}

func get[T client.Object](ctx context.Context, o T) T {
	GinkgoHelper()
	Expect(admin.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
	return o
}

// change edits an object, and once more when somebody wrote it in between.
func change[T client.Object](ctx context.Context, o T, edit func(T)) {
	GinkgoHelper()
	Eventually(func() error {
		if err := admin.Get(ctx, client.ObjectKeyFromObject(o), o); err != nil {
			return err
		}
		edit(o)
		return admin.Update(ctx, o)
	}).Should(Succeed())
}

// conditionOf returns a condition as "Status/Reason".
func conditionOf(ctx context.Context, rm *v1alpha1.RAGMonitor, kind string) func() string {
	return func() string {
		c := meta.FindStatusCondition(get(ctx, rm).Status.Conditions, kind)
		if c == nil {
			return ""
		}
		return string(c.Status) + "/" + c.Reason
	}
}

func healthOf(ctx context.Context, rm *v1alpha1.RAGMonitor) func() v1alpha1.Health {
	return func() v1alpha1.Health { return get(ctx, rm).Status.Health }
}

func message(rm *v1alpha1.RAGMonitor, kind string) string {
	return meta.FindStatusCondition(rm.Status.Conditions, kind).Message
}

// children lists the children of a RAGMonitor as "Kind name", sorted.
func children(ctx context.Context, rm *v1alpha1.RAGMonitor) func() []string {
	return func() []string {
		found := []string{}
		for kind, list := range map[string]client.ObjectList{
			"ConfigMap":      &corev1.ConfigMapList{},
			"ServiceMonitor": &monitoringv1.ServiceMonitorList{},
			"PrometheusRule": &monitoringv1.PrometheusRuleList{},

			"AlertmanagerConfig": &monitoringv1alpha1.AlertmanagerConfigList{},
		} {
			Expect(admin.List(ctx, list, client.InNamespace(rm.Namespace), client.MatchingLabels(naming.Labels(rm.Name)))).To(Succeed())
			Expect(meta.EachListItem(list, func(o runtime.Object) error {
				found = append(found, kind+" "+o.(client.Object).GetName())
				return nil
			})).To(Succeed())
		}
		slices.Sort(found)
		return found
	}
}

// checkInvariants is what must hold of every status, whatever happened.
func checkInvariants(ctx context.Context, rm *v1alpha1.RAGMonitor) {
	GinkgoHelper()
	Eventually(func() bool {
		err := admin.Get(ctx, client.ObjectKeyFromObject(rm), rm)
		return err != nil || meta.FindStatusCondition(rm.Status.Conditions, v1alpha1.ConditionReady) != nil
	}).Should(BeTrue())
	if err := admin.Get(ctx, client.ObjectKeyFromObject(rm), rm); err != nil {
		Expect(client.IgnoreNotFound(err)).To(Succeed())
		return
	}
	status := map[string]metav1.ConditionStatus{}
	for _, c := range rm.Status.Conditions {
		status[c.Type] = c.Status
		Expect(c.Reason).NotTo(BeEmpty(), c.Type)
		Expect(c.Message).NotTo(BeEmpty(), c.Type)
		Expect(c.ObservedGeneration).To(BeNumerically("<=", rm.Generation), c.Type)
	}
	Expect(rm.Status.ObservedGeneration).To(BeNumerically("<=", rm.Generation))
	if status[v1alpha1.ConditionReady] == metav1.ConditionTrue {
		for _, kind := range []string{
			v1alpha1.ConditionAccepted, v1alpha1.ConditionPrerequisitesMet, v1alpha1.ConditionApplied, v1alpha1.ConditionAvailable,
		} {
			Expect(status[kind]).To(Equal(metav1.ConditionTrue), kind)
		}
	}
	if status[v1alpha1.ConditionDataAvailable] != metav1.ConditionTrue {
		Expect(status[v1alpha1.ConditionHealthy]).To(Or(Equal(metav1.ConditionUnknown), BeEmpty()))
		Expect(rm.Status.Health).NotTo(Equal(v1alpha1.HealthHealthy))
	}
}

// requests counts what the operator asked of the API server since a mark about a
// namespace, or what is in none, as "verb resource". Lists and watches are left out, by
// which caches are filled, and the namespaces of specs before, which may not be gone yet.
func requests(since int, namespace string) map[string]int {
	GinkgoHelper()
	counts := map[string]int{}
	for _, e := range operatorRequests()[since:] {
		if slices.Contains([]string{"", operatorNamespace, namespace}, e.ObjectRef.Namespace) {
			counts[e.Verb+" "+strings.TrimSuffix(e.ObjectRef.Resource+"/"+e.ObjectRef.Subresource, "/")]++
		}
	}
	return counts
}

func operatorRequests() []controlplane.AuditEvent {
	GinkgoHelper()
	events, err := controlplane.ReadAudit(auditLog)
	Expect(err).NotTo(HaveOccurred())
	var out []controlplane.AuditEvent
	for _, e := range events {
		if e.User.Username == operatorUser && e.ObjectRef.Resource != "" && e.Verb != "list" && e.Verb != "watch" {
			out = append(out, e)
		}
	}
	return out
}
