package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestLogNormalHasTheMedianAndP95AskedFor(t *testing.T) {
	for name, d := range map[string]LogNormal{
		"retrieval seconds":       {Median: 0.080, P95: 0.200, Max: 1},
		"generation seconds":      {Median: 0.500, P95: 1.1, Max: 5},
		"token counts":            {Median: 110, P95: 250, Max: 1000},
		"a constant":              {Median: 3, P95: 3, Max: 3},
		"a constant under a roof": {Median: 3, P95: 3, Max: 10},
	} {
		t.Run(name, func(t *testing.T) {
			values := sampled(d.Sample)
			checkNear(t, "median", quantile(values, 0.5), d.Median, 0.03)
			checkNear(t, "p95", quantile(values, 0.95), d.P95, 0.03)
			if highest := values[len(values)-1]; highest > d.Max {
				t.Errorf("highest of %d samples is %v, above the maximum %v", len(values), highest, d.Max)
			}
		})
	}
}

func TestLogNormalIsCutOffWithoutAHeapAtTheMaximum(t *testing.T) {
	d := LogNormal{Median: 1, P95: 10, Max: 10}
	values := sampled(d.Sample)
	if nearMax := values[len(values)*99/100]; nearMax >= d.Max {
		t.Errorf("one value in a hundred is at the maximum %v", d.Max)
	}
	for q, want := range map[float64]float64{0: 0, 1: 10} {
		if got := d.Quantile(q); math.Abs(got-want) > 1e-9 {
			t.Errorf("Quantile(%v) = %v, want %v", q, got, want)
		}
	}
}

func TestScoreHasTheMeanAskedForAndStaysBetween0And1(t *testing.T) {
	for name, tc := range map[string]struct {
		score  Score
		median float64
	}{
		"relevance":                  {Score{Mean: 0.82, StdDev: 0.08}, 0.82},
		"context precision":          {Score{Mean: 0.74, StdDev: 0.10}, 0.74},
		"so wide that it is uniform": {Score{Mean: 0.5, StdDev: 100}, 0.5},
	} {
		t.Run(name, func(t *testing.T) {
			values := sampled(func(random *rand.Rand) float64 { return tc.score.Quantile(random.Float64()) })
			checkNear(t, "median", quantile(values, 0.5), tc.median, 0.03)
			if low, high := values[0], values[len(values)-1]; low < 0 || high > 1 {
				t.Errorf("samples reach from %v to %v, want them within 0 and 1", low, high)
			}
		})
	}
}

func sampled(sample func(*rand.Rand) float64) []float64 {
	random := newRandom(1, 1)
	values := make([]float64, 20_000)
	for i := range values {
		values[i] = sample(random)
	}
	slices.Sort(values)
	return values
}

func quantile(sorted []float64, q float64) float64 {
	return sorted[int(q*float64(len(sorted)-1))]
}

func checkNear(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance*want {
		t.Errorf("%s is %v, want %v within %v %%", what, got, want, 100*tolerance)
	}
}
