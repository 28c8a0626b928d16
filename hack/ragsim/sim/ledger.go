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
	now func() time.Time

	mu        sync.Mutex
	exporters []Exporter
	faults    Faults
	frozen    *frozenState // nil unless faults.Frozen
	budget    budget
	cache     hitWindow
	stats     Stats
}

// frozenState is what State answered when the metrics stopped.
type frozenState struct {
	inFlight, rateLimitRemaining float64
}

func newLedger(providerBudget float64, now func() time.Time) *ledger {
	return &ledger{now: now, budget: newBudget(providerBudget, now())}
}

func (l *ledger) setFaults(f Faults) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = f
	switch {
	case !f.Frozen:
		l.frozen = nil
	case l.frozen == nil: // freezing what is frozen must not move it
		l.frozen = &frozenState{
			inFlight:           max(1, float64(l.stats.InFlight)),
			rateLimitRemaining: l.rateLimitRemaining(),
		}
	}
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
// the ledger knows: the recent cache hit ratio.
func (l *ledger) finish(o *Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.InFlight--
	if o.ErrorType == "" {
		l.stats.Succeeded++
	} else {
		l.stats.Failed++
	}
	if o.Cache != nil {
		o.Cache.RecentHitRatio = l.cache.add(o.Cache.Hit)
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
