package health_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// second is the mean request of these tests.
const second = 1.0

// staged is a stage with a 95th percentile in seconds; 0 stands for none.
func staged(name string, share, p95 float64) health.Stage {
	s := health.Stage{Name: name, Share: share, TimePerRequest: new(share * second)}
	if p95 > 0 {
		s.P95 = &p95
	}
	return s
}

// failing is a stage of which some calls fail.
func failing(s health.Stage, ratio float64) health.Stage {
	s.ErrorRatio = &ratio
	return s
}

// grown is a stage whose calls take a multiple of what they took.
func grown(s health.Stage, growth float64) health.Stage {
	s.Mean, s.Baseline = &growth, new(1.0)
	return s
}

// called is a stage with so many calls of a request.
func called(s health.Stage, calls float64) health.Stage {
	s.CallsPerRequest = &calls
	return s
}

// nameOf is "" where no stage is named.
func nameOf(s *health.Stage) string {
	if s == nil {
		return ""
	}
	return s.Name
}

func TestBottleneck(t *testing.T) {
	const slow, fast = 2.001, 2.0
	for name, tc := range map[string]struct {
		latency float64
		stages  []health.Stage
		want    string
	}{
		"a service that is fast enough has none": {
			latency: fast, stages: []health.Stage{staged("generation", 0.8, 5), staged("retrieval", 0.2, 0.5)},
		},
		"no stage is measured": {
			latency: slow,
		},
		"a slow request whose stages keep their objectives: the largest share": {
			latency: slow, stages: []health.Stage{staged("generation", 0.8, 5), staged("retrieval", 0.2, 0.5)},
			want: "generation",
		},
		"a slow request whose stages keep their objectives: the largest share, however far from its limit": {
			latency: slow, stages: []health.Stage{staged("generation", 0.6, 1), staged("retrieval", 0.4, 0.5)},
			want: "generation",
		},
		"a slow request of stages without percentiles: the one that is farthest from its objective": {
			latency: slow, stages: []health.Stage{staged("generation", 0.7, 0), staged("retrieval", 0.3, 0)},
			want: "retrieval", // 0.3 s of 0.25 s, against 0.7 s of 2.5 s
		},
		"a slow request of stages without objectives: theirs is that of the request": {
			latency: slow, stages: []health.Stage{staged("embedding", 0.6, 1.9), staged("reranking", 0.4, 2.1)},
			want: "reranking",
		},
		"a stage above the objective of a request that keeps it: calls are rare": {
			latency: fast, stages: []health.Stage{called(staged("reranking", 0.9, 60), 0.01)},
		},
		"a stage above its objective wins over a larger one within": {
			latency: slow, stages: []health.Stage{staged("generation", 0.9, 5), staged("retrieval", 0.1, 0.501)},
			want: "retrieval",
		},
		"a stage above its objective, though requests are fast enough": {
			latency: fast, stages: []health.Stage{staged("generation", 0.9, 5), staged("retrieval", 0.1, 0.501)},
			want: "retrieval",
		},
		"a stage without an objective loses to one above its own": {
			latency: slow, stages: []health.Stage{staged("reranking", 0.8, 60), staged("retrieval", 0.2, 0.501)},
			want: "retrieval",
		},
		"of two above their objectives, the farthest from its own": {
			latency: slow, stages: []health.Stage{staged("generation", 0.8, 10), staged("retrieval", 0.2, 2)},
			want: "retrieval", // 10/5 against 2/0.5
		},
		"of two above their objectives, one that is seldom called is seldom in the way": {
			latency: slow, stages: []health.Stage{staged("generation", 0.8, 10), called(staged("retrieval", 0.2, 2), 0.4)},
			want: "generation", // 2 against 0.4 * 4
		},
		"of two above their objectives, one that is seldom called and takes long counts with its time": {
			latency: slow, stages: []health.Stage{staged("generation", 0.5, 10), called(staged("retrieval", 0.5, 2), 0.4)},
			want: "retrieval", // 2 against 0.5/0.25 + 0.4*4
		},
		"a tie goes to the larger share": {
			latency: slow, stages: []health.Stage{staged("a", 0.4, 1), staged("b", 0.5, 1)},
			want: "b",
		},
		"a tie of equal shares goes to the first name": {
			latency: slow, stages: []health.Stage{staged("b", 0.5, 1), staged("a", 0.5, 1)},
			want: "a",
		},
		"exactly half unaccounted for still names a stage": {
			latency: slow, stages: []health.Stage{staged("generation", 0.5, 0)},
			want: "generation",
		},
		"more than half unaccounted for names none": {
			latency: slow, stages: []health.Stage{staged("generation", 0.499, 60)},
		},
		"more than half unaccounted for names one that fails": {
			latency: fast, stages: []health.Stage{staged("generation", 0.4, 60), failing(staged("retrieval", 0.05, 0), 0.3)},
			want: "retrieval",
		},
		"a stage that fails, of which no share is known": {
			latency: fast, stages: []health.Stage{failing(health.Stage{Name: "retrieval"}, 0.3)},
			want: "retrieval",
		},
		"a stage that fails as much as requests may": {
			latency: fast, stages: []health.Stage{failing(staged("retrieval", 0.9, 0), 0.25)},
		},
		"a stage that fails wins over a larger one that does not": {
			latency: slow, stages: []health.Stage{staged("reranking", 0.9, 60), failing(staged("retrieval", 0.1, 0.1), 0.3)},
			want: "retrieval",
		},
		"of two that fail, the one that fails more": {
			latency: fast, stages: []health.Stage{failing(staged("generation", 0.9, 1), 0.3), failing(staged("retrieval", 0.1, 0.1), 0.5)},
			want: "retrieval",
		},
		"of two that fail, one that is seldom called hurts less": {
			latency: fast, stages: []health.Stage{failing(staged("generation", 0.9, 1), 0.3), called(failing(staged("retrieval", 0.1, 0.1), 0.5), 0.5)},
			want: "generation",
		},
		"a small stage that takes ten times as long, though generation is larger, and all objectives are met": {
			latency: fast, stages: []health.Stage{grown(staged("generation", 0.7, 1.8), 1.01), grown(staged("reranking", 0.17, 0.4), 10)},
			want: "reranking",
		},
		"a small stage that takes thrice as long, and pushes the request over its objective": {
			latency: slow, stages: []health.Stage{grown(staged("generation", 0.85, 1.9), 1.01), grown(staged("reranking", 0.06, 0.1), 3)},
			want: "reranking",
		},
		"the same in a request that keeps its objective is not worth a name": {
			latency: fast, stages: []health.Stage{grown(staged("generation", 0.85, 1.9), 1.01), grown(staged("reranking", 0.06, 0.1), 3)},
		},
		"a tiny stage that doubled does not make a request slow": {
			latency: slow, stages: []health.Stage{grown(staged("generation", 0.85, 1.9), 1.01), grown(staged("reranking", 0.03, 0.1), 2)},
			want: "generation",
		},
		"a stage that grew by less than half, in a request that keeps its objective": {
			latency: fast, stages: []health.Stage{grown(staged("generation", 0.8, 1.9), 1.49)},
		},
		"a stage that grew by a third, in a request that does not": {
			latency: slow, stages: []health.Stage{grown(staged("retrieval", 0.5, 0.4), 1), grown(staged("generation", 0.45, 1.9), 1.33)},
			want: "generation",
		},
		"a stage that became faster": {
			latency: fast, stages: []health.Stage{grown(staged("generation", 0.8, 1.9), 0.1)},
		},
		"a stage that changed while most is unaccounted for": {
			latency: fast, stages: []health.Stage{grown(staged("reranking", 0.3, 0.4), 10)},
		},
		"a seldom-called stage that misses its objective in a service that always was too slow": {
			latency: slow, stages: []health.Stage{grown(staged("generation", 0.87, 1.9), 1), called(staged("retrieval", 0.05, 60), 0.02)},
			want: "generation",
		},
		"overlapping stages, which add up to more than the request": {
			latency: slow, stages: []health.Stage{staged("generation", 0.9, 5), staged("retrieval", 0.8, 0.5)},
			want: "generation",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := health.Readings{LatencyP95: &tc.latency, LatencyMean: new(second), LatencyBaseline: new(second), Stages: tc.stages}
			if d := cmp.Diff(tc.want, nameOf(health.Bottleneck(r, objectives, health.Previous{}))); d != "" {
				t.Errorf("bottleneck (-want +got):\n%s", d)
			}
		})
	}
}

