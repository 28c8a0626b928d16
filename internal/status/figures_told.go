package status

import (
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

func objectivesMet(t told) string {
	text := "Every objective that is measured is met."
	if s := t.bottleneck(); s.Change != "" {
		text += fmt.Sprintf(" %s takes longer than on the last day: %s per call.", title(s.Name), s.Change)
	}
	return text
}

func errorRatioHigh(t told) string {
	return beside("The share of failed requests is", t.readings.ErrorRatio, "", asRatio, atMost(t.objectives.ErrorRatio), percent(t.objectives.ErrorRatio)) +
		failingMost(t.bottleneck(), t.objectives.ErrorRatio)
}

// failingMost adds which stage it is, where stages count failures.
func failingMost(s v1alpha1.StageReading, most float64) string {
	if failed, ok := read(s.ErrorRatio, asRatio); !ok || failed <= most {
		return "."
	}
	return fmt.Sprintf("; %s fails in %s of its calls.", s.Name, s.ErrorRatio)
}

func stageErrorRatioHigh(t told) string {
	s := t.stage(t.verdict.Stage)
	most := t.objectives.ErrorRatio
	return beside(title(s.Name)+" fails in", s.ErrorRatio, " of its calls", asRatio, atMost(most), percent(most)) + "."
}

func latencyHigh(t told) string {
	text := beside("Request p95 is", t.readings.LatencyP95, "", asDuration, atMost(t.objectives.LatencyP95.Seconds()), t.objectives.LatencyP95.String())
	if s := t.bottleneck(); s.Share != "" {
		text += fmt.Sprintf("; %s is %s of the request", s.Name, s.Share)
	}
	return text + "."
}

func stageLatencyHigh(t told) string {
	s := t.stage(t.verdict.Stage)
	most, _ := t.objectives.Stage(s.Name)
	text := beside(title(s.Name)+" p95 is", s.P95, "", asDuration, atMost(most.Seconds()), most.String())
	if s.Share != "" {
		text += fmt.Sprintf("; %s of the request", s.Share)
	}
	return text + "."
}

func costPerDayHigh(t told) string {
	most := t.objectives.CostPerDay
	return beside("The cost of a day at the present rate is", t.readings.CostPerDay, "", asDollars, atMost(most), fmt.Sprintf("$%.6g", most)) + "."
}

func cacheHitRatioLow(t told) string {
	least := t.objectives.CacheHitRatio
	return beside("The share of cache look-ups that hit is", t.readings.CacheHitRatio, "", asRatio, atLeast(least), percent(least)) + "."
}

// beside says a figure beside its objective, and of one that is back inside why it
// does not count as met yet.
func beside(begin, shown, end string, k kind, l limit, objective string) string {
	value, ok := read(shown, k)
	switch {
	case !ok:
		return begin + " more than its objective of " + objective
	case l.misses(value, false):
		return begin + " " + shown + end + ", objective " + objective
	default:
		return begin + " " + shown + end + ", inside the objective of " + objective + " by less than a tenth"
	}
}

func percent(ratio float64) string { return fmt.Sprintf("%.4g%%", ratio*100) }

func (t told) stage(name string) v1alpha1.StageReading {
	i := slices.IndexFunc(t.stages, func(s v1alpha1.StageReading) bool { return s.Name == name })
	if i < 0 {
		return v1alpha1.StageReading{Name: name}
	}
	return t.stages[i]
}

// bottleneck is empty when there is none.
func (t told) bottleneck() v1alpha1.StageReading {
	if t.verdict.Bottleneck == nil {
		return v1alpha1.StageReading{}
	}
	return t.stage(t.verdict.Bottleneck.Name)
}

// title begins a sentence with a name.
func title(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}
