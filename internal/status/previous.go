package status

import (
	"strings"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// Previous is what a status says now, for the next evaluation.
func Previous(s v1alpha1.RAGMonitorStatus) health.Previous {
	out := health.Previous{
		Bottleneck:    stageOf(s.Bottleneck),
		LatencyP95:    readOrNil(s.Readings.LatencyP95, asDuration),
		ErrorRatio:    readOrNil(s.Readings.ErrorRatio, asRatio),
		CostPerDay:    readOrNil(s.Readings.CostPerDay, asDollars),
		CacheHitRatio: readOrNil(s.Readings.CacheHitRatio, asRatio),
	}
	for _, stage := range s.Stages {
		if stage.Name == vocabulary.Unaccounted {
			continue
		}
		out.Stages = append(out.Stages, health.StageBefore{
			Name:           stage.Name,
			TimePerRequest: readOrNil(stage.TimePerRequest, asDuration),
			P95:            readOrNil(stage.P95, asDuration),
			ErrorRatio:     readOrNil(stage.ErrorRatio, asRatio),
			Growth:         readOrNil(stage.Change, asChange),
		})
	}
	if c := find(s.Conditions, v1alpha1.ConditionHealthy); c != nil {
		out.Reason = c.Reason
		out.Stage = spokenOf(c.Reason, c.Message, out.Stages)
	}
	return out
}

// spokenOf finds the stage that a message is about, of those that are shown: messages
// about a stage begin with its name. The longest name wins, because one may begin with
// another.
func spokenOf(reason, message string, stages []health.StageBefore) string {
	found := ""
	for _, s := range stages {
		if aboutStage[reason] && strings.HasPrefix(message, title(s.Name)+" ") && len(s.Name) > len(found) {
			found = s.Name
		}
	}
	return found
}

var aboutStage = map[string]bool{v1alpha1.ReasonStageErrorRatioHigh: true, v1alpha1.ReasonStageLatencyHigh: true}
