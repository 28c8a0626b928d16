package status

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShow(t *testing.T) {
	for name, tc := range map[string]struct {
		value   float64
		formats []figure
		want    string
	}{
		"two digits of a ratio":              {value: 0.4149, formats: asRatio, want: "41%"},
		"two digits of a small ratio":        {value: 0.00823, formats: asRatio, want: "0.82%"},
		"the whole":                          {value: 1, formats: asRatio, want: "100%"},
		"more than the whole":                {value: 1.234, formats: asRatio, want: "120%"},
		"an overspent budget":                {value: -0.5, formats: asRatio, want: "-50%"},
		"no ratio":                           {value: 0, formats: asRatio, want: "0%"},
		"a negative zero":                    {value: math.Copysign(0, -1), formats: asRatio, want: "0%"},
		"seconds":                            {value: 2.449, formats: asDuration, want: "2.4s"},
		"minutes, in seconds":                {value: 754, formats: asDuration, want: "750s"},
		"exactly a second":                   {value: 1, formats: asDuration, want: "1s"},
		"just below a second":                {value: 0.994, formats: asDuration, want: "990ms"},
		"what rounds to a second":            {value: 0.996, formats: asDuration, want: "1s"},
		"milliseconds":                       {value: 0.1234, formats: asDuration, want: "120ms"},
		"less than a millisecond":            {value: 0.00042, formats: asDuration, want: "0.42ms"},
		"no time":                            {value: 0, formats: asDuration, want: "0ms"},
		"dollars":                            {value: 42.4, formats: asDollars, want: "$42"},
		"cents":                              {value: 0.1234, formats: asDollars, want: "$0.12"},
		"many dollars":                       {value: 123_456, formats: asDollars, want: "$120000"},
		"a refund: the sign before the unit": {value: -5, formats: asDollars, want: "-$5"},
		"requests per second":                {value: 12.34, formats: asRate, want: "12/s"},
		"half rounds to the even digit":      {value: 2.5, formats: asRate, want: "2.5/s"},
		"nine point nine six is ten":         {value: 9.96, formats: asRate, want: "10/s"},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, show(tc.value, tc.formats)); d != "" {
				t.Errorf("figure (-want +got):\n%s", d)
			}
		})
	}
}

var allFormats = map[string][]figure{"ratio": asRatio, "dollars": asDollars, "rate": asRate, "duration": asDuration}

func TestReadIsTheInverseOfShow(t *testing.T) {
	for name, formats := range allFormats {
		for exponent := -3; exponent <= 6; exponent++ {
			for digits := -99; digits <= 99; digits++ {
				value := float64(digits) * math.Pow10(exponent-1)
				text := show(value, formats)
				got, ok := read(text, formats)
				if !ok || math.Abs(got-value) > 1e-9*math.Abs(value) {
					t.Fatalf("%s: %g is shown as %q, and that is read as %g, %t", name, value, text, got, ok)
				}
				if again := show(got, formats); again != text {
					t.Fatalf("%s: %q is read and shown as %q", name, text, again)
				}
			}
		}
	}
}

func TestReadRefusesWhatShowDoesNotPrint(t *testing.T) {
	for name, formats := range allFormats {
		for _, text := range []string{"", "%", "s", "ms", "$", "/s", "abc", "$x", "1 parsec", "--1%"} {
			if got, ok := read(text, formats); ok {
				t.Errorf("%s: %q is read as %g", name, text, got)
			}
		}
	}
}

