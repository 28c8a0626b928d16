package embedded

import (
	"cmp"
	"slices"
)

// admission is what of a RAGMonitor is scraped.
type admission struct {
	jobs    []Job
	refused map[string]*LimitError
}

// admit divides the targets among RAGMonitors. Who came first stays: since says in
// which order RAGMonitors that are scraped already came.
func admit(wanted []Monitor, since map[Key]int, limits Limits) map[Key]admission {
	order := slices.Clone(wanted)
	slices.SortStableFunc(order, func(a, b Monitor) int {
		turnA, oldA := since[a.Key()]
		turnB, oldB := since[b.Key()]
		switch {
		case oldA && oldB:
			return cmp.Compare(turnA, turnB)
		case oldA:
			return -1
		case oldB:
			return 1
		}
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	out := make(map[Key]admission, len(wanted))
	left := limits.Targets
	for _, m := range order {
		a := admission{refused: map[string]*LimitError{}}
		own := limits.TargetsPerMonitor
		for _, job := range m.Jobs {
			n := len(job.Targets)
			switch {
			case n > own:
				a.refused[job.Component] = &LimitError{LimitTargetsPerMonitor, limits.TargetsPerMonitor}
				continue
			case n > left:
				a.refused[job.Component] = &LimitError{LimitTargets, limits.Targets}
				continue
			}
			own -= n
			left -= n
			a.jobs = append(a.jobs, job)
		}
		out[m.Key()] = a
	}
	return out
}
