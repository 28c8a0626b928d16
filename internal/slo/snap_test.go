package slo_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/quick"

	"github.com/ragmonitor/ragmonitor-operator/internal/slo"
)

func TestSnap(t *testing.T) {
	inf := math.Inf(1)
	seconds := []float64{0.1, 0.5, 1, 2.5, 5, 10, inf}
	for name, tc := range map[string]struct {
		threshold float64
		bounds    []float64
		want      float64
		none      bool
	}{
		"a threshold at a bound is kept":                         {threshold: 2.5, bounds: seconds, want: 2.5},
		"nearest is meant as a ratio":                            {threshold: 1.7, bounds: seconds, want: 2.5},
		"and not always upwards":                                 {threshold: 1.5, bounds: seconds, want: 1},
		"the stricter of two equally near bounds is taken":       {threshold: 2, bounds: []float64{4, 1}, want: 1},
		"in whatever order they are":                             {threshold: 2, bounds: []float64{1, 4}, want: 1},
		"above the largest it is the largest":                    {threshold: 3600, bounds: seconds, want: 10},
		"below the smallest it is the smallest":                  {threshold: 0.001, bounds: seconds, want: 0.1},
		"bounds may be in any order":                             {threshold: 2, bounds: []float64{inf, 10, 0.1, 2.5, 1}, want: 2.5},
		"no bounds, no answer":                                   {threshold: 2, none: true},
		"infinity is no bound":                                   {threshold: 2, bounds: []float64{inf}, none: true},
		"zero and less have no logarithm":                        {threshold: 2, bounds: []float64{-1, 0}, none: true},
		"and do not get into the way of others":                  {threshold: 0.001, bounds: []float64{-1, 0, 5}, want: 5},
		"not a number is no bound":                               {threshold: 2, bounds: []float64{math.NaN(), 5}, want: 5},
		"a threshold of zero has no nearest bound":               {threshold: 0, bounds: seconds, none: true},
		"nor has an infinite one":                                {threshold: inf, bounds: seconds, none: true},
		"nor has one that is not a number":                       {threshold: math.NaN(), bounds: seconds, none: true},
		"bounds in milliseconds are as good as those in seconds": {threshold: 1700, bounds: []float64{1000, 2500}, want: 2500},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := slo.Snap(tc.threshold, tc.bounds)
			if got != tc.want || ok == tc.none {
				t.Errorf("got %v, %v; want %v, %v", got, ok, tc.want, !tc.none)
			}
		})
	}
}

// TestSnapIsNearest compares with logarithms, which Snap does not take.
func TestSnapIsNearest(t *testing.T) {
	nearest := func(seed1, seed2 uint64) bool {
		random := rand.New(rand.NewPCG(seed1, seed2))
		bounds := make([]float64, 1+random.IntN(20))
		for i := range bounds {
			bounds[i] = math.Pow(10, 6*random.Float64()-3)
		}
		threshold := math.Pow(10, 8*random.Float64()-4)
		got, ok := slo.Snap(threshold, bounds)
		away := func(bound float64) float64 { return math.Abs(math.Log(bound) - math.Log(threshold)) }
		return ok && slices.Contains(bounds, got) &&
			!slices.ContainsFunc(bounds, func(b float64) bool { return away(b) < away(got)-1e-12 })
	}
	if err := quick.Check(nearest, &quick.Config{MaxCount: 10_000}); err != nil {
		t.Error(err)
	}
}
