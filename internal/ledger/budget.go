package ledger

import (
	"time"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/calendar"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// share is what the source last saw spent of the budget, in US dollars, so that it
// holds when the amount changes. It belongs to the period that begins on a day.
type share struct {
	period calendar.Period
	begin  day
	spent  float64
}

func (m Memory) readBudget(in Input) Memory {
	if in.Budget == nil || in.BudgetSpent == nil || m.waits(in) || youngDay(in) {
		return m
	}
	period := in.Budget.Period
	m.budget = share{period, begin(period, m.day), *in.BudgetSpent * in.Budget.Amount}
	return m
}

// spent is what the present period of the budget has cost, in US dollars. The
// figures of the ledger count where they are higher than the source's, as those of a
// day and a month outlive its samples. A week has only the source's, today at least.
func (m Memory) spent(period calendar.Period) (float64, bool) {
	first := begin(period, m.day)
	seen, known := 0.0, m.budget.period == period && m.budget.begin == first
	if known {
		seen = m.budget.spent
	}
	if period == calendar.Month {
		return max(seen, m.month()), known || m.monthKnown()
	}
	return max(seen, m.today.total()), known || m.today.known && m.day == first
}

// longest is more than any period has, and few enough seconds for a Duration.
const longest = 32 * 24 * time.Hour

// exceededOn is the day on which the budget is used up, "" when that is not in its
// present period. Once it is used up, that day stays.
func (m Memory) exceededOn(before *v1alpha1.CostReading, in Input, spent float64) day {
	shown := shownForecast(before)
	if begin(in.Budget.Period, shown) != begin(in.Budget.Period, m.day) {
		shown = ""
	}
	left := in.Budget.Amount - spent
	switch {
	case left <= 0 && shown != "" && string(shown) <= before.Day:
		return shown
	case left <= 0:
		return m.day
	case in.Rate == nil && shown >= m.day:
		return shown
	case in.Rate == nil || left >= *in.Rate*longest.Seconds():
		return ""
	}
	seconds := left / *in.Rate
	on := max(m.day, dayOf(in.Now.Add(time.Duration(seconds*float64(time.Second))), in.Zone))
	if on >= end(in.Budget.Period, m.day) {
		return ""
	}
	return on
}

func shownForecast(before *v1alpha1.CostReading) day {
	if before == nil {
		return ""
	}
	shown, ok := parseDay(before.BudgetExceededOn)
	if !ok {
		return ""
	}
	return shown
}

// forecastMoved reports whether the forecast is off by more than a day. Neighbouring
// days take turns with every change of the rate; which of them it is, the next write
// says. No day at all is neighbour to the last one of the period.
func (m Memory) forecastMoved(shown, exact string, budget *model.Budget) bool {
	if budget == nil {
		return shown != exact
	}
	days := m.orEnd(exact, budget.Period).daysSince(m.orEnd(shown, budget.Period))
	return days < -1 || days > 1
}

func (m Memory) orEnd(text string, period calendar.Period) day {
	if d, ok := parseDay(text); ok {
		return d
	}
	return end(period, m.day)
}
