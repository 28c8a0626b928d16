package controller

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/apply"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
	"github.com/ragmonitor/ragmonitor-operator/internal/status"
)

// NodeExporterConfig is what the administrator says of figures of nodes and containers.
type NodeExporterConfig struct {
	// Enabled allows the operator to make a node-exporter.
	Enabled bool
	// Exporter says how it runs.
	Exporter desired.NodeExporter
	// Rules allows the operator to make rules on nodes and a board of them.
	Rules bool
	// Kubelet says how kubelets are scraped, and CAdvisor how one of our own runs; nil
	// where that is not asked for.
	Kubelet  *desired.Kubelet
	CAdvisor *desired.CAdvisor
	// Interval at which is looked what cannot be watched. Default: 5m.
	Interval time.Duration
	// Namespace of the operator, in which everything is made.
	Namespace string
	// Deployment of the operator, which owns it; nil outside a cluster.
	Deployment *appsv1.Deployment
}

// NodeExporterReconciler keeps the cluster's one node-exporter: made when some
// RAGMonitor wants node metrics and nobody else provides them. And what else there is
// once for all nodes: rules, a board, and what measures containers.
type NodeExporterReconciler struct {
	client  client.Reader
	desired desired.Catalogue
	applier *apply.Applier
	config  NodeExporterConfig
	// namespaces says how series that somebody else collects are bound to one.
	namespaces model.Namespaces
	// monitors are what scrapes others' exporters.
	monitors *exporterMonitors
	// scraped says whether anything could scrape a node-exporter.
	scraped func() bool
	// changed is called when the state that RAGMonitors report has changed.
	changed func()
	clock   clock.PassiveClock
	pulse   *Pulse

	mu sync.Mutex
	// last is the state that was told last; nil before any was.
	last *status.NodeExporter
	// lacking is since when one that is told to run everywhere does not; zero where it does.
	lacking time.Time
}

// lookAgain is the default of NodeExporterConfig.Interval.
const lookAgain = 5 * time.Minute

// joining is how long a node-exporter that ran everywhere may be missing somewhere before
// anybody is told. Every node that joins is without it at first, and a new image takes it
// from each: to say so would be to write to every RAGMonitor, twice.
const joining = 5 * time.Minute

// +kubebuilder:rbac:groups=apps,resources=daemonsets,verbs=list;watch
// +kubebuilder:rbac:groups=apps,resources=daemonsets,verbs=get;create;patch;delete,namespace=ragmonitor-system
// +kubebuilder:rbac:groups="",resources=pods,verbs=list;watch
// +kubebuilder:rbac:groups="",resources=services,verbs=get;list;watch;create;patch;delete,namespace=ragmonitor-system
// +kubebuilder:rbac:groups=apps,resources=deployments,verbs=get,namespace=ragmonitor-system

// Reconcile makes, keeps or removes what there is for all nodes. The request says
// nothing: there is one of each, whatever changed.
func (r *NodeExporterReconciler) Reconcile(ctx context.Context, _ ctrl.Request) (ctrl.Result, error) {
	wish, err := r.wish(ctx)
	if err != nil {
		return ctrl.Result{}, err
	}
	found, err := r.look(ctx)
	if err != nil {
		return ctrl.Result{}, err
	}
	sets, err := r.sets(wish, found)
	if err != nil {
		return ctrl.Result{}, err
	}
	var result apply.Result
	for _, set := range sets {
		done := r.applier.Sync(ctx, set)
		result.Conflicts = append(result.Conflicts, done.Conflicts...)
		result.Failures = append(result.Failures, done.Failures...)
	}
	untold := r.announce(r.stateOf(found))
	return r.next(ctx, wish, result, untold)
}

// next says when to look again: where something is untold, when it will have to be said.
func (r *NodeExporterReconciler) next(ctx context.Context, wish wish, result apply.Result, untold time.Duration) (ctrl.Result, error) {
	switch {
	case len(result.Conflicts) > 0:
		ctrl.LoggerFrom(ctx).Info("Somebody else's object is in the way of the node-exporter", "objects", result.Conflicts)
		return ctrl.Result{RequeueAfter: wait.Jitter(conflictRetry, 0.1)}, nil
	case result.Err() != nil || wish == wishNone:
		return ctrl.Result{}, result.Err()
	case untold > 0 && untold < r.config.Interval:
		return ctrl.Result{RequeueAfter: untold}, nil
	default:
		return ctrl.Result{RequeueAfter: wait.Jitter(r.config.Interval, 0.1)}, nil
	}
}

// wish is how much the RAGMonitors ask for.
type wish int

const (
	wishNone wish = iota
	wishIfAvailable
	wishRequired
)

// wish is the greatest of all RAGMonitors.
func (r *NodeExporterReconciler) wish(ctx context.Context) (wish, error) {
	list := &v1alpha1.RAGMonitorList{}
	if err := r.client.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
		return wishNone, fmt.Errorf("list RAGMonitors: %w", err)
	}
	greatest := wishNone
	for i := range list.Items {
		rm := &list.Items[i]
		switch {
		case !rm.DeletionTimestamp.IsZero() || rm.Spec.NodeMetrics == v1alpha1.NodeMetricsOff:
		case rm.Spec.NodeMetrics == v1alpha1.NodeMetricsRequired:
			return wishRequired, nil
		default:
			greatest = wishIfAvailable
		}
	}
	return greatest, nil
}

