package faults_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
)

// The times of a case: health, then a fault.
const (
	healthy  = 32 * time.Minute
	broken   = 10 * time.Minute
	scraping = 30 * time.Second
	// rate of requests per second: hundreds in a window.
	rate = 3
)

// service is one that can be broken after it was healthy.
type service interface {
	// healthy hands over what is scraped of it until it breaks.
	healthy(t *testing.T, seed uint64, scraped func(since time.Duration, samples []sample))
	// broken is what is scraped from there on, of the same past.
	broken(t *testing.T, seed uint64, f sim.Faults, scraped func(since time.Duration, samples []sample))
}

// simulated is a pipeline that a speaker tells of. It belongs to one seed.
type simulated struct {
	pipeline []stage
	speaker  *speaker
	source   *rand.PCG
}

func (s *simulated) healthy(t *testing.T, seed uint64, scraped func(time.Duration, []sample)) {
	t.Helper()
	s.source = rand.NewPCG(seed, 1)
	s.play(sim.Faults{}, 0, healthy, scraped)
}

func (s *simulated) broken(t *testing.T, _ uint64, f sim.Faults, scraped func(time.Duration, []sample)) {
	t.Helper()
	source := *s.source
	fork := simulated{s.pipeline, s.speaker.fork(), &source}
	fork.play(f, healthy, healthy+broken, scraped)
}

// play serves requests at Poisson's times, and is scraped.
func (s *simulated) play(f sim.Faults, from, to time.Duration, scraped func(time.Duration, []sample)) {
	random := rand.New(s.source)
	next := from.Seconds()
	for since := from + scraping; since <= to; since += scraping {
		for next < since.Seconds() {
			if !f.Silence {
				s.speaker.tell(ask(s.pipeline, random, f))
			}
			next += random.ExpFloat64() / rate
		}
		scraped(since, s.speaker.scrape())
	}
}
