package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
)

// APIs follows which of the optional kinds the cluster knows. It starts to watch
// a kind when its CRD is served and stops when the CRD goes, so that a Prometheus
// Operator can be installed, removed and installed again beside a running operator.
// It writes nothing, and runs in every replica: a new leader would begin by telling
// everybody that what came since its start is missing.
type APIs struct {
	client client.Reader
	cache  cache.Cache
	mapper meta.RESTMapper
	// watch are called with each kind that appears, changed with each that
	// appears or goes.
	watch   []func(schema.GroupVersionKind) (source.SyncingSource, error)
	changed []func()
	pulse   *Pulse

	mu      sync.RWMutex
	present map[schema.GroupVersionKind]bool
}

// syncTimeout is how long the first listing of a kind that appeared may take.
const syncTimeout = 30 * time.Second

// optional are the optional kinds by the name of their CRD.
var optional = map[string]schema.GroupVersionKind{
	"servicemonitors.monitoring.coreos.com": desired.ServiceMonitor,
	"prometheusrules.monitoring.coreos.com": desired.PrometheusRule,

	"alertmanagerconfigs.monitoring.coreos.com": desired.AlertmanagerConfig,
}

func newAPIs(mgr ctrl.Manager) *APIs {
	return &APIs{
		client:  mgr.GetClient(),
		cache:   mgr.GetCache(),
		mapper:  mgr.GetRESTMapper(),
		present: map[schema.GroupVersionKind]bool{},
	}
}

// Has says whether the cluster knows a kind. Kinds that are not optional are
// always known.
func (a *APIs) Has(kind schema.GroupVersionKind) bool {
	if !slices.Contains(desired.OptionalKinds, kind) {
		return true
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.present[kind]
}

// discover finds the kinds that are there from the start, so that the first
// reconciliation after a restart sees the cluster as the last one did.
func (a *APIs) discover() error {
	for _, kind := range desired.OptionalKinds {
		_, err := a.mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if meta.IsNoMatchError(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("look up %s: %w", kind.Kind, err)
		}
		if _, err := a.startWatching(kind); err != nil {
			return err
		}
		a.set(kind, true)
	}
	return nil
}

// +kubebuilder:rbac:groups=apiextensions.k8s.io,resources=customresourcedefinitions,verbs=get;list;watch

func (a *APIs) setup(mgr ctrl.Manager) error {
	isOptional := predicate.NewPredicateFuncs(func(o client.Object) bool {
		_, ok := optional[o.GetName()]
		return ok
	})
	return ctrl.NewControllerManagedBy(mgr).
		Named("apis").
		For(&apiextensionsv1.CustomResourceDefinition{}, builder.WithPredicates(isOptional)).
		WithOptions(controller.Options{NeedLeaderElection: new(false)}).
		Complete(a.pulse.watched("apis", a))
}

// Reconcile follows one CRD.
func (a *APIs) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	kind := optional[request.Name]
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := a.client.Get(ctx, request.NamespacedName, crd); client.IgnoreNotFound(err) != nil {
		return ctrl.Result{}, fmt.Errorf("get CRD: %w", err)
	}
	served := serves(crd, kind.Version)
	if served == a.Has(kind) {
		return ctrl.Result{}, nil
	}
	if served {
		// An established CRD takes a moment to be found: an error tries again.
		if _, err := a.mapper.RESTMapping(kind.GroupKind(), kind.Version); err != nil {
			return ctrl.Result{}, fmt.Errorf("look up %s: %w", kind.Kind, err)
		}
		if err := a.appear(ctx, kind); err != nil {
			// The next attempt, or the kind's going, begins from nothing.
			return ctrl.Result{}, errors.Join(err, a.vanish(ctx, kind))
		}
	} else if err := a.vanish(ctx, kind); err != nil {
		return ctrl.Result{}, err
	}
	ctrl.LoggerFrom(ctx).Info("An optional API appeared or went", "kind", kind.Kind, "served", served)
	for _, notify := range a.changed {
		notify()
	}
	return ctrl.Result{}, nil
}

// appear lets the kind be used once it is watched: an object that is made before
// could be deleted unseen.
func (a *APIs) appear(ctx context.Context, kind schema.GroupVersionKind) error {
	sources, err := a.startWatching(kind)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	for _, s := range sources {
		if err := s.WaitForSync(ctx); err != nil {
			return fmt.Errorf("watch %s: %w", kind.Kind, err)
		}
	}
	a.set(kind, true)
	return nil
}

func (a *APIs) startWatching(kind schema.GroupVersionKind) ([]source.SyncingSource, error) {
	var sources []source.SyncingSource
	for _, watch := range a.watch {
		s, err := watch(kind)
		if err != nil {
			return nil, fmt.Errorf("watch %s: %w", kind.Kind, err)
		}
		if s != nil {
			sources = append(sources, s)
		}
	}
	return sources, nil
}

// vanish drops the cache of a kind: its watch would fail for ever, and a watch on
// the kind's return starts with a new one.
func (a *APIs) vanish(ctx context.Context, kind schema.GroupVersionKind) error {
	a.set(kind, false)
	if err := a.cache.RemoveInformer(ctx, object(kind)); err != nil {
		return fmt.Errorf("stop watching %s: %w", kind.Kind, err)
	}
	return nil
}

func (a *APIs) set(kind schema.GroupVersionKind, present bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.present[kind] = present
}

func serves(crd *apiextensionsv1.CustomResourceDefinition, version string) bool {
	established := slices.ContainsFunc(crd.Status.Conditions, func(c apiextensionsv1.CustomResourceDefinitionCondition) bool {
		return c.Type == apiextensionsv1.Established && c.Status == apiextensionsv1.ConditionTrue
	})
	return established && crd.DeletionTimestamp.IsZero() &&
		slices.ContainsFunc(crd.Spec.Versions, func(v apiextensionsv1.CustomResourceDefinitionVersion) bool {
			return v.Name == version && v.Served
		})
}

func object(kind schema.GroupVersionKind) *unstructured.Unstructured {
	o := &unstructured.Unstructured{}
	o.SetGroupVersionKind(kind)
	return o
}
