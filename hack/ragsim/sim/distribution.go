package sim

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// z95 is the 95th percentile of the standard normal distribution.
const z95 = 1.6448536269514722

// LogNormal is a log-normal distribution given by the two numbers that people
// know about a service, and cut off at Max. Median and P95 are those of the
// uncut distribution: keep Max a few times P95 and the difference vanishes.
// The unit is that of the numbers; 0 < Median <= P95 <= Max. Median = P95 is
// the constant Median.
type LogNormal struct {
	Median, P95, Max float64
}

// Quantile returns the value below which the share q (0..1) of all values is.
func (d LogNormal) Quantile(q float64) float64 {
	mu, sigma := math.Log(d.Median), math.Log(d.P95/d.Median)/z95
	if sigma == 0 {
		return d.Median
	}
	// Scaling q cuts the tail off without a heap of values at Max, and with
	// exactly one random number for each sample.
	kept := normalCDF((math.Log(d.Max) - mu) / sigma)
	return min(d.Max, math.Exp(mu+sigma*normalQuantile(q*kept)))
}

// Sample draws one value; it takes exactly one number from random.
func (d LogNormal) Sample(random *rand.Rand) float64 {
	return d.Quantile(random.Float64())
}

func (d LogNormal) validate() error {
	if ordered := 0 < d.Median && d.Median <= d.P95 && d.P95 <= d.Max; !ordered || math.IsInf(d.Max, 0) {
		return fmt.Errorf("median %v, p95 %v, max %v: write finite numbers with 0 < median <= p95 <= max", d.Median, d.P95, d.Max)
	}
	return nil
}

// Score is a normal distribution cut off at 0 and 1, for answer quality. Mean
// (0..1) and StdDev (above 0) are those of the uncut distribution.
type Score struct {
	Mean, StdDev float64
}

// Quantile returns the value below which the share q (0..1) of all values is.
func (d Score) Quantile(q float64) float64 {
	low, high := normalCDF((0-d.Mean)/d.StdDev), normalCDF((1-d.Mean)/d.StdDev)
	value := d.Mean + d.StdDev*normalQuantile(low+q*(high-low))
	return min(1, max(0, value))
}

func (d Score) validate() error {
	if !isRatio(d.Mean) {
		return fmt.Errorf("mean %v: write a number from 0 to 1", d.Mean)
	}
	if d.StdDev <= 0 || !isAmount(d.StdDev) {
		return errors.New("standard deviation: write a finite number above 0")
	}
	return nil
}

func normalCDF(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

func normalQuantile(q float64) float64 { return math.Sqrt2 * math.Erfinv(2*q-1) }

// isRatio and isAmount are false for NaN, which every comparison is false for.
func isRatio(v float64) bool { return v >= 0 && v <= 1 }

func isAmount(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }
