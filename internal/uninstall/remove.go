package uninstall

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

var deploymentKind = schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}

// page is how many objects are listed at a time, and workers how many requests are
// made at a time: many thousands of objects must go within minutes.
const (
	page    = 500
	workers = 16
)

// remove deletes all that the operator made.
func (u *Uninstaller) remove(ctx context.Context) error {
	var failed []error
	for kind, namespace := range u.places() {
		removed, err := u.removeKind(ctx, kind, namespace)
		if err != nil {
			failed = append(failed, err)
		}
		if removed > 0 {
			u.Log.Info("Removed objects", "kind", kind.Kind, "count", removed)
		}
	}
	return errors.Join(failed...)
}

// places are the kinds of our objects, each with the namespace where they are, "" for
// all. Children of RAGMonitors are everywhere, what is for all nodes is beside the operator.
func (u *Uninstaller) places() map[schema.GroupVersionKind]string {
	places := map[schema.GroupVersionKind]string{}
	for _, kind := range desired.NodeExporterKinds {
		places[kind] = u.Namespace
	}
	for _, kind := range desired.MonitorKinds {
		places[kind] = metav1.NamespaceAll
	}
	return places
}

// removeKind deletes our objects of one kind, none where the cluster does not know it.
// It lists their metadata only, since boards are large, and a page at a time, since the
// pod has little memory.
func (u *Uninstaller) removeKind(ctx context.Context, kind schema.GroupVersionKind, namespace string) (int, error) {
	options := []client.ListOption{client.InNamespace(namespace), client.MatchingLabels{naming.LabelManagedBy: naming.ManagedBy}, client.Limit(page)}
	removed, next := 0, ""
	for {
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(kind)
		err := u.Client.List(ctx, list, append(options, client.Continue(next))...)
		if meta.IsNoMatchError(err) {
			return removed, nil
		}
		if err != nil {
			return removed, fmt.Errorf("list %s: %w", kind.Kind, err)
		}
		ours := slices.DeleteFunc(list.Items, func(o metav1.PartialObjectMetadata) bool { return !u.owns(&o) })
		done, err := atOnce(ctx, ours, func(o *metav1.PartialObjectMetadata) error { return u.delete(ctx, kind, o) })
		removed += done
		if err != nil {
			return removed, err
		}
		if next = list.GetContinue(); next == "" {
			return removed, nil
		}
	}
}

// delete removes exactly the object that was listed, not a namesake made since.
func (u *Uninstaller) delete(ctx context.Context, kind schema.GroupVersionKind, o *metav1.PartialObjectMetadata) error {
	o.SetGroupVersionKind(kind)
	uid := o.GetUID()
	err := u.Client.Delete(ctx, o, client.Preconditions{UID: &uid}, client.PropagationPolicy(metav1.DeletePropagationBackground))
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("delete %s %s/%s: %w", kind.Kind, o.Namespace, o.Name, err)
	}
	return nil
}

// owns says whether an object with our label is ours: a RAGMonitor is its controller,
// or it is one that there is once for all nodes, of our Deployment or of nobody.
func (u *Uninstaller) owns(o *metav1.PartialObjectMetadata) bool {
	controller := metav1.GetControllerOf(o)
	if controller == nil {
		return o.Namespace == u.Namespace && slices.Contains(naming.ForNodes, o.Name)
	}
	kind := schema.FromAPIVersionAndKind(controller.APIVersion, controller.Kind)
	switch kind.GroupKind() {
	case v1alpha1.GroupVersion.WithKind(v1alpha1.Kind).GroupKind():
		return true
	case deploymentKind.GroupKind():
		return o.Namespace == u.Namespace && controller.Name == u.Deployment
	default:
		return false
	}
}

// mostErrors are named. The right to delete a kind is missing for all of it at once.
const mostErrors = 5

// atOnce does something for each item, several at a time, and returns how many were
// done.
func atOnce[T any](ctx context.Context, items []T, do func(*T) error) (int, error) {
	var mu sync.Mutex
	var failed []error
	done := 0
	workqueue.ParallelizeUntil(ctx, workers, len(items), func(i int) {
		err := do(&items[i])
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			failed = append(failed, err)
			return
		}
		done++
	})
	if err := ctx.Err(); err != nil {
		return done, fmt.Errorf("%d of %d were done: %w", done, len(items), err)
	}
	if more := len(failed) - mostErrors; more > 0 {
		failed = append(failed[:mostErrors], fmt.Errorf("and %d more", more))
	}
	return done, errors.Join(failed...)
}
