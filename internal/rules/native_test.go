package rules_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

// Two targets of the component: what one lacks, the other may have.
const (
	podA = `namespace="rag",ragmonitor="support-bot",component="api",job="api",instance="10.0.0.1:8000"`
	podB = `namespace="rag",ragmonitor="support-bot",component="api",job="api",instance="10.0.0.2:8000"`
)

// Ten observations a second, of which 40 % take up to half a second, 50 % up to one
// and 10 % up to two, as both kinds of histograms have them.
func inClassicBuckets(metric, labels string) string {
	return metric + `_bucket{` + labels + `,le="0.5"} 0+40x60
	` + metric + `_bucket{` + labels + `,le="1.0"} 0+90x60
	` + metric + `_bucket{` + labels + `,le="2.0"} 0+100x60
	` + metric + `_bucket{` + labels + `,le="+Inf"} 0+100x60
	` + metric + `_sum{` + labels + `} 0+62x60
	` + metric + `_count{` + labels + `} 0+100x60
	`
}

func inNativeBuckets(metric, labels string) string {
	return metric + `{` + labels + `} {{schema:0}}+{{schema:0 sum:62 count:100 offset:-1 buckets:[40 50 10]}}x60
	`
}

// band is what a value must be in, both ends included.
type band struct{ low, high float64 }

func about(value float64) band { return band{value * 0.999, value * 1.001} }

// read is a set of expressions and what they must give; nil is no sample.
type read map[string]*band

func (e engine) expect(want read, at time.Duration) {
	e.t.Helper()
	for expr, want := range want {
		got, ok := e.value(expr, at)
		switch {
		case want == nil && ok:
			e.t.Errorf("%s is %v, must not exist", expr, got)
		case want != nil && (!ok || math.IsNaN(got) || got < want.low || got > want.high):
			e.t.Errorf("%s is %v (exists: %v), must be from %v to %v", expr, got, ok, want.low, want.high)
		}
	}
}

func exactly(value float64) *band {
	b := about(value)
	return &b
}

func between(low, high float64) *band { return &band{low, high} }

