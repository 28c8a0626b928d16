package health_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

const interval = 30 * time.Second

// objectives are round numbers, so that a reading can be exactly at its limit.
var objectives = model.Objectives{
	LatencyP95:         2 * time.Second,
	Stages:             []model.StageObjective{{Stage: "retrieval", P95: 500 * time.Millisecond}, {Stage: "generation", P95: 5 * time.Second}},
	ErrorRatio:         0.25,
	CacheHitRatio:      0.25,
	CostPerDay:         86_400,
	CostPerRequestP95:  0.5,
	RateLimitRemaining: 100,

	RelevanceP50:        0.75,
	ContextPrecisionP50: 0.5,
}

// fine are readings in which everything is measured and exactly at its limit.
func fine() health.Readings {
	return health.Readings{
		Age:                new(3 * interval),
		TargetsUp:          new(3.0),
		Targets:            new(3.0),
		RequestRate:        new(8.0),
		JudgedRate:         new(8.0),
		ErrorRate:          new(2.0),
		InFlightMin:        new(1.0),
		LatencyP95:         new(2.0),
		LatencyMean:        new(1.0),
		CostRate:           new(1.0),
		CostPerRequestP95:  new(0.5),
		CacheHitRatio:      new(0.25),
		RateLimitRemaining: new(100.0),

		RelevanceP50:        new(0.75),
		ContextPrecisionP50: new(0.5),
		Stages: []health.Stage{
			{Name: "generation", Share: 0.75, P95: new(5.0)},
			{Name: "retrieval", Share: 0.25, P95: new(0.5)},
		},
	}
}

// evaluate judges readings that were just read, of a RAGMonitor without a status.
func evaluate(r health.Readings) health.Verdict {
	return health.Evaluate(r, health.Given{Objectives: objectives, Interval: interval}, health.Previous{})
}

// verdict is what is asked of a verdict, as "Health/Reason", with "?" when it
// does not rest on data.
func verdict(v health.Verdict) string {
	text := fmt.Sprintf("%s/%s", v.Health, v.Reason)
	if !v.DataAvailable {
		text += "?"
	}
	return text
}

type edit = func(*health.Readings)

func TestDataChecks(t *testing.T) {
	for name, tc := range map[string]struct {
		edit edit
		want string
	}{
		"everything measured and at its limit is healthy": {
			edit: func(*health.Readings) {}, want: "Healthy/ObjectivesMet",
		},
		"no result of the rules": {
			edit: func(r *health.Readings) { r.Age = nil }, want: "NoData/RulesNotLoaded?",
		},
		"rules evaluated just over three intervals ago": {
			edit: func(r *health.Readings) { *r.Age += time.Millisecond }, want: "Stale/RulesNotEvaluated?",
		},
		"rules evaluated by a clock that is fast": {
			edit: func(r *health.Readings) { *r.Age = -time.Second }, want: "Healthy/ObjectivesMet",
		},
		"targets that nobody counts": {
			edit: func(r *health.Readings) { r.Targets = nil }, want: "NoData/NoTargets?",
		},
		"no targets": {
			edit: func(r *health.Readings) { *r.Targets, *r.TargetsUp = 0, 0 }, want: "NoData/NoTargets?",
		},
		"no targets, and requests that were counted until lately": {
			edit: func(r *health.Readings) { *r.Targets, *r.TargetsUp, r.Unseen = 0, 0, []string{"api"} }, want: "NoData/NoTargets?",
		},
		"a component that is not seen, and nobody else counts requests": {
			edit: func(r *health.Readings) { r.Unseen, r.RequestRate, r.InFlightMin = []string{"api"}, nil, nil }, want: "NoData/NoTargets?",
		},
		"a component that is not seen, and no requests to another": {
			edit: func(r *health.Readings) { r.Unseen, *r.RequestRate, r.InFlightMin = []string{"api"}, 0, nil }, want: "NoData/NoTargets?",
		},
		"a component that is not seen, while another hangs": {
			edit: func(r *health.Readings) { r.Unseen, *r.RequestRate = []string{"api"}, 0 }, want: "Stale/CountersFrozen?",
		},
		"a component whose rules are not loaded, and nobody else counts requests": {
			edit: func(r *health.Readings) { r.Unloaded, r.RequestRate, r.InFlightMin = []string{"api"}, nil, nil }, want: "NoData/RulesNotLoaded?",
		},
		"a component whose rules are not loaded, and there are no others": {
			edit: func(r *health.Readings) {
				*r = health.Readings{Age: new(time.Duration(0)), Unloaded: []string{"api"}}
			},
			want: "NoData/RulesNotLoaded?",
		},
		"targets of which nothing is known": {
			edit: func(r *health.Readings) { r.TargetsUp = nil }, want: "NoData/TargetsDown?",
		},
		"all targets down": {
			edit: func(r *health.Readings) { *r.TargetsUp = 0 }, want: "NoData/TargetsDown?",
		},
		"some targets down, and the others count no requests": {
			edit: func(r *health.Readings) {
				*r.TargetsUp, r.Down, r.RequestRate, r.InFlightMin = 1, []string{"api"}, nil, nil
			},
			want: "NoData/TargetsDown?",
		},
		"some targets down, and no requests to the others": {
			edit: func(r *health.Readings) {
				*r.TargetsUp, r.Down, *r.RequestRate, r.InFlightMin = 2, []string{"api"}, 0, nil
			},
			want: "NoTraffic/NoRequests",
		},
		"requests that nobody counts": {
			edit: func(r *health.Readings) { r.RequestRate, r.InFlightMin = nil, nil }, want: "NoData/RequestsNotMeasured?",
		},
		"requests whose counter begins with the first of them": {
			edit: func(r *health.Readings) { r.RequestRate, *r.InFlightMin = nil, 0 }, want: "NoTraffic/NoRequests",
		},
		"requests in flight of which there is no counter yet": {
			edit: func(r *health.Readings) { r.RequestRate = nil }, want: "NoData/RequestsNotMeasured?",
		},
		"requests in flight of which none is counted": {
			edit: func(r *health.Readings) { *r.RequestRate = 0 }, want: "Stale/CountersFrozen?",
		},
		"requests in flight and a few counted": {
			edit: func(r *health.Readings) { *r.RequestRate, *r.ErrorRate = 0.001, 0 }, want: "Healthy/ObjectivesMet",
		},
		"no requests and none in flight": {
			edit: func(r *health.Readings) { *r.RequestRate, *r.InFlightMin = 0, 0 }, want: "NoTraffic/NoRequests",
		},
		"no requests where nobody counts those in flight": {
			edit: func(r *health.Readings) { *r.RequestRate, r.InFlightMin = 0, nil }, want: "NoTraffic/NoRequests",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := fine()
			tc.edit(&r)
			if d := cmp.Diff(tc.want, verdict(evaluate(r))); d != "" {
				t.Errorf("verdict (-want +got):\n%s", d)
			}
		})
	}
}

