package health_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

func TestAboveAndBelow(t *testing.T) {
	for name, tc := range map[string]struct {
		value          *float64
		before         bool
		above, beneath bool
	}{
		"what is not measured":            {before: true},
		"at the limit":                    {value: new(10.0)},
		"just above":                      {value: new(10.01), above: true},
		"just below":                      {value: new(9.99), beneath: true},
		"at the limit, missed before":     {value: new(10.0), before: true, above: true, beneath: true},
		"inside by a tenth, before above": {value: new(9.0), before: true, beneath: true},
		"not inside by a tenth":           {value: new(9.01), before: true, above: true, beneath: true},
		"well above a lower limit":        {value: new(11.12), before: true, above: true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := health.Above(tc.value, 10, tc.before); got != tc.above {
				t.Errorf("above is %t", got)
			}
			if got := health.Below(tc.value, 10, tc.before); got != tc.beneath {
				t.Errorf("below is %t", got)
			}
		})
	}
}

// TestEveryObjectiveHasHysteresis goes with each check into the band between the
// limit and nine tenths of it.
func TestEveryObjectiveHasHysteresis(t *testing.T) {
	shown := func(s health.StageBefore) health.Previous { return health.Previous{Stages: []health.StageBefore{s}} }
	for name, tc := range map[string]struct {
		// band and back are just outside and inside of nine tenths.
		band, back edit
		said       health.Previous
	}{
		v1alpha1.ReasonErrorRatioHigh: {
			band: func(r *health.Readings) { *r.ErrorRate = 8 * 0.226 }, back: func(r *health.Readings) { *r.ErrorRate = 8 * 0.224 },
			said: health.Previous{ErrorRatio: new(0.26)},
		},
		v1alpha1.ReasonLatencyHigh: {
			band: func(r *health.Readings) { *r.LatencyP95 = 1.81 }, back: func(r *health.Readings) { *r.LatencyP95 = 1.79 },
			said: health.Previous{LatencyP95: new(2.1)},
		},
		v1alpha1.ReasonStageLatencyHigh: {
			band: func(r *health.Readings) { *r.Stages[1].P95 = 0.451 }, back: func(r *health.Readings) { *r.Stages[1].P95 = 0.449 },
			said: shown(health.StageBefore{Name: "retrieval", P95: new(0.51)}),
		},
		v1alpha1.ReasonStageErrorRatioHigh: {
			band: func(r *health.Readings) { r.Stages[1].ErrorRatio = new(0.226) }, back: func(r *health.Readings) { r.Stages[1].ErrorRatio = new(0.224) },
			said: shown(health.StageBefore{Name: "retrieval", ErrorRatio: new(0.26)}),
		},
		v1alpha1.ReasonCostPerDayHigh: {
			band: func(r *health.Readings) { *r.CostRate = 0.91 }, back: func(r *health.Readings) { *r.CostRate = 0.89 },
			said: health.Previous{CostPerDay: new(87_000.0)},
		},
		v1alpha1.ReasonCacheHitRatioLow: {
			band: func(r *health.Readings) { *r.CacheHitRatio = 0.277 }, back: func(r *health.Readings) { *r.CacheHitRatio = 0.278 },
			said: health.Previous{CacheHitRatio: new(0.24)},
		},
		v1alpha1.ReasonRateLimitLow: {
			band: func(r *health.Readings) { *r.RateLimitRemaining = 111 }, back: func(r *health.Readings) { *r.RateLimitRemaining = 112 },
		},
		v1alpha1.ReasonCostPerRequestHigh: {
			band: func(r *health.Readings) { *r.CostPerRequestP95 = 0.451 }, back: func(r *health.Readings) { *r.CostPerRequestP95 = 0.449 },
		},
		v1alpha1.ReasonRelevanceLow: {
			band: func(r *health.Readings) { *r.RelevanceP50 = 0.833 }, back: func(r *health.Readings) { *r.RelevanceP50 = 0.834 },
		},
		v1alpha1.ReasonContextPrecisionLow: {
			band: func(r *health.Readings) { *r.ContextPrecisionP50 = 0.555 }, back: func(r *health.Readings) { *r.ContextPrecisionP50 = 0.556 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			given := health.Given{Objectives: objectives, Interval: interval}
			before := []health.Previous{{Reason: name, Stage: "retrieval"}}
			if !cmp.Equal(tc.said, health.Previous{}) {
				before = append(before, tc.said)
			}
			band, back := fine(), fine()
			tc.band(&band)
			tc.back(&back)
			if got := health.Evaluate(band, given, health.Previous{}).Reason; got != v1alpha1.ReasonObjectivesMet {
				t.Errorf("%s without having been so before", got)
			}
			for _, b := range before {
				if got := health.Evaluate(band, given, b).Reason; got != name {
					t.Errorf("reason is %s in the band, after %+v", got, b)
				}
				if got := health.Evaluate(back, given, b).Reason; got != v1alpha1.ReasonObjectivesMet {
					t.Errorf("reason is %s when it is inside, after %+v", got, b)
				}
			}
		})
	}
}

