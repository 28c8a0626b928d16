package status

import (
	"math"

	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

// limit is an objective that a figure is shown beside. A figure that is shown beyond
// it tells the next evaluation that the objective was missed, so it is never rounded
// to the other side: it has a third digit where two would put it there.
type limit struct {
	at float64
	// lower is for what must not be less.
	lower bool
}

func atMost(v float64) limit  { return limit{at: v} }
func atLeast(v float64) limit { return limit{at: v, lower: true} }

// misses says whether a value is beyond the limit, given whether it was before.
func (l limit) misses(value float64, before bool) bool {
	if l.lower {
		return health.Below(&value, l.at, before)
	}
	return health.Above(&value, l.at, before)
}

// settle returns what to show for a value, given what is shown now: the same,
// unless the value moved noticeably or crossed a limit. A steady system is thus
// never rewritten. nil is shown as "".
func settle(shown string, value *float64, k kind, limits ...limit) string {
	if value == nil {
		return ""
	}
	f, number, ok := parse(shown, k)
	if !ok || noticeable(f, number, *value, k.moved) || crossed(f.value(number), *value, limits) {
		return showBeside(*value, k, limits)
	}
	return shown
}

// noticeable compares a value with all those that may be shown as number.
func noticeable(f figure, number, value, moved float64) bool {
	half := step(number) / 2
	if f.offset != 0 {
		half = max(half, 0.5)
	}
	distance := max(f.value(number-half)-value, value-f.value(number+half), 0)
	return distance > moved*max(math.Abs(f.value(number)), math.Abs(value))
}

func crossed(old, value float64, limits []limit) bool {
	for _, l := range limits {
		before := l.misses(old, false)
		if l.misses(value, before) != before {
			return true
		}
	}
	return false
}

// showBeside prints a value on the side of its limits on which it is.
func showBeside(value float64, k kind, limits []limit) string {
	f := k.figure(value)
	number := f.round(value)
	for _, l := range limits {
		missed := l.misses(value, false)
		if l.misses(f.value(number), false) == missed {
			continue
		}
		exact := (value - f.offset) * f.factor
		number = digits(exact, 3)
		away := step(exact) / 10
		if missed == l.lower {
			away = -away
		}
		if l.misses(f.value(number), false) != missed {
			number = digits(number+away, 3)
		}
	}
	return f.print(number)
}