func TestBottleneckWithoutALatency(t *testing.T) {
	stages := []health.Stage{staged("generation", 1, 5)}
	if got := health.Bottleneck(health.Readings{Stages: stages}, objectives, health.Previous{}); got != nil {
		t.Errorf("bottleneck is %s, but nothing is known to be slow", got.Name)
	}
}

// TestTiesDoNotDependOnTheOrderOfSamples: Collect goes through maps.
func TestTiesDoNotDependOnTheOrderOfSamples(t *testing.T) {
	for range 100 {
		r := collected(
			t,
			of("requests:rate", 1), of("request_duration_seconds:mean", 3), of("request_duration_seconds:p95", 9),
			share(0.25, "retrieval"), share(0.25, "embedding"),
			share(0.25, "generation"), share(0.25, "reranking"),
		)
		r.LatencyBaseline = r.LatencyMean
		got := health.Bottleneck(r, model.Objectives{LatencyP95: 2 * time.Second}, health.Previous{})
		if d := cmp.Diff(&health.Stage{Name: "embedding", Share: 0.25, TimePerRequest: new(0.75)}, got); d != "" {
			t.Fatalf("bottleneck (-want +got):\n%s", d)
		}
	}
}

func TestBottleneckTellsShareAndPercentile(t *testing.T) {
	r := fine()
	r.Stages[0].P95 = new(6.1)
	want := &health.Stage{Name: "generation", Share: 0.75, P95: new(6.1)}
	if d := cmp.Diff(want, health.Bottleneck(r, objectives, health.Previous{})); d != "" {
		t.Errorf("bottleneck (-want +got):\n%s", d)
	}
}