func TestAnotherStageOfTheSameReasonHasNoHysteresis(t *testing.T) {
	r := fine()
	*r.Stages[0].P95, *r.Stages[1].P95 = 4.9, 0.1
	before := health.Previous{Reason: v1alpha1.ReasonStageLatencyHigh, Stage: "retrieval", Stages: []health.StageBefore{{Name: "generation", P95: new(4.9)}}}
	got := health.Evaluate(r, health.Given{Objectives: objectives, Interval: interval}, before)
	if got.Reason != v1alpha1.ReasonObjectivesMet {
		t.Errorf("reason is %s of %s", got.Reason, got.Stage)
	}
}

func TestAgesOfDataAndOfItsReadingAddUp(t *testing.T) {
	for name, tc := range map[string]struct {
		age, viewAge time.Duration
		want         string
	}{
		"three intervals in all":            {age: interval, viewAge: 2 * interval, want: "Healthy/ObjectivesMet"},
		"a little more":                     {age: interval, viewAge: 2*interval + time.Millisecond, want: "Stale/RulesNotEvaluated?"},
		"an old reading of fresh data":      {age: 0, viewAge: 4 * interval, want: "Stale/RulesNotEvaluated?"},
		"a fast clock hides no old reading": {age: -time.Hour, viewAge: 4 * interval, want: "Stale/RulesNotEvaluated?"},
	} {
		t.Run(name, func(t *testing.T) {
			r := fine()
			r.Age = &tc.age
			got := health.Evaluate(r, health.Given{Objectives: objectives, Interval: interval, ViewAge: tc.viewAge}, health.Previous{})
			if d := cmp.Diff(tc.want, verdict(got)); d != "" {
				t.Errorf("verdict (-want +got):\n%s", d)
			}
		})
	}
}

func TestStagesThatAreTold(t *testing.T) {
	before := func(names ...string) health.Previous {
		var p health.Previous
		for _, name := range names {
			p.Stages = append(p.Stages, health.StageBefore{Name: name})
		}
		return p
	}
	for name, tc := range map[string]struct {
		stages []health.Stage
		before health.Previous
		want   []string
	}{
		"none": {},
		"the largest three, where nothing is wrong": {
			stages: []health.Stage{{Name: "a", Share: 0.1}, {Name: "b", Share: 0.2}, {Name: "c", Share: 0.3}, {Name: "d", Share: 0.4}},
			want:   []string{"d", "c", "b"},
		},
		"the bottleneck first, then by score": {
			stages: []health.Stage{staged("a", 0.5, 1), staged("generation", 0.1, 6), staged("retrieval", 0.1, 2), staged("d", 0.1, 3)},
			want:   []string{"retrieval", "d", "generation"},
		},
		"one whose share is not known is left out": {
			stages: []health.Stage{{Name: "a", Share: 0.3}, {Name: "b"}},
			want:   []string{"a"},
		},
		"but for one that fails": {
			stages: []health.Stage{{Name: "a", Share: 0.3}, failing(health.Stage{Name: "b"}, 0.3)},
			want:   []string{"b", "a"},
		},
		"one that is shown stays until another is clearly larger": {
			stages: []health.Stage{{Name: "a", Share: 0.3}, {Name: "b", Share: 0.2}, {Name: "c", Share: 0.11}, {Name: "d", Share: 0.1}},
			before: before("a", "b", "d"), want: []string{"a", "b", "d"},
		},
		"and goes when it is": {
			stages: []health.Stage{{Name: "a", Share: 0.3}, {Name: "b", Share: 0.2}, {Name: "c", Share: 0.13}, {Name: "d", Share: 0.1}},
			before: before("a", "b", "d"), want: []string{"a", "b", "c"},
		},
		"those of like length keep their places": {
			stages: []health.Stage{{Name: "a", Share: 0.3}, {Name: "b", Share: 0.29}, {Name: "c", Share: 0.28}},
			before: before("c", "b", "a"), want: []string{"c", "b", "a"},
		},
		"others change them": {
			stages: []health.Stage{{Name: "a", Share: 0.5}, {Name: "b", Share: 0.29}, {Name: "c", Share: 0.1}},
			before: before("c", "b", "a"), want: []string{"a", "b", "c"},
		},
		"the one that the verdict speaks of is there": {
			stages: []health.Stage{
				{Name: "a", Share: 0.1, P95: new(9.0)},
				{Name: "b", Share: 0.1, P95: new(9.0)},
				{Name: "c", Share: 0.1, P95: new(9.0)},
				called(health.Stage{Name: "retrieval", Share: 0.01, P95: new(0.6)}, 0.01),
			},
			want: []string{"a", "b", "retrieval"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := fine()
			r.Stages = tc.stages
			got := health.Evaluate(r, health.Given{Objectives: objectives, Interval: interval}, tc.before)
			var names []string
			for _, s := range got.Stages {
				names = append(names, s.Name)
			}
			if d := cmp.Diff(tc.want, names); d != "" {
				t.Errorf("stages (-want +got):\n%s", d)
			}
			if got.Bottleneck != nil && slices.Index(names, got.Bottleneck.Name) != 0 {
				t.Errorf("the bottleneck, %s, is not first", got.Bottleneck.Name)
			}
		})
	}
}
