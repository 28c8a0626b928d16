package health

import (
	"time"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// dataCheck says whether there is anything to judge.
type dataCheck struct {
	reason string
	run    func(Readings, Given) (Verdict, bool)
	// counts says whether it rests on what is counted.
	counts bool
}

// dataChecks come first, so that a service is never called healthy, nor unhealthy, for
// want of data. Their order is that of the chain from rule to request: a broken link
// makes all later questions pointless.
var dataChecks = []dataCheck{
	{v1alpha1.ReasonRulesNotLoaded, rulesNotLoaded, false},
	{v1alpha1.ReasonRulesNotEvaluated, rulesNotEvaluated, false},
	{v1alpha1.ReasonRulesNotLoaded, someRulesNotLoaded, true},
	{v1alpha1.ReasonNoTargets, noTargets, true},
	{v1alpha1.ReasonTargetsDown, allTargetsDown, true},
	{v1alpha1.ReasonRequestsNotMeasured, requestsNotMeasured, true},
	{v1alpha1.ReasonCountersFrozen, countersFrozen, true},
	{v1alpha1.ReasonNoRequests, noRequests, true},
}

func rulesNotLoaded(r Readings, _ Given) (Verdict, bool) {
	return Verdict{Health: v1alpha1.HealthNoData}, r.Age == nil
}

// rulesNotEvaluated adds up two ages: that of the data when it was read, by the clock
// of the source alone, and that of the reading, by ours. A clock that is fast does not
// make data younger than its reading.
func rulesNotEvaluated(r Readings, g Given) (Verdict, bool) {
	limit := staleAfter * g.Interval
	return Verdict{Health: v1alpha1.HealthStale, Limit: limit}, max(*r.Age, time.Duration(0))+g.ViewAge > limit
}

// someRulesNotLoaded holds when components are not known to the rules and the others
// count no requests: those may be the ones that they serve.
func someRulesNotLoaded(r Readings, _ Given) (Verdict, bool) {
	return Verdict{Health: v1alpha1.HealthNoData, Components: r.Unloaded}, idle(r) && !frozen(r) && len(r.Unloaded) > 0
}

// noTargets holds as well when a component is not seen and the others count no
// requests: those may be the ones that it serves.
func noTargets(r Readings, _ Given) (Verdict, bool) {
	if r.Targets == nil || *r.Targets == 0 {
		return Verdict{Health: v1alpha1.HealthNoData}, true
	}
	return Verdict{Health: v1alpha1.HealthNoData, Components: r.Unseen}, idle(r) && !frozen(r) && len(r.Unseen) > 0
}

// allTargetsDown holds as well when some are down and the others count no requests.
func allTargetsDown(r Readings, _ Given) (Verdict, bool) {
	if r.TargetsUp == nil || *r.TargetsUp == 0 {
		return Verdict{Health: v1alpha1.HealthNoData}, true
	}
	return Verdict{Health: v1alpha1.HealthNoData, Components: r.Down}, unmeasured(r) && len(r.Down) > 0
}

func requestsNotMeasured(r Readings, _ Given) (Verdict, bool) {
	return Verdict{Health: v1alpha1.HealthNoData}, unmeasured(r)
}

// unmeasured counts a service as such that has requests in flight and has not counted
// one: after the first scrape that is so for everybody.
func unmeasured(r Readings) bool {
	return r.RequestRate == nil && (r.InFlightMin == nil || *r.InFlightMin > 0)
}

// countersFrozen tells a service that hangs from one that rests: both count no
// requests, but only one has some in flight.
func countersFrozen(r Readings, _ Given) (Verdict, bool) {
	return Verdict{Health: v1alpha1.HealthStale}, frozen(r)
}

func frozen(r Readings) bool {
	return r.RequestRate != nil && *r.RequestRate == 0 && r.InFlightMin != nil && *r.InFlightMin > 0
}

func noRequests(r Readings, _ Given) (Verdict, bool) {
	return Verdict{Health: v1alpha1.HealthNoTraffic, DataAvailable: true, Components: r.Down}, idle(r)
}

// idle counts a service as such that has no counter of requests yet, but says how
// many are in flight: counters with labels begin with the first request.
func idle(r Readings) bool { return r.RequestRate == nil || *r.RequestRate == 0 }
