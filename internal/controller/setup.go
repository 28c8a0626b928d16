// Package controller holds the reconcilers and how they are wired to watches. Two
// controllers share the RAGMonitor kind, with separate field managers and disjoint
// parts of the status: RAGMonitorReconciler keeps the children right, Aggregator
// the health. NodeExporterReconciler keeps the cluster's one node-exporter, and
// APIs follows which optional kinds there are.
//
// What is decided here is only what happens when; what is made, and what is said,
// is decided in the pure packages.
package controller

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/apply"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/embedded"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// Options are what the administrator says, and what is compiled in.
type Options struct {
	Catalogue    model.Catalogue
	Desired      desired.Catalogue
	NodeExporter NodeExporterConfig
	// PriceTable is the administrator's file of prices; "" without one.
	PriceTable string
	// Sources of readings; the first is the default.
	Sources []Source
	// Embedded is the engine behind one of the sources; nil without one.
	Embedded *Embedded
	// Interval between two readings.
	Interval time.Duration
	// Metrics takes the operator's own metrics.
	Metrics prometheus.Registerer
	// Pulse is told of what must not stop; nil where nobody asks.
	Pulse *Pulse
}

// Embedded is the operator as a source of its own.
type Embedded struct {
	// Source is its name.
	Source string
	Engine *embedded.Engine
}

// CacheOptions keep the cache small: of the kinds that others use as well, it
// holds only our own objects, and Services, which only the node-exporter has, only
// in the operator's namespace. Of DaemonSets, and of pods in the network of their
// nodes, it holds all, and of each what tells of a node-exporter. Optional kinds are not named here, because the
// cache refuses to start with a kind that the cluster lacks.
func CacheOptions(operatorNamespace string) cache.Options {
	return cache.Options{
		ReaderFailOnMissingInformer: true,
		DefaultTransform:            cache.TransformStripManagedFields(),
		DefaultLabelSelector:        labels.SelectorFromSet(labels.Set{naming.LabelManagedBy: naming.ManagedBy}),
		ByObject: map[client.Object]cache.ByObject{
			&v1alpha1.RAGMonitor{}:    {Label: labels.Everything()},
			object(desired.DaemonSet): {Label: labels.Everything(), Transform: leanDaemonSet},
			&corev1.Pod{}:             {Label: labels.Everything(), Field: inHostNetwork, Transform: leanPod},
			object(desired.Service):   {Namespaces: map[string]cache.Config{operatorNamespace: {}}},
			&apiextensionsv1.CustomResourceDefinition{}: {
				Label:     labels.Everything(),
				Transform: withoutSchema,
			},
		},
	}
}

// withoutSchema drops what makes CRDs large: a cluster has hundreds.
func withoutSchema(in any) (any, error) {
	if crd, ok := in.(*apiextensionsv1.CustomResourceDefinition); ok {
		crd.ManagedFields = nil
		crd.Annotations = nil
		for i := range crd.Spec.Versions {
			crd.Spec.Versions[i].Schema = nil
		}
	}
	return in, nil
}

// Setup adds every controller to the manager, which must have been made with
// CacheOptions and a client that reads unstructured objects from the cache.
func Setup(mgr ctrl.Manager, o Options) error {
	return setup(mgr, o, newAPIs(mgr))
}

