package controller

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/status"
)

// AggregatorManager is the field manager of the status part about health.
const AggregatorManager = "ragmonitor-aggregator"

// quiet is the least time between two writes of figures that moved, to one
// RAGMonitor. What is urgent does not wait.
const quiet = time.Minute

// Aggregator reads the canonical series of all RAGMonitors at a fixed interval, once
// from each source, judges each by its objectives, and has the status written of
// those that need it. It implements manager.Runnable for the reading, and
// reconcile.Reconciler for the writing.
type Aggregator struct {
	// list reads RAGMonitors from the cache; client as recent as our last write.
	list   client.Reader
	client client.Client
	// observers of the sources, in the order of the configuration.
	observers []*observer
	judge     *judge
	interval  time.Duration
	clock     clock.PassiveClock
	recorder  events.EventRecorder
	verdicts  *verdicts
	// queue takes the RAGMonitors whose status is to be written.
	queue chan event.TypedGenericEvent[*v1alpha1.RAGMonitor]

	mu      sync.Mutex
	written map[types.UID]time.Time
	awaited map[types.UID]awaited
	// changed is called when a spec did.
	changed func()
	pulse   *Pulse
	// started is when the first reading was made.
	started time.Time
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (a *Aggregator) NeedLeaderElection() bool { return true }

// Start reads until ctx ends. A source that is slow does not hold up the others.
func (a *Aggregator) Start(ctx context.Context) error {
	a.mu.Lock()
	a.started = a.clock.Now()
	a.mu.Unlock()
	var running sync.WaitGroup
	for _, o := range a.observers {
		running.Go(func() {
			wait.UntilWithContext(ctx, func(ctx context.Context) { a.tick(ctx, o) }, a.interval)
		})
	}
	if len(a.observers) == 0 {
		running.Go(func() {
			wait.UntilWithContext(ctx, func(ctx context.Context) { a.tick(ctx, nil) }, a.interval)
		})
	}
	running.Wait()
	a.flush(context.WithoutCancel(ctx))
	return nil
}

// of is the observer of a RAGMonitor; false where its source is not known. Then it is
// the first one's to say so, and nil where there is none.
func (a *Aggregator) of(rm *v1alpha1.RAGMonitor) (*observer, bool) {
	for _, o := range a.observers {
		if rm.Spec.Source == "" || o.source.Name() == rm.Spec.Source {
			return o, true
		}
	}
	if len(a.observers) == 0 {
		return nil, rm.Spec.Source == ""
	}
	return a.observers[0], false
}

// tick reads one source, and judges all that take it.
func (a *Aggregator) tick(ctx context.Context, o *observer) {
	log := ctrl.LoggerFrom(ctx).WithName("aggregator")
	a.pulse.beat(loopOf(o), a.interval)
	list := &v1alpha1.RAGMonitorList{}
	// The objects are the cache's own: nothing from here on writes to them.
	if err := a.list.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
		log.Error(err, "Listing RAGMonitors failed")
		return
	}
	a.keep(list.Items)
	list.Items = slices.DeleteFunc(list.Items, func(rm v1alpha1.RAGMonitor) bool {
		observer, _ := a.of(&rm)
		return observer != o
	})
	if o != nil {
		seen := o.look(ctx, watched(list.Items), a.clock.Now())
		if ctx.Err() != nil {
			return // flush does the rest
		}
		if seen.err != nil {
			log.Error(seen.err, "Reading from the metric source failed", "source", o.source.Name(), "failures", seen.failures)
		}
		a.verdicts.foreign(o.source.Name(), seen.foreign)
	}
	for i := range list.Items {
		rm := &list.Items[i]
		observation := a.observe(ctx, rm, false)
		a.verdicts.set(client.ObjectKeyFromObject(rm), observation, a.clock.Now())
		if a.due(rm, observation, status.Health(rm, observation.Observation, a.clock.Now())) {
			a.enqueue(ctx, rm)
		}
	}
}

// loopOf names the loop that reads o, for people.
func loopOf(o *observer) string {
	if o == nil {
		return "read"
	}
	return "read " + o.source.Name()
}

// watched are the components that series may be of.
func watched(items []v1alpha1.RAGMonitor) health.Watched {
	out := make(health.Watched, len(items))
	for i := range items {
		out[keyOf(&items[i])] = componentsOf(&items[i])
	}
	return out
}

func keyOf(rm *v1alpha1.RAGMonitor) health.Key {
	return health.Key{Namespace: rm.Namespace, Name: rm.Name}
}

func componentsOf(rm *v1alpha1.RAGMonitor) []string {
	var names []string
	for _, c := range rm.Spec.Components {
		names = append(names, c.Name)
	}
	return names
}

