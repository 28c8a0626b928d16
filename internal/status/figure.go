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

// A value of 1 or more is shown as the first of these, a smaller one as the last.
var (
	asRatio    = []figure{ratio}
	asDollars  = []figure{dollars}
	asRate     = []figure{perSecond}
	asDuration = []figure{seconds, millis}
)

// show prints a value, which is in base units.
func show(value float64, formats []figure) string {
	f := formats[0]
	if math.Abs(twoDigits(value)) < 1 {
		f = formats[len(formats)-1]
	}
	digits := decimal(twoDigits(value * f.factor))
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

const (
	// negligible is what is shown as zero: a millionth of what is shown is the
	// residue of an addition.
	negligible = 1e-6
	// huge is from where on the exponent is shown. Only broken counters get there.
	huge = 1e9
)

func twoDigits(v float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 2, 64), 64)
	if err != nil || math.Abs(rounded) < negligible {
		// Zero has no sign here: "-0%" would puzzle people.
		return 0
	}
	return rounded
}

func decimal(v float64) string {
	if math.Abs(v) >= huge {
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
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
