package health

import (
	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// The constants of the score; docs/health-model.md has the reason of each.
const (
	// meanPart is the share of a limit on the 95th percentile from where on a mean
	// counts: a mean of half the limit leaves no room for the tail.
	meanPart = 0.5
	// failureWeight is what a stage scores of which every call fails.
	failureWeight = 5
	// GrowthLimit is the mean of a call, as a multiple of its baseline, from where on
	// a stage has changed by itself.
	GrowthLimit = 1.5
	// extraLimit is the time beyond the baseline, as a share of the request, from
	// where on a change is worth a name; it is also what one point of score is.
	extraLimit = 0.1
	// seldom is the number of calls per request below which a stage cannot make the
	// 95th percentile of requests.
	seldom = 0.05
	// extraOfSlow is the same for a stage beyond GrowthLimit in a request that misses
	// its objective: little is enough to push it over.
	extraOfSlow = 0.02
)

// appraisal is what a bottleneck is found by.
type appraisal struct {
	readings   Readings
	objectives model.Objectives
	before     Previous
	// slow says whether requests miss their objective.
	slow bool
}

func appraise(r Readings, o model.Objectives, before Previous) appraisal {
	return appraisal{readings: r, objectives: o, before: before, slow: latencyMissed(r, o, before)}
}

// Ranked is a stage with its score.
type Ranked struct {
	Stage
	// Score is 0 for a stage that nothing is to be said against.
	Score float64
	// Limit is the objective of the stage, and that of the request where it has none:
	// no stage may take longer than the whole. In seconds.
	Limit float64
}

func (a appraisal) rank(s Stage) Ranked {
	out := Ranked{Stage: s, Limit: a.limit(s.Name)}
	out.Score = a.meanScore(out) + a.tailScore(out) + a.failureScore(s) + a.changeScore(s)
	return out
}

func (a appraisal) limit(stage string) float64 {
	if limit, ok := a.objectives.Stage(stage); ok {
		return limit.Seconds()
	}
	return a.objectives.LatencyP95.Seconds()
}

// meanScore is the time per request in the stage as a multiple of half the limit,
// from 1 on. A percentile that keeps the limit knows better than the mean, unless it
// takes several calls to make a request slow.
func (a appraisal) meanScore(s Ranked) float64 {
	if s.TimePerRequest == nil || s.Limit <= 0 {
		return 0
	}
	half, whole := MeanLimits(s, a.readings)
	before := a.before.of(s.Name).TimePerRequest
	limit := half
	if s.P95 != nil && !a.missesLimit(s) {
		limit = whole
	}
	if !Above(s.TimePerRequest, limit, above(before, limit)) {
		return 0
	}
	return *s.TimePerRequest / half
}

// tailScore is the percentile as a multiple of the limit, from 1 on.
func (a appraisal) tailScore(s Ranked) float64 {
	if s.Limit <= 0 || !a.missesLimit(s) || weight(s.Stage) < seldom {
		return 0
	}
	return *s.P95 / s.Limit * weight(s.Stage)
}

// MeanLimits are the times per request from where on the mean of a stage counts, in
// seconds: half the limit, and the whole where the percentile of a call keeps it.
// Stages that run at the same time share the request among them.
func MeanLimits(s Ranked, r Readings) (half, whole float64) {
	whole = s.Limit * r.Overlap()
	return meanPart * whole, whole
}

func (a appraisal) missesLimit(s Ranked) bool {
	said := a.before.said(v1alpha1.ReasonStageLatencyHigh, s.Name)
	return Above(s.P95, s.Limit, said || above(a.before.of(s.Name).P95, s.Limit))
}

func (a appraisal) failureScore(s Stage) float64 {
	if !a.fails(s) {
		return 0
	}
	return failureWeight * *s.ErrorRatio * weight(s)
}

func (a appraisal) fails(s Stage) bool {
	limit := a.objectives.ErrorRatio
	said := a.before.said(v1alpha1.ReasonStageErrorRatioHigh, s.Name)
	return Above(s.ErrorRatio, limit, said || above(a.before.of(s.Name).ErrorRatio, limit))
}

// weight is the share of requests that a call of the stage can have hurt: a stage
// that is seldom called is seldom in the way. The mean needs none, it is per request.
func weight(s Stage) float64 {
	if s.CallsPerRequest == nil {
		return 1
	}
	return min(1, *s.CallsPerRequest)
}

// changeScore is the time per request beyond the baseline, beyond what is worth a
// name, in points. It begins with nought, so that a stage near the limit does not come
// and go.
func (a appraisal) changeScore(s Stage) float64 {
	growth := s.Growth()
	if growth == nil || s.Share <= 0 || *growth <= 1 {
		return 0
	}
	grown := Above(growth, GrowthLimit, above(a.before.of(s.Name).Growth, GrowthLimit))
	limit := extraLimit
	switch {
	case a.slow && grown:
		limit = extraOfSlow
	case !a.slow && !grown:
		return 0
	}
	if s.Name == a.before.Bottleneck {
		limit /= 2
	}
	extra := s.Share / a.readings.Overlap() * (1 - 1 / *growth)
	return max(0, extra-limit) / extraLimit
}

func (a appraisal) changed(s Stage) bool { return a.changeScore(s) > 0 }