// observe says how rm is, by what its source said last.
func (a *Aggregator) observe(ctx context.Context, rm *v1alpha1.RAGMonitor, stopping bool) observation {
	o, known := a.of(rm)
	switch {
	case !known:
		return a.judge.blind(rm, health.UnknownSource(rm.Spec.Source, a.names()))
	case o == nil:
		return a.judge.blind(rm, health.NoSource())
	}
	seen := o.last.Load()
	switch {
	case seen != nil && seen.failed():
		return a.judge.blind(rm, health.SourceFailed(failureText(seen.err)))
	case !seen.covers(keyOf(rm)):
		waiting := a.judge.blind(rm, health.SourceFailed("it was not read yet"))
		waiting.waiting = true
		return waiting
	}
	return a.judge.observe(ctx, rm, seen, o.source.Name(), stopping)
}

func (a *Aggregator) names() []string {
	var out []string
	for _, o := range a.observers {
		out = append(out, o.source.Name())
	}
	return out
}

func (a *Aggregator) enqueue(ctx context.Context, rm *v1alpha1.RAGMonitor) {
	select {
	case a.queue <- event.TypedGenericEvent[*v1alpha1.RAGMonitor]{Object: rm}:
	case <-ctx.Done():
	}
}

// due says whether a part, which says what was observed, is to be written: when it is
// new and not held back, and either urgent or the last write is long enough ago.
func (a *Aggregator) due(rm *v1alpha1.RAGMonitor, o observation, part status.HealthPart) bool {
	if part.Same(rm.Status) || a.held(rm, o) {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return part.Urgent(rm.Status) || a.clock.Since(a.written[rm.UID]) >= quiet
}

// Reconcile writes the health of one RAGMonitor, as the last interval saw it.
func (a *Aggregator) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	a.changed()
	rm := &v1alpha1.RAGMonitor{}
	if err := a.client.Get(ctx, request.NamespacedName, rm); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	observation := a.observe(ctx, rm, false)
	part := status.Health(rm, observation.Observation, a.clock.Now())
	if !rm.DeletionTimestamp.IsZero() || !a.due(rm, observation, part) {
		return ctrl.Result{}, nil
	}
	return ctrl.Result{}, a.write(ctx, rm, part)
}

// write applies a part, and then tells what changed.
func (a *Aggregator) write(ctx context.Context, rm *v1alpha1.RAGMonitor, part status.HealthPart) error {
	err := a.client.Status().Apply(ctx, part.Apply(rm), client.FieldOwner(AggregatorManager), client.ForceOwnership)
	if err != nil {
		return client.IgnoreNotFound(fmt.Errorf("apply status: %w", err))
	}
	for _, e := range status.Transitions(rm.Status, part) {
		a.recorder.Eventf(rm, nil, e.Type, e.Reason, "Evaluate", "%s", e.Message)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.written[rm.UID] = a.clock.Now()
	return nil
}

// flushTimeout bounds what is done after the operator was told to stop. The lease is
// held meanwhile, so that nobody else writes.
const flushTimeout = 10 * time.Second

// flush writes the exact cost of those RAGMonitors whose source forgets it when the
// operator stops. Nothing else: what is found out while everything ends, such as a scrape
// that was broken off, says nothing of them.
func (a *Aggregator) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	list := &v1alpha1.RAGMonitorList{}
	if err := a.list.List(ctx, list); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Listing RAGMonitors failed")
		return
	}
	for i := range list.Items {
		rm := &list.Items[i]
		if o, known := a.of(rm); !known || o == nil || !a.judge.forgets(o.source.Name()) {
			continue
		}
		if err := a.flushOne(ctx, client.ObjectKeyFromObject(rm)); err != nil {
			ctrl.LoggerFrom(ctx).Error(err, "Writing the cost before the stop failed", "RAGMonitor", client.ObjectKeyFromObject(rm))
			return
		}
	}
}

// flushOne reads the RAGMonitor again: its status may just have been written.
func (a *Aggregator) flushOne(ctx context.Context, key client.ObjectKey) error {
	rm := &v1alpha1.RAGMonitor{}
	if err := a.client.Get(ctx, key, rm); err != nil {
		return client.IgnoreNotFound(err)
	}
	part := status.CostAlone(rm.Status, a.observe(ctx, rm, true).Cost)
	if part.Same(rm.Status) || !rm.DeletionTimestamp.IsZero() {
		return nil
	}
	return a.write(ctx, rm, part)
}

// keep forgets the RAGMonitors that are gone.
func (a *Aggregator) keep(present []v1alpha1.RAGMonitor) {
	uids := make(map[types.UID]bool, len(present))
	keys := make(map[types.NamespacedName]bool, len(present))
	for i := range present {
		uids[present[i].UID] = true
		keys[client.ObjectKeyFromObject(&present[i])] = true
	}
	a.verdicts.keep(keys)
	a.judge.keep(uids)
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.written, func(uid types.UID, _ time.Time) bool { return !uids[uid] })
	maps.DeleteFunc(a.awaited, func(uid types.UID, _ awaited) bool { return !uids[uid] })
}
