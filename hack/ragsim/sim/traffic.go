package sim

import (
	"context"
	"errors"
	"sync"
	"time"
)

// maxLag is how far behind schedule arrivals are still made up for. A longer
// stop of the machine must not end in a burst.
const maxLag = time.Second

// Run drives the service's own traffic, Poisson arrivals at Config.Rate, until
// ctx ends. Requests in flight are then cancelled and waited for. It fails only
// when it is already running.
func (s *Service) Run(ctx context.Context) error {
	if !s.running.CompareAndSwap(false, true) {
		return errors.New("run traffic: it is already running")
	}
	defer s.running.Store(false)
	if s.cfg.Rate == 0 {
		<-ctx.Done()
		return nil
	}
	var requests sync.WaitGroup
	defer requests.Wait()
	// Arrivals keep to a schedule rather than to pauses between them: what a
	// late timer takes is given back, so the rate is right on average.
	for next := s.now(); ; {
		next = next.Add(seconds(s.arrivals.ExpFloat64() / s.cfg.Rate))
		if err := sleep(ctx, next.Sub(s.now())); err != nil {
			return nil // the end of ctx is how traffic is stopped
		}
		if lag := s.now().Sub(next); lag > maxLag {
			next = next.Add(lag)
		}
		s.arrive(ctx, &requests)
	}
}

// arrive starts one request, unless the service is silent or full.
func (s *Service) arrive(ctx context.Context, requests *sync.WaitGroup) {
	faults := s.ledger.currentFaults()
	if faults.Silence {
		return
	}
	d := s.own.deal()
	select {
	case s.slots <- struct{}{}:
	default:
		s.ledger.drop()
		return
	}
	requests.Go(func() {
		defer func() { <-s.slots }()
		// The only error is a cancelled request, which Stats has counted.
		_, _ = s.answer(ctx, d, faults)
	})
}
