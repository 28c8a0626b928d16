package controller

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// stuck is how long something may take beyond its own time before it counts as hung.
// A restart loses what the embedded source holds, so the limit is one that no slow
// server, and no waiting for the API server, comes near.
const stuck = 10 * time.Minute

// Pulse knows whether what must never stop still moves: the loops that read and
// scrape, and each reconciliation that was begun. It is for a liveness probe. A nil
// Pulse knows nothing and is always well.
type Pulse struct {
	clock clock.PassiveClock

	mu sync.Mutex
	// due is when a loop that began a round should have begun the next one.
	due map[string]time.Time
	// begun are the reconciliations that have not ended.
	begun map[*reconciliation]time.Time
}

// reconciliation is one that runs.
type reconciliation struct {
	controller string
	request    ctrl.Request
}

// NewPulse returns a Pulse of nothing yet.
func NewPulse(c clock.PassiveClock) *Pulse {
	return &Pulse{clock: c, due: map[string]time.Time{}, begun: map[*reconciliation]time.Time{}}
}

// beat says that a loop begins a round, and the next one after interval.
func (p *Pulse) beat(loop string, interval time.Duration) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due[loop] = p.clock.Now().Add(interval)
}

// begin says that a reconciliation begins. The caller calls what it returns when that
// has ended.
func (p *Pulse) begin(controller string, request ctrl.Request) func() {
	if p == nil {
		return func() {}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key := &reconciliation{controller: controller, request: request}
	p.begun[key] = p.clock.Now()
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.begun, key)
	}
}

// Check returns an error that names what is stuck, nil where nothing is. A standby, which
// only follows the APIs, has no loops.
func (p *Pulse) Check() error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	for _, loop := range slices.Sorted(maps.Keys(p.due)) {
		if late := now.Sub(p.due[loop]); late > stuck {
			return fmt.Errorf("the loop %q should have begun its next round %s ago", loop, late.Round(time.Second))
		}
	}
	for r, since := range p.begun {
		if took := now.Sub(since); took > stuck {
			return fmt.Errorf("the controller %q has worked on %q for %s", r.controller, r.request, took.Round(time.Second))
		}
	}
	return nil
}

// watched tells the pulse of the reconciliations of r.
func (p *Pulse) watched(controller string, r reconcile.Reconciler) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
		defer p.begin(controller, request)()
		return r.Reconcile(ctx, request)
	})
}
