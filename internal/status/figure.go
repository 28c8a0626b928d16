package status

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// figure is how one kind of reading is shown to people: a number with two
// significant digits, and its unit.
type figure struct {
	prefix, suffix string
	// factor turns base units into those that are shown.
	factor float64
}

var (
	ratio     = figure{suffix: "%", factor: 100}
	dollars   = figure{prefix: "$", factor: 1}
	perSecond = figure{suffix: "/s", factor: 1}
	seconds   = figure{suffix: "s", factor: 1}
	millis    = figure{suffix: "ms", factor: 1000}
)

// formats are the figures that a value may be shown as; the first whose unit is
// not too large is used.
var (
	asRatio    = []figure{ratio}
	asDollars  = []figure{dollars}
	asRate     = []figure{perSecond}
	asDuration = []figure{seconds, millis}
)

// show prints a value, which is in base units.
func show(value float64, formats []figure) string {
	f := formats[0]
	for _, f = range formats {
		if math.Abs(value) >= 1 {
			break
		}
	}
	digits := strconv.FormatFloat(twoDigits(value*f.factor), 'f', -1, 64)
	if strings.HasPrefix(digits, "-") {
		return "-" + f.prefix + digits[1:] + f.suffix
	}
	return f.prefix + digits + f.suffix
}

// read is the inverse of show, but for the rounding.
func read(text string, formats []figure) (float64, bool) {
	for _, f := range slices.Backward(formats) {
		digits, ok := strings.CutSuffix(strings.Replace(text, f.prefix, "", 1), f.suffix)
		if !ok {
			continue
		}
		if n, err := strconv.ParseFloat(digits, 64); err == nil {
			return n / f.factor, true
		}
	}
	return 0, false
}

func twoDigits(v float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 2, 64), 64)
	if err != nil || rounded == 0 {
		// Zero has no sign here: "-0%" would puzzle people.
		return 0
	}
	return rounded
}

// moved is how far a value must be from the one that is shown, as a share of the
// larger of the two, to be shown instead.
const moved = 0.1

// settle returns what to show for a value, given what is shown now: the same,
// unless the value moved noticeably or crossed a limit. A steady system is thus
// never rewritten. nil is shown as "".
func settle(shown string, value *float64, formats []figure, limits ...float64) string {
	if value == nil {
		return ""
	}
	old, ok := read(shown, formats)
	if !ok || noticeable(old, *value) || crossed(old, *value, limits) {
		return show(*value, formats)
	}
	return shown
}

func noticeable(old, value float64) bool {
	return math.Abs(value-old) > moved*max(math.Abs(old), math.Abs(value))
}

func crossed(old, value float64, limits []float64) bool {
	for _, limit := range limits {
		if (old > limit) != (value > limit) {
			return true
		}
	}
	return false
}
