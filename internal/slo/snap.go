package slo

import "math"

// Snap returns the bound of a histogram's buckets that is nearest to threshold,
// because only at a bound is it known how many requests were faster. Nearest is
// meant as a ratio, since bounds are spaced that way: 1 s is as far from 2 s as
// 4 s is. Of two that are equally near, the smaller is taken, which asks for more.
//
// bounds are in the unit of threshold and in any order. Those that are not
// positive and finite are not considered: everything is below +Inf. A threshold
// above the largest bound gives the largest, and one below the smallest gives the
// smallest, however far away they are: say which bound was taken.
//
// ok is false when there is no bound to take, or threshold is not positive and
// finite.
func Snap(threshold float64, bounds []float64) (bound float64, ok bool) {
	if !measurable(threshold) {
		return 0, false
	}
	for _, candidate := range bounds {
		if !measurable(candidate) {
			continue
		}
		near, best := distance(candidate, threshold), distance(bound, threshold)
		if !ok || near < best || near == best && candidate < bound {
			bound, ok = candidate, true
		}
	}
	return bound, ok
}

func measurable(f float64) bool {
	return f > 0 && !math.IsInf(f, 1)
}

// distance grows with that of the logarithms, and is exact where those are rounded.
func distance(a, b float64) float64 {
	return max(a/b, b/a)
}
