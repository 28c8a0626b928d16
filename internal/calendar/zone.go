// Package calendar writes the periods of a cost budget as PromQL.
//
// A budget of a day, a week or a month begins at 00:00 where the team is, and
// Prometheus knows only UTC. So the clock of the team's time zone is written into
// the expressions, as the sum of time() and of every change of the clock until
// 2040: Prometheus needs no database, and queries over past changes are right too.
//
// Key, Elapsed and Length return instant vectors of one sample without labels,
// which is there at every evaluation time. Write `x * on () group_left () KEY`
// next to series, and `scalar(KEY)` where a number is wanted. LocalTime returns a
// scalar. All of them are operands that need no parentheses.
package calendar

import (
	"fmt"
	"time"
	// So that no machine is without time zones. Go prefers those of the machine
	// where there are some; they may be older or newer.
	_ "time/tzdata"
)

// Zone returns the time zone with a name of the IANA database, such as
// "Europe/Berlin" or "UTC". The error says what to write instead.
//
// "Local" and "" are refused, because they depend on the machine or hide a
// forgotten field.
func Zone(name string) (*time.Location, error) {
	if isName(name) {
		// What Go says of a missing zone depends on the machine and tells of its
		// paths. It has no other cause, as the embedded database is always there.
		if zone, err := time.LoadLocation(name); err == nil {
			return zone, nil
		}
	}
	return nil, fmt.Errorf("time zone %q is not in the IANA database: write a name such as \"Europe/Berlin\" or \"UTC\"", name)
}

// isName refuses what only some machines have, and what is no place. The names of
// the database begin in upper case; "localtime" is the machine's own zone, and the
// zones below "right/" count leap seconds.
func isName(name string) bool {
	return name != "" && name[0] >= 'A' && name[0] <= 'Z' && name != "Local" && name != "Factory"
}
