package sim

import (
	"testing"
	"testing/synctest"
)

func TestStageLogExposesExactlyTheseMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newServiceFor(t, VocabularyStageLog)
		ask(t, service, 10)
		checkExposition(t, service, "/metrics", map[string]string{
			"rag_request_duration_seconds": "histogram",
			"rag_stage_duration_seconds":   "histogram stage",
		})
		const le = "+Inf 0.01 0.025 0.05 0.1 0.25 0.5 1 10 2 20 30 5 60"
		checkLabelValues(t, scrape(t, service), map[string]string{
			"rag_request_duration_seconds_bucket le":  le,
			"rag_stage_duration_seconds_bucket le":    le,
			"rag_stage_duration_seconds_bucket stage": "generation grading retrieval",
		})
	})
}

func TestStageLogTakesStagesOfAnyName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newServiceFor(t, VocabularyStageLog, VocabularyAPIPipeline)
		ask(t, service, 10)
		checkLabelValues(t, scrape(t, service), map[string]string{
			"rag_stage_duration_seconds_count stage": "embedding evaluation generation grading reranking retrieval",
		})
	})
}

func TestFaultsShowInTheMetricsOfStageLog(t *testing.T) {
	const stages = "rag_stage_duration_seconds"
	count := func(stage string) func(series) float64 {
		return func(s series) float64 { return s.sum(stages+"_count", `stage="`+stage+`"`) }
	}
	slowGrading := Faults{Slow: map[string]float64{"grading": 300}}
	checkEffects(t, VocabularyStageLog, map[string]effect{
		"a slow stage is slow": {slowGrading, func(s series) float64 {
			return s.sum(stages+"_sum", `stage="grading"`) / s.sum(stages+"_count", `stage="grading"`)
		}, interval{10, 14}},
		"a slow stage makes requests exceed 10 s": {slowGrading, func(s series) float64 {
			return s.shareBelow("rag_request_duration_seconds", "10")
		}, interval{0.3, 0.6}},
		"after a failed stage no other runs":     {Faults{Failing: map[string]float64{"grading": 1}}, count("generation"), exactly(0)},
		"a stage that fails at times is missing": {Faults{Failing: map[string]float64{"retrieval": 0.2}}, count("generation"), interval{760, 840}},
		"an outright error has no stages":        {Faults{ErrorRatio: 0.2}, count("retrieval"), interval{760, 840}},
	})
}
