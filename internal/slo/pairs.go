// Package slo is the arithmetic of alerts on how fast an error budget is spent.
//
// The burn rate is the share of failures divided by the error budget: at 1 the
// budget lasts exactly as long as its period, at 2 half as long. An alert watches
// it over a pair of windows. The long one makes sure that enough of the budget is
// gone to matter, the short one lets the alert end soon after the failures do.
package slo

import (
	"math"
	"slices"
	"time"
)

// Pair is one pair of windows, both of which must burn faster than Factor.
type Pair struct {
	// Long is the window in which BudgetShare is spent, in whole minutes.
	Long time.Duration
	// Short is the window that ends the alert, in whole minutes, 2 or more. It is
	// shorter than Long.
	Short time.Duration
	// BudgetShare is the share of the whole budget that is gone when the pair
	// fires after a constant burn through Long, between 0 and 1.
	BudgetShare float64
	// Factor is the burn rate above which the pair fires, 0.9 or more.
	Factor float64
	// Page asks for a person now; otherwise a ticket will do.
	Page bool
}

const (
	day = 24 * time.Hour
	// usualPeriod is the one for which the usual windows were chosen.
	usualPeriod = 30 * day
	// slowestFactor leaves room for 28 days, whose slowest factor is 0.933. A
	// burn that is slower still ends the period with budget left over, so calling
	// somebody for it would be wrong.
	slowestFactor = 0.9
	// shortest is the least that a rate needs: a handful of samples at the usual
	// scrape intervals.
	shortest = 2 * time.Minute
	// shortPart is the part of the long window that the short one is.
	shortPart = 12
)

// candidate is a pair whose factor is not known yet. Its share is in percent,
// because whole numbers keep the factors exact.
type candidate struct {
	long, short time.Duration
	percent     int
	page        bool
}

// usual are the windows that people know, fastest first.
var usual = []candidate{
	{1 * time.Hour, 5 * time.Minute, 2, true},
	{6 * time.Hour, 30 * time.Minute, 5, true},
	{1 * day, 2 * time.Hour, 10, false},
	{3 * day, 6 * time.Hour, 10, false},
}

// Pairs returns the pairs for a budget, fastest first: windows get longer and
// factors smaller. errorBudget is the share of requests that may fail, between 0
// and 1, both excluded. period is 1 to 90 whole days; for all of those there is a
// pair that can fire, and a ticket among them.
//
// The usual windows are kept for as long as they make sense, because people know
// them and SLOs of different periods then share recorded series. Their factor is
// BudgetShare × period / Long: 14.4, 6, 3 and 1 for 30 days. A pair is dropped
//   - when it can never fire: the burn rate is at most 1 / errorBudget, which is
//     when everything fails, so that a factor of 14.4 is dead for an objective
//     of 90 %,
//   - when its factor is below 0.9: such a burn leaves budget over at the end of
//     the period.
//
// When no ticket is left, the windows are instead scaled with the period, which
// keeps the factors of 30 days. This happens
//   - below 9 days, where the usual windows would only page, and for 7 days do
//     so at a factor of 1.4: for a budget that lasts another five days,
//   - for budgets so large that they cannot be spent at the factors of a long
//     period: 40 % in 90 days. The slowest scaled pair has a factor of 1, and
//     every budget below 1 can burn faster.
//
// A scaled pair is dropped when its windows are nearly the same, as the short one
// is never below 2 minutes: the fastest pair of a period of 1 day.
//
// It follows that there is no page for an objective below some 83 % (30 days):
// even when everything fails, its budget lasts for 5 days. And burns between 1
// and the slowest factor (3 for 90 days) overspend the budget without an alert;
// only what remains of the budget shows them.
//
// Pairs returns nil for a budget that is not between 0 and 1, or a period that is
// not positive.
func Pairs(period time.Duration, errorBudget float64) []Pair {
	pairs := usable(usual, period, errorBudget)
	if slices.ContainsFunc(pairs, func(p Pair) bool { return !p.Page }) {
		return pairs
	}
	return usable(scaled(period), period, errorBudget)
}

// scaled gives each long window the share of the period that it has of 30 days.
// For whole days all windows are whole minutes.
func scaled(period time.Duration) []candidate {
	out := make([]candidate, 0, len(usual))
	for _, c := range usual {
		c.long = period / (usualPeriod / c.long)
		c.short = max(shortest, c.long/shortPart)
		out = append(out, c)
	}
	return out
}

func usable(candidates []candidate, period time.Duration, errorBudget float64) []Pair {
	if errorBudget <= 0 {
		return nil
	}
	var out []Pair
	for _, c := range candidates {
		// Two windows that are nearly the same length say nothing more than one.
		if c.long < 2*c.short {
			continue
		}
		factor := float64(c.percent) * float64(period) / (100 * float64(c.long))
		if factor >= slowestFactor && factor*errorBudget < 1 {
			out = append(out, Pair{c.long, c.short, float64(c.percent) / 100, factor, c.page})
		}
	}
	return out
}

// Exhaustion returns the time in which a burn at Factor spends the whole budget
// of period, rounded to nanoseconds. Factor must be positive, as Pairs makes it.
func (p Pair) Exhaustion(period time.Duration) time.Duration {
	return time.Duration(math.Round(float64(period) / p.Factor))
}

// Windows returns the windows of all pairs, each once, shortest first.
func Windows(pairs ...Pair) []time.Duration {
	var out []time.Duration
	for _, p := range pairs {
		out = append(out, p.Long, p.Short)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
