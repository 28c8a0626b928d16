package status

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShow(t *testing.T) {
	for name, tc := range map[string]struct {
		value   float64
		formats kind
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

var allFormats = map[string]kind{"ratio": asRatio, "dollars": asDollars, "rate": asRate, "duration": asDuration, "times": asTimes, "change": asChange}

func TestReadIsTheInverseOfShow(t *testing.T) {
	for name, formats := range allFormats {
		if name == "change" {
			continue // it has no fraction: see the next test
		}
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

func TestChangesAreReadAsTheyAreShown(t *testing.T) {
	for percent := -100; percent <= 100; percent++ {
		text := show(1+float64(percent)/100, asChange)
		got, ok := read(text, asChange)
		if !ok || math.Abs(got-1-float64(percent)/100) > 1e-9 || show(got, asChange) != text {
			t.Errorf("%d %% is shown as %q, and that is read as %v", percent, text, got)
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
		formats kind
		limits  []limit
		want    string
	}{
		"nothing shown yet":                                  {value: new(42.0), formats: asDollars, want: "$42"},
		"what was never measured":                            {formats: asDollars, want: ""},
		"what is no longer measured":                         {shown: "$42", formats: asDollars, want: ""},
		"no move":                                            {shown: "$42", value: new(42.0), formats: asDollars, want: "$42"},
		"a rise of a tenth":                                  {shown: "$100", value: new(111.0), formats: asDollars, want: "$100"},
		"a rise of more than a tenth":                        {shown: "$100", value: new(117.0), formats: asDollars, want: "$120"},
		"a rise of a tenth of what it may stand for":         {shown: "$100", value: new(116.0), formats: asDollars, want: "$100"},
		"a fall of a tenth":                                  {shown: "$100", value: new(90.0), formats: asDollars, want: "$100"},
		"a fall of more than a tenth":                        {shown: "$100", value: new(84.0), formats: asDollars, want: "$84"},
		"a negative figure that moved a little":              {shown: "-50%", value: new(-0.53), formats: asRatio, want: "-50%"},
		"a negative figure that moved":                       {shown: "-50%", value: new(-0.6), formats: asRatio, want: "-60%"},
		"zero that stays":                                    {shown: "0%", value: new(0.0), formats: asRatio, want: "0%"},
		"zero that becomes something":                        {shown: "0%", value: new(0.001), formats: asRatio, want: "0.1%"},
		"something that becomes zero":                        {shown: "0.1%", value: new(0.0), formats: asRatio, want: "0%"},
		"a small move across the limit, upwards":             {shown: "2s", value: new(2.06), formats: asDuration, limits: []limit{atMost(2)}, want: "2.1s"},
		"a small move across the limit, downwards":           {shown: "2.1s", value: new(1.99), formats: asDuration, limits: []limit{atMost(2)}, want: "2.1s"},
		"a move back inside by a tenth":                      {shown: "2.01s", value: new(1.79), formats: asDuration, limits: []limit{atMost(2)}, want: "1.8s"},
		"just above the limit: a third digit":                {shown: "1.9s", value: new(2.04), formats: asDuration, limits: []limit{atMost(2)}, want: "2.04s"},
		"hardly above the limit":                             {shown: "1.9s", value: new(2.000001), formats: asDuration, limits: []limit{atMost(2)}, want: "2.01s"},
		"just below the limit":                               {value: new(2.249), formats: asDuration, limits: []limit{atMost(2.249)}, want: "2.2s"},
		"just below an odd limit":                            {value: new(2.051), formats: asDuration, limits: []limit{atMost(2.06)}, want: "2.05s"},
		"just below a lower limit":                           {value: new(0.2999), formats: asRatio, limits: []limit{atLeast(0.3)}, want: "29.9%"},
		"just above a lower limit":                           {value: new(0.3049), formats: asRatio, limits: []limit{atLeast(0.304)}, want: "30.5%"},
		"a small move across a lower limit, upwards":         {shown: "29.9%", value: new(0.33), formats: asRatio, limits: []limit{atLeast(0.3)}, want: "29.9%"},
		"a move across it by a tenth":                        {shown: "29.9%", value: new(0.34), formats: asRatio, limits: []limit{atLeast(0.3)}, want: "34%"},
		"a change":                                           {value: new(2.404), formats: asChange, want: "+140%"},
		"a change that is none":                              {value: new(0.999), formats: asChange, want: "+0%"},
		"a change for the better":                            {value: new(0.5), formats: asChange, want: "-50%"},
		"a change of change, of which the calls know little": {shown: "+2%", value: new(1.1), formats: asChange, want: "+2%"},
		"a change of change":                                 {shown: "+2%", value: new(1.2), formats: asChange, want: "+20%"},
		"a change just above its limit":                      {value: new(1.501), formats: asChange, limits: []limit{atMost(1.5)}, want: "+50.1%"},
		"a burn rate":                                        {value: new(2.41), formats: asTimes, want: "2.4x"},
		"a small move beside the limit":                      {shown: "2.2s", value: new(2.1), formats: asDuration, limits: []limit{atMost(2)}, want: "2.2s"},
		"a small move to the limit":                          {shown: "1.9s", value: new(2.0), formats: asDuration, limits: []limit{atMost(2)}, want: "1.9s"},
		"a budget that is now overspent":                     {shown: "0.01%", value: new(-0.0001), formats: asRatio, limits: []limit{atLeast(0)}, want: "-0.01%"},
		"a small move across the second limit":               {shown: "$100", value: new(101.0), formats: asDollars, limits: []limit{atMost(50), atMost(100)}, want: "$101"},
		"a change of unit":                                   {shown: "950ms", value: new(1.2), formats: asDuration, want: "1.2s"},
		"a figure that cannot be read":                       {shown: "fast", value: new(1.2), formats: asDuration, want: "1.2s"},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, settle(tc.shown, tc.value, tc.formats, tc.limits...)); d != "" {
				t.Errorf("figure (-want +got):\n%s", d)
			}
		})
	}
}

// TestSettledFiguresDoNotFollowNoise: a figure of a value that wobbles by a twentieth
// is not rewritten, from whatever value it starts.
func TestSettledFiguresDoNotFollowNoise(t *testing.T) {
	for centre := 0.9; centre < 10; centre += 0.013 {
		for _, beside := range [][]limit{nil, {atMost(centre * 0.99)}, {atMost(centre * 1.06)}, {atLeast(centre * 1.02)}, {atLeast(centre * 0.94)}} {
			for _, begin := range []float64{0.95, 0.97, 1, 1.03, 1.05} {
				value := centre * begin
				shown := settle("", &value, asDuration, beside...)
				rewritten := 0
				for _, noise := range []float64{0.951, 1.049, 1, 0.96, 1.04, 0.95, 1.05} {
					value := centre * noise
					if next := settle(shown, &value, asDuration, beside...); next != shown {
						shown = next
						rewritten++
					}
				}
				if most := len(beside); rewritten > most {
					t.Fatalf("%vs beside %v, from %v of it: rewritten %d times, to %q", centre, beside, begin, rewritten, shown)
				}
			}
		}
	}
}
