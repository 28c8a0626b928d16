package controller

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/apply"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
	"github.com/ragmonitor/ragmonitor-operator/internal/status"
)

// NodeExporterConfig is what the administrator says of the node-exporter.
type NodeExporterConfig struct {
	// Enabled allows the operator to make one.
	Enabled bool
	// Image of node_exporter.
	Image string
	// Namespace of the operator, in which it is made.
	Namespace string
	// Deployment of the operator, which owns it; nil outside a cluster.
	Deployment *appsv1.Deployment
}

// NodeExporterReconciler keeps the cluster's one node-exporter: made when some
// RAGMonitor wants node metrics and nobody else provides them.
type NodeExporterReconciler struct {
	client  client.Reader
	desired desired.Catalogue
	applier *apply.Applier
	config  NodeExporterConfig
	// changed is called when the state that RAGMonitors report has changed.
	changed func()
	pulse   *Pulse

	mu   sync.Mutex
	last status.NodeExporter
}

// +kubebuilder:rbac:groups=apps,resources=daemonsets,verbs=list;watch
// +kubebuilder:rbac:groups=apps,resources=daemonsets,verbs=get;create;patch;delete,namespace=ragmonitor-system
// +kubebuilder:rbac:groups="",resources=services,verbs=get;list;watch;create;patch;delete,namespace=ragmonitor-system
// +kubebuilder:rbac:groups=apps,resources=deployments,verbs=get,namespace=ragmonitor-system

// Reconcile makes, keeps or removes the node-exporter. The request says nothing:
// there is one node-exporter, whatever changed.
func (r *NodeExporterReconciler) Reconcile(ctx context.Context, _ ctrl.Request) (ctrl.Result, error) {
	wanted, err := r.wanted(ctx)
	if err != nil {
		return ctrl.Result{}, err
	}
	_, external, err := r.daemonSets(ctx)
	if err != nil {
		return ctrl.Result{}, err
	}
	set := r.set()
	if wanted && external == nil {
		if set.Objects, err = r.desired.NodeExporter(r.config.Namespace, r.config.Image, r.owner()); err != nil {
			return ctrl.Result{}, err
		}
	}
	result := r.applier.Sync(ctx, set)
	if err := r.announce(ctx); err != nil {
		return ctrl.Result{}, err
	}
	if len(result.Conflicts) > 0 {
		ctrl.LoggerFrom(ctx).Info("Somebody else's object is in the way of the node-exporter", "objects", result.Conflicts)
		return ctrl.Result{RequeueAfter: wait.Jitter(conflictRetry, 0.1)}, nil
	}
	return ctrl.Result{}, result.Err()
}

// wanted says whether some RAGMonitor asks for node metrics, and we may provide
// them.
func (r *NodeExporterReconciler) wanted(ctx context.Context) (bool, error) {
	if !r.config.Enabled {
		return false, nil
	}
	list := &v1alpha1.RAGMonitorList{}
	if err := r.client.List(ctx, list); err != nil {
		return false, fmt.Errorf("list RAGMonitors: %w", err)
	}
	return slices.ContainsFunc(list.Items, func(rm v1alpha1.RAGMonitor) bool {
		return rm.DeletionTimestamp.IsZero() && rm.Spec.NodeMetrics != v1alpha1.NodeMetricsOff
	}), nil
}

// State says how the cluster's node metrics are come by at the moment.
func (r *NodeExporterReconciler) State(ctx context.Context) (status.NodeExporter, error) {
	ours, external, err := r.daemonSets(ctx)
	switch {
	case err != nil:
		return status.NodeExporter{}, err
	case external != nil:
		return status.NodeExporter{State: status.NodeExporterExternal, Running: rolledOut(external), Detail: describe(external)}, nil
	case ours != nil:
		return status.NodeExporter{State: status.NodeExporterOurs, Running: rolledOut(ours), Detail: describe(ours)}, nil
	case !r.config.Enabled:
		return status.NodeExporter{State: status.NodeExporterNone, Detail: "the operator may not make one (--node-exporter=false)"}, nil
	default:
		return status.NodeExporter{State: status.NodeExporterNone, Detail: "it is not made yet"}, nil
	}
}

// daemonSets returns our node-exporter and the first of others', each nil when
// there is none. The cache holds only those with a node-exporter's labels.
func (r *NodeExporterReconciler) daemonSets(ctx context.Context) (ours, external *unstructured.Unstructured, err error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(desired.DaemonSet)
	if err := r.client.List(ctx, list); err != nil {
		return nil, nil, fmt.Errorf("list DaemonSets: %w", err)
	}
	slices.SortFunc(list.Items, func(a, b unstructured.Unstructured) int {
		return strings.Compare(describe(&a), describe(&b))
	})
	set := r.set()
	for i := range list.Items {
		found := &list.Items[i]
		switch {
		case found.GetDeletionTimestamp() != nil:
		case found.GetName() == naming.NodeExporter && set.Owns(found):
			ours = found
		case external == nil:
			external = found
		}
	}
	return ours, external, nil
}

// announce tells RAGMonitors when what they report of the node-exporter changed.
func (r *NodeExporterReconciler) announce(ctx context.Context) error {
	state, err := r.State(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	changed := r.last != state
	r.last = state
	r.mu.Unlock()
	if changed {
		r.changed()
	}
	return nil
}

func (r *NodeExporterReconciler) set() apply.Set {
	set := apply.Set{
		Namespace: r.config.Namespace,
		Labels:    map[string]string{naming.LabelManagedBy: naming.ManagedBy, naming.LabelName: naming.NodeExporterApp},
		Kinds:     desired.NodeExporterKinds,
	}
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

// rolledOut says whether a DaemonSet runs, in its present form, on every node
// where it should.
func rolledOut(d *unstructured.Unstructured) bool {
	count := func(field string) int64 {
		n, _, _ := unstructured.NestedInt64(d.Object, "status", field)
		return n
	}
	nodes := count("desiredNumberScheduled")
	return count("observedGeneration") >= d.GetGeneration() && count("updatedNumberScheduled") >= nodes && count("numberAvailable") >= nodes
}

func describe(d *unstructured.Unstructured) string {
	return "DaemonSet " + types.NamespacedName{Namespace: d.GetNamespace(), Name: d.GetName()}.String()
}
