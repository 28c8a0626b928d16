package controller

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/status"
)

func TestASourceThatBeginsAnewSaysNothingAtFirst(t *testing.T) {
	nothing := observation{Observation: status.Observation{Verdict: health.Verdict{Health: v1alpha1.HealthNoData, Reason: v1alpha1.ReasonRequestsNotMeasured}}}
	down := observed(v1alpha1.HealthNoData, v1alpha1.ReasonTargetsDown, new(0.0))
	old := observed(v1alpha1.HealthStale, v1alpha1.ReasonRulesNotEvaluated, new(12.0))
	frozen := observed(v1alpha1.HealthStale, v1alpha1.ReasonCountersFrozen, new(0.0))
	busy := observed(v1alpha1.HealthDegraded, v1alpha1.ReasonLatencyHigh, new(12.0))
	notCounted := observed(v1alpha1.HealthNoTraffic, v1alpha1.ReasonNoRequests, nil)
	resting := observed(v1alpha1.HealthNoTraffic, v1alpha1.ReasonNoRequests, new(0.0))
	notFound := observed(v1alpha1.HealthDegraded, v1alpha1.ReasonNoTargets, new(12.0))
	for name, tc := range map[string]struct {
		source   string
		interval time.Duration
		before   v1alpha1.Health
		after    time.Duration
		seen     observation
		want     bool
	}{
		"no data yet":                                  {before: v1alpha1.HealthHealthy, after: 61 * time.Second, seen: nothing},
		"no data for as long as may be":                {before: v1alpha1.HealthHealthy, after: 119 * time.Second, seen: nothing},
		"still no data":                                {before: v1alpha1.HealthHealthy, after: 121 * time.Second, seen: nothing, want: true},
		"no data yet, with seldom scrapes":             {interval: time.Minute, before: v1alpha1.HealthHealthy, after: 179 * time.Second, seen: nothing},
		"still no data, with seldom scrapes":           {interval: time.Minute, before: v1alpha1.HealthHealthy, after: 181 * time.Second, seen: nothing, want: true},
		"data already":                                 {before: v1alpha1.HealthHealthy, after: time.Second, seen: busy, want: true},
		"nothing in flight, and no rate yet":           {before: v1alpha1.HealthHealthy, after: 61 * time.Second, seen: notCounted},
		"nothing in flight, and still no rate":         {before: v1alpha1.HealthHealthy, after: 121 * time.Second, seen: notCounted, want: true},
		"no requests in a part of the window":          {before: v1alpha1.HealthHealthy, after: 121 * time.Second, seen: resting},
		"no requests in the whole window":              {before: v1alpha1.HealthHealthy, after: 421 * time.Second, seen: resting, want: true},
		"no requests counted in a part of the window":  {before: v1alpha1.HealthHealthy, after: 121 * time.Second, seen: frozen},
		"figures from before the restart":              {before: v1alpha1.HealthHealthy, after: 61 * time.Second, seen: old},
		"figures that are too old all the same":        {before: v1alpha1.HealthHealthy, after: 121 * time.Second, seen: old, want: true},
		"no target that answers":                       {before: v1alpha1.HealthHealthy, after: 121 * time.Second, seen: down, want: true},
		"a component that is not found yet":            {before: v1alpha1.HealthHealthy, after: 61 * time.Second, seen: notFound},
		"a component that is still not found":          {before: v1alpha1.HealthHealthy, after: 121 * time.Second, seen: notFound, want: true},
		"a RAGMonitor that is new":                     {after: time.Second, seen: nothing, want: true},
		"one that had no data, and has another reason": {before: v1alpha1.HealthNoData, after: time.Second, seen: nothing, want: true},
		"a source that outlives the restart":           {source: "prometheus", before: v1alpha1.HealthHealthy, after: time.Second, seen: nothing, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlay(t, "embedded", played(t, "bot"), measured("embedded"), measured("prometheus"))
			rm := p.monitors.named("bot")
			rm.Spec.Source = tc.source
			if tc.interval != 0 {
				rm.Spec.Components[0].Endpoint.Interval.Duration = tc.interval
			}
			rm.Status = v1alpha1.RAGMonitorStatus{Health: tc.before}
			if tc.before == v1alpha1.HealthHealthy {
				rm.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionDataAvailable, Status: metav1.ConditionTrue}}
			}
			p.clock.SetTime(p.clock.Now().Add(tc.after))
			if got := p.due(rm, tc.seen, status.Health(rm, tc.seen.Observation, p.clock.Now())); got != tc.want {
				t.Errorf("due is %v", got)
			}
		})
	}
}

// observed is an observation with a rate of requests, or none.
func observed(h v1alpha1.Health, reason string, rate *float64) observation {
	return observation{Observation: status.Observation{
		Verdict:  health.Verdict{Health: h, Reason: reason, DataAvailable: h == v1alpha1.HealthDegraded || h == v1alpha1.HealthNoTraffic},
		Readings: health.Readings{RequestRate: rate},
	}}
}
