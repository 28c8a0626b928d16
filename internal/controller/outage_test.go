package controller

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

// TestAnOutageIsToldOnce: between two tries nobody asks the source, and what is said of
// it stays.
func TestAnOutageIsToldOnce(t *testing.T) {
	from := measured("prometheus", "one", "other")
	p := newPlay(t, "", played(t, "one", "other"), from)
	p.tick(t.Context())
	p.expect("one", "Healthy/ObjectivesMet", 1)

	before := p.monitors.writes
	from.err = &source.Error{Reason: source.ReasonTimeout, Err: errBroken}
	for range 10 {
		p.tick(t.Context())
		p.clock.SetTime(p.clock.Now().Add(time.Minute))
	}
	if wrote := p.monitors.writes - before; wrote != 2 {
		t.Errorf("wrote %d times of two RAGMonitors", wrote)
	}
	want := "The metric source does not answer as it should: it did not answer in time."
	if d := cmp.Diff(want, message(p.monitors.named("other"), "Healthy")); d != "" {
		t.Errorf("message (-want +got):\n%s", d)
	}
}

// TestWhyAComponentIsNotScrapedOutlivesAnOutage, and since when.
func TestWhyAComponentIsNotScrapedOutlivesAnOutage(t *testing.T) {
	from := measured("prometheus", "bot")
	from.series[[2]string{"targets:total", "api"}] = 3
	p := newPlay(t, "", played(t, "bot"), from)
	p.tick(t.Context())
	p.expect("bot", "Degraded/TargetsDown", 1)
	was := p.monitors.named("bot").Status.TargetProblems
	from.err = errBroken
	p.tick(t.Context())
	p.tick(t.Context())
	p.expect("bot", "Unknown/SourceFailed", 1)
	if d := cmp.Diff(was, p.monitors.named("bot").Status.TargetProblems); d != "" || len(was) != 1 {
		t.Errorf("problems (-want +got):\n%s", d)
	}
}

// TestAFirstReadingThatFailsIsPassedOver: a new leader may not find its source at once.
func TestAFirstReadingThatFailsIsPassedOver(t *testing.T) {
	from := measured("prometheus", "bot", "new")
	rms := played(t, "bot", "new")
	newPlay(t, "", rms[:1], from).tick(t.Context())

	from.err = errBroken
	p := newPlay(t, "", rms, from)
	p.tick(t.Context())
	p.expect("bot", "Healthy/ObjectivesMet", 1)
	p.reconcile(t.Context(), "bot")
	from.err = nil
	p.tick(t.Context())
	p.expect("new", "Healthy/ObjectivesMet", 1)
	if told := p.told(); p.monitors.writes != 1 || len(told) > 0 {
		t.Errorf("wrote %d times, told %q", p.monitors.writes, told)
	}
}

// TestAnotherSourceIsReadBeforeItIsBelieved: its last reading was not made for a
// RAGMonitor that took another one then.
func TestAnotherSourceIsReadBeforeItIsBelieved(t *testing.T) {
	p := newPlay(t, "", played(t, "bot"), measured("one", "bot"), measured("other", "bot"))
	p.tick(t.Context())
	rm := p.monitors.named("bot")
	rm.Spec.Source, rm.Generation = "other", 2
	p.reconcile(t.Context(), "bot")
	p.expect("bot", "Healthy/ObjectivesMet", 1)
	p.tick(t.Context())
	p.expect("bot", "Healthy/ObjectivesMet", 2)
	if told := p.told(); len(told) > 0 {
		t.Errorf("told %q", told)
	}
}

// TestAnotherSourceThatFailsIsToldAfterTwoReadings holds even where it never was read for
// the RAGMonitor.
func TestAnotherSourceThatFailsIsToldAfterTwoReadings(t *testing.T) {
	other := measured("other", "bot")
	p := newPlay(t, "", played(t, "bot"), measured("one", "bot"), other)
	p.tick(t.Context())
	other.err = errBroken
	rm := p.monitors.named("bot")
	rm.Spec.Source, rm.Generation = "other", 2
	p.reconcile(t.Context(), "bot")
	p.tick(t.Context())
	p.expect("bot", "Healthy/ObjectivesMet", 1)
	p.tick(t.Context())
	p.expect("bot", "Unknown/SourceFailed", 2)
}
