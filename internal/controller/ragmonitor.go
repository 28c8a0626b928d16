package controller

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/apply"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
	"github.com/ragmonitor/ragmonitor-operator/internal/status"
)

// conflictRetry is how long to wait for somebody else's object to go. Nothing
// tells us when it does: the cache holds only objects with our labels.
const conflictRetry = time.Minute

// RAGMonitorReconciler keeps the children of RAGMonitors right.
type RAGMonitorReconciler struct {
	// client reads RAGMonitors as recent as our own last write to them.
	client    client.Client
	catalogue model.Catalogue
	desired   *catalogue
	applier   *apply.Applier
	nodes     *NodeExporterReconciler
	recorder  events.EventRecorder
	clock     clock.PassiveClock
	// embedded says whether a RAGMonitor has the operator for its source.
	embedded func(*v1alpha1.RAGMonitor) bool
	notifier *notifier
	pulse    *Pulse
}

// +kubebuilder:rbac:groups=monitoring.ragmonitor.io,resources=ragmonitors,verbs=get;list;watch
// +kubebuilder:rbac:groups=monitoring.ragmonitor.io,resources=ragmonitors/status,verbs=patch
// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=monitoring.coreos.com,resources=servicemonitors;prometheusrules;alertmanagerconfigs,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Reconcile makes the children of one RAGMonitor what its spec says, and reports.
func (r *RAGMonitorReconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	rm := &v1alpha1.RAGMonitor{}
	if err := r.client.Get(ctx, request.NamespacedName, rm); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !rm.DeletionTimestamp.IsZero() {
		// The garbage collector deletes the children; making one anew would
		// only be in its way.
		return ctrl.Result{}, nil
	}
	outcome, err := r.run(ctx, rm)
	if err := r.publish(ctx, rm, outcome); err != nil {
		return ctrl.Result{}, err
	}
	return next(outcome, err)
}

// run resolves, builds and applies. The error is why something failed; the outcome
// says the same to people.
func (r *RAGMonitorReconciler) run(ctx context.Context, rm *v1alpha1.RAGMonitor) (status.Outcome, error) {
	monitor, err := model.Resolve(rm, r.catalogue)
	if err != nil {
		return refused(err), err
	}
	children, err := r.desired.Load().Build(monitor)
	if _, ok := model.AsInvalidSpec(err); ok {
		return refused(err), err
	}
	if err != nil {
		return status.Outcome{Failures: []string{err.Error()}}, err
	}
	result := r.applier.Sync(ctx, apply.Set{
		Owner:     rm.UID,
		Namespace: rm.Namespace,
		Labels:    naming.Labels(rm.Name),
		Kinds:     desired.MonitorKinds,
		Objects:   children.Objects,
	})
	nodeExporter, err := r.nodes.State(ctx)
	if err != nil {
		result.Failures = append(result.Failures, err)
	}
	outcome := outcomeOf(rm, result, nodeExporter)
	outcome.Embedded = r.embedded(rm)
	outcome.Rules = &children.Rules
	outcome.Notifications = r.notifier.state(ctx, monitor, result)
	return outcome, result.Err()
}

// refused is the outcome of a spec that cannot be used, as err says.
func refused(err error) status.Outcome {
	invalid, ok := model.AsInvalidSpec(err)
	if !ok {
		return status.Outcome{Failures: []string{err.Error()}}
	}
	return status.Outcome{Refused: &status.Refusal{Reason: invalid.Reason, Message: invalid.Message}}
}

func outcomeOf(rm *v1alpha1.RAGMonitor, result apply.Result, nodeExporter status.NodeExporter) status.Outcome {
	outcome := status.Outcome{
		Conflicts:    result.Conflicts,
		NodeMetrics:  rm.Spec.NodeMetrics,
		NodeExporter: nodeExporter,
	}
	for _, kind := range result.Missing {
		outcome.MissingAPIs = append(outcome.MissingAPIs, kind.Kind+" ("+kind.GroupVersion().String()+")")
	}
	for _, failure := range result.Failures {
		outcome.Failures = append(outcome.Failures, failure.Error())
	}
	return outcome
}

// publish writes the status if it says something new, and then tells of a change
// of readiness by an event.
func (r *RAGMonitorReconciler) publish(ctx context.Context, rm *v1alpha1.RAGMonitor, outcome status.Outcome) error {
	part := status.Objects(rm, outcome, r.clock.Now())
	if part.Same(rm.Status) {
		return nil
	}
	err := r.client.Status().Apply(ctx, part.Apply(rm), client.FieldOwner(apply.FieldManager), client.ForceOwnership)
	if err != nil {
		return client.IgnoreNotFound(fmt.Errorf("apply status: %w", err))
	}
	before := meta.FindStatusCondition(rm.Status.Conditions, v1alpha1.ConditionReady)
	after := meta.FindStatusCondition(part.Conditions, v1alpha1.ConditionReady)
	if before == nil || before.Status != after.Status {
		r.recorder.Eventf(rm, nil, eventType(after), after.Reason, "Reconcile", "%s", after.Message)
	}
	return nil
}

func eventType(c *metav1.Condition) string {
	if c.Status == metav1.ConditionTrue {
		return corev1.EventTypeNormal
	}
	return corev1.EventTypeWarning
}

// next says when to try again: never what only the user can mend, after a while
// what somebody else must, and soon what failed.
func next(outcome status.Outcome, err error) (ctrl.Result, error) {
	switch {
	case outcome.Refused != nil:
		return ctrl.Result{}, reconcile.TerminalError(err)
	case err != nil:
		return ctrl.Result{}, err
	case len(outcome.Conflicts) > 0:
		return ctrl.Result{RequeueAfter: wait.Jitter(conflictRetry, 0.1)}, nil
	default:
		return ctrl.Result{}, nil
	}
}
