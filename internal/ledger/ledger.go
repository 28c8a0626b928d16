// Package ledger keeps what was spent today and this month in the status of a
// RAGMonitor.
//
// A source of metrics adds both up from the samples that it still has. So its sums
// fall when it loses samples: an in-memory source with every restart, any source
// when the month is longer than its retention. The status does not forget, and the
// ledger is the arithmetic between the two. Everything that it needs after a restart
// of the operator follows from the status; Memory only makes it exact in between.
//
// What is lost, at worst:
//   - nothing, when the source has all samples of the day. The days before may even
//     have been missed: the sum of the month brings them back.
//   - each time that a source loses its samples while the operator runs: what was
//     spent between the last reading before and the first one after. At most some ten
//     minutes' worth, when it happens so soon after midnight that no more was spent.
//   - each time that it loses them together with the operator: that, and after a crash
//     what the status did not know, a tenth of the day's figure. An operator that stops
//     in order writes with Force.
//   - once a day, when a source lost at most a twentieth of the day and the operator
//     restarts after that: that twentieth.
//   - each midnight: what is recorded after the last reading of the day. The sum of the
//     month brings it back, unless the source has lost the beginning of the month.
//
// It is never too high by more than the source is, but for some minutes' worth where
// replicas that differ are read in turns.
package ledger

import (
	"time"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// Input is what is known at one moment. Numbers that are negative, not finite or
// absurd (1e15 and more) count as unknown.
type Input struct {
	Now time.Time
	// Zone is that of the cost budget; nil is UTC.
	Zone *time.Location
	// Today and Month are the sums that the source has since the day and the month
	// began in Zone, in US dollars; nil when unknown. They may be five minutes old.
	Today, Month *float64
	// Rate of spending at present, in US dollars a second; nil when unknown.
	Rate *float64
	// Budget of a calendar period, or nil.
	Budget *model.Budget
	// BudgetSpent is the share of Budget that the source has seen spent, 1 for all
	// of it; nil when unknown.
	BudgetSpent *float64
	// Force asks for the exact figures, because the operator stops.
	Force bool
}

// Advance returns what the status should say now, and what to give it next time.
//
// The result is before itself when there is nothing to write, and nil when nothing
// is known and nothing was. before is not changed. Text in it that cannot be read
// counts as absent.
//
// memory is the one that the last call for the same RAGMonitor returned. The zero
// value, after a restart, is restored from before. Do not call Advance for a
// RAGMonitor whose cost cannot be known at all: drop reading and memory instead.
func Advance(before *v1alpha1.CostReading, memory Memory, in Input) (*v1alpha1.CostReading, Memory) {
	in = in.cleaned()
	m := memory
	if m.day == "" {
		m = restored(before, in)
	}
	m = m.turned(in).read(in).readBudget(in)
	if before == nil && !m.monthKnown() || before != nil && m.redrawn {
		// What the status says of another day is true, and enough to go on from
		// after a restart. Nothing else is known yet.
		return before, m
	}
	exact := m.reading(before, in)
	if in.Force && (before == nil || *before != *exact) || m.noticeable(before, exact, in.Budget) {
		return exact, m
	}
	return before, m
}

func (in Input) cleaned() Input {
	if in.Zone == nil {
		in.Zone = time.UTC
	}
	for _, number := range []**float64{&in.Today, &in.Month, &in.Rate, &in.BudgetSpent} {
		if *number != nil && !credible(**number) {
			*number = nil
		}
	}
	return in
}

// reading is what the status would say if writing cost nothing.
func (m Memory) reading(before *v1alpha1.CostReading, in Input) *v1alpha1.CostReading {
	out := &v1alpha1.CostReading{Day: string(m.day)}
	if m.today.known {
		out.TodayUSD = dollars(m.today.total())
	}
	if m.monthKnown() {
		out.MonthUSD = dollars(m.month())
	}
	if in.Budget == nil {
		return out
	}
	if spent, ok := m.spent(in.Budget.Period); ok {
		out.BudgetSpent = percent(spent / in.Budget.Amount)
		out.BudgetExceededOn = string(m.exceededOn(before, in, spent))
	}
	return out
}

// noticeable reports whether the status is worth writing. Then all of it is written
// exactly, as that costs no more.
func (m Memory) noticeable(before, exact *v1alpha1.CostReading, budget *model.Budget) bool {
	return before == nil ||
		before.Day != exact.Day ||
		moved(parseDollars, before.TodayUSD, exact.TodayUSD) ||
		moved(parseDollars, before.MonthUSD, exact.MonthUSD) ||
		moved(parsePercent, before.BudgetSpent, exact.BudgetSpent) ||
		crossed(before.BudgetSpent, exact.BudgetSpent) ||
		m.forecastMoved(before.BudgetExceededOn, exact.BudgetExceededOn, budget)
}
