package calendar

import (
	"fmt"
	"strings"
	"time"
)

// The expressions know the changes of the clock in these years. Before, the first
// offset holds, and afterwards the last one.
var (
	firstKnown = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	afterKnown = time.Date(2041, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// LocalTime returns a PromQL scalar: the time that a clock on the wall in zone
// shows, as the Unix time at which a clock in UTC shows the same. Functions such
// as month() then give local results. zone must not be nil.
//
// It is right from 2026 to 2040 as far as the changes of the clock are known
// today. After that the offset of the end of 2040 holds, so render again by then.
//
// It is "time()" for UTC, and below 1,300 bytes for every zone: the most there is
// are 32 changes, where summer time pauses for Ramadan. Key and Elapsed have it
// twice at most.
func LocalTime(zone *time.Location) string {
	return localTime(zone, firstKnown, afterKnown)
}

// localTime knows the changes after begin and before end.
func localTime(zone *time.Location, begin, end time.Time) string {
	var b strings.Builder
	b.WriteString("time()")
	offset := offsetAt(zone, begin)
	if offset != 0 {
		b.WriteString(signed(offset))
	}
	for _, at := range changes(zone, begin, end) {
		next := offsetAt(zone, at)
		fmt.Fprintf(&b, "%s * (time() >= bool %d)", signed(next-offset), at.Unix())
		offset = next
	}
	if b.String() == "time()" {
		return b.String()
	}
	return "(" + b.String() + ")"
}

// changes lists when the offset of zone changes.
func changes(zone *time.Location, begin, end time.Time) []time.Time {
	var out []time.Time
	for at := begin; ; {
		next := nextBound(zone, at)
		if next.IsZero() || !next.Before(end) {
			return out
		}
		// A change of the name, or of the law, need not be one of the clock.
		if offsetAt(zone, next) != offsetAt(zone, at) {
			out = append(out, next)
		}
		at = next
	}
}

// nextBound returns a time after at until which the offset stays the same; zero
// means for ever.
func nextBound(zone *time.Location, at time.Time) time.Time {
	_, bound := at.In(zone).ZoneBounds()
	if bound.IsZero() || bound.After(at) {
		return bound
	}
	// Where a rule says how changes go on, Go ends each year after 365 days. On
	// the last day of a leap year the bound is therefore not in the future. No
	// zone changes its clock on that day.
	return at.Add(24 * time.Hour)
}

func offsetAt(zone *time.Location, at time.Time) int {
	_, offset := at.In(zone).Zone()
	return offset
}

// signed writes an addition or subtraction of seconds.
func signed(seconds int) string {
	if seconds < 0 {
		return fmt.Sprintf(" - %d", -seconds)
	}
	return fmt.Sprintf(" + %d", seconds)
}
