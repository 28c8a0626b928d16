package health_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// step is what the score of pipeline templates is computed from: the mean and the
// 95th percentile in seconds, and the share of calls that fail.
type step struct{ mean, p95, failed float64 }

// original is the score of pipeline templates, as they write it; a step with more than
// 1 is a bottleneck.
func (s step) original() float64 {
	score := 0.0
	if s.mean > 1 {
		score += s.mean
	}
	if success := 1 - s.failed; success < 0.95 {
		score += (1 - success) * 5
	}
	if s.p95 > 2 {
		score += s.p95 * 0.5
	}
	return score
}

// trusted says whether the percentile keeps a limit that the mean seems to miss. There
// we differ on purpose.
func (s step) trusted() bool { return s.mean > 1 && s.mean <= 2 && s.p95 <= 2 }

// implied are the objectives that the constants of the original speak of.
var implied = model.Objectives{LatencyP95: 2 * time.Second, ErrorRatio: 0.05}

// pipeline are readings of steps that a request takes once, one after another.
func pipeline(steps ...step) health.Readings {
	whole := 1.0
	for _, s := range steps {
		whole += s.mean
	}
	r := health.Readings{LatencyMean: &whole, LatencyP95: new(9.0)}
	for i, s := range steps {
		r.Stages = append(r.Stages, health.Stage{
			Name: fmt.Sprintf("step-%02d", i), Share: s.mean / whole, TimePerRequest: &s.mean, P95: &s.p95,
			CallsPerRequest: new(1.0), ErrorRatio: &s.failed,
		})
	}
	return r
}

func scoreOf(s step) float64 {
	return health.Rank(pipeline(s), implied, health.Previous{})[0].Score
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a)) }

func TestTheScoreIsThatOfPipelineTemplates(t *testing.T) {
	compared := 0
	for _, mean := range []float64{0, 0.02, 0.5, 0.999, 1, 1.001, 1.5, 1.999, 2, 2.001, 3, 60} {
		for _, p95 := range []float64{0, 0.02, 0.5, 1, 1.5, 1.999, 2, 2.001, 3, 10, 600} {
			for _, failed := range []float64{0, 0.01, 0.049, 0.05, 0.051, 0.1, 0.2, 0.21, 0.5, 1} {
				s := step{mean, p95, failed}
				got, want := scoreOf(s), s.original()
				if s.trusted() {
					want -= mean
				}
				if !near(want, got) {
					t.Fatalf("%+v: score is %v, want %v", s, got, want)
				}
				compared++
			}
		}
	}
	if compared < 1000 {
		t.Errorf("only %d compared", compared)
	}
}

func TestTheOrderIsThatOfPipelineTemplates(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 5_000 {
		var steps []step
		for range 1 + random.IntN(8) {
			s := step{3 * random.Float64(), 6 * random.Float64(), 0.3 * random.Float64() * random.Float64()}
			if !s.trusted() {
				steps = append(steps, s)
			}
		}
		ranked := health.Rank(pipeline(steps...), implied, health.Previous{})
		worst := health.Bottleneck(pipeline(steps...), implied, health.Previous{})
		slices.SortFunc(steps, func(a, b step) int {
			if near(a.original(), b.original()) {
				return 0
			}
			return int(math.Copysign(1, b.original()-a.original()))
		})
		for i, s := range steps {
			if !near(s.original(), ranked[i].Score) {
				t.Fatalf("%+v: place %d has the score %v, want %v", steps, i, ranked[i].Score, s.original())
			}
		}
		// What theirs calls a bottleneck and is the worst, ours names: requests are slow.
		if len(steps) > 0 && steps[0].original() > 1 && explains(ranked) && !slices.ContainsFunc(ranked, fails) && nameOf(worst) != ranked[0].Name {
			t.Fatalf("%+v: %q is named, want %s", steps, nameOf(worst), ranked[0].Name)
		}
	}
}

// explains says whether the steps are more of the request than what is not known.
func explains(ranked []health.Ranked) bool {
	sum := 0.0
	for _, s := range ranked {
		sum += s.Share
	}
	return sum >= 0.5
}

