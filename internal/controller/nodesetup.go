package controller

import (
	"context"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/apply"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

func newNodeExporterReconciler(mgr ctrl.Manager, o Options, apis *APIs, applier *apply.Applier, all *broadcast) *NodeExporterReconciler {
	config := o.NodeExporter
	if config.Interval <= 0 {
		config.Interval = lookAgain
	}
	hasMonitors := func() bool { return apis.Has(desired.ServiceMonitor) }
	asked := slices.ContainsFunc(o.Sources, func(s Source) bool { return o.Embedded == nil || s.Name() != o.Embedded.Source })
	return &NodeExporterReconciler{
		client: mgr.GetClient(), desired: o.Desired, applier: applier, config: config, namespaces: o.Catalogue.Namespaces,
		monitors: &exporterMonitors{reader: mgr.GetAPIReader(), known: hasMonitors, clock: clock.RealClock{}, age: config.Interval / 2},
		scraped:  func() bool { return asked || hasMonitors() },
		changed:  all.send, clock: clock.RealClock{},
	}
}

// one is the request for what there is once for all nodes.
var one = reconcile.Request{NamespacedName: types.NamespacedName{Name: naming.NodeExporter}}

func (r *NodeExporterReconciler) setup(mgr ctrl.Manager, woken *broadcast, apis *APIs) error {
	toOne := handler.TypedEnqueueRequestsFromMapFunc(func(context.Context, *unstructured.Unstructured) []reconcile.Request {
		return []reconcile.Request{one}
	})
	podToOne := handler.TypedEnqueueRequestsFromMapFunc(func(context.Context, *corev1.Pod) []reconcile.Request {
		return []reconcile.Request{one}
	})
	anyToOne := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request {
		return []reconcile.Request{one}
	})
	ours := predicate.NewTypedPredicateFuncs(r.isOurs)
	c, err := ctrl.NewControllerManagedBy(mgr).
		Named("nodeexporter").
		Watches(&v1alpha1.RAGMonitor{}, anyToOne, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WatchesRawSource(source.Kind(mgr.GetCache(), object(desired.DaemonSet), toOne)).
		WatchesRawSource(source.Kind(mgr.GetCache(), &corev1.Pod{}, podToOne)).
		WatchesRawSource(source.Kind(mgr.GetCache(), object(desired.Service), toOne, ours)).
		WatchesRawSource(source.Kind(mgr.GetCache(), object(desired.ConfigMap), toOne, ours)).
		WatchesRawSource(source.Channel(woken.events, anyToOne)).
		Build(r.pulse.watched("nodeexporter", r))
	if err != nil {
		return err
	}
	apis.watch = append(apis.watch, func(kind schema.GroupVersionKind) (source.SyncingSource, error) {
		if !slices.Contains(desired.NodeExporterKinds, kind) {
			return nil, nil
		}
		s := source.Kind(mgr.GetCache(), object(kind), toOne, ours)
		return s, c.Watch(s)
	})
	return nil
}

// isOurs says whether an object is, by its name, one of those that there are once.
func (r *NodeExporterReconciler) isOurs(o *unstructured.Unstructured) bool {
	return o.GetNamespace() == r.config.Namespace && slices.Contains(naming.ForNodes, o.GetName())
}

// inHostNetwork selects the pods that may have a port of their node. Few are.
var inHostNetwork = fields.OneTermEqualSelector("spec.hostNetwork", "true")

// leanDaemonSet keeps of somebody else's what tells of a node-exporter, and whether it
// runs. Ours are kept whole, to be compared with what they should be.
func leanDaemonSet(in any) (any, error) {
	u, ok := in.(*unstructured.Unstructured)
	if !ok {
		return in, nil
	}
	u.SetManagedFields(nil)
	if u.GetLabels()[naming.LabelManagedBy] == naming.ManagedBy {
		return u, nil
	}
	u.SetAnnotations(nil)
	for _, path := range [][]string{{"spec", "template", "metadata", "annotations"}, {"spec", "template", "spec", "volumes"}, {"spec", "template", "spec", "initContainers"}} {
		unstructured.RemoveNestedField(u.Object, path...)
	}
	containers, found, err := unstructured.NestedSlice(u.Object, "spec", "template", "spec", "containers")
	if err != nil || !found {
		return u, nil //nolint:nilerr // of another type than the API has, and so nobody's node-exporter
	}
	for i := range containers {
		if c, ok := containers[i].(map[string]any); ok {
			maps.DeleteFunc(c, func(field string, _ any) bool { return !slices.Contains([]string{"name", "image", "ports"}, field) })
		}
	}
	return u, unstructured.SetNestedSlice(u.Object, containers, "spec", "template", "spec", "containers")
}

// leanPod keeps of a pod what tells of a node-exporter, and what keeps ours from running.
func leanPod(in any) (any, error) {
	p, ok := in.(*corev1.Pod)
	if !ok {
		return in, nil
	}
	lean := &corev1.Pod{TypeMeta: p.TypeMeta}
	lean.Namespace, lean.Name, lean.UID, lean.ResourceVersion = p.Namespace, p.Name, p.UID, p.ResourceVersion
	lean.Labels, lean.OwnerReferences, lean.DeletionTimestamp = p.Labels, p.OwnerReferences, p.DeletionTimestamp
	lean.Spec.NodeName, lean.Spec.HostNetwork = p.Spec.NodeName, p.Spec.HostNetwork
	for _, c := range p.Spec.Containers {
		lean.Spec.Containers = append(lean.Spec.Containers, corev1.Container{Name: c.Name, Image: c.Image, Ports: c.Ports})
	}
	lean.Status.Phase = p.Status.Phase
	if p.Labels[naming.LabelManagedBy] == naming.ManagedBy {
		lean.Spec.Affinity = p.Spec.Affinity
		lean.Status.Conditions, lean.Status.ContainerStatuses = p.Status.Conditions, p.Status.ContainerStatuses
	}
	return lean, nil
}
