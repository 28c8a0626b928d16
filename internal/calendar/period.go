package calendar

import (
	"fmt"
	"time"
)

// Period is one of the calendar periods that a budget can have. For any other, the
// expressions are empty, which no parser takes.
type Period string

// Periods begin at 00:00 of the zone's wall clock.
const (
	Day Period = "Day"
	// Week begins on Monday.
	Week Period = "Week"
	// Month begins on the 1st.
	Month Period = "Month"
)

const (
	secondsOfDay  = 86_400
	secondsOfWeek = 7 * secondsOfDay
	// Unix time began on a Thursday, three days after a Monday.
	sinceMonday = 3 * secondsOfDay
)

// Key returns PromQL for a whole number that is the same at two times exactly
// when both lie in the same period of zone. It grows from each period to the next:
// by 1, except where the zone leaves out a whole day.
func Key(period Period, zone *time.Location) string {
	local := LocalTime(zone)
	switch period {
	case Day:
		return fmt.Sprintf("floor(vector(%s / %d))", local, secondsOfDay)
	case Week:
		return fmt.Sprintf("floor(vector((%s + %d) / %d))", local, sinceMonday, secondsOfWeek)
	case Month:
		return fmt.Sprintf("(year(vector(%[1]s)) * 12 + month(vector(%[1]s)))", local)
	}
	return ""
}

// Elapsed returns PromQL for the seconds since the period began, from 0 to just
// below Length. They are those of the wall clock: after a change of the clock they
// are an hour off, as a rule, until the period ends. So the share Elapsed / Length
// never exceeds 1.
func Elapsed(period Period, zone *time.Location) string {
	local := LocalTime(zone)
	switch period {
	case Day:
		return fmt.Sprintf("vector(%s %% %d)", local, secondsOfDay)
	case Week:
		return fmt.Sprintf("vector((%s + %d) %% %d)", local, sinceMonday, secondsOfWeek)
	case Month:
		return fmt.Sprintf("(day_of_month(vector(%[1]s)) * %[2]d - %[2]d + %[1]s %% %[2]d)", local, secondsOfDay)
	}
	return ""
}

// Length returns PromQL for the seconds in the period, by the wall clock: a day
// has 86400 of them also when the clock changes.
func Length(period Period, zone *time.Location) string {
	switch period {
	case Day:
		return fmt.Sprintf("vector(%d)", secondsOfDay)
	case Week:
		return fmt.Sprintf("vector(%d)", secondsOfWeek)
	case Month:
		return fmt.Sprintf("(days_in_month(vector(%s)) * %d)", LocalTime(zone), secondsOfDay)
	}
	return ""
}
