package controller

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/status"
)

// held says whether the status goes on saying what it says, because what there is to
// say now only lacks what is on its way. Every restart and every change of a spec would
// turn the health over and back.
func (a *Aggregator) held(rm *v1alpha1.RAGMonitor, o observation, part status.HealthPart) bool {
	if rm.Status.Health == "" {
		return false
	}
	measured := meta.IsStatusConditionTrue(rm.Status.Conditions, v1alpha1.ConditionDataAvailable)
	return measured && a.loading(rm, o.Verdict) || a.beginning(rm) && !part.HasData()
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

// settling is the number of intervals in which a source that begins anew need not know
// anything: two scrapes make the first rate.
const settling = 2

// beginning says whether the source of rm has just begun anew.
func (a *Aggregator) beginning(rm *v1alpha1.RAGMonitor) bool {
	o, known := a.of(rm)
	if !known || o == nil || !a.judge.forgets(o.source.Name()) {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.clock.Since(a.started) < settling*a.interval
}
