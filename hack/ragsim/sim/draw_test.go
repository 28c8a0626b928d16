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
			if got := chooseModel(models, tc.u).Name; got != tc.want {
				t.Errorf("chooseModel(%v) = %q, want %q", tc.u, got, tc.want)
			}
		})
	}
}
