package rules_test

import (
	"maps"
	"math"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// target is the labels that every series of the component's one target has.
const target = `namespace="rag",ragmonitor="support-bot",component="api",instance="10.0.0.1:8000"`

func TestRecordings(t *testing.T) {
	const at = 10 * time.Minute
	for name, tc := range map[string]struct {
		load string
		expr string
		want float64
		// tolerance is the share by which the value may differ.
		tolerance float64
		// absent means that the series must not exist.
		absent bool
	}{
		"requests are counted per second, whatever their status": {
			load: `rag_requests_total{` + target + `,status="success"} 0+90x60
			       rag_requests_total{` + target + `,status="error"} 0+10x60`,
			expr: `ragmonitor:requests:rate`, want: 10,
		},
		"requests of another RAGMonitor are not counted": {
			load: `rag_requests_total{` + target + `,status="success"} 0+90x60
			       rag_requests_total{namespace="rag",ragmonitor="other",component="api"} 0+90x60
			       rag_requests_total{namespace="other",ragmonitor="support-bot",component="api"} 0+90x60`,
			expr: `ragmonitor:requests:rate`, want: 9,
		},
		"requests survive a counter reset": {
			load: `rag_requests_total{` + target + `,status="success"} 0+100x30 100+100x29`,
			expr: `ragmonitor:requests:rate`, want: 10,
		},
		"requests come from the duration's count where nothing counts them": {
			load: `rag_query_latency_seconds_count{` + target + `} 0+50x60`,
			expr: `ragmonitor:requests:rate`, want: 5,
		},
		"the error ratio is errors over requests, both summed first": {
			load: `rag_requests_total{` + target + `,status="success"} 0+90x60
			       rag_requests_total{` + target + `,status="error",model="a"} 0+4x60
			       rag_requests_total{` + target + `,status="error",model="b"} 0+6x60`,
			expr: `ragmonitor:request_errors:ratio_rate`, want: 0.1,
		},
		"a service that never failed has an error ratio of zero": {
			load: `rag_requests_total{` + target + `,status="success"} 0+90x60`,
			expr: `ragmonitor:request_errors:ratio_rate`, want: 0,
		},
		"an idle service has a rate of zero": {
			load: `rag_requests_total{` + target + `,status="success"} 7+0x60`,
			expr: `ragmonitor:requests:rate`, want: 0,
		},
		"an idle service has no error ratio": {
			load: `rag_requests_total{` + target + `,status="success"} 7+0x60`,
			expr: `ragmonitor:request_errors:ratio_rate`, absent: true,
		},
		"a quantile is taken over the summed buckets": {
			load: `rag_query_latency_seconds_bucket{` + target + `,operation="a",le="1"} 0+90x60
			       rag_query_latency_seconds_bucket{` + target + `,operation="a",le="2"} 0+90x60
			       rag_query_latency_seconds_bucket{` + target + `,operation="a",le="+Inf"} 0+90x60
			       rag_query_latency_seconds_bucket{` + target + `,operation="b",le="1"} 0+0x60
			       rag_query_latency_seconds_bucket{` + target + `,operation="b",le="2"} 0+10x60
			       rag_query_latency_seconds_bucket{` + target + `,operation="b",le="+Inf"} 0+10x60
			       rag_query_latency_seconds_count{` + target + `} 0+100x60`,
			expr: `ragmonitor:request_duration_seconds:p95`, want: 1.5,
		},
		"an idle service has no quantile": {
			load: `rag_query_latency_seconds_bucket{` + target + `,le="1"} 90+0x60
			       rag_query_latency_seconds_bucket{` + target + `,le="+Inf"} 90+0x60
			       rag_query_latency_seconds_count{` + target + `} 90+0x60`,
			expr: `ragmonitor:request_duration_seconds:p95`, absent: true,
		},
		"the share of a stage is its time over the requests' time": {
			load: `rag_query_latency_seconds_sum{` + target + `} 0+20x60
			       rag_llm_latency_seconds_sum{` + target + `} 0+15x60`,
			expr: `ragmonitor:stage_share:ratio{stage="generation"}`, want: 0.75,
		},
		"another spelling of a metric is understood": {
			load: `rag_llm_generation_latency_seconds_sum{` + target + `} 0+15x60
			       rag_llm_generation_latency_seconds_count{` + target + `} 0+5x60`,
			expr: `ragmonitor:stage_duration_seconds:mean{stage="generation"}`, want: 3,
		},
		"two spellings of a metric are not counted twice": {
			load: `rag_query_latency_seconds_count{` + target + `} 0+50x60
			       rag_request_latency_seconds_count{` + target + `} 0+50x60`,
			expr: `ragmonitor:requests:rate`, want: 5,
		},
		"two spellings with different labels are not counted twice": {
			load: `rag_query_latency_seconds_count{` + target + `,operation="query"} 0+50x60
			       rag_request_latency_seconds_count{` + target + `} 0+50x60`,
			expr: `ragmonitor:requests:rate`, want: 5,
		},
		"a rollout from one spelling to another is counted in full": {
			load: `rag_query_latency_seconds_count{` + target + `} 0+50x60
			       rag_request_latency_seconds_count{namespace="rag",ragmonitor="support-bot",component="api",instance="10.0.0.2:8000"} 0+50x60`,
			expr: `ragmonitor:requests:rate`, want: 10,
		},
		"requests in flight are those that were never fewer": {
			load: `rag_active_requests{` + target + `} 3x40 1 3x19`,
			expr: `ragmonitor:requests_in_flight:min`, want: 1,
		},
		"cost is recorded per second, also before its window is full": {
			load: `rag_requests_total{` + target + `,status="success"} 0+20x60
			       rag_total_cost_usd{` + target + `,model="a"} 0+0.01x60`,
			expr: `ragmonitor:cost_usd:rate{model="a"}`, want: 0.001, tolerance: 0.02,
		},
		"cost follows the requests of now, at what they cost": {
			// Ten a second for five minutes, and then one.
			load: `rag_requests_total{` + target + `,status="success"} 0+100x30 3000+10x30
			       rag_total_cost_usd{` + target + `,model="a"} 0+0.125x30 3.75+0.0125x30`,
			expr: `ragmonitor:cost_usd:rate{model="a"}`, want: 0.00125, tolerance: 0.02,
		},
		"cost is not estimated before the rate of requests is known": {
			load: `rag_requests_total{` + target + `,status="success"} _x38 0+20x22
			       rag_total_cost_usd{` + target + `,model="a"} _x38 0+0.01x22`,
			expr: `ragmonitor:cost_usd:rate{model="a"}`, absent: true,
		},
		"cost without requests is recorded as well": {
			load: `rag_total_cost_usd{` + target + `,model="a"} 0+0.01x60`,
			expr: `ragmonitor:cost_usd:rate{model="a"}`, want: 0.6 / 3600, tolerance: 0.05,
		},
		"an idle service costs nothing": {
			load: `rag_requests_total{` + target + `,status="success"} 0+100x20 2000+0x40
			       rag_total_cost_usd{` + target + `,model="a"} 0+0.1x20 2+0x40`,
			expr: `ragmonitor:cost_usd:rate{model="a"}`, want: 0,
		},
		"the mean cost of a request is money over requests": {
			load: `rag_total_cost_usd{` + target + `,model="a"} 0+0.01x60
			       rag_requests_total{` + target + `,status="success"} 0+20x60`,
			expr: `ragmonitor:cost_per_request_usd:mean`, want: 0.0005,
		},
		"the hit ratio comes from the look-ups where they are counted": {
			load: `rag_cache_operations_total{` + target + `,hit="true"} 0+4x60
			       rag_cache_operations_total{` + target + `,hit="false"} 0+6x60
			       rag_cache_hit_rate{` + target + `} 0.9x60`,
			expr: `ragmonitor:cache_hits:ratio`, want: 0.4,
		},
		"a cache that never hit has a ratio of zero": {
			load: `rag_cache_operations_total{` + target + `,hit="false"} 0+6x60`,
			expr: `ragmonitor:cache_hits:ratio`, want: 0,
		},
		"the hit ratio comes from the gauge where nothing is counted": {
			load: `rag_cache_hit_rate{` + target + `} 0.9x60`,
			expr: `ragmonitor:cache_hits:ratio`, want: 0.9,
		},
		"a cache that nobody asks has no ratio, whatever the gauge remembers": {
			load: `rag_cache_operations_total{` + target + `,hit="true"} 4+0x60
			       rag_cache_hit_rate{` + target + `} 0.9x60`,
			expr: `ragmonitor:cache_hits:ratio`, absent: true,
		},
		"the lowest rate limit counts": {
			load: `rag_rate_limit_remaining{` + target + `} 500x60
			       rag_rate_limit_remaining{` + target + `,pod="b"} 40x60`,
			expr: `ragmonitor:rate_limit_remaining:min`, want: 40,
		},
		"targets up are counted": {
			load: `up{` + target + `} 1x60
			       up{` + target + `,pod="b"} 0x60`,
			expr: `ragmonitor:targets:up`, want: 1,
		},
		"targets are counted": {
			load: `up{` + target + `} 1x60
			       up{` + target + `,pod="b"} 0x60`,
			expr: `ragmonitor:targets:total`, want: 2,
		},
		"without targets the count is zero": {
			load: `up{namespace="rag",ragmonitor="other"} 1x60`,
			expr: `ragmonitor:targets:total`, want: 0,
		},
		"the time of evaluation is recorded": {
			load: `up{` + target + `} 1x60`,
			expr: `ragmonitor:evaluation:timestamp_seconds`, want: 600,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, fixture.Minimal, "load 10s\n"+tc.load)
			e.runUntil(at)
			got, ok := e.value(tc.expr, at)
			if ok == tc.absent {
				t.Fatalf("series exists: %v, must be %v", ok, !tc.absent)
			}
			if math.Abs(got-tc.want) > math.Max(tc.tolerance, 1e-9)*math.Max(tc.want, 1e-3) {
				t.Errorf("value is %v, must be %v", got, tc.want)
			}
		})
	}
}

