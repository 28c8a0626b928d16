package perf_test

import "math/rand/v2"

// defaultInterval is the operator's own, in seconds.
const defaultInterval = 30

// scenarios are how services fare from round to round.
var scenarios = map[string]func(p population, i, round int) service{
	// Nothing changes but the time.
	"steady": func(population, int, int) service { return service{quiet, 1, noon} },
	// Every figure is off by up to 5 %, in each round otherwise.
	"wobbling": func(_ population, i, round int) service {
		return service{wobbling(rand.New(rand.NewPCG(uint64(i), uint64(round)))), 1, noon}
	},
	// It is noon, and money is spent at the same rate all day: each service has spent
	// what is a different part of the way from one figure to the next.
	"spending": func(p population, i, round int) service {
		since := noon / 9 * float64(i) / float64(p.monitors)
		return service{quiet, 1, noon + since + costRate*defaultInterval*float64(round)}
	},
	// One service in a hundred is healthy and degraded in turns.
	"flapping": func(_ population, i, round int) service {
		if i%100 == 0 && round%2 == 0 {
			return service{quiet, 3, noon}
		}
		return service{quiet, 1, noon}
	},
}
