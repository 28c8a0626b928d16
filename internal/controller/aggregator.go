package controller

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/status"
)

// AggregatorManager is the field manager of the status part about health.
const AggregatorManager = "ragmonitor-aggregator"

// quiet is the least time between two writes of figures that moved, to one
// RAGMonitor. What is urgent does not wait.
const quiet = time.Minute

// Source answers instant PromQL queries at the present time.
type Source interface {
	Query(ctx context.Context, expr string) (prommodel.Vector, error)
}

// The queries of one interval: as many for ten thousand RAGMonitors as for one.
var (
	seriesQuery = selector(promql.OneOf(prommodel.MetricNameLabel, health.Series()))
	alertsQuery = `count by (namespace, ragmonitor, severity) (ALERTS{alertstate="firing",ragmonitor!=""})`
)

func selector(m *labels.Matcher) string { return "{" + m.String() + `,ragmonitor!=""}` }

// view is what was read in one interval. It is never changed, only replaced.
type view struct {
	readings map[health.Key]health.Readings
	// failures counts the readings that failed since these were made.
	failures int
}

// grace is the number of failed readings in a row that are passed over: one may be
// a restart of the source, and would turn every RAGMonitor over and back.
const grace = 1

func (v *view) failed() bool { return v.failures > grace }

// Aggregator reads the canonical series of all RAGMonitors at a fixed interval,
// judges each by its objectives, and has the status written of those that need
// it. It implements manager.Runnable for the reading, and reconcile.Reconciler for
// the writing.
type Aggregator struct {
	// list reads RAGMonitors from the cache; client as recent as our last write.
	list     client.Reader
	client   client.Client
	source   Source
	interval time.Duration
	clock    clock.PassiveClock
	// queue takes the RAGMonitors whose status is to be written.
	queue chan event.TypedGenericEvent[*v1alpha1.RAGMonitor]

	view    atomic.Pointer[view]
	mu      sync.Mutex
	written map[types.UID]time.Time
}

func newAggregator(list client.Reader, consistent client.Client, source Source, interval time.Duration) *Aggregator {
	return &Aggregator{
		list:     list,
		client:   consistent,
		source:   source,
		interval: interval,
		clock:    clock.RealClock{},
		queue:    make(chan event.TypedGenericEvent[*v1alpha1.RAGMonitor]),
		written:  map[types.UID]time.Time{},
	}
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (a *Aggregator) NeedLeaderElection() bool { return true }

// Start reads until ctx ends.
func (a *Aggregator) Start(ctx context.Context) error {
	wait.UntilWithContext(ctx, a.tick, a.interval)
	return nil
}

func (a *Aggregator) tick(ctx context.Context) {
	log := ctrl.LoggerFrom(ctx).WithName("aggregator")
	seen, err := a.look(ctx)
	if err != nil {
		log.Error(err, "Reading from the metric source failed")
	}
	a.view.Store(seen)
	list := &v1alpha1.RAGMonitorList{}
	if err := a.list.List(ctx, list); err != nil {
		log.Error(err, "Listing RAGMonitors failed")
		return
	}
	a.forgetAllBut(list.Items)
	for i := range list.Items {
		rm := &list.Items[i]
		if a.due(rm, a.judge(rm, seen)) {
			a.enqueue(ctx, rm)
		}
	}
}

func (a *Aggregator) enqueue(ctx context.Context, rm *v1alpha1.RAGMonitor) {
	select {
	case a.queue <- event.TypedGenericEvent[*v1alpha1.RAGMonitor]{Object: rm}:
	case <-ctx.Done():
	}
}

// look returns what there is to see now. After a failed reading that is the last
// view, and that it has aged.
func (a *Aggregator) look(ctx context.Context) (*view, error) {
	if a.source == nil {
		return &view{}, nil
	}
	readings, err := a.read(ctx)
	if err == nil {
		return &view{readings: readings}, nil
	}
	last := a.view.Load()
	if last == nil {
		return &view{failures: grace + 1}, err
	}
	return &view{readings: last.readings, failures: last.failures + 1}, err
}

func (a *Aggregator) read(ctx context.Context) (map[health.Key]health.Readings, error) {
	series, err := a.source.Query(ctx, seriesQuery)
	if err != nil {
		return nil, err
	}
	alerts, err := a.source.Query(ctx, alertsQuery)
	if err != nil {
		return nil, err
	}
	return health.Collect(series, alerts), nil
}

// judge computes what the status of rm should say of its health.
func (a *Aggregator) judge(rm *v1alpha1.RAGMonitor, seen *view) status.HealthPart {
	objectives, err := model.ResolveObjectives(rm.Spec.Objectives)
	readings := seen.readings[health.Key{Namespace: rm.Namespace, Name: rm.Name}]
	var verdict health.Verdict
	switch {
	case a.source == nil:
		verdict = health.NoSource()
	case seen.failed():
		verdict = health.SourceFailed()
	case err != nil:
		verdict = health.InvalidSpec(err.Error())
	default:
		verdict = health.Evaluate(readings, objectives, rm.Spec.Evaluation.Interval.Duration)
	}
	return status.Health(rm, verdict, readings, objectives, a.clock.Now())
}

// due says whether a part is to be written: when it is new, and either urgent or
// the last write is long enough ago.
func (a *Aggregator) due(rm *v1alpha1.RAGMonitor, part status.HealthPart) bool {
	if part.Same(rm.Status) {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return part.Urgent(rm.Status) || a.clock.Since(a.written[rm.UID]) >= quiet
}

// Reconcile writes the health of one RAGMonitor, as the last interval saw it.
func (a *Aggregator) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	seen := a.view.Load()
	if seen == nil {
		// The first interval will enqueue what needs to be written.
		return ctrl.Result{}, nil
	}
	rm := &v1alpha1.RAGMonitor{}
	if err := a.client.Get(ctx, request.NamespacedName, rm); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	part := a.judge(rm, seen)
	if !rm.DeletionTimestamp.IsZero() || !a.due(rm, part) {
		return ctrl.Result{}, nil
	}
	err := a.client.Status().Apply(ctx, part.Apply(rm), client.FieldOwner(AggregatorManager), client.ForceOwnership)
	if err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(fmt.Errorf("apply status: %w", err))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.written[rm.UID] = a.clock.Now()
	return ctrl.Result{}, nil
}

func (a *Aggregator) forgetAllBut(present []v1alpha1.RAGMonitor) {
	a.mu.Lock()
	defer a.mu.Unlock()
	kept := make(map[types.UID]time.Time, len(present))
	for _, rm := range present {
		if at, ok := a.written[rm.UID]; ok {
			kept[rm.UID] = at
		}
	}
	a.written = kept
}