func TestObjectiveChecks(t *testing.T) {
	for name, tc := range map[string]struct {
		edit edit
		want string
	}{
		"a share of errors just above the objective": {
			edit: func(r *health.Readings) { *r.ErrorRate = 2.001 }, want: "Critical/ErrorRatioHigh",
		},
		"errors that are not counted": {
			edit: func(r *health.Readings) { r.ErrorRate = nil }, want: "Healthy/ObjectivesMet",
		},
		"a critical alert": {
			edit: func(r *health.Readings) { r.FiringAlerts, r.CriticalAlerts = 1, 1 }, want: "Critical/CriticalAlertFiring",
		},
		"alerts of which none is critical": {
			edit: func(r *health.Readings) { r.FiringAlerts = 5 }, want: "Healthy/ObjectivesMet",
		},
		"one target down": {
			edit: func(r *health.Readings) { *r.TargetsUp, r.Down = 2, []string{"llm"} }, want: "Degraded/TargetsDown",
		},
		"a component that is not seen": {
			edit: func(r *health.Readings) { r.Unseen = []string{"llm"} }, want: "Degraded/NoTargets",
		},
		"a component whose rules are not loaded": {
			edit: func(r *health.Readings) { r.Unloaded = []string{"llm"} }, want: "Degraded/RulesNotLoaded",
		},
		"a stage that fails just more than the objective of requests": {
			edit: func(r *health.Readings) { r.Stages[1].ErrorRatio = new(0.251) }, want: "Degraded/StageErrorRatioHigh",
		},
		"a stage that fails as much as requests may": {
			edit: func(r *health.Readings) { r.Stages[1].ErrorRatio = new(0.25) }, want: "Healthy/ObjectivesMet",
		},
		"a latency just above the objective": {
			edit: func(r *health.Readings) { *r.LatencyP95 = 2.001 }, want: "Degraded/LatencyHigh",
		},
		"a latency that is not measured": {
			edit: func(r *health.Readings) { r.LatencyP95 = nil }, want: "Healthy/ObjectivesMet",
		},
		"costs, a cache and a rate limit that are not measured": {
			edit: func(r *health.Readings) {
				r.CostRate, r.CostPerRequestP95, r.CacheHitRatio, r.RateLimitRemaining = nil, nil, nil, nil
			},
			want: "Healthy/ObjectivesMet",
		},
		"a stage just above its objective": {
			edit: func(r *health.Readings) { *r.Stages[1].P95 = 0.501 }, want: "Degraded/StageLatencyHigh",
		},
		"a slow stage without an objective": {
			edit: func(r *health.Readings) { r.Stages[1].Name, *r.Stages[1].P95 = "reranking", 60 }, want: "Healthy/ObjectivesMet",
		},
		"a stage whose percentile is not measured": {
			edit: func(r *health.Readings) { r.Stages[1].P95 = nil }, want: "Healthy/ObjectivesMet",
		},
		"a rate limit just below the objective": {
			edit: func(r *health.Readings) { *r.RateLimitRemaining = 99 }, want: "Degraded/RateLimitLow",
		},
		"a used rate limit": {
			edit: func(r *health.Readings) { *r.RateLimitRemaining = 0 }, want: "Degraded/RateLimitLow",
		},
		"a day just above its budget": {
			edit: func(r *health.Readings) { *r.CostRate = 1.001 }, want: "Degraded/CostPerDayHigh",
		},
		"requests just dearer than the objective": {
			edit: func(r *health.Readings) { *r.CostPerRequestP95 = 0.501 }, want: "Degraded/CostPerRequestHigh",
		},
		"relevance just below its objective": {
			edit: func(r *health.Readings) { *r.RelevanceP50 = 0.749 }, want: "Degraded/RelevanceLow",
		},
		"context precision just below its objective": {
			edit: func(r *health.Readings) { *r.ContextPrecisionP50 = 0.499 }, want: "Degraded/ContextPrecisionLow",
		},
		"a cache that hits just less than the objective": {
			edit: func(r *health.Readings) { *r.CacheHitRatio = 0.249 }, want: "Degraded/CacheHitRatioLow",
		},
		"a cache that never hits": {
			edit: func(r *health.Readings) { *r.CacheHitRatio = 0 }, want: "Degraded/CacheHitRatioLow",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := fine()
			tc.edit(&r)
			if d := cmp.Diff(tc.want, verdict(evaluate(r))); d != "" {
				t.Errorf("verdict (-want +got):\n%s", d)
			}
		})
	}
}