func TestBottleneckNeedsAShare(t *testing.T) {
	r := fine()
	r.Stages = append(r.Stages, health.Stage{Name: "retrieval", P95: new(60.0)})
	r.Stages[1].Name = "grading"
	if got := health.Bottleneck(r, objectives, health.Previous{}); got != nil {
		t.Errorf("bottleneck is %+v, must be none: its share is not known", *got)
	}
}

func TestTheStageThatIsNamedStays(t *testing.T) {
	const slow = 2.5
	named := func(name string) health.Previous { return health.Previous{Bottleneck: name} }
	for name, tc := range map[string]struct {
		latency float64
		stages  []health.Stage
		before  health.Previous
		want    string
	}{
		"while another is a little worse": {
			latency: slow, stages: []health.Stage{staged("a", 0.5, 2.3), staged("b", 0.5, 2.1)}, before: named("b"), want: "b",
		},
		"until another is clearly worse": {
			latency: slow, stages: []health.Stage{staged("a", 0.5, 2.6), staged("b", 0.5, 2.1)}, before: named("b"), want: "a",
		},
		"while another has a little more of the request, where neither has a score": {
			latency: slow, stages: []health.Stage{staged("a", 0.5, 1), staged("b", 0.42, 1)}, before: named("b"), want: "b",
		},
		"until another has clearly more": {
			latency: slow, stages: []health.Stage{staged("a", 0.55, 1), staged("b", 0.42, 1)}, before: named("b"), want: "a",
		},
		"not when nothing is wrong any more": {
			latency: 1.0, stages: []health.Stage{staged("a", 0.5, 1), staged("b", 0.5, 1)}, before: named("b"),
		},
		"not when something is wrong with another": {
			latency: slow, stages: []health.Stage{staged("a", 0.9, 1), staged("retrieval", 0.1, 0.6)}, before: named("a"), want: "retrieval",
		},
		"while its percentile, shown above its objective, is not inside by a tenth": {
			latency: 1.0, stages: []health.Stage{staged("retrieval", 1, 0.46)},
			before: health.Previous{Bottleneck: "retrieval", Stages: []health.StageBefore{{Name: "retrieval", P95: new(0.51)}}},
			want:   "retrieval",
		},
		"not for a percentile that was inside when it was named for something else": {
			latency: 1.0, stages: []health.Stage{staged("retrieval", 1, 0.46)},
			before: health.Previous{Bottleneck: "retrieval", Stages: []health.StageBefore{{Name: "retrieval", P95: new(0.46), ErrorRatio: new(0.9)}}},
		},
		"while its failures, shown above the objective, are not inside by a tenth": {
			latency: 1.0, stages: []health.Stage{failing(staged("a", 1, 1), 0.23)},
			before: health.Previous{Bottleneck: "a", Stages: []health.StageBefore{{Name: "a", ErrorRatio: new(0.26)}}},
			want:   "a",
		},
		"while the request, shown above its objective, is not inside by a tenth": {
			latency: 1.9, stages: []health.Stage{staged("a", 1, 1)},
			before: health.Previous{Bottleneck: "a", LatencyP95: new(2.1)}, want: "a",
		},
		"while half of what named it is left of a change": {
			latency: 1.0, stages: []health.Stage{grown(staged("a", 0.2, 1), 1.45), staged("b", 0.7, 1)},
			before: health.Previous{Bottleneck: "a", Stages: []health.StageBefore{{Name: "a", Growth: new(2.0)}}}, want: "a",
		},
		"while a little more than half is unaccounted for": {
			latency: slow, stages: []health.Stage{staged("a", 0.46, 1)}, before: named("a"), want: "a",
		},
		"not when much more is": {
			latency: slow, stages: []health.Stage{staged("a", 0.44, 1)}, before: named("a"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := health.Readings{LatencyP95: &tc.latency, LatencyMean: new(second), LatencyBaseline: new(second), Stages: tc.stages}
			if d := cmp.Diff(tc.want, nameOf(health.Bottleneck(r, objectives, tc.before))); d != "" {
				t.Errorf("bottleneck (-want +got):\n%s", d)
			}
		})
	}
}