func TestHistogramsOfEveryKind(t *testing.T) {
	const at = 10 * time.Minute
	requests := func(perSecond float64) read {
		return read{
			"ragmonitor:requests:rate":                 exactly(perSecond),
			"ragmonitor:request_seconds:rate":          exactly(0.62 * perSecond),
			"ragmonitor:request_duration_seconds:mean": exactly(0.62),
			// Within the bucket; how far is interpolated in two ways.
			"ragmonitor:request_duration_seconds:p50": between(0.5, 1),
			"ragmonitor:request_duration_seconds:p95": between(1, 2),
		}
	}
	const metric = "rag_query_latency_seconds"
	for name, tc := range map[string]struct {
		vocabulary string
		load       string
		want       read
	}{
		"classic histograms":          {load: inClassicBuckets(metric, podA) + inClassicBuckets(metric, podB), want: requests(20)},
		"native histograms":           {load: inNativeBuckets(metric, podA) + inNativeBuckets(metric, podB), want: requests(20)},
		"both at once are not added":  {load: inClassicBuckets(metric, podA) + inNativeBuckets(metric, podA), want: requests(10)},
		"a rollout from one to other": {load: inClassicBuckets(metric, podA) + inNativeBuckets(metric, podB), want: requests(20)},
		"a native histogram of a stage": {
			load: inNativeBuckets(metric, podA) + inNativeBuckets("rag_llm_latency_seconds", podA),
			want: read{
				`ragmonitor:stage_duration_seconds:mean{stage="generation"}`: exactly(0.62),
				`ragmonitor:stage_duration_seconds:p95{stage="generation"}`:  between(1, 2),
				`ragmonitor:stage_calls:rate{stage="generation"}`:            exactly(10),
				`ragmonitor:stage_share:ratio{stage="generation"}`:           exactly(1),
			},
		},
		"native scores, and enough of them": {
			load: `rag_response_relevance_score{` + podA + `} {{schema:0}}+{{schema:0 sum:70 count:100 offset:-1 buckets:[20 80]}}x60`,
			want: read{"ragmonitor:relevance_score:p50": between(0.5, 1)},
		},
		"native scores, and too few of them": {
			load: `rag_response_relevance_score{` + podA + `} {{schema:0}}+{{schema:0}}x55 {{schema:0 sum:7 count:9 offset:0 buckets:[9]}}x5`,
			want: read{"ragmonitor:relevance_score:p50": nil},
		},
		"tokens in a native histogram": {
			vocabulary: "otel-genai",
			load: `gen_ai_client_token_usage{` + podA + `,gen_ai_token_type="input",gen_ai_request_model="gpt-4o"} {{schema:0}}+{{schema:0 sum:6000 count:10 offset:10 buckets:[10]}}x60
			       gen_ai_client_token_usage{` + podA + `,gen_ai_token_type="output",gen_ai_request_model="gpt-4o"} {{schema:0}}+{{schema:0 sum:900 count:10 offset:7 buckets:[10]}}x60`,
			want: read{
				`ragmonitor:tokens:rate{direction="input",model="gpt-4o"}`:  exactly(600),
				`ragmonitor:tokens:rate{direction="output",model="gpt-4o"}`: exactly(90),
			},
		},
		"milliseconds in a native histogram": {
			vocabulary: "istio",
			load:       `istio_request_duration_milliseconds{` + podA + `,reporter="destination"} {{schema:0}}+{{schema:0 sum:62000 count:100 offset:9 buckets:[40 50 10]}}x60`,
			want: read{
				"ragmonitor:requests:rate":                 exactly(10),
				"ragmonitor:request_duration_seconds:mean": exactly(0.62),
				"ragmonitor:request_duration_seconds:p95":  between(1.024, 2.048),
			},
		},
		"a summary": {
			vocabulary: "http",
			load: `http_request_duration_seconds{` + podA + `,quantile="0.5"} 0.4x60
			       http_request_duration_seconds{` + podA + `,quantile="0.95"} 1.2x60
			       http_request_duration_seconds{` + podB + `,quantile="0.95"} 1.7x60
			       http_request_duration_seconds{` + podB + `,quantile="0.9"} 9x60
			       http_request_duration_seconds_sum{` + podA + `} 0+31x60
			       http_request_duration_seconds_count{` + podA + `} 0+50x60
			       http_request_duration_seconds_sum{` + podB + `} 0+31x60
			       http_request_duration_seconds_count{` + podB + `} 0+50x60`,
			want: read{
				"ragmonitor:requests:rate":                 exactly(10),
				"ragmonitor:request_duration_seconds:mean": exactly(0.62),
				"ragmonitor:request_duration_seconds:p50":  exactly(0.4),
				// That of the slower one: quantiles cannot be joined.
				"ragmonitor:request_duration_seconds:p95": exactly(1.7),
				"ragmonitor:request_duration_seconds:p99": nil,
			},
		},
		"an idle summary": {
			vocabulary: "http",
			load: `http_request_duration_seconds{` + podA + `,quantile="0.95"} ` + strings.Repeat("NaN ", 61) + `
			       http_request_duration_seconds_sum{` + podA + `} 31x60
			       http_request_duration_seconds_count{` + podA + `} 50x60`,
			want: read{
				"ragmonitor:requests:rate":                 between(0, 0),
				"ragmonitor:request_duration_seconds:mean": nil,
				"ragmonitor:request_duration_seconds:p95":  nil,
			},
		},
		"the quantile of a classic histogram, in spite of a summary's counters": {
			vocabulary: "http",
			load:       inClassicBuckets("http_request_duration_seconds", podA),
			want:       requests(10),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, inVocabulary(tc.vocabulary), "load 10s\n"+tc.load)
			for since := 2 * time.Minute; since >= 0; since -= 30 * time.Second {
				e.record(at - since)
			}
			e.failures()
			e.expect(tc.want, at)
		})
	}
}

// inVocabulary is the smallest RAGMonitor in another vocabulary than rag, unless that
// is empty.
func inVocabulary(name string) string {
	if name == "" {
		return fixture.Minimal
	}
	return strings.Replace(fixture.Minimal, "vocabulary: rag", "vocabulary: "+name, 1)
}

// own is a RAGMonitor whose component is read by signals of its own.
func own(signals string) string {
	return strings.Replace(fixture.Minimal, "vocabulary: rag", "vocabulary: custom\n    signals:\n"+signals, 1)
}