// makes says whether ours is made, in the absence of others. One that nothing scrapes is
// of no use, and made only for those who insist.
func (r *NodeExporterReconciler) makes(w wish) bool {
	return r.config.Enabled && (w == wishRequired || w == wishIfAvailable && r.scraped())
}

// sets are what should exist, by the program that it is about.
func (r *NodeExporterReconciler) sets(w wish, found exporters) ([]apply.Set, error) {
	at := desired.Place{Namespace: r.config.Namespace, Owner: r.owner()}
	exporter := r.set(naming.NodeExporterApp, desired.NodeExporterKinds...)
	kubelet := r.set(naming.KubeletApp, desired.ServiceMonitor)
	cAdvisor := r.set(naming.CAdvisorApp, desired.DaemonSet, desired.Service, desired.ServiceMonitor)
	series := r.theirSeries(found.aside)
	if found.aside == nil && r.makes(w) {
		exporter.Objects = r.desired.NodeExporter(at, r.config.Exporter)
		series = new(desired.OwnNodeSeries(r.config.Namespace))
	}
	if series != nil && w != wishNone && r.config.Rules {
		made, err := r.desired.NodeRules(at, *series)
		if err != nil {
			return nil, err
		}
		exporter.Objects = append(exporter.Objects, made...)
	}
	if w != wishNone && r.config.Kubelet != nil {
		kubelet.Objects = []desired.Object{r.desired.KubeletMonitor(at, *r.config.Kubelet)}
	}
	if w != wishNone && r.config.CAdvisor != nil {
		cAdvisor.Objects = r.desired.CAdvisor(at, *r.config.CAdvisor)
	}
	return []apply.Set{exporter, kubelet, cAdvisor}, nil
}

// theirSeries are those of somebody else's node-exporter; nil where there is none.
func (r *NodeExporterReconciler) theirSeries(aside *aside) *rules.NodeSeries {
	if aside == nil {
		return nil
	}
	return &rules.NodeSeries{Namespace: aside.namespace, Namespaces: r.namespaces}
}

// set is empty: that of a program of which nothing should exist.
func (r *NodeExporterReconciler) set(app string, kinds ...schema.GroupVersionKind) apply.Set {
	set := apply.Set{Namespace: r.config.Namespace, Labels: naming.AgentLabels(app), Kinds: slices.Clone(kinds)}
	if r.config.Deployment != nil {
		set.Owner = r.config.Deployment.UID
	}
	return set
}

func (r *NodeExporterReconciler) owner() *metav1ac.OwnerReferenceApplyConfiguration {
	d := r.config.Deployment
	if d == nil {
		return nil
	}
	return metav1ac.OwnerReference().
		WithAPIVersion(appsv1.SchemeGroupVersion.String()).
		WithKind("Deployment").
		WithName(d.Name).
		WithUID(d.UID).
		WithController(true)
}

// State says how the cluster's node metrics are come by. It is what was told last: every
// RAGMonitor asks for it.
func (r *NodeExporterReconciler) State(ctx context.Context) (status.NodeExporter, error) {
	r.mu.Lock()
	last := r.last
	r.mu.Unlock()
	if last != nil {
		return *last, nil
	}
	found, err := r.look(ctx)
	if err != nil {
		return status.NodeExporter{}, err
	}
	return r.stateOf(found), nil
}

func (r *NodeExporterReconciler) stateOf(found exporters) status.NodeExporter {
	switch {
	case found.aside != nil:
		return found.aside.state(r.config.Exporter.Port)
	case found.ours != nil:
		return found.state(r.config.Exporter)
	case !r.config.Enabled:
		return status.NodeExporter{State: status.NodeExporterNone, Detail: "the operator may not make one (--node-exporter=false)"}
	case !r.scraped():
		return status.NodeExporter{State: status.NodeExporterNone, Detail: "nothing would scrape it, since the cluster has no ServiceMonitor API and the operator no Prometheus"}
	default:
		return status.NodeExporter{State: status.NodeExporterNone, Detail: "it is not made yet"}
	}
}

// announce tells RAGMonitors when what they report of the node-exporter changed. It returns
// how long it keeps to itself what it was given; 0 where it does not.
func (r *NodeExporterReconciler) announce(state status.NodeExporter) time.Duration {
	r.mu.Lock()
	untold := r.settles(state)
	changed := untold == 0 && (r.last == nil || *r.last != state)
	if changed {
		r.last = &state
	}
	r.mu.Unlock()
	if changed {
		r.changed()
	}
	return untold
}

// settles is how much longer the one that was told to run everywhere may be missing
// somewhere; 0 for every other state.
func (r *NodeExporterReconciler) settles(state status.NodeExporter) time.Duration {
	if r.last == nil || !r.last.Running || state.Running || !sameExporter(*r.last, state) {
		r.lacking = time.Time{}
		return 0
	}
	if r.lacking.IsZero() {
		r.lacking = r.clock.Now()
	}
	return max(0, joining-r.clock.Since(r.lacking))
}

func sameExporter(a, b status.NodeExporter) bool {
	return a.State == b.State && a.Detail == b.Detail && a.UID == b.UID
}
