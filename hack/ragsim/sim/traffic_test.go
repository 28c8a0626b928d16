package sim

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestArrivalsArePoisson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const seconds = 600
		service := newService(t)
		go runFor(t, service, seconds*time.Second+time.Minute)
		var sum, squares float64
		var last uint64
		for range seconds {
			time.Sleep(time.Second)
			now := service.Stats().Started
			n := float64(now - last)
			sum, squares, last = sum+n, squares+n*n, now
		}
		mean := sum / seconds
		checkWithin(t, "arrivals per second", mean, 19, 21)
		// What tells Poisson arrivals from a metronome: variance = mean.
		checkWithin(t, "variance by mean", (squares/seconds-mean*mean)/mean, 0.8, 1.2)
	})
}

func TestTrafficIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const bound = 5
		service := newService(t, func(c *Config) { c.MaxInFlight = bound })
		mustSetFaults(t, service, Faults{Slow: map[string]float64{"generation": 100}})
		go runFor(t, service, 10*time.Minute)
		for range 500 {
			time.Sleep(time.Second)
			if got := service.Stats().InFlight; got > bound {
				t.Fatalf("%d requests in flight, want at most %d", got, bound)
			}
		}
		stats := service.Stats()
		if stats.Dropped == 0 || stats.Succeeded == 0 {
			t.Errorf("want both dropped and answered requests, got %+v", stats)
		}
		if open := stats.Started - stats.Succeeded - stats.Failed - stats.Cancelled; open != bound {
			t.Errorf("%d requests are not over, want %d: %+v", open, bound, stats)
		}
	})
}

func TestAMachineThatStoodStillDoesNotEndInABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stoodStill atomic.Int64
		service := newService(t)
		service.now = func() time.Time { return time.Now().Add(time.Duration(stoodStill.Load())) }
		go runFor(t, service, time.Hour)
		time.Sleep(time.Minute)
		stoodStill.Store(int64(time.Hour))
		time.Sleep(time.Minute)
		stats := service.Stats()
		checkWithin(t, "arrivals in two minutes", float64(stats.Started+stats.Dropped), 2200, 2600)
	})
}

func TestTheSameSeedGivesTheSameMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// In a bubble time is exact, so both stop at the same request.
		metrics := func(seed uint64, questions int) series {
			service := newService(t, func(c *Config) { c.Seed = seed })
			runFor(t, service, time.Minute)
			out := scrape(t, service)
			ask(t, service, questions)
			return out
		}
		first := metrics(7, 0)
		if diff := cmp.Diff(first, metrics(7, 3)); diff != "" {
			t.Errorf("same seed (-first +second):\n%s", diff)
		}
		if cmp.Equal(first, metrics(8, 0)) {
			t.Error("another seed gives the same metrics")
		}
	})
}

func TestQuestionsDoNotDisturbOwnTraffic(t *testing.T) {
	quiet, busy := newService(t), newService(t)
	busy.asked.deal()
	for range 10 {
		opts := cmp.AllowUnexported(draw{}, stageDraw{}, toolDraw{})
		if diff := cmp.Diff(quiet.own.deal(), busy.own.deal(), opts); diff != "" {
			t.Fatalf("draw (-quiet +busy):\n%s", diff)
		}
	}
}

func TestRunEndsWithItsContextAndCanBeRepeated(t *testing.T) {
	for name, rate := range map[string]float64{"without traffic": 0, "with traffic": 20, "with traffic once in an age": 1e-300} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := newService(t, func(c *Config) { c.Rate = rate })
				for range 2 {
					runFor(t, service, time.Minute)
				}
				if got := service.Stats(); got.InFlight != 0 {
					t.Errorf("requests left in flight: %+v", got)
				}
			})
		})
	}
}

func TestRunRefusesToRunTwiceAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		go runFor(t, service, time.Minute)
		synctest.Wait()
		if err := service.Run(t.Context()); err == nil {
			t.Error("a second Run started")
		}
	})
}

func TestCancelledRequestsAreInNoMetric(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		before := scrape(t, service)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := service.Ask(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v, want context.Canceled", err)
		}
		if diff := cmp.Diff(Stats{Started: 1, Cancelled: 1}, service.Stats()); diff != "" {
			t.Errorf("stats (-want +got):\n%s", diff)
		}
		time.Sleep(time.Minute) // refills the provider's budget
		if diff := cmp.Diff(before, scrape(t, service)); diff != "" {
			t.Errorf("metrics (-before +after):\n%s", diff)
		}
	})
}

func TestTimeScaleShortensTheTimeSpentAndNotTheTimeReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t, func(c *Config) { c.TimeScale = 0.01 })
		began := time.Now()
		out, err := service.Ask(t.Context())
		if err != nil {
			t.Fatalf("Ask: %v", err)
		}
		checkNear(t, "time spent", time.Since(began).Seconds(), out.Seconds/100, 0.001)
	})
}

func TestTheProvidersBudgetIsUsedAndRefilled(t *testing.T) {
	start := time.Unix(0, 0)
	b := newBudget(60, start)
	steps := []struct {
		after time.Duration
		take  int
		want  float64
	}{
		{0, 0, 60},               // full at first
		{0, 50, 10},              // used
		{5 * time.Second, 0, 15}, // one a second comes back
		{5 * time.Second, 30, 0}, // never below zero
		{6 * time.Second, 0, 1},  // and back from there
		{time.Hour, 0, 60},       // never above the budget
		{time.Hour, 1, 59},       // and used again
	}
	for _, step := range steps {
		now := start.Add(step.after)
		for range step.take {
			b.take(now)
		}
		if got := b.remaining(now); got != step.want {
			t.Errorf("%v after the start: %v remain, want %v", step.after, got, step.want)
		}
	}
}

func TestTrafficUsesTheProvidersBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t, func(c *Config) { c.ProviderBudget = 600 }) // 10 of 20 requests a second
		go runFor(t, service, time.Hour)
		time.Sleep(30 * time.Second)
		checkWithin(t, "remaining after half a minute", scrape(t, service).sum("rag_rate_limit_remaining"), 200, 400)
		time.Sleep(5 * time.Minute)
		checkWithin(t, "remaining in the end", scrape(t, service).sum("rag_rate_limit_remaining"), 0, 10)
	})
}

func TestHitWindowForgetsAfter100LookUps(t *testing.T) {
	var window hitWindow
	var ratio float64
	for _, step := range []struct {
		hit   bool
		times int
		want  float64
	}{{true, 1, 1}, {false, 3, 0.25}, {true, 96, 0.97}, {false, 50, 0.5}, {true, 100, 1}} {
		for range step.times {
			ratio = window.add(step.hit)
		}
		if ratio != step.want {
			t.Errorf("after %d times %v the ratio is %v, want %v", step.times, step.hit, ratio, step.want)
		}
	}
}
