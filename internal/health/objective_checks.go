package health

import (
	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// objectiveCheck judges by one objective. It is told whether it is what the condition
// says already, and the stages, of which the first that fails is spoken of.
type objectiveCheck struct {
	reason string
	health v1alpha1.Health
	run    func(a appraisal, said bool, stages []Ranked) (about, bool)
}

// about is what a check speaks of.
type about struct {
	stage      string
	components []string
}

// objectiveChecks are in order: what fails comes before what is slow, and what is
// slow before what is dear.
var objectiveChecks = []objectiveCheck{
	{v1alpha1.ReasonErrorRatioHigh, v1alpha1.HealthCritical, errorRatioHigh},
	{v1alpha1.ReasonCriticalAlertFiring, v1alpha1.HealthCritical, criticalAlertFiring},
	{v1alpha1.ReasonTargetsDown, v1alpha1.HealthDegraded, someTargetsDown},
	{v1alpha1.ReasonNoTargets, v1alpha1.HealthDegraded, someComponentsUnseen},
	{v1alpha1.ReasonRulesNotLoaded, v1alpha1.HealthDegraded, someComponentsUnloaded},
	{v1alpha1.ReasonStageErrorRatioHigh, v1alpha1.HealthDegraded, stageErrorRatioHigh},
	{v1alpha1.ReasonLatencyHigh, v1alpha1.HealthDegraded, latencyHigh},
	{v1alpha1.ReasonStageLatencyHigh, v1alpha1.HealthDegraded, stageLatencyHigh},
	{v1alpha1.ReasonRateLimitLow, v1alpha1.HealthDegraded, rateLimitLow},
	{v1alpha1.ReasonCostPerDayHigh, v1alpha1.HealthDegraded, costPerDayHigh},
	{v1alpha1.ReasonCostPerRequestHigh, v1alpha1.HealthDegraded, costPerRequestHigh},
	{v1alpha1.ReasonRelevanceLow, v1alpha1.HealthDegraded, relevanceLow},
	{v1alpha1.ReasonContextPrecisionLow, v1alpha1.HealthDegraded, contextPrecisionLow},
	{v1alpha1.ReasonCacheHitRatioLow, v1alpha1.HealthDegraded, cacheHitRatioLow},
}

func errorRatioHigh(a appraisal, said bool, _ []Ranked) (about, bool) {
	limit := a.objectives.ErrorRatio
	return about{}, Above(a.readings.ErrorRatio(), limit, said || above(a.before.ErrorRatio, limit))
}

func criticalAlertFiring(a appraisal, _ bool, _ []Ranked) (about, bool) {
	return about{}, a.readings.CriticalAlerts > 0
}

func someTargetsDown(a appraisal, _ bool, _ []Ranked) (about, bool) {
	return about{components: a.readings.Down}, len(a.readings.Down) > 0
}

func someComponentsUnseen(a appraisal, _ bool, _ []Ranked) (about, bool) {
	return about{components: a.readings.Unseen}, len(a.readings.Unseen) > 0
}

func someComponentsUnloaded(a appraisal, _ bool, _ []Ranked) (about, bool) {
	return about{components: a.readings.Unloaded}, len(a.readings.Unloaded) > 0
}

func stageErrorRatioHigh(a appraisal, _ bool, stages []Ranked) (about, bool) {
	return firstStage(stages, func(s Ranked) bool { return a.fails(s.Stage) })
}

func latencyHigh(a appraisal, _ bool, _ []Ranked) (about, bool) { return about{}, a.slow }

func latencyMissed(r Readings, o model.Objectives, before Previous) bool {
	limit := o.LatencyP95.Seconds()
	said := before.Reason == v1alpha1.ReasonLatencyHigh || above(before.LatencyP95, limit)
	return limit > 0 && Above(r.LatencyP95, limit, said)
}

func stageLatencyHigh(a appraisal, _ bool, stages []Ranked) (about, bool) {
	return firstStage(stages, a.missesObjective)
}

func firstStage(stages []Ranked, failed func(Ranked) bool) (about, bool) {
	for _, s := range stages {
		if failed(s) {
			return about{stage: s.Name}, true
		}
	}
	return about{}, false
}

func rateLimitLow(a appraisal, said bool, _ []Ranked) (about, bool) {
	return about{}, Below(a.readings.RateLimitRemaining, a.objectives.RateLimitRemaining, said)
}

func costPerDayHigh(a appraisal, said bool, _ []Ranked) (about, bool) {
	limit := a.objectives.CostPerDay
	return about{}, Above(a.readings.CostPerDay(), limit, said || above(a.before.CostPerDay, limit))
}

func costPerRequestHigh(a appraisal, said bool, _ []Ranked) (about, bool) {
	return about{}, Above(a.readings.CostPerRequestP95, a.objectives.CostPerRequestP95, said)
}

func relevanceLow(a appraisal, said bool, _ []Ranked) (about, bool) {
	return about{}, Below(a.readings.RelevanceP50, a.objectives.RelevanceP50, said)
}

func contextPrecisionLow(a appraisal, said bool, _ []Ranked) (about, bool) {
	return about{}, Below(a.readings.ContextPrecisionP50, a.objectives.ContextPrecisionP50, said)
}

func cacheHitRatioLow(a appraisal, said bool, _ []Ranked) (about, bool) {
	limit := a.objectives.CacheHitRatio
	return about{}, Below(a.readings.CacheHitRatio, limit, said || below(a.before.CacheHitRatio, limit))
}
