package sim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCachesAreAskedUntilOneHits(t *testing.T) {
	caches := []Cache{{Type: "near", Speedup: 20}, {Type: "far", Speedup: 5}}
	for name, tc := range map[string]struct {
		caches  []Cache
		draws   []float64
		want    []CacheOutcome
		speedup float64
	}{
		"the first hits":    {caches, []float64{0.1, 0.1}, []CacheOutcome{{Type: "near", Hit: true}}, 20},
		"the second hits":   {caches, []float64{0.5, 0.1}, []CacheOutcome{{Type: "near"}, {Type: "far", Hit: true}}, 5},
		"none hits":         {caches, []float64{0.5, 0.9}, []CacheOutcome{{Type: "near"}, {Type: "far"}}, 1},
		"there is no cache": {nil, nil, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			got, speedup := lookUp(tc.caches, tc.draws, 0.5)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("look-ups (-want +got):\n%s", diff)
			}
			if speedup != tc.speedup {
				t.Errorf("speed-up is %v, want %v", speedup, tc.speedup)
			}
		})
	}
}

func TestEachCacheRemembersItsOwnHits(t *testing.T) {
	service := newService(t)
	finished := func(lookUps ...CacheOutcome) []float64 {
		out := Outcome{Caches: lookUps}
		service.ledger.start(false)
		service.ledger.finish(&out)
		var ratios []float64
		for _, c := range out.Caches {
			ratios = append(ratios, c.RecentHitRatio)
		}
		return ratios
	}
	for _, step := range []struct {
		lookUps []CacheOutcome
		want    []float64
	}{
		{[]CacheOutcome{{Type: "retrieval", Hit: true}}, []float64{1}},
		{[]CacheOutcome{{Type: "retrieval"}, {Type: "embedding", Hit: true}}, []float64{0.5, 1}},
		{[]CacheOutcome{{Type: "retrieval"}, {Type: "embedding"}}, []float64{1.0 / 3, 0.5}},
	} {
		if diff := cmp.Diff(step.want, finished(step.lookUps...)); diff != "" {
			t.Errorf("after %+v the hit ratios are (-want +got):\n%s", step.lookUps, diff)
		}
	}
}
