package faults_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
)

// nobody stands for no name among those that may be said.
const nobody = ""

// TestBottleneckOfUnusualPipelines has what a simple largest share would get wrong.
func TestBottleneckOfUnusualPipelines(t *testing.T) {
	beside := func(name string, seconds sim.LogNormal) stage {
		return stage{name: name, seconds: seconds, together: true}
	}
	alike := sim.LogNormal{Median: 0.12, P95: 0.25, Max: 1}
	research := stage{name: "research", seconds: sim.LogNormal{Median: 3, P95: 5, Max: 20}, seldom: 0.02}
	overlapping := setup{[]string{"api api-pipeline"}, []stage{
		{name: "retrieval", seconds: alike}, beside("keywords", alike), {name: "generation", seconds: times["decode"]},
	}}
	seldom := setup{[]string{"api api-pipeline"}, append(stages("retrieval generation=decode"), research)}
	tooSlow := setup{[]string{"api api-pipeline"}, append(stages("retrieval generation=thinking"), research)}
	retried := setup{[]string{"api http", "ranker tei reranking", "llm vllm generation"}, stages("reranking(queue,inference=embed) generation(queue,prefill,decode)")}
	retried.pipeline[0].attempts = 3
	uncounted := setup{[]string{"api api-pipeline"}, stages("retrieval reranking generation=decode")}
	uncounted.pipeline[2].attempts = 3
	simple := setup{[]string{"api api-pipeline"}, stages("retrieval reranking generation=decode")}

	for name, tc := range map[string]struct {
		setup  setup
		faults sim.Faults
		// named at the end; may be nobody on the way there.
		want []string
	}{
		"stages that overlap, healthy":                                  {overlapping, sim.Faults{}, []string{nobody}},
		"stages that overlap, the first slow":                           {overlapping, faultsOf(trouble{"retrieval", slow3}), []string{"retrieval"}},
		"stages that overlap, the second slow":                          {overlapping, faultsOf(trouble{"keywords", slow10}), []string{"keywords"}},
		"stages that overlap, another slow":                             {overlapping, faultsOf(trouble{"generation", slow3}), []string{"generation"}},
		"slow and seldom called, healthy":                               {seldom, sim.Faults{}, []string{nobody}},
		"slow and seldom called, another slow":                          {seldom, faultsOf(trouble{"generation", slow3}), []string{"generation"}},
		"slow and seldom called, a small one":                           {seldom, faultsOf(trouble{"retrieval", slow10}), []string{"retrieval"}},
		"slow and seldom called, slower":                                {seldom, faultsOf(trouble{"research", slow3}), []string{"research"}},
		"slow and seldom called, in a service that was always too slow": {tooSlow, sim.Faults{}, []string{"generation"}},
		"retries, healthy":                                              {retried, sim.Faults{}, []string{nobody}},
		"retries that hide most failures":                               {retried, sim.Faults{Failing: map[string]float64{"reranking/inference": 0.3}}, []string{"reranking"}},
		"retries, another slow":                                         {retried, faultsOf(trouble{"generation/decode", slow3}), []string{"decode"}},
		"retries of failures that are no metric": {
			uncounted, sim.Faults{Failing: map[string]float64{"generation": 0.5}}, []string{"generation", nobody},
		},
		"requests wait for their turn":           {simple, sim.Faults{WaitSeconds: 3}, []string{nobody}},
		"requests wait, and a stage is slow too": {simple, sim.Faults{WaitSeconds: 10, Slow: map[string]float64{"generation": 3}}, []string{nobody}},
		"the cache collapses":                    {setup{components: []string{"api rag"}}, sim.Faults{CacheHitRatio: new(0.0)}, []string{"retrieval", nobody}},
		"requests fail before any stage":         {setup{components: []string{"api rag"}}, sim.Faults{ErrorRatio: 0.3}, []string{nobody}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rulesetOf(t, manifestOf(tc.setup.components))
			for _, seed := range seeds {
				found := watch(t, r, tc.setup, seed).breaks(t, tc.faults, time.Minute, r.decisive())
				bad := slices.IndexFunc(found, func(f finding) bool { return f.named() != nobody && !slices.Contains(tc.want, f.named()) })
				if last := len(found) - 1; bad < 0 && !slices.Contains(tc.want, found[last].named()) {
					bad = last
				}
				if bad >= 0 {
					t.Errorf("seed %d, after %d minutes: must be one of %q: %s", seed, bad+1, tc.want, found[bad].describe())
				}
			}
		})
	}
}
