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
	// offset is what is taken away first: a change is shown for a multiple.
	offset float64
	// signed figures have their sign, also when it is a plus.
	signed bool
}

// kind is what a reading is shown as, and how much of a move is worth a rewrite.
type kind struct {
	// A value of 1 or more is shown as the first of these, a smaller one as the last.
	figures []figure
	// moved is how far a value must be from what is shown, as a share of the larger
	// of the two, to be shown instead.
	moved float64
}

const (
	// noticeably is what people care about.
	noticeably = 0.1
	// twice is for quotients of two readings, each of which may have moved.
	twice = 0.2
)

var (
	asRatio    = kind{[]figure{{suffix: "%", factor: 100}}, noticeably}
	asShare    = kind{asRatio.figures, twice}
	asDollars  = kind{[]figure{{prefix: "$", factor: 1}}, noticeably}
	asRate     = kind{[]figure{{suffix: "/s", factor: 1}}, noticeably}
	asDuration = kind{[]figure{{suffix: "s", factor: 1}, {suffix: "ms", factor: 1000}}, noticeably}
	asTimes    = kind{[]figure{{suffix: "x", factor: 1}}, noticeably}
	asChange   = kind{[]figure{{suffix: "%", factor: 100, offset: 1, signed: true}}, noticeably}
)

func (k kind) figure(value float64) figure {
	if math.Abs(twoDigits(value)) < 1 {
		return k.figures[len(k.figures)-1]
	}
	return k.figures[0]
}

// show prints a value, which is in base units.
func show(value float64, k kind) string {
	f := k.figure(value)
	return f.print(f.round(value))
}

// round returns the number that is printed.
func (f figure) round(value float64) float64 {
	number := (value - f.offset) * f.factor
	if f.offset != 0 {
		// Of a change, no fraction: it is the difference of two like values.
		return math.Round(twoDigits(number)) + 0 // which makes 0 of -0
	}
	return twoDigits(number)
}

func (f figure) print(number float64) string {
	text := decimal(number)
	if strings.HasPrefix(text, "-") {
		return "-" + f.prefix + text[1:] + f.suffix
	}
	if f.signed {
		text = "+" + text
	}
	return f.prefix + text + f.suffix
}

func (f figure) value(number float64) float64 { return number/f.factor + f.offset }

// read is the inverse of show, but for the rounding.
func read(text string, k kind) (float64, bool) {
	f, number, ok := parse(text, k)
	return f.value(number), ok
}

func parse(text string, k kind) (f figure, number float64, ok bool) {
	for _, f := range slices.Backward(k.figures) {
		bare, ok := strings.CutSuffix(strings.Replace(text, f.prefix, "", 1), f.suffix)
		if !ok || f.signed != (strings.HasPrefix(bare, "+") || f.signed && strings.HasPrefix(bare, "-")) {
			continue
		}
		if n, err := strconv.ParseFloat(bare, 64); err == nil {
			return f, n, true
		}
	}
	return figure{factor: 1}, 0, false
}

// readOrNil is read for what may not be shown.
func readOrNil(text string, k kind) *float64 {
	if value, ok := read(text, k); ok {
		return &value
	}
	return nil
}

const (
	// negligible is what is shown as zero: a millionth of what is shown is the
	// residue of an addition.
	negligible = 1e-6
	// huge is from where on the exponent is shown. Only broken counters get there.
	huge = 1e9
)

func twoDigits(v float64) float64 { return digits(v, 2) }

func digits(v float64, n int) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', n, 64), 64)
	if err != nil || math.Abs(rounded) < negligible {
		// Zero has no sign here: "-0%" would puzzle people.
		return 0
	}
	return rounded
}

// step is the distance between two neighbours of a number with two digits.
func step(number float64) float64 {
	_, exponent, _ := strings.Cut(strconv.FormatFloat(number, 'e', 1, 64), "e")
	n, err := strconv.Atoi(exponent)
	if err != nil || number == 0 {
		return 0
	}
	return math.Pow10(n - 1)
}

func decimal(v float64) string {
	if math.Abs(v) >= huge {
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
