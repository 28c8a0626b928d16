package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestEventsOfAFault(t *testing.T) {
	broken := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	event := func(kind, name, reason string, after time.Duration) eventsv1.Event {
		return eventsv1.Event{
			Regarding: corev1.ObjectReference{Kind: kind, Name: name}, Type: "Warning", Reason: reason,
			Note: "It is so.", EventTime: metav1.NewMicroTime(broken.Add(after)),
		}
	}
	all := []eventsv1.Event{
		event("RAGMonitor", "bot", "BottleneckChanged", 2*time.Second),
		event("RAGMonitor", "bot", "HealthChanged", time.Second),
		event("RAGMonitor", "bot", "OfTheFaultBefore", -time.Second),
		event("RAGMonitor", "shop", "OfAnotherRAGMonitor", time.Second),
		event("Pod", "bot", "OfAPod", time.Second),
	}
	found := eventsOf(all, "bot", broken)
	want := []string{"Warning HealthChanged: It is so.", "Warning BottleneckChanged: It is so."}
	if diff := cmp.Diff(want, eventLines(found)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}

	for name, tc := range map[string]struct {
		reasons []string
		want    string
	}{
		"nothing is missing when all were told": {reasons: []string{"BottleneckChanged", "HealthChanged"}},
		"an event of another fault is missing":  {reasons: []string{"HealthChanged", "OfTheFaultBefore"}, want: "no event OfTheFaultBefore"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, text(missingEvent(found, tc.reasons))); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		})
	}
}