func setup(mgr ctrl.Manager, o Options, apis *APIs) error {
	monitors, err := readYourWrites(mgr)
	if err != nil {
		return err
	}
	all := newBroadcast()
	desired := newCatalogue(o.Desired)
	applier := apply.New(mgr.GetClient(), mgr.GetAPIReader(), apis)
	nodes := newNodeExporterReconciler(mgr, o, apis, applier, all)
	reconciler := &RAGMonitorReconciler{
		client:    monitors,
		catalogue: o.Catalogue,
		desired:   desired,
		applier:   applier,
		nodes:     nodes,
		recorder:  mgr.GetEventRecorder(apply.FieldManager),
		clock:     clock.RealClock{},
	}
	aggregation, err := newAggregation(mgr, o, monitors, desired)
	if err != nil {
		return err
	}
	reconciler.embedded = aggregation.scraper.takes
	reconciler.pulse, nodes.pulse, apis.pulse = o.Pulse, o.Pulse, o.Pulse
	alertmanagers := &alertmanagers{
		live: mgr.GetAPIReader(), monitors: mgr.GetClient(), clock: clock.RealClock{},
		interval: o.Interval, changed: all.send, pulse: o.Pulse,
	}
	reconciler.notifier = &notifier{children: mgr.GetClient(), alertmanagers: alertmanagers, labels: o.Desired.Labels}
	woken := newBroadcast()
	apis.changed = []func(){all.send, woken.send}
	for _, setup := range []func(ctrl.Manager) error{
		func(mgr ctrl.Manager) error { return reconciler.setup(mgr, all, apis) },
		func(mgr ctrl.Manager) error { return nodes.setup(mgr, woken, apis) },
		aggregation.setup,
		apis.setup,
		func(ctrl.Manager) error { return apis.discover() },
		apis.warm,
		func(mgr ctrl.Manager) error { return mgr.Add(alertmanagers) },
		func(mgr ctrl.Manager) error {
			if o.PriceTable == "" {
				return nil
			}
			return mgr.Add(&priceTable{file: o.PriceTable, catalogue: desired, changed: all.send})
		},
	} {
		if err := setup(mgr); err != nil {
			return fmt.Errorf("set up controllers: %w", err)
		}
	}
	return nil
}

// readYourWrites returns a client for RAGMonitors whose reads wait until the cache
// has seen our own writes: two parts of one status are written in quick
// succession, and a part computed from an old status would be written twice.
func readYourWrites(mgr ctrl.Manager) (client.Client, error) {
	consistent := true
	c, err := client.New(mgr.GetConfig(), client.Options{
		HTTPClient: mgr.GetHTTPClient(),
		Scheme:     mgr.GetScheme(),
		Mapper:     mgr.GetRESTMapper(),
		Cache:      &client.CacheOptions{Reader: mgr.GetCache(), EnableReadYourWritesConsistency: &consistent},
	})
	if err != nil {
		return nil, fmt.Errorf("make the client for RAGMonitors: %w", err)
	}
	return c, nil
}

func (r *RAGMonitorReconciler) setup(mgr ctrl.Manager, all *broadcast, apis *APIs) error {
	owned := handler.TypedEnqueueRequestForOwner[*unstructured.Unstructured](
		mgr.GetScheme(), mgr.GetRESTMapper(), &v1alpha1.RAGMonitor{}, handler.OnlyControllerOwner())
	everyMonitor := handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, _ client.Object) []reconcile.Request {
		return requestsForAll(ctx, mgr.GetClient())
	})
	c, err := ctrl.NewControllerManagedBy(mgr).
		Named("ragmonitor").
		For(&v1alpha1.RAGMonitor{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WatchesRawSource(source.Kind(mgr.GetCache(), object(desired.ConfigMap), owned)).
		WatchesRawSource(source.Channel(all.events, everyMonitor)).
		WithOptions(controller.Options{MaxConcurrentReconciles: 8}).
		Build(r.pulse.watched("ragmonitor", r))
	if err != nil {
		return err
	}
	apis.watch = append(apis.watch, func(kind schema.GroupVersionKind) (source.SyncingSource, error) {
		s := source.Kind(mgr.GetCache(), object(kind), owned)
		return s, c.Watch(s)
	})
	return nil
}

// broadcast has all that there is reconciled. One event that waits is enough, however
// often it is sent.
type broadcast struct{ events chan event.GenericEvent }

func newBroadcast() *broadcast { return &broadcast{events: make(chan event.GenericEvent, 1)} }

func (b *broadcast) send() {
	select {
	case b.events <- event.GenericEvent{Object: &v1alpha1.RAGMonitor{ObjectMeta: metav1.ObjectMeta{Name: "all"}}}:
	default:
	}
}

func requestsForAll(ctx context.Context, c client.Reader) []reconcile.Request {
	list := &v1alpha1.RAGMonitorList{}
	if err := c.List(ctx, list); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Listing RAGMonitors failed")
		return nil
	}
	requests := make([]reconcile.Request, 0, len(list.Items))
	for i := range list.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
	}
	return requests
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
