package ledger

import (
	"time"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/calendar"
)

// Memory has the exact figures between two writes of the status. The zero value is
// that of an operator that just started. Keep one for each RAGMonitor, by its UID.
type Memory struct {
	day  day
	zone string
	// closed is the cost of the days of the month that ended, in US dollars.
	closed float64
	// redrawn says that today is another day than it was thought to be, and was not
	// read since. closed then has some of today's cost, too.
	redrawn bool
	today   account
	// unreadUntil is when the sums of the source are those of zone.
	unreadUntil time.Time
	budget      share
}

const (
	// stale is how old a recorded sum can be, and a minute for clocks that differ.
	// At the beginning of a day it may still be that of the day before.
	stale = 6 * time.Minute
	// reload is how long a source may take until it adds up in another time zone:
	// the rules are applied, picked up and evaluated, and the old sums grow stale.
	reload = 10 * time.Minute
)

func restored(before *v1alpha1.CostReading, in Input) Memory {
	fresh := Memory{day: dayOf(in.Now, in.Zone), zone: in.Zone.String()}
	if before == nil {
		return fresh
	}
	shown, ok := parseDay(before.Day)
	if !ok {
		return fresh
	}
	out := Memory{day: shown, zone: fresh.zone}
	if today, ok := parseDollars(before.TodayUSD); ok {
		out.today = account{base: today, known: true, unconfirmed: true}
	}
	if month, ok := parseDollars(before.MonthUSD); ok {
		out.closed = max(0, month-out.today.total())
	}
	// The figures of other periods are exact, and hold when the amount changes.
	if spent, ok := parsePercent(before.BudgetSpent); ok && in.Budget != nil && in.Budget.Period == calendar.Week {
		out.budget = share{calendar.Week, begin(calendar.Week, shown), spent * in.Budget.Amount}
	}
	return out
}

// turned closes the day where another one has begun.
func (m Memory) turned(in Input) Memory {
	today := dayOf(in.Now, in.Zone)
	if zone := in.Zone.String(); zone != m.zone {
		m = m.redraw(today)
		m.zone, m.unreadUntil = zone, in.Now.Add(reload)
		return m
	}
	switch ahead := m.day.daysSince(today); {
	case ahead < 0:
		return m.nextDay(today)
	case ahead > 1:
		// The clock was wrong, and waiting for that day could take years.
		return m.redraw(today)
	}
	// A day that is ahead by one, after a clock was set back or the zone changed
	// while the operator was away, is waited for.
	return m
}

func (m Memory) nextDay(today day) Memory {
	closed := m.month()
	if today.month() != m.day.month() {
		closed = 0
	}
	return Memory{day: today, zone: m.zone, closed: closed, unreadUntil: m.unreadUntil, budget: m.budget}
}

// redraw is for when today is not what it was thought to be. The cost of today is
// then unknown, and that of the month is kept if it is still the same.
func (m Memory) redraw(today day) Memory {
	out := Memory{day: today, zone: m.zone, redrawn: true, budget: m.budget}
	if today.month() == m.day.month() {
		out.closed = m.month()
	}
	return out
}

// read takes the sums of the source.
func (m Memory) read(in Input) Memory {
	if in.Today == nil || m.waits(in) {
		return m
	}
	if youngDay(in) {
		// Nothing is what it cost so far, if only because the source speaks.
		m.today.known = true
		return m
	}
	m.today = m.today.read(*in.Today, in)
	if m.redrawn {
		m.closed, m.redrawn = max(0, m.closed-m.today.total()), false
	}
	// On the first day of a month, no other day has ended.
	if in.Month != nil && !m.day.first() {
		m.closed = max(m.closed, *in.Month-m.today.total())
	}
	return m
}

// waits reports whether the sums of the source cannot be those of m.day.
func (m Memory) waits(in Input) bool {
	// The lower bound is for a clock that was set back.
	reloads := in.Now.Before(m.unreadUntil) && m.unreadUntil.Sub(in.Now) <= reload
	return reloads || m.day != dayOf(in.Now, in.Zone)
}

// youngDay reports whether recorded sums may still be those of the day before.
func youngDay(in Input) bool {
	return dayOf(in.Now.Add(-stale), in.Zone) != dayOf(in.Now, in.Zone)
}

// month is what was spent this month, in US dollars.
func (m Memory) month() float64 {
	return m.closed + m.today.total()
}

func (m Memory) monthKnown() bool {
	return m.today.known || m.closed > 0
}
