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