// TestQueuesThatSeveralTellOfCountOnce has two pickers before one pool: both tell of
// the queues of its servers, as each saw them last.
func TestQueuesThatSeveralTellOfCountOnce(t *testing.T) {
	t.Parallel()
	const (
		at     = 10 * time.Minute
		length = `ragmonitor:queue_length:sum{component="epp"}`
		picker = `namespace="rag",ragmonitor="support-bot",component="epp",job="epp",name="llama-pool"`
	)
	for name, load := range map[string]string{
		"of the extension": `inference_pool_per_pod_queue_size{` + picker + `,instance="a",model_server_pod="llama-0"} 10x60
			inference_pool_per_pod_queue_size{` + picker + `,instance="a",model_server_pod="llama-1"} 20x60
			inference_pool_per_pod_queue_size{` + picker + `,instance="b",model_server_pod="llama-0"} 10x60
			inference_pool_per_pod_queue_size{` + picker + `,instance="b",model_server_pod="llama-1"} 19x60`,
		"of llm-d": `llm_d_epp_per_endpoint_queue_size{` + picker + `,instance="a",model_server_endpoint="llama-0"} 10x60
			llm_d_epp_per_endpoint_queue_size{` + picker + `,instance="a",model_server_endpoint="llama-1"} 20x60
			llm_d_epp_per_endpoint_queue_size{` + picker + `,instance="b",model_server_endpoint="llama-0"} 10x60
			llm_d_epp_per_endpoint_queue_size{` + picker + `,instance="b",model_server_endpoint="llama-1"} 19x60`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, composed("epp inference-gateway"), "load 10s\n"+load)
			e.record(at)
			e.failures()
			e.expect(read{length: exactly(30)}, at)
		})
	}
}

