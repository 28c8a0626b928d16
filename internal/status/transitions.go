package status

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// Reasons of events about health.
const (
	// EventHealthChanged tells of another health, and why.
	EventHealthChanged = "HealthChanged"
	// EventBottleneckChanged tells which stage is named now.
	EventBottleneckChanged = "BottleneckChanged"
	// EventBottleneckGone tells that no stage is named any more.
	EventBottleneckGone = "BottleneckGone"
	// EventBudgetSpent tells that a part of the cost budget is spent.
	EventBudgetSpent = "BudgetSpent"
)

// Event is what to tell of a change.
type Event struct {
	// Type is Normal for what is good to know, and Warning for what is not well.
	Type, Reason, Message string
}

// Transitions are the events that lie between what a status says and what it is to
// say: to be told once it says so. Where nothing changed there are none.
func Transitions(before v1alpha1.RAGMonitorStatus, after HealthPart) []Event {
	return slices.Concat(healthChanged(before, after), bottleneckChanged(before, after), budgetSpent(before.Cost, after.Cost))
}

// healthChanged tells of a first health only when it is bad: everything begins with
// not knowing, and with a service that is not measured yet.
func healthChanged(before v1alpha1.RAGMonitorStatus, after HealthPart) []Event {
	bad := after.Health == v1alpha1.HealthDegraded || after.Health == v1alpha1.HealthCritical
	if after.Health == before.Health || before.Health == "" && !bad {
		return nil
	}
	kind := corev1.EventTypeWarning
	if after.Health == v1alpha1.HealthHealthy || after.Health == v1alpha1.HealthNoTraffic {
		kind = corev1.EventTypeNormal
	}
	text := string(after.Health) + ":"
	if c := find(after.Conditions, v1alpha1.ConditionHealthy); c != nil {
		text += " " + c.Message
	}
	if before.Health != "" {
		text += fmt.Sprintf(" It was %s.", before.Health)
	}
	return []Event{{kind, EventHealthChanged, text}}
}

// bottleneckChanged does not take a lack of data for the end of a bottleneck.
func bottleneckChanged(before v1alpha1.RAGMonitorStatus, after HealthPart) []Event {
	was, is := stageOf(before.Bottleneck), stageOf(after.Bottleneck)
	c := find(after.Conditions, v1alpha1.ConditionDataAvailable)
	if was == is || c == nil || c.Reason != v1alpha1.ReasonDataFresh {
		return nil
	}
	if is == "" {
		return []Event{{corev1.EventTypeNormal, EventBottleneckGone, fmt.Sprintf("%s is no bottleneck any more.", title(was))}}
	}
	text := title(is) + " is the bottleneck"
	if share := after.Bottleneck.Share; share != "" {
		text += fmt.Sprintf(", with %s of the request", share)
	}
	if was != "" {
		text += fmt.Sprintf("; it was %s", was)
	}
	return []Event{{corev1.EventTypeWarning, EventBottleneckChanged, text + "."}}
}

// budgetThresholds are the shares of the cost budget of which to tell when they are
// spent: while there is time to think, while there is time to act, and when there is
// none.
var budgetThresholds = []float64{1, 0.8, 0.5}

// budgetSpent tells of the highest threshold that was crossed. What is spent only
// grows until a period begins anew: when it is less than it was, all of them are ahead.
func budgetSpent(before, after *v1alpha1.CostReading) []Event {
	if after == nil {
		return nil
	}
	is, ok := read(after.BudgetSpent, asRatio)
	if !ok {
		return nil
	}
	was := 0.0
	if before != nil && (is >= shareSpent(before) || before.Day == after.Day) {
		was = shareSpent(before)
	}
	for _, threshold := range budgetThresholds {
		if was < threshold && is >= threshold {
			return []Event{budgetEvent(threshold, *after)}
		}
	}
	return nil
}

func shareSpent(c *v1alpha1.CostReading) float64 {
	spent, _ := read(c.BudgetSpent, asRatio)
	return spent
}

func budgetEvent(threshold float64, c v1alpha1.CostReading) Event {
	kind := corev1.EventTypeWarning
	if threshold == budgetThresholds[len(budgetThresholds)-1] {
		kind = corev1.EventTypeNormal
	}
	text := fmt.Sprintf("%s of the cost budget of this period is spent.", c.BudgetSpent)
	if c.BudgetExceededOn != "" && threshold < 1 {
		text += fmt.Sprintf(" At the present rate it is used up on %s.", c.BudgetExceededOn)
	}
	return Event{kind, EventBudgetSpent, text}
}
