package sim

import (
	"sync"
	"time"
)

// Stats counts requests since the service was made, whatever its metrics say.
// Started = Succeeded + Failed + Cancelled + InFlight.
type Stats struct {
	Started   uint64
	Succeeded uint64
	Failed    uint64
	// Cancelled requests were given up by their caller. They are in no metric.
	Cancelled uint64
	// Dropped arrivals of own traffic found MaxInFlight reached and were never
	// started.
	Dropped  uint64
	InFlight int
}

// ledger keeps what requests share. One lock guards faults, counts and the
// exporters, so that nothing moves once SetFaults has returned with Frozen.
type ledger struct {
	now  func() time.Time
	host Host

	mu        sync.Mutex
	exporters []Exporter
	faults    Faults
	frozen    *frozenState // nil unless faults.Frozen
	budget    budget
	caches    map[string]*hitWindow // by type
	stats     Stats
}

// frozenState is what State answered when the metrics stopped.
type frozenState struct {
	inFlight, rateLimitRemaining float64
	used                         map[string]float64 // percent by resource
}

func newLedger(cfg Config, now func() time.Time) *ledger {
	l := &ledger{now: now, host: cfg.Host, budget: newBudget(cfg.ProviderBudget, now()), caches: map[string]*hitWindow{}}
	for _, stage := range cfg.Stages {
		for _, cache := range stage.Caches {
			l.caches[cache.Type] = &hitWindow{}
		}
	}
	l.setFaults(cfg.Faults.clone())
	return l
}

func (l *ledger) setFaults(f Faults) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = f
	switch {
	case !f.Frozen:
		l.frozen = nil
	case l.frozen == nil: // freezing what is frozen must not move it
		l.frozen = l.freeze()
	}
}

// freeze needs the lock.
func (l *ledger) freeze() *frozenState {
	out := &frozenState{
		inFlight:           max(1, float64(l.stats.InFlight)),
		rateLimitRemaining: l.rateLimitRemaining(),
		used:               map[string]float64{},
	}
	for _, resource := range resources() {
		out.used[resource] = l.used(resource, out.inFlight)
	}
	return out
}

func (l *ledger) currentFaults() Faults {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.faults
}

// start opens a request. Every start is followed by one finish or one cancel.
func (l *ledger) start(callsModel bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.Started++
	l.stats.InFlight++
	if callsModel {
		l.budget.take(l.now())
	}
}

// finish closes a request and counts it in the metrics. It fills in what only
// the ledger knows: the recent hit ratios of the caches.
func (l *ledger) finish(o *Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.InFlight--
	if o.ErrorType == "" {
		l.stats.Succeeded++
	} else {
		l.stats.Failed++
	}
	for i, lookUp := range o.Caches {
		o.Caches[i].RecentHitRatio = l.caches[lookUp.Type].add(lookUp.Hit)
	}
	if l.frozen != nil {
		return
	}
	for _, exporter := range l.exporters {
		exporter.Observe(*o)
	}
}

func (l *ledger) cancel() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.InFlight--
	l.stats.Cancelled++
}

func (l *ledger) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.Dropped++
}

func (l *ledger) snapshot() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stats
}

// InFlight implements State.
func (l *ledger) InFlight() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.frozen != nil {
		return l.frozen.inFlight
	}
	return float64(l.stats.InFlight)
}

// RateLimitRemaining implements State.
func (l *ledger) RateLimitRemaining() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.frozen != nil {
		return l.frozen.rateLimitRemaining
	}
	return l.rateLimitRemaining()
}

// rateLimitRemaining needs the lock.
func (l *ledger) rateLimitRemaining() float64 {
	return orElse(l.faults.RateLimitRemaining, l.budget.remaining(l.now()))
}

// Used implements State.
func (l *ledger) Used(resource string) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.frozen != nil {
		return l.frozen.used[resource]
	}
	return l.used(resource, float64(l.stats.InFlight))
}

// used needs the lock.
func (l *ledger) used(resource string, inFlight float64) float64 {
	if percent, ok := l.faults.Host[resource]; ok {
		return percent
	}
	return l.host.load(resource).percent(inFlight)
}