// ranking has everything that can be said against a service, in the order in which
// it is to be said. Of each two that hold, the upper one wins.
var ranking = []struct {
	reason string
	holds  edit
}{
	{v1alpha1.ReasonRulesNotLoaded, func(r *health.Readings) { r.Age = nil }},
	{v1alpha1.ReasonRulesNotEvaluated, func(r *health.Readings) { r.Age = new(time.Hour) }},
	{v1alpha1.ReasonNoTargets, func(r *health.Readings) { r.Targets, r.TargetsUp = nil, nil }},
	{v1alpha1.ReasonTargetsDown, func(r *health.Readings) { r.TargetsUp = new(0.0) }},
	{v1alpha1.ReasonRequestsNotMeasured, func(r *health.Readings) { r.RequestRate, r.InFlightMin = nil, nil }},
	{v1alpha1.ReasonCountersFrozen, func(r *health.Readings) { r.RequestRate, r.InFlightMin = new(0.0), new(1.0) }},
	{v1alpha1.ReasonNoRequests, func(r *health.Readings) { r.RequestRate, r.InFlightMin = new(0.0), nil }},
	{v1alpha1.ReasonErrorRatioHigh, func(r *health.Readings) { r.ErrorRate = new(8.0) }},
	{v1alpha1.ReasonCriticalAlertFiring, func(r *health.Readings) { r.CriticalAlerts = 1 }},
	{v1alpha1.ReasonTargetsDown, func(r *health.Readings) { r.Targets, r.Down = new(4.0), []string{"llm"} }},
	{v1alpha1.ReasonNoTargets, func(r *health.Readings) { r.Unseen = []string{"db"} }},
	{v1alpha1.ReasonRulesNotLoaded, func(r *health.Readings) { r.Unloaded = []string{"db"} }},
	{v1alpha1.ReasonStageErrorRatioHigh, func(r *health.Readings) { r.Stages[0].ErrorRatio = new(0.3) }},
	{v1alpha1.ReasonLatencyHigh, func(r *health.Readings) { r.LatencyP95 = new(60.0) }},
	{v1alpha1.ReasonStageLatencyHigh, func(r *health.Readings) { r.Stages[0].P95 = new(60.0) }},
	{v1alpha1.ReasonRateLimitLow, func(r *health.Readings) { r.RateLimitRemaining = new(0.0) }},
	{v1alpha1.ReasonCostPerDayHigh, func(r *health.Readings) { r.CostRate = new(60.0) }},
	{v1alpha1.ReasonCostPerRequestHigh, func(r *health.Readings) { r.CostPerRequestP95 = new(60.0) }},
	{v1alpha1.ReasonRelevanceLow, func(r *health.Readings) { r.RelevanceP50 = new(0.0) }},
	{v1alpha1.ReasonContextPrecisionLow, func(r *health.Readings) { r.ContextPrecisionP50 = new(0.0) }},
	{v1alpha1.ReasonCacheHitRatioLow, func(r *health.Readings) { r.CacheHitRatio = new(0.0) }},
}

