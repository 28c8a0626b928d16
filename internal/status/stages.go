package status

import (
	"slices"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

func stageOf(b *v1alpha1.Bottleneck) string {
	if b == nil {
		return ""
	}
	return b.Stage
}

// bottleneck has the figures that are shown of its stage.
func bottleneck(v health.Verdict, shown []v1alpha1.StageReading) *v1alpha1.Bottleneck {
	if v.Bottleneck == nil {
		return nil
	}
	s := named(shown, v.Bottleneck.Name)
	return &v1alpha1.Bottleneck{Stage: v.Bottleneck.Name, Share: s.Share, P95: s.P95}
}

// shareOf is nil for a share that is not known.
func shareOf(s health.Stage) *float64 {
	if s.Share == 0 {
		return nil
	}
	return &s.Share
}

// stages are in the order of the verdict, which is that of people's interest; what no
// stage explains comes last.
func stages(shown []v1alpha1.StageReading, o Observation) []v1alpha1.StageReading {
	var out []v1alpha1.StageReading
	for _, s := range o.Verdict.Stages {
		old := named(shown, s.Name)
		half, whole := health.MeanLimits(s, o.Readings)
		out = append(out, v1alpha1.StageReading{
			Name:           s.Name,
			TimePerRequest: settle(old.TimePerRequest, s.TimePerRequest, asDuration, atMost(half), atMost(whole)),
			Share:          settle(old.Share, shareOf(s.Stage), asShare),
			P95:            settle(old.P95, s.P95, asDuration, atMost(s.Limit)),
			ErrorRatio:     settle(old.ErrorRatio, s.ErrorRatio, asRatio, atMost(o.Objectives.ErrorRatio)),
			Change:         settle(old.Change, s.Growth(), asChange, atMost(health.GrowthLimit)),
		})
	}
	rest := o.Readings.Unaccounted()
	if rest == nil {
		return out
	}
	old := named(shown, vocabulary.Unaccounted)
	remainder := v1alpha1.StageReading{Name: vocabulary.Unaccounted, Share: settle(old.Share, rest, asShare)}
	if o.Readings.LatencyMean != nil {
		time := *rest * *o.Readings.LatencyMean
		remainder.TimePerRequest = settle(old.TimePerRequest, &time, asDuration)
	}
	return append(out, remainder)
}

func named(shown []v1alpha1.StageReading, name string) v1alpha1.StageReading {
	if i := slices.IndexFunc(shown, func(s v1alpha1.StageReading) bool { return s.Name == name }); i >= 0 {
		return shown[i]
	}
	return v1alpha1.StageReading{}
}
