package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// toldWithin is for events to arrive: they are sent after the status is written.
const toldWithin = time.Minute

// awaitEvents waits until an event of each reason was told since then, and returns
// all of them as lines, the oldest first.
func (d *demo) awaitEvents(ctx context.Context, reasons []string, since time.Time) ([]string, error) {
	var found []string
	err := await(ctx, "the events", 250*time.Millisecond, toldWithin, func(ctx context.Context) error {
		var list eventsv1.EventList
		if err := d.client.List(ctx, &list, client.InNamespace(sampleNamespace)); err != nil {
			return fmt.Errorf("read the events: %w", err)
		}
		events := eventsOf(list.Items, sampleName, since)
		found = eventLines(events)
		return missingEvent(events, reasons)
	})
	if err != nil {
		return nil, d.explained(err)
	}
	return found, nil
}

// eventsOf are those of a RAGMonitor since then, the oldest first. The clock is
// that of the operator, which runs on this machine.
func eventsOf(all []eventsv1.Event, name string, since time.Time) []eventsv1.Event {
	var out []eventsv1.Event
	for _, e := range all {
		if e.Regarding.Kind == "RAGMonitor" && e.Regarding.Name == name && e.EventTime.After(since) {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b eventsv1.Event) int { return a.EventTime.Compare(b.EventTime.Time) })
	return out
}

func eventLines(events []eventsv1.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, fmt.Sprintf("%s %s: %s", e.Type, e.Reason, e.Note))
	}
	return out
}

func missingEvent(events []eventsv1.Event, reasons []string) error {
	for _, reason := range reasons {
		if !slices.ContainsFunc(events, func(e eventsv1.Event) bool { return e.Reason == reason }) {
			return fmt.Errorf("no event %s", reason)
		}
	}
	return nil
}
