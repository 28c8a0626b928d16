package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	// maxSlow keeps the slowest stage below an hour or two; nobody waits longer.
	maxSlow = 1000
	// maxWaitSeconds is for the same reason.
	maxWaitSeconds = 3600
)

// Faults is everything that is broken at the moment. The zero value is a
// healthy service. Faults bear on requests that start after they were set;
// Frozen, RateLimitRemaining and Host bear on the metrics at once.
type Faults struct {
	// Slow multiplies the time of a stage, 0..1000.
	Slow map[string]float64 `json:"slow,omitempty"`
	// Failing is the share (0..1) of a stage's calls that fail. The request
	// fails with error type "<stage>_failed", after the stage took its time.
	Failing map[string]float64 `json:"failing,omitempty"`
	// ToolFailing is the share (0..1) of a tool's calls that fail, after they
	// took their time. The request goes on without the result.
	ToolFailing map[string]float64 `json:"toolFailing,omitempty"`
	// ErrorRatio is the share (0..1) of requests that fail before any stage; the
	// execution of the pipeline fails with them.
	ErrorRatio float64 `json:"errorRatio,omitempty"`
	// WaitSeconds is how long each request waits for its turn, 0..3600. It is
	// in flight meanwhile, and the time belongs to no stage.
	WaitSeconds float64 `json:"waitSeconds,omitempty"`
	// CostFactor multiplies the cost of requests, 0 or above; nil is 1.
	CostFactor *float64 `json:"costFactor,omitempty"`
	// CacheHitRatio replaces the one of Config, 0..1; nil leaves it.
	CacheHitRatio *float64 `json:"cacheHitRatio,omitempty"`
	// Relevance and ContextPrecision replace the means (0..1) of the scores in
	// Config; nil leaves them.
	Relevance        *float64 `json:"relevance,omitempty"`
	ContextPrecision *float64 `json:"contextPrecision,omitempty"`
	// Silence stops the service's own traffic. Questions are still answered.
	Silence bool `json:"silence,omitempty"`
	// Frozen stops every metric of the vocabulary where it is, with at least
	// one request in flight, while requests go on. What ends meanwhile is
	// never counted. The Go and process metrics go on.
	Frozen bool `json:"frozen,omitempty"`
	// RateLimitRemaining replaces the reported head-room, 0 or above; nil
	// reports the real one.
	RateLimitRemaining *float64 `json:"rateLimitRemaining,omitempty"`
	// Host replaces the use of the machine's resources (cpu, memory, disk) that
	// is reported, in percent (0..100): something else there takes it up.
	Host map[string]float64 `json:"host,omitempty"`
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
	const score = "write a number from 0 to 1"
	const amount = "write a finite number, 0 or above"
	isUpTo := func(most float64) func(float64) bool {
		return func(v float64) bool { return v >= 0 && v <= most }
	}

	stages, tools := stageNames(cfg.Stages), toolNames(cfg.Tools)
	errs := checkEach("slow", f.Slow, "stage", stages, isUpTo(maxSlow), fmt.Sprintf("write a factor from 0 to %d", maxSlow))
	errs = append(errs, checkEach("failing", f.Failing, "stage", stages, isRatio, ratio)...)
	errs = append(errs, checkEach("toolFailing", f.ToolFailing, "tool", tools, isRatio, ratio)...)
	errs = append(errs, checkNumber("errorRatio", &f.ErrorRatio, isRatio, ratio)...)
	errs = append(errs, checkNumber("waitSeconds", &f.WaitSeconds, isUpTo(maxWaitSeconds), fmt.Sprintf("write seconds from 0 to %d", maxWaitSeconds))...)
	errs = append(errs, checkNumber("costFactor", f.CostFactor, isAmount, amount)...)
	errs = append(errs, checkNumber("cacheHitRatio", f.CacheHitRatio, isRatio, ratio)...)
	errs = append(errs, checkNumber("relevance", f.Relevance, isRatio, score)...)
	errs = append(errs, checkNumber("contextPrecision", f.ContextPrecision, isRatio, score)...)
	errs = append(errs, checkNumber("rateLimitRemaining", f.RateLimitRemaining, isAmount, amount)...)
	errs = append(errs, checkEach("host", f.Host, "resource", resources(), isUpTo(100), "write a percentage from 0 to 100")...)
	if len(errs) == 0 {
		return nil
	}
	return errs
}

// checkEach checks the values of one field that has the names of what (stages,
// tools, resources) for keys.
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
	for _, values := range []*map[string]float64{&f.Slow, &f.Failing, &f.ToolFailing, &f.Host} {
		*values = maps.Clone(*values)
	}
	for _, value := range []**float64{&f.CostFactor, &f.CacheHitRatio, &f.Relevance, &f.ContextPrecision, &f.RateLimitRemaining} {
		if *value != nil {
			*value = new(**value)
		}
	}
	return f
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
