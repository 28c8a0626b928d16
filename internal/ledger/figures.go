package ledger

import (
	"math"
	"strconv"
	"strings"
)

const (
	// absurd sums come of broken counters, and have no place in the status.
	absurd = 1e15
	// negligible is the residue of an addition, in US dollars.
	negligible = 1e-6
	// absurdShare is the most that is shown of a budget: a million times over.
	absurdShare = 1e6
	// noticeableMove is how far a figure must be from the one that is shown, as a
	// share of the larger of the two, to be shown instead.
	noticeableMove = 0.1
)

func credible(number float64) bool {
	return number >= 0 && number < absurd
}

// dollars prints cents, and four significant digits below a dollar.
func dollars(amount float64) string {
	if amount < negligible {
		return "0.00"
	}
	if amount >= 1 {
		return strconv.FormatFloat(amount, 'f', 2, 64)
	}
	decimals := 3 - int(math.Floor(math.Log10(amount)))
	text := strconv.FormatFloat(amount, 'f', decimals, 64)
	for strings.HasSuffix(text, "0") && len(text) > len("0.00") {
		text = strings.TrimSuffix(text, "0")
	}
	return text
}

func parseDollars(text string) (float64, bool) {
	amount, err := strconv.ParseFloat(text, 64)
	return amount, err == nil && credible(amount)
}

// percent prints two significant digits. 100 % is shown only when all is spent.
func percent(ratio float64) string {
	hundredths := twoDigits(100 * min(ratio, absurdShare))
	if ratio < 1 {
		hundredths = min(hundredths, 99)
	}
	return strconv.FormatFloat(hundredths, 'f', -1, 64) + "%"
}

func twoDigits(v float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 2, 64), 64)
	if err != nil || rounded < negligible {
		return 0
	}
	return rounded
}

func parsePercent(text string) (float64, bool) {
	digits, ok := strings.CutSuffix(text, "%")
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseFloat(digits, 64)
	return number / 100, err == nil && credible(number)
}

// moved reports whether a figure differs noticeably from the one that is shown, or
// only one of them can be read.
func moved(parse func(string) (float64, bool), shown, exact string) bool {
	old, ok := parse(shown)
	value, known := parse(exact)
	if !ok || !known {
		return shown != exact
	}
	return math.Abs(value-old) > noticeableMove*max(old, value)
}

// crossed reports whether a budget was used up, or is no longer.
func crossed(shown, exact string) bool {
	old, _ := parsePercent(shown)
	value, _ := parsePercent(exact)
	return (old >= 1) != (value >= 1)
}
