package controller

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

// held says whether the status goes on saying what it says, because what there is to
// say now only lacks what is on its way. Every restart and every change of a spec would
// turn the health over and back.
func (a *Aggregator) held(rm *v1alpha1.RAGMonitor, o observation) bool {
	if o.waiting || rm.Status.Health == "" {
		return o.waiting
	}
	measured := meta.IsStatusConditionTrue(rm.Status.Conditions, v1alpha1.ConditionDataAvailable)
	return measured && a.loading(rm, o.Verdict) || a.beginning(rm, o)
}

// loadingTime is how long rules may take from the spec to their first result: a minute
// and a half until the file is in the pod of Prometheus and is loaded, a minute at most
// until it is evaluated, and half a minute until that is read.
const loadingTime = 3 * time.Minute

// awaited is since when the rules of a generation of a spec are.
type awaited struct {
	generation int64
	since      time.Time
}

// loading says whether components are new to the rules, and have not been for long. What
// the status says is of the generation before until then, and it says so.
func (a *Aggregator) loading(rm *v1alpha1.RAGMonitor, v health.Verdict) bool {
	if v.Reason != v1alpha1.ReasonRulesNotLoaded || len(v.Components) == 0 {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	known, ok := a.awaited[rm.UID]
	if !ok || known.generation != rm.Generation {
		known = awaited{generation: rm.Generation, since: a.clock.Now()}
		a.awaited[rm.UID] = known
	}
	return a.clock.Since(known.since) < loadingTime
}

// beginning says whether the source of rm has just begun anew, and what was observed is
// for want of what it will know in a moment: one that had no data had no better before.
func (a *Aggregator) beginning(rm *v1alpha1.RAGMonitor, o observation) bool {
	from, known := a.of(rm)
	if !known || from == nil || !a.judge.forgets(from.source.Name()) {
		return false
	}
	v := o.Verdict
	if !v.DataAvailable && v.Health == rm.Status.Health {
		return false
	}
	limit, counted := a.settling(rm), o.Readings.RequestRate != nil
	switch v.Reason {
	case v1alpha1.ReasonNoTargets, v1alpha1.ReasonRulesNotLoaded:
	case v1alpha1.ReasonNoRequests, v1alpha1.ReasonCountersFrozen:
		if counted { // they speak of a whole window
			limit += rm.Spec.Evaluation.Window.Duration
		}
	default:
		if counted && v.DataAvailable {
			return false
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.clock.Since(a.started) < limit
}

// settling is how long a source that begins anew may take to the first rate: two scrapes
// of the component that is scraped least often, an evaluation, and a reading.
func (a *Aggregator) settling(rm *v1alpha1.RAGMonitor) time.Duration {
	var scrape time.Duration
	for _, c := range rm.Spec.Components {
		scrape = max(scrape, c.Endpoint.Interval.Duration)
	}
	return 2*scrape + rm.Spec.Evaluation.Interval.Duration + a.interval
}