func TestUnitsAndOwnSignals(t *testing.T) {
	const at = 10 * time.Minute
	for name, tc := range map[string]struct {
		signals string
		load    string
		want    read
	}{
		"requests, failed ones by label": {
			signals: `    - {signal: requests, metrics: [answers_total]}
    - {signal: requestErrors, metrics: [answers_total], match: [{label: outcome, values: [failed, timed.out]}]}`,
			load: `answers_total{` + podA + `,outcome="fine"} 0+70x60
			       answers_total{` + podA + `,outcome="failed"} 0+20x60
			       answers_total{` + podA + `,outcome="timed.out"} 0+10x60
			       answers_total{` + podA + `,outcome="timed-out"} 0+100x60`,
			want: read{"ragmonitor:requests:rate": exactly(20), "ragmonitor:request_errors:ratio_rate": exactly(0.15)},
		},
		"failures that begin with the first": {
			signals: `    - {signal: requests, metrics: [answers_total]}
    - {signal: requestErrors, metrics: [failures_total], partOf: [answers_total]}`,
			load: `answers_total{` + podA + `} 0+90x60`,
			want: read{"ragmonitor:requests:rate": exactly(9), "ragmonitor:request_errors:ratio_rate": between(0, 0)},
		},
		"failures that somebody may count": {
			signals: `    - {signal: requests, metrics: [answers_total]}
    - {signal: requestErrors, metrics: [failures_total]}`,
			load: `answers_total{` + podA + `} 0+90x60`,
			want: read{"ragmonitor:requests:rate": exactly(9), "ragmonitor:request_errors:ratio_rate": nil},
		},
		"milliseconds of a classic histogram": {
			signals: `    - {signal: requestDuration, metrics: [answer_ms], unit: milliseconds}`,
			load: `answer_ms_bucket{` + podA + `,le="500"} 0+90x60
			       answer_ms_bucket{` + podA + `,le="1000"} 0+100x60
			       answer_ms_bucket{` + podA + `,le="+Inf"} 0+100x60
			       answer_ms_sum{` + podA + `} 0+31000x60
			       answer_ms_count{` + podA + `} 0+100x60`,
			want: read{
				"ragmonitor:request_duration_seconds:p95":  exactly(0.75),
				"ragmonitor:request_duration_seconds:mean": exactly(0.31),
				"ragmonitor:request_seconds:rate":          exactly(3.1),
				"ragmonitor:requests:rate":                 exactly(10),
			},
		},
		"a percentile in a first bucket that ends above the objective is not known": {
			signals: `    - {signal: requestDuration, metrics: [answer_seconds], buckets: ["0", "5", "10"]}`,
			load: `answer_seconds_bucket{` + podA + `,le="0"} 0x60
			       answer_seconds_bucket{` + podA + `,le="5"} 0+100x60
			       answer_seconds_bucket{` + podA + `,le="10"} 0+100x60
			       answer_seconds_bucket{` + podA + `,le="+Inf"} 0+100x60`,
			want: read{"ragmonitor:request_duration_seconds:p95": nil},
		},
		"one in the second bucket is": {
			signals: `    - {signal: requestDuration, metrics: [answer_seconds], buckets: ["0", "5", "10"]}`,
			load: `answer_seconds_bucket{` + podA + `,le="0"} 0x60
			       answer_seconds_bucket{` + podA + `,le="5"} 0+90x60
			       answer_seconds_bucket{` + podA + `,le="10"} 0+100x60
			       answer_seconds_bucket{` + podA + `,le="+Inf"} 0+100x60`,
			want: read{"ragmonitor:request_duration_seconds:p95": exactly(7.5)},
		},
		"one in a first bucket that ends below the objective is as good as known": {
			signals: `    - {signal: requestDuration, metrics: [answer_seconds], buckets: ["1", "5"]}`,
			load: `answer_seconds_bucket{` + podA + `,le="1"} 0+100x60
			       answer_seconds_bucket{` + podA + `,le="5"} 0+100x60
			       answer_seconds_bucket{` + podA + `,le="+Inf"} 0+100x60`,
			want: read{"ragmonitor:request_duration_seconds:p95": exactly(0.95)},
		},
		"microseconds of a summary": {
			signals: `    - {signal: requestDuration, metrics: [answer_us], type: summary, unit: microseconds}`,
			load: `answer_us{` + podA + `,quantile="0.95"} 750000x60
			       answer_us_sum{` + podA + `} 0+31000000x60
			       answer_us_count{` + podA + `} 0+100x60`,
			want: read{"ragmonitor:request_duration_seconds:p95": exactly(0.75), "ragmonitor:request_duration_seconds:mean": exactly(0.31)},
		},
		"seconds of old targets and milliseconds of new ones": {
			signals: `    - {signal: requestDuration, metrics: [answer_ms], unit: milliseconds}
    - {signal: requestDuration, metrics: [answer_seconds]}`,
			load: `answer_ms_sum{` + podA + `} 0+31000x60
			       answer_ms_count{` + podA + `} 0+100x60
			       answer_seconds_sum{` + podA + `} 0+31x60
			       answer_seconds_count{` + podA + `} 0+100x60
			       answer_seconds_sum{` + podB + `} 0+31x60
			       answer_seconds_count{` + podB + `} 0+100x60`,
			want: read{"ragmonitor:request_duration_seconds:mean": exactly(0.31), "ragmonitor:requests:rate": exactly(20)},
		},
		"percent of a gauge": {
			signals: `    - {signal: cpuUsage, metrics: [cpu_percent], unit: percent}
    - {signal: cacheHitRatio, metrics: [cache_percent], unit: percent}`,
			load: `cpu_percent{` + podA + `} 41x60
			       cpu_percent{` + podB + `} 62x60
			       cache_percent{` + podA + `} 30x60`,
			want: read{"ragmonitor:cpu_usage:max": exactly(0.62), "ragmonitor:cache_hits:ratio": exactly(0.3)},
		},
		"cents and thousands of tokens, by models": {
			signals: `    - {signal: requests, metrics: [answers_total]}
    - {signal: cost, metrics: [spent_cents_total], unit: cents, labels: {model: llm}}
    - {signal: inputTokens, metrics: [kilotokens], type: histogram, field: sum, unit: kilotokens, labels: {model: llm}}`,
			load: `answers_total{` + podA + `} 0+100x60
			       spent_cents_total{` + podA + `,llm="a"} 0+20x60
			       spent_cents_total{` + podA + `,llm="b"} 0+10x60
			       kilotokens_sum{` + podA + `,llm="a"} 0+40x60
			       kilotokens_count{` + podA + `,llm="a"} 0+100x60`,
			want: read{
				`ragmonitor:cost_usd:rate{model="a"}`:                          between(0.0199, 0.0201),
				`ragmonitor:cost_usd:rate{model="b"}`:                          between(0.0099, 0.0101),
				"ragmonitor:cost_per_request_usd:mean":                         between(0.00298, 0.00302),
				`ragmonitor:tokens:rate{model="a",direction="input"}`:          exactly(4000),
				`ragmonitor:tokens:rate{model="a",direction!="input"}`:         nil,
				`ragmonitor:tokens:rate{llm!=""}`:                              nil,
				`ragmonitor:vocabulary_metrics:count{metric="kilotokens"}`:     nil,
				`ragmonitor:vocabulary_metrics:count{metric=~".+s_count"}`:     exactly(1),
				`ragmonitor:vocabulary_metrics:count{metric=~"spent_cents.*"}`: exactly(2),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, own(tc.signals), "load 10s\n"+tc.load)
			for since := 5 * time.Minute; since >= 0; since -= 30 * time.Second {
				e.record(at - since)
			}
			e.failures()
			e.expect(tc.want, at)
		})
	}
}