func fails(s health.Ranked) bool { return *s.ErrorRatio > implied.ErrorRatio }

// TestWhereTheScoreIsBetter has the cases in which that of pipeline templates is wrong.
func TestWhereTheScoreIsBetter(t *testing.T) {
	own := model.Objectives{LatencyP95: 2 * time.Second, ErrorRatio: 0.05, Stages: []model.StageObjective{{Stage: "s", P95: 500 * time.Millisecond}}}
	for name, tc := range map[string]struct {
		stage      health.Stage
		others     []health.Stage
		objectives model.Objectives
		want       float64
	}{
		"a percentile within the limit knows better than a mean above half of it": {
			stage: health.Stage{Share: 0.5, TimePerRequest: new(1.5), P95: new(1.9)}, want: 0,
		},
		"without a percentile the mean has to do": {
			stage: health.Stage{Share: 0.5, TimePerRequest: new(1.5)}, want: 1.5,
		},
		"retries that together take longer than the limit count, though each call keeps it": {
			stage: health.Stage{Share: 0.5, TimePerRequest: new(3.0), P95: new(1.1), CallsPerRequest: new(3.0)}, want: 3,
		},
		"a stage has its own limit": {
			stage: health.Stage{Share: 0.5, TimePerRequest: new(0.5), P95: new(1.0)}, objectives: own, want: 0.5/0.25 + 2,
		},
		"a stage that half of the requests call is weighed by its calls": {
			stage: health.Stage{Share: 0.02, TimePerRequest: new(0.06), P95: new(6.0), CallsPerRequest: new(0.5), ErrorRatio: new(0.2)}, want: 0.5 * (3 + 1),
		},
		"the tail of a stage that few requests call is not theirs": {
			stage: health.Stage{Share: 0.02, TimePerRequest: new(0.06), P95: new(6.0), CallsPerRequest: new(0.04), ErrorRatio: new(0.2)}, want: 0.04 * 1,
		},
		"more calls than requests do not make a percentile worse": {
			stage: health.Stage{Share: 0.5, TimePerRequest: new(0.9), P95: new(3.0), CallsPerRequest: new(4.0)}, want: 1.5,
		},
		"stages that run at the same time share the request": {
			stage:  health.Stage{Share: 0.8, TimePerRequest: new(2.4), P95: new(3.0)},
			others: []health.Stage{{Name: "other", Share: 0.8, TimePerRequest: new(2.4)}}, want: 1.5 + 1.5,
		},
		"a stage that changed counts with what is beyond its baseline": {
			stage: grown(health.Stage{Share: 0.5, TimePerRequest: new(0.5), P95: new(0.5)}, 2), want: (0.25 - 0.1) / 0.1,
		},
		"a change in stages that run at the same time is one of their part of the request": {
			stage:  grown(health.Stage{Share: 0.8, TimePerRequest: new(0.8), P95: new(0.5)}, 2),
			others: []health.Stage{{Name: "other", Share: 0.8, TimePerRequest: new(0.8)}}, want: (0.25 - 0.1) / 0.1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.objectives.LatencyP95 == 0 {
				tc.objectives = implied
			}
			tc.stage.Name = "s"
			r := health.Readings{LatencyMean: new(3.0), LatencyP95: new(1.0), Stages: append(tc.others, tc.stage)}
			for _, s := range health.Rank(r, tc.objectives, health.Previous{}) {
				if s.Name == "s" && !near(tc.want, s.Score) {
					t.Errorf("score is %v, want %v", s.Score, tc.want)
				}
			}
		})
	}
}

func TestRankBreaksTies(t *testing.T) {
	r := health.Readings{Stages: []health.Stage{{Name: "c", Share: 0.1}, {Name: "b", Share: 0.1}, {Name: "a", Share: 0.2}, {Name: "d", ErrorRatio: new(0.9)}}}
	var got []string
	for _, s := range health.Rank(r, implied, health.Previous{}) {
		got = append(got, s.Name)
	}
	if d := cmp.Diff([]string{"d", "a", "b", "c"}, got); d != "" {
		t.Errorf("order (-want +got):\n%s", d)
	}
}
