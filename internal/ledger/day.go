package ledger

import (
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/calendar"
)

// day is a date such as "2026-11-22". Later days compare as greater.
type day string

func dayOf(at time.Time, zone *time.Location) day {
	return day(at.In(zone).Format(time.DateOnly))
}

func parseDay(text string) (day, bool) {
	_, err := time.Parse(time.DateOnly, text)
	return day(text), err == nil
}

// midnight is in UTC, where all days are equally long.
func (d day) midnight() time.Time {
	at, _ := time.Parse(time.DateOnly, string(d))
	return at
}

func (d day) plus(days int) day {
	return dayOf(d.midnight().AddDate(0, 0, days), time.UTC)
}

func (d day) daysSince(other day) int {
	return int(d.midnight().Sub(other.midnight()) / (24 * time.Hour))
}

// month is a prefix such as "2026-11".
func (d day) month() string {
	return d.midnight().Format("2006-01")
}

func (d day) first() bool {
	return d.midnight().Day() == 1
}

// begin is the first day of the period that d is in, as package calendar has it.
func begin(period calendar.Period, d day) day {
	switch period {
	case calendar.Week:
		sinceMonday := (int(d.midnight().Weekday()) + 6) % 7
		return d.plus(-sinceMonday)
	case calendar.Month:
		return d.plus(1 - d.midnight().Day())
	case calendar.Day:
	}
	return d
}

// end is the first day after the period that d is in.
func end(period calendar.Period, d day) day {
	first := begin(period, d)
	switch period {
	case calendar.Week:
		return first.plus(7)
	case calendar.Month:
		return dayOf(first.midnight().AddDate(0, 1, 0), time.UTC)
	case calendar.Day:
	}
	return first.plus(1)
}

// secondsOfDay is what the clock on the wall shows: 1 at least, to divide by.
func secondsOfDay(local time.Time) float64 {
	hour, minute, second := local.Clock()
	return float64(max(1, hour*3600+minute*60+second))
}
