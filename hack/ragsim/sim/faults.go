package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxSlow keeps the slowest stage below an hour or two; nobody waits longer.
const maxSlow = 1000

// Faults is everything that is broken at the moment. The zero value is a
// healthy service. Faults bear on requests that start after they were set;
// Frozen and RateLimitRemaining bear on the metrics at once.
type Faults struct {
	// Slow multiplies the time of a stage, 0..1000.
	Slow map[string]float64 `json:"slow,omitempty"`
	// Failing is the share (0..1) of a stage's calls that fail. The request
	// fails with error type "<stage>_failed", after the stage took its time.
	Failing map[string]float64 `json:"failing,omitempty"`
	// ToolFailing is the share (0..1) of a tool's calls that fail, after they
	// took their time. The request goes on without the result.
	ToolFailing map[string]float64 `json:"toolFailing,omitempty"`
	// ErrorRatio is the share (0..1) of requests that fail before any stage.
	ErrorRatio float64 `json:"errorRatio,omitempty"`
	// CostFactor multiplies the cost of requests, 0 or above; nil is 1.
	CostFactor *float64 `json:"costFactor,omitempty"`
	// CacheHitRatio replaces the one of Config, 0..1; nil leaves it.
	CacheHitRatio *float64 `json:"cacheHitRatio,omitempty"`
	// Silence stops the service's own traffic. Questions are still answered.
	Silence bool `json:"silence,omitempty"`
	// Frozen stops every metric of the vocabulary where it is, with at least
	// one request in flight, while requests go on. What ends meanwhile is
	// never counted. The Go and process metrics go on.
	Frozen bool `json:"frozen,omitempty"`
	// RateLimitRemaining replaces the reported head-room, 0 or above; nil
	// reports the real one.
	RateLimitRemaining *float64 `json:"rateLimitRemaining,omitempty"`
}

// FaultError is one field of Faults that cannot be used.
type FaultError struct {
	// Field is the path of the field, such as "slow.generation".
	Field string
	// Value is what was written there.
	Value string
	// Want says what to write instead.
	Want string
}

// Error names the field, the value and what to write instead.
func (e FaultError) Error() string {
	return fmt.Sprintf("%s is %s: %s", e.Field, e.Value, e.Want)
}

// FaultErrors is every field of one Faults that cannot be used.
type FaultErrors []FaultError

// Error puts all of them on one line.
func (e FaultErrors) Error() string {
	lines := make([]string, 0, len(e))
	for _, one := range e {
		lines = append(lines, one.Error())
	}
	return strings.Join(lines, "; ")
}

// validate returns FaultErrors, or nil when all fields can be used.
func (f Faults) validate(cfg Config) error {
	const ratio = "write a share from 0 to 1"
	const amount = "write a finite number, 0 or above"
	isSlow := func(v float64) bool { return v >= 0 && v <= maxSlow }

	stages, tools := stageNames(cfg.Stages), toolNames(cfg.Tools)
	errs := checkEach("slow", f.Slow, "stage", stages, isSlow, fmt.Sprintf("write a factor from 0 to %d", maxSlow))
	errs = append(errs, checkEach("failing", f.Failing, "stage", stages, isRatio, ratio)...)
	errs = append(errs, checkEach("toolFailing", f.ToolFailing, "tool", tools, isRatio, ratio)...)
	errs = append(errs, checkNumber("errorRatio", &f.ErrorRatio, isRatio, ratio)...)
	errs = append(errs, checkNumber("costFactor", f.CostFactor, isAmount, amount)...)
	errs = append(errs, checkNumber("cacheHitRatio", f.CacheHitRatio, isRatio, ratio)...)
	errs = append(errs, checkNumber("rateLimitRemaining", f.RateLimitRemaining, isAmount, amount)...)
	if len(errs) == 0 {
		return nil
	}
	return errs
}

// checkEach checks the values of one field that has the names of what (stages,
// tools) for keys.
func checkEach(field string, values map[string]float64, what string, known []string, ok func(float64) bool, want string) FaultErrors {
	var errs FaultErrors
	for _, name := range slices.Sorted(maps.Keys(values)) {
		path, value := field+"."+name, values[name]
		switch {
		case slices.Contains(known, name):
			errs = append(errs, checkNumber(path, &value, ok, want)...)
		case len(known) == 0:
			errs = append(errs, FaultError{path, fmt.Sprint(value), "this service has no " + what + ", leave it out"})
		default:
			errs = append(errs, FaultError{path, fmt.Sprint(value), "unknown " + what + ", write one of " + strings.Join(known, ", ")})
		}
	}
	return errs
}

func checkNumber(field string, value *float64, ok func(float64) bool, want string) FaultErrors {
	if value == nil || ok(*value) {
		return nil
	}
	return FaultErrors{{field, fmt.Sprint(*value), want}}
}

func stageNames(stages []Stage) []string {
	names := make([]string, 0, len(stages))
	for _, s := range stages {
		names = append(names, s.Name)
	}
	return names
}

func toolNames(tools []Tool) []string {
	names := make([]string, 0, len(tools))
	for _, t := range tools {
		names = append(names, t.Name)
	}
	return names
}

// clone shares nothing with f, so that neither side can change the other's.
func (f Faults) clone() Faults {
	f.Slow, f.Failing, f.ToolFailing = maps.Clone(f.Slow), maps.Clone(f.Failing), maps.Clone(f.ToolFailing)
	f.CostFactor, f.CacheHitRatio = clonePointer(f.CostFactor), clonePointer(f.CacheHitRatio)
	f.RateLimitRemaining = clonePointer(f.RateLimitRemaining)
	return f
}

func clonePointer(v *float64) *float64 {
	if v == nil {
		return nil
	}
	return new(*v)
}

// slowness is the factor on a stage's time.
func (f Faults) slowness(stage string) float64 {
	if factor, ok := f.Slow[stage]; ok {
		return factor
	}
	return 1
}

func orElse(v *float64, otherwise float64) float64 {
	if v == nil {
		return otherwise
	}
	return *v
}
