package health

import (
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// Bottleneck returns the stage that makes requests slow, or nil when requests and
// stages are fast enough, when no stage is measured, or when more time is
// unaccounted for than explained. A stage whose share is not known is never named.
//
// The candidates are the stages that miss their own objective; when none does and
// the request misses its, all stages. Of these the one with the highest score is
// the bottleneck: its share of the request time, times how often its objective
// fits into its 95th percentile where that is more than once. Shares are of means,
// because means add up over stages and percentiles do not.
func Bottleneck(r Readings, o model.Objectives) *Stage {
	unaccounted := r.Unaccounted()
	if unaccounted == nil || *unaccounted > 0.5 {
		return nil
	}
	candidates := missing(r.Stages, o)
	if len(candidates) == 0 && above(r.LatencyP95, o.LatencyP95.Seconds()) {
		candidates = r.Stages
	}
	var worst *Stage
	for i := range candidates {
		if candidates[i].Share == 0 {
			continue
		}
		// Ties go to the first, which has the larger share or the earlier name.
		if worst == nil || score(candidates[i], o) > score(*worst, o) {
			worst = &candidates[i]
		}
	}
	return worst
}

func missing(stages []Stage, o model.Objectives) []Stage {
	var out []Stage
	for _, s := range stages {
		if excess(s, o) > 1 {
			out = append(out, s)
		}
	}
	return out
}

func score(s Stage, o model.Objectives) float64 { return s.Share * max(1, excess(s, o)) }

// excess is the stage's 95th percentile as a multiple of its objective, and 0
// when one of the two is not known.
func excess(s Stage, o model.Objectives) float64 {
	limit, ok := o.Stage(s.Name)
	if !ok || limit <= 0 || s.P95 == nil {
		return 0
	}
	return *s.P95 / limit.Seconds()
}