// TestFiguresFitTheirFields: the API server refuses the whole status when one
// figure is longer than the 16 characters that the CRD allows.
func TestFiguresFitTheirFields(t *testing.T) {
	const maxLength = 16
	for name, formats := range allFormats {
		for size, values := range map[string][]float64{
			"a residue of an addition":      {math.Pow(2, -55), -math.Pow(2, -55)},
			"the smallest number there is":  {math.SmallestNonzeroFloat64},
			"what a broken exporter counts": {math.MaxInt64, math.MinInt64},
			"the largest number there is":   {math.MaxFloat64, -math.MaxFloat64},
		} {
			t.Run(name+" of "+size, func(t *testing.T) {
				for _, value := range values {
					if text := show(value, formats); len(text) > maxLength {
						t.Errorf("%g is shown as %.30q, with %d characters", value, text, len(text))
					}
				}
			})
		}
	}
}

func TestSettle(t *testing.T) {
	for name, tc := range map[string]struct {
		shown   string
		value   *float64
		formats []figure
		limits  []float64
		want    string
	}{
		"nothing shown yet":                        {value: new(42.0), formats: asDollars, want: "$42"},
		"what was never measured":                  {formats: asDollars, want: ""},
		"what is no longer measured":               {shown: "$42", formats: asDollars, want: ""},
		"no move":                                  {shown: "$42", value: new(42.0), formats: asDollars, want: "$42"},
		"a rise of a tenth":                        {shown: "$100", value: new(111.0), formats: asDollars, want: "$100"},
		"a rise of more than a tenth":              {shown: "$100", value: new(112.0), formats: asDollars, want: "$110"},
		"a fall of a tenth":                        {shown: "$100", value: new(90.0), formats: asDollars, want: "$100"},
		"a fall of more than a tenth":              {shown: "$100", value: new(89.0), formats: asDollars, want: "$89"},
		"a negative figure that moved a little":    {shown: "-50%", value: new(-0.53), formats: asRatio, want: "-50%"},
		"a negative figure that moved":             {shown: "-50%", value: new(-0.6), formats: asRatio, want: "-60%"},
		"zero that stays":                          {shown: "0%", value: new(0.0), formats: asRatio, want: "0%"},
		"zero that becomes something":              {shown: "0%", value: new(0.001), formats: asRatio, want: "0.1%"},
		"something that becomes zero":              {shown: "0.1%", value: new(0.0), formats: asRatio, want: "0%"},
		"a small move across the limit, upwards":   {shown: "2s", value: new(2.06), formats: asDuration, limits: []float64{2}, want: "2.1s"},
		"a small move across the limit, downwards": {shown: "2.1s", value: new(1.99), formats: asDuration, limits: []float64{2}, want: "2s"},
		"a small move beside the limit":            {shown: "2.2s", value: new(2.1), formats: asDuration, limits: []float64{2}, want: "2.2s"},
		"a small move to the limit":                {shown: "1.9s", value: new(2.0), formats: asDuration, limits: []float64{2}, want: "1.9s"},
		"a budget that is now overspent":           {shown: "0.01%", value: new(-0.0001), formats: asRatio, limits: []float64{0}, want: "-0.01%"},
		"a small move across the second limit":     {shown: "$100", value: new(101.0), formats: asDollars, limits: []float64{50, 100}, want: "$100"},
		"a change of unit":                         {shown: "950ms", value: new(1.2), formats: asDuration, want: "1.2s"},
		"a figure that cannot be read":             {shown: "fast", value: new(1.2), formats: asDuration, want: "1.2s"},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, settle(tc.shown, tc.value, tc.formats, tc.limits...)); d != "" {
				t.Errorf("figure (-want +got):\n%s", d)
			}
		})
	}
}

// TestSettledFiguresDoNotFollowNoise: a figure is rewritten as seldom as it moves,
// from whatever value it starts.
func TestSettledFiguresDoNotFollowNoise(t *testing.T) {
	for start := 1.0; start < 10; start += 0.01 {
		shown := show(start, asDuration)
		for _, noise := range []float64{0.96, 1.04, 1, 0.96, 1.04} {
			value := start * noise
			if next := settle(shown, &value, asDuration); next != shown {
				t.Fatalf("%gs: shown as %q, rewritten as %q", start, shown, next)
			}
		}
	}
}