// explained are the checks that give way to one below: a component that is down or
// not seen is why nothing is counted.
var explained = map[string][]string{
	v1alpha1.ReasonRequestsNotMeasured: {v1alpha1.ReasonTargetsDown, v1alpha1.ReasonNoTargets, v1alpha1.ReasonRulesNotLoaded},
	v1alpha1.ReasonNoRequests:          {v1alpha1.ReasonNoTargets, v1alpha1.ReasonRulesNotLoaded},
}

func TestTheUpperOfTwoChecksWins(t *testing.T) {
	for i, upper := range ranking {
		for _, lower := range ranking[i:] {
			if slices.Contains(explained[upper.reason], lower.reason) {
				continue
			}
			r := fine()
			lower.holds(&r)
			upper.holds(&r)
			if got := evaluate(r); got.Reason != upper.reason {
				t.Errorf("%s with %s: reason is %s, must be the former", upper.reason, lower.reason, got.Reason)
			}
		}
	}
}

// optional are the readings that a source may lack, the needed ones first.
var optional = []edit{
	func(r *health.Readings) { r.Age = nil },
	func(r *health.Readings) { r.Targets = nil },
	func(r *health.Readings) { r.TargetsUp = nil },
	func(r *health.Readings) { r.RequestRate = nil },
	func(r *health.Readings) { r.ErrorRate = nil },
	func(r *health.Readings) { r.InFlightMin = nil },
	func(r *health.Readings) { r.LatencyP95 = nil },
	func(r *health.Readings) { r.LatencyMean = nil },
	func(r *health.Readings) { r.CostRate = nil },
	func(r *health.Readings) { r.CostPerRequestP95 = nil },
	func(r *health.Readings) { r.CacheHitRatio = nil },
	func(r *health.Readings) { r.RateLimitRemaining = nil },
	func(r *health.Readings) { r.RelevanceP50 = nil },
	func(r *health.Readings) { r.ContextPrecisionP50 = nil },
	func(r *health.Readings) { r.Stages = nil },
}

const needed = 4

func TestNothingIsSaidOfObjectivesForWantOfData(t *testing.T) {
	bad := func() health.Readings {
		r := fine()
		for _, check := range ranking[7:] {
			check.holds(&r)
		}
		return r
	}
	for name, readings := range map[string]func() health.Readings{"a fine service": fine, "a bad service": bad} {
		for subset := range 1 << len(optional) {
			r := readings()
			for i, lack := range optional {
				if subset&(1<<i) != 0 {
					lack(&r)
				}
			}
			got := evaluate(r)
			missing := subset&(1<<needed-1) != 0
			if got.DataAvailable == missing {
				t.Fatalf("%s without %013b: DataAvailable is %t", name, subset, got.DataAvailable)
			}
			if missing && got.Health != v1alpha1.HealthNoData && got.Health != v1alpha1.HealthStale {
				t.Fatalf("%s without %013b: health is %s", name, subset, got.Health)
			}
			if missing && got.Bottleneck != nil {
				t.Fatalf("%s without %013b: bottleneck is %s", name, subset, got.Bottleneck.Name)
			}
		}
	}
}

func TestVerdictsWithoutReadingsAreUnknown(t *testing.T) {
	for want, v := range map[string]health.Verdict{
		"Unknown/NoSource?":      health.NoSource(),
		"Unknown/UnknownSource?": health.UnknownSource("thanos", []string{"mimir"}),
		"Unknown/SourceFailed?":  health.SourceFailed("it did not answer in time"),
		"Unknown/InvalidSpec?":   health.InvalidSpec("the reason"),
	} {
		if d := cmp.Diff(want, verdict(v)); d != "" {
			t.Errorf("verdict (-want +got):\n%s", d)
		}
	}
}

func TestVerdictCarriesTheBottleneck(t *testing.T) {
	r := fine()
	*r.Stages[1].P95 = 9
	got := evaluate(r)
	if got.Bottleneck == nil || got.Bottleneck.Name != "retrieval" {
		t.Errorf("bottleneck is %v, must be retrieval", got.Bottleneck)
	}
	if got := evaluate(fine()).Bottleneck; got != nil {
		t.Errorf("bottleneck of a healthy service is %s", got.Name)
	}
}