func TestSumsDifferencesAndSpellings(t *testing.T) {
	const at = 10 * time.Minute
	for name, tc := range map[string]struct {
		vocabulary string
		load       string
		want       read
	}{
		"look-ups are hits and misses": {
			load: `rag_cache_hits_total{` + podA + `} 0+30x60
			       rag_cache_misses_total{` + podA + `} 0+70x60`,
			want: read{"ragmonitor:cache_lookups:rate": exactly(10), "ragmonitor:cache_hits:ratio": exactly(0.3)},
		},
		"pairs are not mixed between targets": {
			load: `rag_cache_hits_total{` + podA + `} 0+30x60
			       rag_cache_misses_total{` + podA + `} 0+70x60
			       rag_cache_hit_total{` + podB + `} 0+70x60
			       rag_cache_miss_total{` + podB + `} 0+30x60`,
			want: read{"ragmonitor:cache_lookups:rate": exactly(20), "ragmonitor:cache_hits:ratio": exactly(0.5)},
		},
		"failures are requests less successes": {
			vocabulary: "tgi",
			load: `tgi_request_count{` + podA + `} 0+100x60
			       tgi_request_success{` + podA + `} 0+96x60`,
			want: read{"ragmonitor:request_errors:rate": exactly(0.4), "ragmonitor:request_errors:ratio_rate": exactly(0.04)},
		},
		"failures are never negative, when more requests end than begin": {
			vocabulary: "tgi",
			load: `tgi_request_count{` + podA + `} 0+90x60
			       tgi_request_success{` + podA + `} 0+96x60`,
			want: read{"ragmonitor:request_errors:rate": between(0, 0), "ragmonitor:request_errors:ratio_rate": between(0, 0)},
		},
		"failures that are counted go before the difference": {
			vocabulary: "tgi",
			load: `tgi_request_count{` + podA + `} 0+100x60
			       tgi_request_success{` + podA + `} 0+90x60
			       tgi_request_failure{` + podA + `,err="validation"} 0+3x60`,
			want: read{"ragmonitor:request_errors:ratio_rate": exactly(0.03)},
		},
		"failures that have a counter of their own, before the first": {
			vocabulary: "inference-gateway",
			load:       `inference_objective_request_total{` + podA + `} 0+100x60`,
			want:       read{"ragmonitor:requests:rate": exactly(10), "ragmonitor:request_errors:ratio_rate": between(0, 0)},
		},
		"of the releases of which some do not count them": {
			vocabulary: "nim",
			load:       `request_success_total{` + podA + `} 0+100x60`,
			want:       read{"ragmonitor:requests:rate": exactly(10), "ragmonitor:request_errors:rate": nil, "ragmonitor:request_errors:ratio_rate": nil},
		},
		"tools that never failed": {
			vocabulary: "openlit",
			load:       `mcp_tool_calls_total{` + podA + `,mcp_tool_name="search"} 0+100x60`,
			want:       read{`ragmonitor:tool_errors:ratio_rate{tool="search"}`: between(0, 0)},
		},
		"a cache that never hit": {
			vocabulary: "litellm",
			load:       `litellm_cache_misses_metric_total{` + podA + `} 0+100x60`,
			want:       read{"ragmonitor:cache_lookups:rate": exactly(10), "ragmonitor:cache_hits:ratio": between(0, 0)},
		},
		"exceptions of several providers are added": {
			vocabulary: "openllmetry",
			load: `gen_ai_client_operation_duration_seconds_count{` + podA + `,gen_ai_operation_name="chat"} 0+100x60
			       llm_openai_chat_completions_exceptions_time_total{` + podA + `,error_type="a"} 0+2x60
			       llm_openai_chat_completions_exceptions_time_total{` + podA + `,error_type="b"} 0+2x60
			       llm_anthropic_completion_exceptions_time_total{` + podA + `,error_type="b"} 0+1x60`,
			want: read{`ragmonitor:stage_errors:ratio_rate{stage="generation"}`: exactly(0.05)},
		},
		"a rollout from release to release": {
			vocabulary: "vllm",
			load: `vllm:request_success_total{` + podA + `} 0+100x60
			       vllm_request_success_total{` + podB + `} 0+50x60
			       vllm:gpu_cache_usage_perc{` + podA + `} 0.2x60
			       vllm:kv_cache_usage_perc{` + podB + `} 0.3x60
			       vllm:prompt_tokens_total{` + podA + `,model_name="m"} 0+100x60
			       vllm_prompt_tokens_total{` + podB + `,model_name="m"} 0+50x60`,
			want: read{
				"ragmonitor:requests:rate":                        exactly(15),
				"ragmonitor:kv_cache_usage:max":                   exactly(0.3),
				`ragmonitor:tokens:rate{model="m"}`:               exactly(15),
				"ragmonitor:targets:reporting":                    exactly(2),
				"count(ragmonitor:tokens:rate)":                   exactly(1),
				"count(ragmonitor:stage_calls:rate) or vector(0)": between(0, 0),
			},
		},
		"releases that expose both names": {
			vocabulary: "vllm",
			load: `vllm:gpu_cache_usage_perc{` + podA + `} 0.9x60
			       vllm:kv_cache_usage_perc{` + podA + `} 0.3x60
			       vllm:gpu_prefix_cache_queries_total{` + podA + `} 0+10x60
			       vllm:prefix_cache_queries_total{` + podA + `} 0+10x60
			       vllm:gpu_prefix_cache_hits_total{` + podA + `} 0+10x60
			       vllm:prefix_cache_hits_total{` + podA + `} 0+4x60`,
			want: read{"ragmonitor:kv_cache_usage:max": exactly(0.3), "ragmonitor:prefix_cache_hits:ratio": exactly(0.4)},
		},
		"a quantile over both names, and never over one target twice": {
			vocabulary: "vllm",
			load: inClassicBuckets("vllm:e2e_request_latency_seconds", podA) + inClassicBuckets("vllm_e2e_request_latency_seconds", podA) + strings.ReplaceAll(
				inClassicBuckets("vllm_e2e_request_latency_seconds", podB), "0+90", "0+70"),
			// 160 of 200 up to 1 s, the rest up to 2 s.
			want: read{"ragmonitor:request_duration_seconds:p95": exactly(1.75), "ragmonitor:requests:rate": exactly(20)},
		},
		"conventions that are being migrated": {
			vocabulary: "otel-genai",
			load: `gen_ai_client_operation_duration_seconds_count{` + podA + `,gen_ai_operation_name="chat"} 0+100x60
			       gen_ai_client_inference_duration_seconds_count{` + podA + `,gen_ai_operation_name="chat"} 0+100x60
			       {"gen_ai.client.operation.duration_count",` + podB + `,"gen_ai.operation.name"="chat"} 0+50x60`,
			want: read{"ragmonitor:requests:rate": exactly(15), `ragmonitor:stage_calls:rate{stage="generation"}`: exactly(15)},
		},
		"a rollout behind a Collector, which speaks for all pods": {
			vocabulary: "otel-genai",
			load: `gen_ai_client_operation_duration_seconds_count{` + podA + `,exported_job="bot",exported_instance="old",gen_ai_operation_name="chat"} 0+90x60
			       gen_ai_client_inference_duration_seconds_count{` + podA + `,exported_job="bot",exported_instance="new",gen_ai_operation_name="chat"} 0+10x60
			       gen_ai_client_operation_duration_seconds_count{` + podA + `,exported_job="bot",exported_instance="new",gen_ai_operation_name="chat"} 0+10x60`,
			want: read{"ragmonitor:requests:rate": exactly(10), `ragmonitor:stage_calls:rate{stage="generation"}`: exactly(10)},
		},
		"failures of one spelling and requests of another": {
			vocabulary: "http",
			load: `http_requests_total{` + podA + `,code="200"} 0+90x60
			       http_requests_total{` + podA + `,code="500"} 0+10x60
			       http_requests_total{` + podB + `,status="2xx"} 0+60x60
			       http_requests_total{` + podB + `,status="5xx"} 0+40x60`,
			want: read{"ragmonitor:requests:rate": exactly(20), "ragmonitor:request_errors:rate": exactly(5)},
		},
		"requests that never failed": {
			vocabulary: "http",
			load:       `http_requests_total{` + podA + `,status_code="200"} 0+90x60`,
			want:       read{"ragmonitor:requests:rate": exactly(9), "ragmonitor:request_errors:ratio_rate": between(0, 0)},
		},
		"requests whose status nobody tells": {
			vocabulary: "http",
			load:       `http_requests_total{` + podA + `,path="/ask"} 0+90x60`,
			want:       read{"ragmonitor:requests:rate": exactly(9), "ragmonitor:request_errors:rate": nil, "ragmonitor:request_errors:ratio_rate": nil},
		},
		"failures that have a label which successes lack": {
			vocabulary: "otel-genai",
			load:       `gen_ai_client_inference_duration_seconds_count{` + podA + `} 0+90x60`,
			want:       read{"ragmonitor:requests:rate": exactly(9), "ragmonitor:request_errors:ratio_rate": between(0, 0)},
		},
		"a metric of a newer release that nobody reads yet": {
			vocabulary: "otel-genai",
			load:       `gen_ai_client_operation_cost_count{` + podA + `} 0+1x60`,
			want:       read{"ragmonitor:vocabulary_successors:count": exactly(1), "ragmonitor:requests:rate": nil},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up := `up{` + podA + `} 1x60
			       up{` + podB + `} 1x60
			`
			e := newEngine(t, inVocabulary(tc.vocabulary), "load 10s\n"+up+tc.load)
			e.record(at)
			e.failures()
			e.expect(tc.want, at)
		})
	}
}
