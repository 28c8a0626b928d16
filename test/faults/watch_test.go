package faults_test

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/rules"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/status"
)

// watched is a service with a healthy past, of which faults branch off.
type watched struct {
	ruleset
	seed    uint64
	service service
	store   *store
	// shown is the status at the end of the past.
	shown *v1alpha1.RAGMonitor
}

func watch(t *testing.T, r ruleset, s setup, seed uint64) watched {
	t.Helper()
	w := watched{ruleset: r, seed: seed, service: s.service(r.monitor), store: newStore(), shown: fixture.RAGMonitor(t, manifestOf(s.components))}
	o := r.over(w.store, r.decisive())
	w.service.healthy(t, seed, func(since time.Duration, samples []sample) {
		w.store.scraped(at(since).UnixMilli(), samples)
		if since%r.monitor.Evaluation.Interval == 0 {
			o.evaluate(t, since)
		}
	})
	o.look(t, w.shown, healthy)
	return w
}

// finding is what the operator says of a service.
type finding struct {
	readings health.Readings
	verdict  health.Verdict
}

// named is the bottleneck; "" when there is none.
func (f finding) named() string {
	if f.verdict.Bottleneck == nil {
		return ""
	}
	return f.verdict.Bottleneck.Name
}

// breaks injects a fault, and returns what is said from then on, each time that the
// operator looks.
func (w watched) breaks(t *testing.T, f sim.Faults, look time.Duration, wanted func(rules.Rule) bool) []finding {
	t.Helper()
	store, shown := w.store.fork(), w.shown.DeepCopy()
	o := w.over(store, wanted)
	var out []finding
	w.service.broken(t, w.seed, f, func(since time.Duration, samples []sample) {
		store.scraped(at(since).UnixMilli(), samples)
		if (since-healthy)%look == 0 {
			out = append(out, o.look(t, shown, since))
		}
	})
	return out
}

// look evaluates the rules, judges what they say, and shows it in the status, by which
// the next look is judged.
func (o *operator) look(t *testing.T, shown *v1alpha1.RAGMonitor, since time.Duration) finding {
	t.Helper()
	interval := o.monitor.Evaluation.Interval
	o.evaluate(t, since)
	f := finding{readings: o.readings(t, since)}
	f.verdict = health.Evaluate(f.readings, health.Given{Objectives: o.monitor.Objectives, Interval: interval}, status.Previous(shown.Status))
	part := status.Health(shown, status.Observation{Verdict: f.verdict, Readings: f.readings, Objectives: o.monitor.Objectives}, at(since))
	shown.Status.Health, shown.Status.Bottleneck, shown.Status.Stages = part.Health, part.Bottleneck, part.Stages
	shown.Status.Readings, shown.Status.SLOs, shown.Status.Conditions = part.Readings, part.SLOs, part.Conditions
	return f
}
