package health

import (
	"slices"
)

// shownStages is the number of stages that are told of.
const shownStages = 3

// top returns the stages to tell of: the bottleneck, if any, then the worst. A stage
// that is shown stays, and stays in its place, until another exceeds it clearly.
func (a appraisal) top(ranked []Ranked, bottleneck *Stage) []Ranked {
	var first []Ranked
	if bottleneck != nil {
		first = pickStages(ranked, called(bottleneck.Name))
	}
	rest := pickStages(ranked, func(s Ranked) bool {
		return (s.Share > 0 || s.Score > 0) && (bottleneck == nil || s.Name != bottleneck.Name)
	})
	// Those that are shown have a favour.
	slices.SortStableFunc(rest, func(x, y Ranked) int { return worse(a.favoured(x), a.favoured(y)) })
	return append(first, a.settled(rest[:min(len(rest), shownStages-len(first))])...)
}

func called(name string) func(Ranked) bool {
	return func(s Ranked) bool { return s.Name == name }
}

// including has the stage that a verdict speaks of in the place of the last, unless
// it is there already.
func including(top, ranked []Ranked, name string) []Ranked {
	i := slices.IndexFunc(ranked, called(name))
	if i < 0 || slices.ContainsFunc(top, called(name)) {
		return top
	}
	return append(slices.Clone(top[:min(len(top), shownStages-1)]), ranked[i])
}

func (a appraisal) favoured(s Ranked) Ranked {
	if a.place(s.Name) < len(a.before.Stages) {
		s.Score *= margin
		s.Share *= margin
	}
	return s
}

// place of a stage among those shown; the last for one that is not.
func (a appraisal) place(name string) int {
	for i, s := range a.before.Stages {
		if s.Name == name {
			return i
		}
	}
	return len(a.before.Stages)
}

// settled sorts stages as they are shown, but for those that changed places clearly.
func (a appraisal) settled(stages []Ranked) []Ranked {
	out := slices.SortedStableFunc(slices.Values(stages), func(x, y Ranked) int { return a.place(x.Name) - a.place(y.Name) })
	for range out {
		for i := 1; i < len(out); i++ {
			if exceeds(out[i], out[i-1]) {
				out[i-1], out[i] = out[i], out[i-1]
			}
		}
	}
	return out
}