func TestErrorBudgetIsWeightedByTraffic(t *testing.T) {
	const manifest = fixture.Minimal + `
  slos: [{name: availability, objective: "90", period: 1d}]
`
	// Ten busy minutes without failures, then ten quiet ones in which half of the
	// requests fail: 50 of 1100 in all, of a budget of 10 %. A mean of ratios would
	// call a quarter of them failed, and the budget overspent.
	e := newEngine(t, manifest, "load 10s\n"+
		`rag_requests_total{`+target+`,status="success"} 0+1000x60 60000+50x60
		 rag_requests_total{`+target+`,status="error"} 0+0x60 0+50x60`)
	e.runUntil(20 * time.Minute)
	got, ok := e.value(`ragmonitor:slo_error_budget_remaining:ratio{slo="availability"}`, 20*time.Minute)
	if !ok {
		t.Fatal("no budget was recorded")
	}
	if got < 0.5 || got > 0.65 {
		t.Errorf("budget remaining is %v, must be near 1 - (50/1100)/0.1", got)
	}
}

func TestNoErrorRatioWhereFailuresAreNotCounted(t *testing.T) {
	m := fixture.Monitor(t, fixture.Minimal)
	for _, counted := range []bool{true, false} {
		m.Components[0].Vocabulary.Signals = maps.Clone(m.Components[0].Vocabulary.Signals)
		if !counted {
			delete(m.Components[0].Vocabulary.Signals, vocabulary.RequestErrors)
		}
		made, err := fixture.Rules(t).Build(m)
		if err != nil {
			t.Fatal(err)
		}
		if got := made.Recorded.Has("ragmonitor:request_errors:rate", nil); got != counted {
			t.Errorf("failures counted: %v, their rate recorded: %v", counted, got)
		}
	}
}
