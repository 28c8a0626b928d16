package controller

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// TestTheLastWriteKeepsTheHealthThatIsNotKnownYet plays two rollouts within a minute.
func TestTheLastWriteKeepsTheHealthThatIsNotKnownYet(t *testing.T) {
	rms := played(t, "bot")
	before := newPlay(t, "embedded", rms, spending(measured("embedded", "bot"), 40))
	before.tick(t.Context())
	before.expect("bot", "Healthy/ObjectivesMet", 1)
	was := before.monitors.named("bot").Status.Cost.TodayUSD

	from := spending(measured("embedded", "bot"), 2)
	delete(from.series, [2]string{"requests:rate", "api"})
	after := newPlay(t, "embedded", before.monitors.items, from)
	after.tick(t.Context())
	from.series[[2]string{"cost_today_usd:sum", ""}] = 3
	after.tick(t.Context())
	after.flush(t.Context())
	after.expect("bot", "Healthy/ObjectivesMet", 1)
	if is := after.monitors.named("bot").Status.Cost.TodayUSD; is == was {
		t.Errorf("the cost of the day is still %s", is)
	}
	if told := after.told(); len(told) > 0 {
		t.Errorf("told %q", told)
	}
}

// TestTheLastWriteSaysNothingOfTargets: scrapes were broken off, and the inventory is empty.
func TestTheLastWriteSaysNothingOfTargets(t *testing.T) {
	from := spending(measured("embedded", "bot"), 2)
	p := newPlay(t, "embedded", played(t, "bot"), from)
	for range 40 {
		p.tick(t.Context())
	}
	problem := v1alpha1.TargetProblem{Component: "api", Reason: v1alpha1.TargetDown, Message: "No answer.", Since: metav1.NewTime(p.clock.Now().Add(-time.Hour))}
	p.monitors.named("bot").Status.TargetProblems = []v1alpha1.TargetProblem{problem}
	was := p.monitors.named("bot").Status.Cost.TodayUSD
	from.series[[2]string{"targets:up", "api"}] = 0
	from.series[[2]string{"cost_today_usd:sum", ""}] = 3
	for _, o := range p.observers {
		p.Aggregator.tick(t.Context(), o)
	}
	p.flush(t.Context())
	p.expect("bot", "Healthy/ObjectivesMet", 1)
	rm := p.monitors.named("bot")
	if d := cmp.Diff([]v1alpha1.TargetProblem{problem}, rm.Status.TargetProblems); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
	if rm.Status.Cost.TodayUSD == was {
		t.Errorf("the cost of the day is still %s", was)
	}
}

// TestTheEndOfTheOperatorIsNoFailure: it stops while it reads for the first time, or
// later.
func TestTheEndOfTheOperatorIsNoFailure(t *testing.T) {
	for name, readings := range map[string]int{"at the first reading": 0, "at the second": 1} {
		t.Run(name, func(t *testing.T) {
			rms := played(t, "bot")
			newPlay(t, "embedded", rms, measured("embedded", "bot")).tick(t.Context())
			from := measured("embedded", "bot")
			p := newPlay(t, "embedded", rms, from)
			for range readings {
				p.tick(t.Context())
			}
			ctx, stop := context.WithCancel(t.Context())
			from.meanwhile = func() { stop(); from.err = context.Canceled }
			p.tick(ctx)
			p.flush(context.WithoutCancel(ctx))
			p.expect("bot", "Healthy/ObjectivesMet", 1)
		})
	}
}

// spending has a cost of today.
func spending(s *scripted, today float64) *scripted {
	s.series[[2]string{"cost_usd:rate", "api"}] = 0.0001
	s.series[[2]string{"cost_today_usd:sum", ""}] = today
	s.series[[2]string{"cost_month_usd:sum", ""}] = today
	return s
}
