package controller

import (
	"context"
	"maps"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/embedded"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/ledger"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/source"
	"github.com/ragmonitor/ragmonitor-operator/internal/status"
)

// judge puts together what is said of one RAGMonitor: verdict, problems and cost.
type judge struct {
	models    *models
	explainer *explainer
	interval  time.Duration
	clock     clock.PassiveClock
	// embedded is the name of the source that is the operator itself; "" without one.
	embedded string

	mu      sync.Mutex
	ledgers map[types.UID]ledger.Memory
}

// observation is what was found out about one RAGMonitor.
type observation struct {
	status.Observation
	// viewed is when its source was read; zero where it was not.
	viewed time.Time
	// waiting says that its source was not read for it yet: the next interval will
	// enqueue what is to be written.
	waiting bool
}

// blind is what is said where there are no readings. What was spent is not forgotten, nor
// why a component is not scraped.
func (j *judge) blind(rm *v1alpha1.RAGMonitor, v health.Verdict) observation {
	return observation{Observation: status.Observation{Verdict: v, Cost: rm.Status.Cost, Problems: rm.Status.TargetProblems}}
}

// forgets says whether a source loses what it has when the operator stops.
func (j *judge) forgets(source string) bool { return source == j.embedded }

// observe says how rm is by what was seen.
func (j *judge) observe(ctx context.Context, rm *v1alpha1.RAGMonitor, seen *view, source string, stopping bool) observation {
	objectives, err := model.ResolveObjectives(rm.Spec.Objectives)
	if err != nil {
		return j.blind(rm, health.InvalidSpec(err.Error()))
	}
	readings := seen.readings[keyOf(rm)].Of(componentsOf(rm))
	given := health.Given{
		Objectives: objectives,
		Interval:   max(rm.Spec.Evaluation.Interval.Duration, j.interval),
		ViewAge:    j.clock.Since(seen.at),
	}
	if source == j.embedded {
		given.Failing = j.failing(rm)
	}
	leftOut, failing := j.explainer.unevaluated(rm)
	return observation{viewed: seen.at, Observation: status.Observation{
		Embedded:   source == j.embedded,
		LeftOut:    leftOut,
		Failing:    failing,
		Verdict:    health.Evaluate(readings, given, status.Previous(rm.Status)),
		Readings:   readings,
		Objectives: objectives,
		Problems:   j.problems(ctx, rm, readings, source),
		Cost:       j.account(rm, readings, objectives, stopping),
	}}
}

// failing says for how long the embedded source has failed to record series, or what they
// are recorded from.
func (j *judge) failing(rm *v1alpha1.RAGMonitor) map[string]time.Duration {
	wrong := j.explainer.engine.ProblemsOf(embedded.Key{Namespace: rm.Namespace, Name: rm.Name})
	out := make(map[string]time.Duration, len(wrong.Outdated))
	for name, since := range wrong.Outdated {
		out[name] = j.clock.Since(since)
	}
	return out
}

// problems are left out where they cannot be found out, or stay as they were where that
// is a matter of time: they explain, and nothing rests on them.
func (j *judge) problems(ctx context.Context, rm *v1alpha1.RAGMonitor, r health.Readings, source string) []v1alpha1.TargetProblem {
	m, err := j.models.of(rm)
	if err != nil {
		return nil // the other part of the status says why
	}
	switch {
	case source == j.embedded && !j.explainer.knows(rm.Namespace):
		return rm.Status.TargetProblems
	case source == j.embedded:
		return j.explainer.embeddedProblems(m)
	}
	problems, err := j.explainer.prometheusProblems(ctx, m, r)
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Finding out why targets are not known failed", "RAGMonitor", rm.Namespace+"/"+rm.Name)
	}
	return problems
}

// account keeps what was spent, where cost is measured, or was today.
func (j *judge) account(rm *v1alpha1.RAGMonitor, r health.Readings, o model.Objectives, stopping bool) *v1alpha1.CostReading {
	in := ledger.Input{
		Now: j.clock.Now(), Today: r.CostToday, Month: r.CostMonth, Rate: r.CostRate,
		Budget: o.Budget, BudgetSpent: r.BudgetSpent, Force: stopping,
	}
	if o.Budget != nil {
		in.Zone = o.Budget.Zone
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	cost, memory := ledger.Advance(rm.Status.Cost, j.ledgers[rm.UID], in)
	j.ledgers[rm.UID] = memory
	return cost
}

// keep forgets the RAGMonitors that are gone.
func (j *judge) keep(present map[types.UID]bool) {
	j.models.keep(present)
	j.mu.Lock()
	defer j.mu.Unlock()
	maps.DeleteFunc(j.ledgers, func(uid types.UID, _ ledger.Memory) bool { return !present[uid] })
}

// failureText says how a source failed, in words that do not change with every
// attempt.
func failureText(err error) string { return failureTexts[source.ReasonOf(err)] }

var failureTexts = map[source.Reason]string{
	source.ReasonTimeout: "it did not answer in time",
	source.ReasonRefused: "it cannot be connected to, or its certificate or our credentials are not good",
	source.ReasonHTTP:    "it answered with an error",
	source.ReasonBody:    "its answer broke off",
	source.ReasonSize:    "its answer was too large",
	source.ReasonFormat:  "its answer was no result of a query",
	source.ReasonPartial: "its answer may lack series",
	source.ReasonClock:   "its answer was of another time: its clock, or ours, is wrong, or the answer was cached",
}
