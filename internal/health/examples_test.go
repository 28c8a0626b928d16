package health_test

import (
	"math"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// TestExamplesOfTheHealthModel has those of docs/health-model.md.
func TestExamplesOfTheHealthModel(t *testing.T) {
	retrieval := []model.StageObjective{{Stage: "retrieval", P95: 500 * time.Millisecond}}
	for name, tc := range map[string]struct {
		mean   float64
		stages []health.Stage
		own    []model.StageObjective
		want   string
		score  float64
	}{
		"a small stage becomes ten times as slow": {
			mean: 1.18, want: "reranking", score: 0.5,
			stages: []health.Stage{grown(staged("generation", 0.8/1.18, 1.5), 1), grown(staged("reranking", 0.2/1.18, 0.3), 10), grown(staged("retrieval", 0.1/1.18, 0.2), 1)},
		},
		"a stage misses its objective": {
			mean: 1, want: "retrieval", score: 4.8, own: retrieval,
			stages: []health.Stage{staged("retrieval", 0.61, 1.2), staged("generation", 0.3, 0.5)},
		},
		"a stage fails in 10 % of its calls": {
			mean: 1, want: "retrieval", score: 0.5,
			stages: []health.Stage{failing(staged("retrieval", 0.1, 0.1), 0.1), staged("generation", 0.2, 0.5)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := health.Readings{LatencyP95: new(1.9), LatencyMean: &tc.mean, Stages: tc.stages}
			o := model.Objectives{LatencyP95: 2 * time.Second, ErrorRatio: 0.05, Stages: tc.own}
			if got := nameOf(health.Bottleneck(r, o, health.Previous{})); got != tc.want {
				t.Errorf("%q is named", got)
			}
			first := health.Rank(r, o, health.Previous{})[0]
			if first.Name != tc.want || math.Abs(first.Score-tc.score) > 0.05 {
				t.Errorf("%s has the score %v, want %v", first.Name, first.Score, tc.score)
			}
		})
	}
}
