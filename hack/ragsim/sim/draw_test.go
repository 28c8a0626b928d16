package sim

import "testing"

func TestModelsAreChosenInProportionToTheirShares(t *testing.T) {
	models := []Model{{Name: "large", Share: 1}, {Name: "medium", Share: 2}, {Name: "small", Share: 1}}
	for name, tc := range map[string]struct {
		u    float64
		want string
	}{
		"the lowest":               {0, "large"},
		"the end of the first":     {0.249, "large"},
		"the start of the second":  {0.25, "medium"},
		"the end of the second":    {0.749, "medium"},
		"the start of the last":    {0.75, "small"},
		"rounding beyond the last": {1, "small"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := choose(models, tc.u).Name; got != tc.want {
				t.Errorf("choose(%v) = %q, want %q", tc.u, got, tc.want)
			}
		})
	}
}

func TestNumbersReachFromOneToTheCount(t *testing.T) {
	const almostOne = 1 - 1e-16
	for name, tc := range map[string]struct {
		u, exponent float64
		want        int
	}{
		"the lowest":               {0, 1, 1},
		"the middle":               {0.5, 1, 51},
		"the highest":              {almostOne, 1, 100},
		"the middle, when skewed":  {0.5, 2, 26},
		"the highest, when skewed": {almostOne, 2, 100},
	} {
		t.Run(name, func(t *testing.T) {
			if got := numbered(tc.u, 100, tc.exponent); got != tc.want {
				t.Errorf("numbered(%v, 100, %v) = %d, want %d", tc.u, tc.exponent, got, tc.want)
			}
		})
	}
}
