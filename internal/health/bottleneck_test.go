package health_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

// staged is a stage with a 95th percentile in seconds; 0 stands for none.
func staged(name string, share, p95 float64) health.Stage {
	s := health.Stage{Name: name, Share: share}
	if p95 > 0 {
		s.P95 = &p95
	}
	return s
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
		"a slow request of stages without percentiles: the largest share": {
			latency: slow, stages: []health.Stage{staged("generation", 0.8, 0), staged("retrieval", 0.2, 0)},
			want: "generation",
		},
		"a slow request of stages without objectives: the largest share": {
			latency: slow, stages: []health.Stage{staged("embedding", 0.6, 60), staged("reranking", 0.4, 90)},
			want: "embedding",
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
		"of two above their objectives, the larger score: share decides": {
			latency: slow, stages: []health.Stage{staged("generation", 0.8, 10), staged("retrieval", 0.2, 2)},
			want: "generation", // 0.8 * 2 against 0.2 * 4
		},
		"of two above their objectives, the larger score: excess decides": {
			latency: slow, stages: []health.Stage{staged("generation", 0.8, 10), staged("retrieval", 0.2, 5)},
			want: "retrieval", // 0.8 * 2 against 0.2 * 10
		},
		"a tie goes to the first": {
			latency: slow, stages: []health.Stage{staged("generation", 0.5, 10), staged("retrieval", 0.5, 1)},
			want: "generation",
		},
		"exactly half unaccounted for still names a stage": {
			latency: slow, stages: []health.Stage{staged("generation", 0.5, 0)},
			want: "generation",
		},
		"more than half unaccounted for names none": {
			latency: slow, stages: []health.Stage{staged("generation", 0.499, 60)},
		},
		"overlapping stages, which add up to more than the request": {
			latency: slow, stages: []health.Stage{staged("generation", 0.9, 5), staged("retrieval", 0.8, 0.5)},
			want: "generation",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if s := health.Bottleneck(health.Readings{LatencyP95: &tc.latency, Stages: tc.stages}, objectives); s != nil {
				got = s.Name
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("bottleneck (-want +got):\n%s", d)
			}
		})
	}
}

func TestBottleneckWithoutALatency(t *testing.T) {
	stages := []health.Stage{staged("generation", 1, 5)}
	if got := health.Bottleneck(health.Readings{Stages: stages}, objectives); got != nil {
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
		got := health.Bottleneck(r, objectives)
		if d := cmp.Diff(&health.Stage{Name: "embedding", Share: 0.25}, got); d != "" {
			t.Fatalf("bottleneck (-want +got):\n%s", d)
		}
	}
}

func TestBottleneckTellsShareAndPercentile(t *testing.T) {
	r := fine()
	r.Stages[0].P95 = new(6.1)
	want := &health.Stage{Name: "generation", Share: 0.75, P95: new(6.1)}
	if d := cmp.Diff(want, health.Bottleneck(r, objectives)); d != "" {
		t.Errorf("bottleneck (-want +got):\n%s", d)
	}
}

func TestBottleneckNeedsAShare(t *testing.T) {
	r := fine()
	r.Stages = append(r.Stages, health.Stage{Name: "retrieval", P95: new(60.0)})
	r.Stages[1].Name = "grading"
	if got := health.Bottleneck(r, objectives); got != nil {
		t.Errorf("bottleneck is %+v, must be none: its share is not known", *got)
	}
}
