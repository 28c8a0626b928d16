// Package status is the only place where the status of a RAGMonitor is computed.
// It is pure. There are two parts, written by two field managers and disjoint:
// what concerns the objects (ObjectsPart) and what concerns the health
// (HealthPart).
package status

import (
	"cmp"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
)

// condition is what a condition should say; when it began to say so is found out
// by comparing with what it said before.
type condition struct {
	kind            string
	status          metav1.ConditionStatus
	reason, message string
	// generation that it speaks of, where that is not the present one.
	generation int64
}

func say(kind string, status metav1.ConditionStatus, reason, message string) condition {
	return condition{kind: kind, status: status, reason: reason, message: message}
}

func truth(b bool) metav1.ConditionStatus {
	if b {
		return metav1.ConditionTrue
	}
	return metav1.ConditionFalse
}

// stamp completes conditions: one whose status did not change keeps its time.
func stamp(wanted []condition, before []metav1.Condition, generation int64, now time.Time) []metav1.Condition {
	out := make([]metav1.Condition, 0, len(wanted))
	for _, w := range wanted {
		next := metav1.Condition{
			Type:               w.kind,
			Status:             w.status,
			Reason:             w.reason,
			Message:            truncate(w.message),
			ObservedGeneration: cmp.Or(w.generation, generation),
			// Seconds are all that the API server keeps.
			LastTransitionTime: metav1.NewTime(now.Truncate(time.Second)),
		}
		if old := find(before, w.kind); old != nil && old.Status == w.status {
			next.LastTransitionTime = old.LastTransitionTime
		}
		out = append(out, next)
	}
	return out
}

// maxMessage keeps the status below its 8 KiB, whatever an API server answers or
// a spec holds.
const maxMessage = 640

const ellipsis = " …"

// truncate leaves what it returned before as it is.
func truncate(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	return strings.ToValidUTF8(message[:maxMessage-len(ellipsis)], "") + ellipsis
}

func find(conditions []metav1.Condition, kind string) *metav1.Condition {
	i := slices.IndexFunc(conditions, func(c metav1.Condition) bool { return c.Type == kind })
	if i < 0 {
		return nil
	}
	return &conditions[i]
}

// pick returns the conditions of the given kinds, in the order of kinds.
func pick(conditions []metav1.Condition, kinds ...string) []metav1.Condition {
	var out []metav1.Condition
	for _, kind := range kinds {
		if c := find(conditions, kind); c != nil {
			out = append(out, *c)
		}
	}
	return out
}

func applyConditions(conditions []metav1.Condition) []*metav1ac.ConditionApplyConfiguration {
	out := make([]*metav1ac.ConditionApplyConfiguration, 0, len(conditions))
	for _, c := range conditions {
		out = append(out, metav1ac.Condition().
			WithType(c.Type).
			WithStatus(c.Status).
			WithReason(c.Reason).
			WithMessage(c.Message).
			WithObservedGeneration(c.ObservedGeneration).
			WithLastTransitionTime(c.LastTransitionTime))
	}
	return out
}
