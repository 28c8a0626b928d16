package health

import (
	"cmp"
	"slices"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// explainedEnough is the share of the request beyond which the unknown remainder is
// larger than all that is known: any name would be a guess.
const explainedEnough = 0.5

// Rank returns the stages by their score, then by their share, then by name.
func Rank(r Readings, o model.Objectives, before Previous) []Ranked {
	return appraise(r, o, before).stages()
}

func (a appraisal) stages() []Ranked {
	out := make([]Ranked, 0, len(a.readings.Stages))
	for _, s := range a.readings.Stages {
		out = append(out, a.rank(s))
	}
	slices.SortStableFunc(out, worse)
	return out
}

func worse(a, b Ranked) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Share, a.Share), cmp.Compare(a.Name, b.Name))
}

// Bottleneck returns the stage that makes requests slow, or fail, and nil when
// nothing is wrong, when no stage is measured, or when more time is unaccounted for
// than explained.
//
// The candidates are the stages of which something is wrong: they miss their own
// objective, fail, or take much longer than on the last day; one that is seldom called
// is not what makes requests slow. When there is none, and the request misses its
// objective, all of them, unless it grew by what no stage explains; while nothing is
// known of the last day, only those that alone take longer than a request may. The
// first by score, share and name is the bottleneck; the one that is named stays until
// another exceeds it clearly.
func Bottleneck(r Readings, o model.Objectives, before Previous) *Stage {
	a := appraise(r, o, before)
	return a.bottleneck(a.stages())
}

func (a appraisal) bottleneck(ranked []Ranked) *Stage {
	candidates := a.candidates(ranked)
	if len(candidates) == 0 {
		return nil
	}
	worst := candidates[0]
	for _, s := range candidates {
		if s.Name == a.before.Bottleneck && !exceeds(worst, s) {
			worst = s
		}
	}
	return &worst.Stage
}

// candidates keep the order of ranked.
func (a appraisal) candidates(ranked []Ranked) []Ranked {
	explained := a.explained()
	wrong := pickStages(ranked, func(s Ranked) bool {
		return a.fails(s.Stage) || explained && s.Share > 0 && (a.missesObjective(s) && weight(s.Stage) >= seldom || a.changed(s.Stage))
	})
	if len(wrong) > 0 || !explained || !a.slow || a.grewElsewhere() {
		return wrong
	}
	if a.readings.LatencyBaseline == nil {
		return pickStages(ranked, a.tooLongAlone)
	}
	return pickStages(ranked, func(s Ranked) bool { return s.Share > 0 })
}

// tooLongAlone says whether a stage alone takes longer than a request may. Without a
// baseline nothing less will do. A share is of all requests of the window, and a
// percentile is somewhere in its bucket: where the time of those is that are too slow,
// these two cannot tell.
func (a appraisal) tooLongAlone(s Ranked) bool {
	limit := a.objectives.LatencyP95.Seconds()
	whole := limit * a.readings.Overlap()
	before := a.before.of(s.Name)
	mean := Above(s.TimePerRequest, whole, above(before.TimePerRequest, whole))
	tail := Above(s.P95, limit, above(before.P95, limit))
	return s.Share > 0 && (mean || tail && weight(s.Stage) >= seldom)
}

func pickStages(stages []Ranked, wanted func(Ranked) bool) []Ranked {
	var out []Ranked
	for _, s := range stages {
		if wanted(s) {
			out = append(out, s)
		}
	}
	return out
}

// missesObjective is about an objective of the stage's own: that of the request is
// judged by the request.
func (a appraisal) missesObjective(s Ranked) bool {
	_, own := a.objectives.Stage(s.Name)
	return own && s.Limit > 0 && a.missesLimit(s)
}

// grewElsewhere says whether requests take longer than on the last day by what is worth
// a name, and less than half of that is in stages that are measured: then the largest
// of these is not what broke.
func (a appraisal) grewElsewhere() bool {
	mean, baseline := a.readings.LatencyMean, a.readings.LatencyBaseline
	if mean == nil || baseline == nil || *mean-*baseline <= extraLimit**mean {
		return false
	}
	grown := 0.0
	for _, s := range a.readings.Stages {
		if s.TimePerRequest != nil {
			grown += *s.TimePerRequest * s.newShare() / a.readings.Overlap()
		}
	}
	return grown < (*mean-*baseline)/2
}

// explained allows more of a remainder while a stage is named.
func (a appraisal) explained() bool {
	limit := explainedEnough
	if a.before.Bottleneck != "" {
		limit /= inside
	}
	unaccounted := a.readings.Unaccounted()
	return unaccounted != nil && *unaccounted <= limit
}

// exceeds says whether a stage is clearly worse than another, by score, and by share
// where neither has one.
func exceeds(a, b Ranked) bool {
	if a.Score > 0 || b.Score > 0 {
		return a.Score > margin*b.Score
	}
	return a.Share > margin*b.Share
}
