package ledger

import (
	"math"
	"testing"
)

func TestDollars(t *testing.T) {
	for name, tc := range map[string]struct {
		amount float64
		want   string
	}{
		"nothing":                         {0, "0.00"},
		"the residue of an addition":      {9e-7, "0.00"},
		"the least that is shown":         {1e-6, "0.000001"},
		"four digits":                     {0.00123449, "0.001234"},
		"no trailing zeros":               {0.0012, "0.0012"},
		"but cents":                       {0.5, "0.50"},
		"just below a dollar":             {0.99994, "0.9999"},
		"what rounds to a dollar":         {0.99996, "1.00"},
		"a dollar":                        {1, "1.00"},
		"dollars and cents":               {12.345, "12.35"},
		"more than anybody can spend":     {1e15 - 1, "999999999999999.00"},
		"a tenth, which has no exact log": {0.1, "0.10"},
	} {
		t.Run(name, func(t *testing.T) { equal(t, tc.want, dollars(tc.amount)) })
	}
}

func TestPercent(t *testing.T) {
	for name, tc := range map[string]struct {
		share float64
		want  string
	}{
		"nothing":             {0, "0%"},
		"little":              {0.00123, "0.12%"},
		"two digits":          {0.7149, "71%"},
		"nearly all":          {0.999, "99%"},
		"all":                 {1, "100%"},
		"more":                {1.26, "130%"},
		"more than has space": {1e20, "100000000%"},
	} {
		t.Run(name, func(t *testing.T) { equal(t, tc.want, percent(tc.share)) })
	}
}

func TestFiguresAreReadAsWritten(t *testing.T) {
	for amount := 1.1e-6; amount < 1e12; amount *= 1.37 {
		got, ok := parseDollars(dollars(amount))
		if allowed := max(0.005, 5e-4*amount); !ok || math.Abs(got-amount) > allowed || amount < 1 && math.Abs(got-amount) > 5e-4*amount {
			t.Errorf("%v is written as %s and read as %v, %t", amount, dollars(amount), got, ok)
		}
		if again := dollars(got); again != dollars(amount) {
			t.Errorf("%s is written again as %s", dollars(amount), again)
		}
	}
	for share := 1.1e-6; share < 1e5; share *= 1.37 {
		got, ok := parsePercent(percent(share))
		if !ok || math.Abs(got-share) > 0.051*share {
			t.Errorf("%v is written as %s and read as %v, %t", share, percent(share), got, ok)
		}
	}
}

func TestTextThatIsNoFigure(t *testing.T) {
	for _, text := range []string{"", "x", "-1", "NaN", "Inf", "1e15", "1,000"} {
		if got, ok := parseDollars(text); ok {
			t.Errorf("%q is read as $ %v", text, got)
		}
		if got, ok := parsePercent(text + "%"); ok {
			t.Errorf("%q is read as the share %v", text+"%", got)
		}
	}
	if got, ok := parsePercent("71"); ok {
		t.Errorf("71 is read as the share %v", got)
	}
}
