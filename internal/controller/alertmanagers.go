package controller

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
)

// namespacesAge is how long labels of namespaces are remembered. They are read one by
// one, and only where an Alertmanager selects by them.
const namespacesAge = 5 * time.Minute

var alertmanagerKind = schema.GroupVersionKind{Group: "monitoring.coreos.com", Version: "v1", Kind: "AlertmanagerList"}

// alertmanagers knows which Alertmanagers of the Prometheus Operator there are, and
// what they select. A cache could not hold them, because it holds only what has our
// labels; so they are listed now and then, for as long as somebody is to be notified.
// It implements manager.Runnable, and runs in the leader.
type alertmanagers struct {
	// live reads from the API server, monitors from the cache.
	live, monitors client.Reader
	clock          clock.WithTicker
	interval       time.Duration
	// changed is called when RAGMonitors must look anew.
	changed func()
	pulse   *Pulse

	mu    sync.Mutex
	known bool
	found []discovery.Alertmanager
	// labels of namespaces, and when they were read.
	labels   map[string]map[string]string
	labelsAt time.Time
	// unanswered says that somebody asked, and was told nothing for want of labels.
	unanswered bool
}

// +kubebuilder:rbac:groups=monitoring.coreos.com,resources=alertmanagers,verbs=list
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get

// uptake says what the Alertmanagers make of a configuration. It reads only what was
// never read before.
func (a *alertmanagers) uptake(ctx context.Context, c discovery.Configuration) (discovery.Uptake, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.known {
		found, err := a.read(ctx)
		if err != nil {
			return discovery.Uptake{}, err
		}
		a.found, a.known, a.labels, a.labelsAt = found, true, map[string]map[string]string{}, a.clock.Now()
	}
	if discovery.NeedsLabels(a.found) {
		if _, ok := a.labels[c.Namespace]; !ok {
			read, err := a.labelsOf(ctx, c.Namespace)
			if err != nil {
				a.unanswered = true
				return discovery.Uptake{}, err
			}
			a.labels[c.Namespace] = read
		}
	}
	c.NamespaceLabels = a.labels[c.Namespace]
	return discovery.TakenUp(c, a.found), nil
}

// Start looks until ctx ends.
func (a *alertmanagers) Start(ctx context.Context) error {
	ticker := a.clock.NewTicker(a.interval)
	defer ticker.Stop()
	for {
		a.pulse.beat("alertmanagers", a.interval)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C():
			a.look(ctx)
		}
	}
}

// look sees whether anything changed. What cannot be read stays as it was.
func (a *alertmanagers) look(ctx context.Context) {
	log := ctrl.LoggerFrom(ctx).WithName("alertmanagers")
	namespaces, err := a.notified(ctx)
	if err != nil {
		log.Error(err, "Listing RAGMonitors failed")
		return
	}
	if len(namespaces) == 0 {
		a.mu.Lock()
		a.known = false
		a.mu.Unlock()
		return
	}
	found, err := a.read(ctx)
	if err != nil {
		log.Error(err, "Listing Alertmanagers failed")
		return
	}
	labels, at, err := a.labelsOfAll(ctx, found, namespaces)
	if err != nil {
		log.Error(err, "Reading labels of namespaces failed")
		return
	}
	if a.take(found, labels, at) {
		a.changed()
	}
}

// take remembers, and says whether that is something new.
func (a *alertmanagers) take(found []discovery.Alertmanager, labels map[string]map[string]string, at time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	same := a.known && !a.unanswered && reflect.DeepEqual(a.found, found)
	for namespace, now := range labels {
		before, asked := a.labels[namespace]
		same = same && (!asked || maps.Equal(before, now))
	}
	a.found, a.labels, a.labelsAt, a.known = found, labels, at, true
	a.unanswered = false
	return !same
}

// notified are the namespaces of RAGMonitors with receivers.
func (a *alertmanagers) notified(ctx context.Context) ([]string, error) {
	list := &v1alpha1.RAGMonitorList{}
	// The objects are the cache's own: nothing here writes to them.
	if err := a.monitors.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	var out []string
	for i := range list.Items {
		if list.Items[i].Spec.Notifications != nil {
			out = append(out, list.Items[i].Namespace)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (a *alertmanagers) read(ctx context.Context) ([]discovery.Alertmanager, error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(alertmanagerKind)
	err := a.live.List(ctx, list)
	// A CRD that went is forgotten by the mapper only later.
	if meta.IsNoMatchError(err) || apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list Alertmanagers: %w", err)
	}
	var out []discovery.Alertmanager
	for i := range list.Items {
		am, err := alertmanagerOf(&list.Items[i])
		if err != nil {
			return nil, err
		}
		out = append(out, am)
	}
	return out, nil
}

// labelsOfAll are those of namespaces, no older than they may be.
func (a *alertmanagers) labelsOfAll(ctx context.Context, found []discovery.Alertmanager, namespaces []string) (map[string]map[string]string, time.Time, error) {
	a.mu.Lock()
	before, at := a.labels, a.labelsAt
	a.mu.Unlock()
	out := map[string]map[string]string{}
	if !discovery.NeedsLabels(found) {
		return out, at, nil
	}
	fresh := a.clock.Since(at) < namespacesAge
	if !fresh {
		at = a.clock.Now()
	}
	for _, namespace := range namespaces {
		known, ok := before[namespace]
		if !ok || !fresh {
			read, err := a.labelsOf(ctx, namespace)
			if err != nil {
				return nil, at, err
			}
			known = read
		}
		out[namespace] = known
	}
	return out, at, nil
}

func (a *alertmanagers) labelsOf(ctx context.Context, namespace string) (map[string]string, error) {
	n := &corev1.Namespace{}
	if err := a.live.Get(ctx, client.ObjectKey{Name: namespace}, n); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("get namespace %s: %w", namespace, err)
	}
	return n.Labels, nil
}

func alertmanagerOf(o *unstructured.Unstructured) (discovery.Alertmanager, error) {
	out := discovery.Alertmanager{Name: o.GetName(), Namespace: o.GetNamespace()}
	// A field of another type than the API has cannot be, and says nothing.
	out.Global, _, _ = unstructured.NestedString(o.Object, "spec", "alertmanagerConfiguration", "name")
	out.Strategy, _, _ = unstructured.NestedString(o.Object, "spec", "alertmanagerConfigMatcherStrategy", "type")
	out.Version, _, _ = unstructured.NestedString(o.Object, "spec", "version")
	out.Paused, _, _ = unstructured.NestedBool(o.Object, "spec", "paused")
	for field, to := range map[string]**metav1.LabelSelector{
		"alertmanagerConfigSelector":          &out.ConfigSelector,
		"alertmanagerConfigNamespaceSelector": &out.NamespaceSelector,
	} {
		value, found, err := unstructured.NestedMap(o.Object, "spec", field)
		if err != nil || !found {
			continue
		}
		*to = &metav1.LabelSelector{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(value, *to); err != nil {
			return out, fmt.Errorf("read %s of Alertmanager %s/%s: %w", field, o.GetNamespace(), o.GetName(), err)
		}
	}
	return out, nil
}
