package status

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	v1alpha1ac "github.com/ragmonitor/ragmonitor-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
)

// targetProblems completes problems: one whose reason did not change keeps its time.
// The API takes one of each component; the first is the one that explains most.
func targetProblems(before []v1alpha1.TargetProblem, components []v1alpha1.Component, found []v1alpha1.TargetProblem, now time.Time) []v1alpha1.TargetProblem {
	var out []v1alpha1.TargetProblem
	for _, p := range found {
		watched := slices.ContainsFunc(components, func(c v1alpha1.Component) bool { return c.Name == p.Component })
		if !watched || slices.ContainsFunc(out, sameComponent(p)) {
			continue
		}
		p.Message = printable(p.Message)
		// Seconds are all that the API server keeps.
		p.Since = metav1.NewTime(now.Truncate(time.Second))
		if i := slices.IndexFunc(before, sameComponent(p)); i >= 0 && before[i].Reason == p.Reason && !before[i].Since.IsZero() {
			p.Since = before[i].Since
		}
		out = append(out, p)
	}
	return byComponent(out)
}

func sameComponent(p v1alpha1.TargetProblem) func(v1alpha1.TargetProblem) bool {
	return func(other v1alpha1.TargetProblem) bool { return other.Component == p.Component }
}

func byComponent(problems []v1alpha1.TargetProblem) []v1alpha1.TargetProblem {
	return slices.SortedFunc(slices.Values(problems), func(a, b v1alpha1.TargetProblem) int {
		return strings.Compare(a.Component, b.Component)
	})
}

func applyProblems(problems []v1alpha1.TargetProblem) []*v1alpha1ac.TargetProblemApplyConfiguration {
	var out []*v1alpha1ac.TargetProblemApplyConfiguration
	for _, p := range problems {
		entry := v1alpha1ac.TargetProblem().WithComponent(p.Component).WithReason(p.Reason).WithSince(p.Since)
		entry.Message = present(p.Message)
		out = append(out, entry)
	}
	return out
}
