package faults_test

import (
	"math/rand/v2"

	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
)

// stage is one step of a simulated pipeline.
type stage struct {
	name string
	// seconds that a call takes; of a stage with parts, they take them.
	seconds sim.LogNormal
	// parts are what a call is made of, one after the other.
	parts []stage
	// seldom is the share of requests that call the stage; 0 stands for all.
	seldom float64
	// attempts at most, when calls fail; 0 stands for one.
	attempts int
	// together says that the stage begins with the one before it.
	together bool
}

// call is something that took time in a request: a stage, a part of one, or, without
// a name, the request itself.
type call struct {
	// stage at the top of the pipeline, and part of it.
	stage, part string
	seconds     float64
	failed      bool
}

// overhead is the time of a request that belongs to no stage.
var overhead = sim.LogNormal{Median: 0.020, P95: 0.030, Max: 0.100}

// ask makes one request, and returns its calls, itself last. After a stage that fails
// for good no other runs.
func ask(pipeline []stage, random *rand.Rand, f sim.Faults) []call {
	whole := call{seconds: f.WaitSeconds + overhead.Sample(random)}
	var out []call
	// before is how long the stage took that the next one may begin with.
	before := 0.0
	for _, s := range pipeline {
		called := s.seldom == 0 || random.Float64() < s.seldom
		for attempt := 0; called && attempt < max(1, s.attempts) && (attempt == 0 || whole.failed); attempt++ {
			calls, seconds, failed := s.run(random, f)
			out = append(out, calls...)
			whole.failed = failed
			if s.together {
				whole.seconds += max(0, seconds-before)
				seconds = max(seconds, before)
			} else {
				whole.seconds += seconds
			}
			before = seconds
		}
		if whole.failed {
			break
		}
	}
	return append(out, whole)
}

// run makes one call of the stage; it fails where one of its parts does.
func (s stage) run(random *rand.Rand, f sim.Faults) (calls []call, seconds float64, failed bool) {
	if len(s.parts) == 0 {
		c := s.leaf(random, f, s.name)
		return []call{c}, c.seconds, c.failed
	}
	for _, part := range s.parts {
		c := part.leaf(random, f, s.name+"/"+part.name)
		c.stage, c.part = s.name, part.name
		calls = append(calls, c)
		seconds += c.seconds
		if failed = c.failed; failed {
			break
		}
	}
	return append(calls, call{stage: s.name, seconds: seconds, failed: failed}), seconds, failed
}

func (s stage) leaf(random *rand.Rand, f sim.Faults, path string) call {
	slow, ok := f.Slow[path]
	if !ok {
		slow = 1
	}
	return call{stage: s.name, seconds: slow * s.seconds.Sample(random), failed: random.Float64() < f.Failing[path]}
}

// leaves are the paths of the stages that can be broken: "retrieval", or
// "generation/decode" of a part.
func leaves(pipeline []stage) []string {
	var out []string
	for _, s := range pipeline {
		if len(s.parts) == 0 {
			out = append(out, s.name)
		}
		for _, part := range s.parts {
			out = append(out, s.name+"/"+part.name)
		}
	}
	return out
}
