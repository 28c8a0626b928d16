// Package health turns readings into a verdict: is the service healthy, and which
// stage makes it slow. It is pure; docs/health-model.md explains its choices.
package health

import (
	"slices"
	"time"
)

// Key identifies a RAGMonitor.
type Key struct{ Namespace, Name string }

// Readings are what a metric source knows of one RAGMonitor, in base units. A nil
// pointer means that the source has no such value.
type Readings struct {
	// Age is how long ago the rules were evaluated, by the source's own clock.
	Age *time.Duration
	// TargetsUp and Targets count scrape targets, a component that is collected
	// elsewhere as one.
	TargetsUp, Targets *float64
	// Unseen are the components of which no target is known, Down those of which
	// some target does not answer, sorted by name.
	Unseen, Down []string
	// Counted are the components whose targets the rules count, Unloaded those of the
	// spec that are not among them (see Of), sorted by name.
	Counted, Unloaded []string
	// RequestRate and ErrorRate are per second, over all components.
	RequestRate, ErrorRate *float64
	// JudgedRate is the part of RequestRate of components that count failures.
	JudgedRate *float64
	// InFlightMin counts the fewest requests that were being served at any time of
	// the window, over all components.
	InFlightMin *float64
	// LatencyP95 is that of the slowest component, in seconds; LatencyP95By has that
	// of each.
	LatencyP95   *float64
	LatencyP95By map[string]float64
	// LatencyMean is the mean over all requests, in seconds.
	LatencyMean *float64
	// LatencyBaseline is what LatencyMean was in the middle of the last day, in
	// seconds; nil unless it is known of all that LatencyMean is of.
	LatencyBaseline *float64
	// CostRate is in US dollars per second, over all components and models.
	CostRate *float64
	// CostToday and CostMonth are what was spent since the day and the month began, in
	// US dollars, as far back as the source remembers.
	CostToday, CostMonth *float64
	// BudgetSpent is the share of the cost budget that is spent; more than 1 when it
	// is overspent.
	BudgetSpent *float64
	// CostPerRequestP95 is that of the dearest component, in US dollars.
	CostPerRequestP95 *float64
	// CacheHitRatio is that of the component whose cache hits least, 0 to 1.
	CacheHitRatio *float64
	// RateLimitRemaining is the lowest of all components.
	RateLimitRemaining *float64
	// RelevanceP50 and ContextPrecisionP50 are those of the worst component, 0 to 1.
	RelevanceP50, ContextPrecisionP50 *float64
	// Stages are sorted by share, largest first.
	Stages []Stage
	// Budgets are the shares of error budget left, by SLO; negative if overspent.
	Budgets map[string]float64
	// BurnRates say how many times faster than allowed the error budget was spent in
	// the last hour, by SLO.
	BurnRates map[string]float64
	// MissingInputs are metrics that no component exposed lately, by the alert that
	// reads them.
	MissingInputs map[string]string
	// BurnInPages counts how often alerts in mode BurnIn would have fired.
	BurnInPages map[string]float64
	// FiringAlerts counts the alerts that fire; CriticalAlerts those of them
	// with severity critical.
	FiringAlerts, CriticalAlerts int
}

// Of says which of the components of a spec the rules do not know: they count the
// targets of each component, be it none. Rules that were not loaded since the spec
// changed say nothing of those that are new.
func (r Readings) Of(components []string) Readings {
	r.Unloaded = nil
	for _, name := range components {
		if !slices.Contains(r.Counted, name) {
			r.Unloaded = append(r.Unloaded, name)
		}
	}
	slices.Sort(r.Unloaded)
	return r
}

// Stage is what is known of one stage of the pipeline. Where those who call it and
// the component that it is both measure it, the callers' word counts: they know how
// long users waited.
type Stage struct {
	Name string
	// Share of the time of all requests, 0 to 1; more when stages overlap; 0 when
	// it is not known.
	Share float64
	// TimePerRequest is the mean time that a request spends in the stage, all its
	// calls together, in seconds.
	TimePerRequest *float64
	// P95 of one call, in seconds, of the component where it is highest.
	P95 *float64
	// Mean of one call, in seconds.
	Mean *float64
	// Baseline is what Mean was in the middle of the last day, in seconds.
	Baseline *float64
	// CallRate is per second; CallsPerRequest is that over the rate of requests.
	CallRate, CallsPerRequest *float64
	// ErrorRatio is the share of calls that failed, 0 to 1: of the callers or of the
	// component, whichever sees more of it.
	ErrorRatio *float64
}

// Growth is the mean of a call as a multiple of its baseline; nil without one.
func (s Stage) Growth() *float64 {
	return over(s.Mean, s.Baseline)
}

// newShare is the share of a stage's time that is beyond its baseline: all of it for a
// stage that had none.
func (s Stage) newShare() float64 {
	growth := s.Growth()
	if growth == nil {
		return 1
	}
	return max(0, 1 - 1 / *growth)
}

// ErrorRatio is the share of requests that failed, of those that can be told to
// fail, and nil without any.
func (r Readings) ErrorRatio() *float64 {
	return over(r.ErrorRate, r.JudgedRate)
}

// secondsPerDay turns a rate per second into one per day.
const secondsPerDay = 86400

// CostPerDay is what a day costs at the present rate, in US dollars.
func (r Readings) CostPerDay() *float64 {
	if r.CostRate == nil {
		return nil
	}
	perDay := *r.CostRate * secondsPerDay
	return &perDay
}

// Unaccounted is the share of the time of all requests that no stage explains,
// and nil when the share of no stage is known.
func (r Readings) Unaccounted() *float64 {
	explained := r.explained()
	if explained == 0 {
		return nil
	}
	rest := max(1-explained, 0)
	return &rest
}

// Overlap is by how much the stages together are longer than the requests: 1 unless
// stages run at the same time.
func (r Readings) Overlap() float64 { return max(1, r.explained()) }

func (r Readings) explained() float64 {
	sum := 0.0
	for _, s := range r.Stages {
		sum += s.Share
	}
	return sum
}