// TestWhatGrewElsewhereNamesNobody: requests take longer than on the last day, and the
// stages that are measured do not.
func TestWhatGrewElsewhereNamesNobody(t *testing.T) {
	for name, tc := range map[string]struct {
		mean, baseline *float64
		growth         float64
		want           string
	}{
		"a service that was always too slow":              {mean: new(2.0), baseline: new(1.9), growth: 1, want: "generation"},
		"requests doubled, and no stage grew":             {mean: new(2.0), baseline: new(1.0), growth: 1},
		"requests doubled, and the stage grew by a tenth": {mean: new(2.0), baseline: new(1.0), growth: 1.1},
		"requests doubled, and the stage grew by most":    {mean: new(2.0), baseline: new(1.0), growth: 1.45, want: "generation"},
	} {
		t.Run(name, func(t *testing.T) {
			r := health.Readings{LatencyP95: new(9.0), LatencyMean: tc.mean, LatencyBaseline: tc.baseline}
			s := grown(staged("generation", 0.85, 1.9), tc.growth)
			time := 0.85 * *tc.mean
			s.TimePerRequest = &time
			r.Stages = []health.Stage{s}
			got := ""
			if b := health.Bottleneck(r, objectives, health.Previous{}); b != nil {
				got = b.Name
			}
			if got != tc.want {
				t.Errorf("bottleneck is %q, want %q", got, tc.want)
			}
		})
	}
}

// TestWithoutABaselineOnlyWhatIsTooLongAloneIsNamed: in the first half hour nobody knows
// what is usual, and the largest stage need not be the one that broke.
func TestWithoutABaselineOnlyWhatIsTooLongAloneIsNamed(t *testing.T) {
	objectives := model.Objectives{LatencyP95: 2 * time.Second, Stages: []model.StageObjective{{Stage: "generation", P95: 5 * time.Second}}}
	for name, tc := range map[string]struct {
		latency float64
		stages  []health.Stage
		before  string
		want    string
	}{
		"one stage alone takes longer than a request may": {
			latency: 2.4, stages: []health.Stage{staged("embedding", 0.6, 1.9), staged("reranking", 0.4, 2.1)}, want: "reranking",
		},
		"one does, and its own objective would allow it": {
			latency: 4.8, stages: []health.Stage{staged("generation", 0.9, 4.6), staged("reranking", 0.1, 0.2)}, want: "generation",
		},
		"two do": {
			latency: 6, stages: []health.Stage{staged("generation", 0.6, 2.1), staged("reranking", 0.4, 4)}, want: "reranking",
		},
		"one that does is seldom called": {
			latency: 2.4, stages: []health.Stage{staged("generation", 0.6, 1.9), called(staged("reranking", 0.4, 60), 0.02)},
		},
		"one does by its mean, and its percentile is not known": {
			latency: 6, stages: []health.Stage{{Name: "generation", Share: 0.8, TimePerRequest: new(2.1)}, staged("reranking", 0.2, 0.4)}, want: "generation",
		},
		"either of two stages may have made the difference": {
			latency: 2.4, stages: []health.Stage{staged("generation", 0.6, 1.9), staged("reranking", 0.4, 1.2)},
		},
		"no stage alone is enough": {
			latency: 8, stages: []health.Stage{staged("generation", 0.5, 1.9), staged("reranking", 0.5, 1.2)},
		},
		"what is unaccounted for may have broken": {
			latency: 2.4, stages: []health.Stage{staged("decode", 0.36, 0.8), staged("prefill", 0.09, 0.2), staged("retrieval", 0.09, 0.2)},
		},
		"a stage broke a minute ago, and most requests of the window were before": {
			latency: 3.1, stages: []health.Stage{staged("generation", 0.59, 1.1), staged("grading", 0.34, 1.4)},
		},
		"the percentile is in a bucket that goes from half of the objective to twice of it": {
			latency: 3.6, stages: []health.Stage{staged("generation", 0.61, 1.9), staged("reranking", 0.15, 0.4), staged("retrieval", 0.13, 0.4)},
		},
		"what is named stays no longer": {
			latency: 2.4, stages: []health.Stage{staged("generation", 0.6, 1.9), staged("reranking", 0.4, 1.2)}, before: "reranking",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := health.Readings{LatencyP95: &tc.latency, LatencyMean: new(second), Stages: tc.stages}
			if d := cmp.Diff(tc.want, nameOf(health.Bottleneck(r, objectives, health.Previous{Bottleneck: tc.before}))); d != "" {
				t.Errorf("bottleneck (-want +got):\n%s", d)
			}
		})
	}
}
