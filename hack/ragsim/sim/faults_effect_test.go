package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// interval is inclusive.
type interval struct{ low, high float64 }

func exactly(v float64) interval { return interval{v - 1e-9, v + 1e-9} }

// effectRequests is how many requests each case of effects is measured over.
const effectRequests = 1000

func costPerToken(s series) float64 {
	return s.sum("rag_total_cost_usd") / s.sum("rag_input_tokens_total")
}

// effect of a fault; what is measured must be in want with the fault and out of
// it without.
type effect struct {
	faults  Faults
	measure func(series) float64
	want    interval
}

var ragEffects = map[string]effect{
	"a slow stage is slow": {
		Faults{Slow: map[string]float64{"generation": 10}},
		func(s series) float64 { return s.mean("rag_llm_latency_seconds") },
		interval{5, 6.5},
	},
	"a slow stage makes requests slow": {
		Faults{Slow: map[string]float64{"generation": 10}},
		func(s series) float64 { return s.shareBelow("rag_query_latency_seconds", "2") },
		interval{0, 0.1},
	},
	"a failing stage fails requests": {
		Faults{Failing: map[string]float64{"retrieval": 0.1}},
		func(s series) float64 {
			return s.sum("rag_errors_total", `error_type="retrieval_failed"`) / effectRequests
		},
		interval{0.07, 0.13},
	},
	"after a failed stage no other runs": {
		Faults{Failing: map[string]float64{"retrieval": 1}},
		func(s series) float64 { return s.sum("rag_llm_latency_seconds_count") }, exactly(0),
	},
	"a failed generation costs nothing": {
		Faults{Failing: map[string]float64{"generation": 1}},
		func(s series) float64 { return s.sum("rag_total_cost_usd") }, exactly(0),
	},
	"the error ratio is that of requests": {
		Faults{ErrorRatio: 0.2},
		func(s series) float64 { return s.shareOf("rag_requests_total", `status="error"`) },
		interval{0.16, 0.24},
	},
	"outright errors are internal": {
		Faults{ErrorRatio: 1},
		func(s series) float64 { return s.sum("rag_errors_total", `error_type="internal_error"`) }, exactly(effectRequests),
	},
	"cost is multiplied": {
		Faults{CostFactor: new(1e6)}, costPerToken, interval{0.1, 0.3},
	},
	"cost can be nothing": {
		Faults{CostFactor: new(0.0)}, costPerToken, exactly(0),
	},
	"the cache stops hitting": {
		Faults{CacheHitRatio: new(0.02)},
		func(s series) float64 { return s.shareOf("rag_cache_operations_total", `hit="true"`) },
		interval{0, 0.04},
	},
	"the cache hit gauge follows": {
		Faults{CacheHitRatio: new(0.02)},
		func(s series) float64 { return s.sum("rag_cache_hit_rate") },
		interval{0, 0.1},
	},
	"a cache that always hits makes retrieval fast": {
		Faults{CacheHitRatio: new(1.0)},
		func(s series) float64 { return s.shareBelow("rag_retrieval_latency_seconds", "0.05") },
		interval{0.94, 1},
	},
	"the gauge of each cache follows": {
		Faults{CacheHitRatio: new(0.02)},
		func(s series) float64 { return s.sum("rag_cache_hit_rate", `cache_type="embedding"`) },
		interval{0, 0.1},
	},
	"answers miss the question": {
		Faults{Relevance: new(0.4)},
		func(s series) float64 { return s.mean("rag_response_relevance_score") },
		interval{0.39, 0.41},
	},
	"the context is of no use": {
		Faults{ContextPrecision: new(0.3)},
		func(s series) float64 { return s.mean("rag_context_precision") },
		interval{0.29, 0.31},
	},
	"requests that wait take longer": {
		Faults{WaitSeconds: 3},
		func(s series) float64 { return s.shareBelow("rag_query_latency_seconds", "2") },
		exactly(0),
	},
	"the rate limit is nearly used up": {
		Faults{RateLimitRemaining: new(12.0)},
		func(s series) float64 { return s.sum("rag_rate_limit_remaining") }, exactly(12),
	},
}

func TestFaultsShowInTheMetrics(t *testing.T) { checkEffects(t, VocabularyRAG, ragEffects) }

func checkEffects(t *testing.T, vocabulary string, effects map[string]effect) {
	t.Helper()
	for name, tc := range effects {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := newServiceFor(t, vocabulary)
				mustSetFaults(t, service, tc.faults)
				ask(t, service, effectRequests)
				checkWithin(t, "with the fault", tc.measure(scrape(t, service)), tc.want.low, tc.want.high)

				healthy := newServiceFor(t, vocabulary)
				ask(t, healthy, effectRequests)
				if v := tc.measure(scrape(t, healthy)); v >= tc.want.low && v <= tc.want.high {
					t.Errorf("without the fault it is %v too: the case proves nothing", v)
				}
			})
		})
	}
}

func TestAFaultChangesOnlyWhatItIsAbout(t *testing.T) {
	service := newService(t)
	faults := Faults{Slow: map[string]float64{"generation": 10}, CostFactor: new(2.0), Relevance: new(0.4), WaitSeconds: 3}
	for range 100 {
		d := service.own.deal()
		want := foretell(service.cfg, d, Faults{})
		got := foretell(service.cfg, d, faults)
		want.Seconds += 3 + 9*want.Stages[1].Seconds
		want.Stages[1].Seconds *= 10
		want.Usage.CostUSD *= 2
		want.Quality.Relevance = Score{Mean: 0.4, StdDev: service.cfg.Relevance.StdDev}.Quantile(d.relevance)
		checkNear(t, "request time", got.Seconds, want.Seconds, 1e-9)
		got.Seconds = want.Seconds
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("outcome (-want +got):\n%s", diff)
		}
	}
}

func TestFaultsBearOnRequestsThatStartLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		outcomes := make(chan Outcome, 1)
		go func() {
			out, _ := service.Ask(t.Context())
			outcomes <- out
		}()
		synctest.Wait()
		mustSetFaults(t, service, Faults{ErrorRatio: 1})
		if out := <-outcomes; out.ErrorType != "" {
			t.Errorf("a request from before the fault failed with %q", out.ErrorType)
		}
		out, err := service.Ask(t.Context())
		if err != nil || out.ErrorType != ErrorTypeInternal {
			t.Errorf("a request from after the fault: error type %q, error %v", out.ErrorType, err)
		}
	})
}

func TestFaultsAreCopied(t *testing.T) {
	service := newServiceFor(t, VocabularyAssistant)
	fresh := func() Faults {
		return Faults{
			Slow: map[string]float64{"generation": 2}, Failing: map[string]float64{"retrieval": 1},
			ToolFailing: map[string]float64{"web": 1}, Host: map[string]float64{"cpu": 95},
			CostFactor: new(3.0), CacheHitRatio: new(0.1), Relevance: new(0.4), ContextPrecision: new(0.3), RateLimitRemaining: new(12.0),
		}
	}
	given, want := fresh(), fresh()
	mustSetFaults(t, service, given)
	spoil(given)
	spoil(service.Faults())
	if diff := cmp.Diff(want, service.Faults()); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func spoil(f Faults) {
	for _, values := range []map[string]float64{f.Slow, f.Failing, f.ToolFailing, f.Host} {
		for name := range values {
			values[name] = -1
		}
	}
	for _, value := range []*float64{f.CostFactor, f.CacheHitRatio, f.Relevance, f.ContextPrecision, f.RateLimitRemaining} {
		*value = -1
	}
}

func TestFrozenStopsEveryMetricWhileRequestsGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		go runFor(t, service, time.Hour)
		time.Sleep(30 * time.Second)

		mustSetFaults(t, service, Faults{Frozen: true})
		before, stats := scrape(t, service), service.Stats()
		checkWithin(t, "frozen requests in flight", before.sum("rag_active_requests"), 1, 100)
		time.Sleep(time.Minute)
		// Freezing again, with more faults, moves nothing either.
		mustSetFaults(t, service, Faults{Frozen: true, ErrorRatio: 1, RateLimitRemaining: new(3.0)})
		time.Sleep(time.Minute)
		if diff := cmp.Diff(before, scrape(t, service)); diff != "" {
			t.Errorf("metrics moved (-before +after):\n%s", diff)
		}
		if got := service.Stats(); got.Succeeded <= stats.Succeeded || got.Failed == 0 {
			t.Errorf("requests did not go on: %+v, before %+v", got, stats)
		}

		mustSetFaults(t, service, Faults{})
		time.Sleep(time.Minute)
		if after := scrape(t, service); after.sum("rag_requests_total") <= before.sum("rag_requests_total") {
			t.Error("metrics did not move after thawing")
		}
	})
}

func TestFrozenWhenIdleStillShowsARequestInFlight(t *testing.T) {
	service := newService(t)
	for _, step := range []struct {
		faults Faults
		want   float64
	}{{Faults{}, 0}, {Faults{Frozen: true}, 1}, {Faults{}, 0}} {
		mustSetFaults(t, service, step.faults)
		if got := scrape(t, service).sum("rag_active_requests"); got != step.want {
			t.Errorf("with faults %+v requests in flight are %v, want %v", step.faults, got, step.want)
		}
	}
}

func TestRequestsThatWaitAreInFlight(t *testing.T) {
	for vocabulary, metric := range inFlightMetrics {
		t.Run(vocabulary, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := newServiceFor(t, vocabulary)
				go runFor(t, service, time.Hour)
				time.Sleep(time.Minute)
				checkWithin(t, "without waiting", scrape(t, service).sum(metric), 0, 40)
				mustSetFaults(t, service, Faults{WaitSeconds: 10})
				time.Sleep(time.Minute)
				// 20 requests a second, 10 s each and what they take anyway.
				checkWithin(t, "with waiting", scrape(t, service).sum(metric), 150, 270)
			})
		})
	}
}

func TestSilenceStopsOwnTrafficOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		go runFor(t, service, time.Hour)
		time.Sleep(10 * time.Second)
		mustSetFaults(t, service, Faults{Silence: true})
		time.Sleep(time.Minute) // requests that had started end

		before := scrape(t, service)
		time.Sleep(time.Minute)
		if diff := cmp.Diff(before, scrape(t, service)); diff != "" {
			t.Errorf("metrics moved without traffic (-before +after):\n%s", diff)
		}
		ask(t, service, 1)
		if got, want := scrape(t, service).sum("rag_requests_total"), before.sum("rag_requests_total")+1; got != want {
			t.Errorf("requests after a question: %v, want %v", got, want)
		}
		mustSetFaults(t, service, Faults{})
		time.Sleep(time.Minute)
		if got := scrape(t, service).sum("rag_requests_total"); got < before.sum("rag_requests_total")+1000 {
			t.Errorf("own traffic did not come back: %v requests", got)
		}
	})
}
