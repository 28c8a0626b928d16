package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// composed is a RAGMonitor of several components, each given by its name, vocabulary
// and stage, which may be empty, separated by spaces.
func composed(components ...string) string {
	var b strings.Builder
	b.WriteString("metadata: {name: support-bot, namespace: rag, uid: 5e1f8c3a-0000-4000-8000-000000000001}\nspec:\n  components:\n")
	for _, c := range components {
		fields := append(strings.Fields(c), "")
		stage := ""
		if fields[2] != "" {
			stage = ", stage: " + fields[2]
		}
		fmt.Fprintf(&b, "  - {name: %[1]s, vocabulary: %[2]s%[3]s, selector: {matchLabels: {app: %[1]s}}}\n", fields[0], fields[1], stage)
	}
	return b.String()
}

// targetOf are the labels of the target of a component.
func targetOf(component string) string {
	return fmt.Sprintf(`namespace="rag",ragmonitor="support-bot",component=%[1]q,job=%[1]q,instance="10.0.0.1:8000"`, component)
}

// spent is a distribution whose calls take so many seconds in each second, twice a
// second.
func spent(metric, labels string, seconds float64) string {
	return fmt.Sprintf("%[1]s_sum{%[2]s} 0+%[3]gx60\n%[1]s_count{%[2]s} 0+20x60\n", metric, labels, 10*seconds)
}

// The API spends ten seconds in each second: two in retrieval and, where it measures
// that, seven in generation.
var (
	apiRequests   = spent("api_response_time_seconds", targetOf("api"), 10)
	apiRetrieval  = spent("pipeline_step_execution_time_seconds", targetOf("api")+`,step_name="retrieval"`, 2)
	apiGeneration = spent("pipeline_step_execution_time_seconds", targetOf("api")+`,step_name="generation"`, 7)
)

// inside is what an inference server says of its requests: whole, and in its parts.
func inside(component string, whole float64, parts ...float64) string {
	labels := targetOf(component)
	out := spent("vllm:e2e_request_latency_seconds", labels, whole) +
		"vllm:request_success_total{" + labels + "} 0+20x60\n"
	for i, seconds := range parts {
		out += spent([]string{"vllm:request_queue_time_seconds", "vllm:request_prefill_time_seconds", "vllm:request_decode_time_seconds"}[i], labels, seconds)
	}
	return out
}

func TestStageShares(t *testing.T) {
	for name, tc := range map[string]struct {
		components []string
		load       string
		want       map[string]float64
	}{
		"stages of the API alone": {
			components: []string{"api api-pipeline"},
			load:       apiRetrieval + apiGeneration,
			want:       map[string]float64{"retrieval": 0.2, "generation": 0.7},
		},
		"a server's parts take the place of the stage that the API measures, in proportion": {
			components: []string{"api api-pipeline", "llm vllm generation"},
			// The server has other clients too.
			load: apiRetrieval + apiGeneration + inside("llm", 14, 2, 4, 8),
			want: map[string]float64{"retrieval": 0.2, "queue": 0.1, "prefill": 0.2, "decode": 0.4},
		},
		"a server's parts stand for a stage that the API does not measure": {
			components: []string{"api api-pipeline", "llm vllm generation"},
			load:       apiRetrieval + inside("llm", 7, 1, 2, 4),
			want:       map[string]float64{"retrieval": 0.2, "queue": 0.1, "prefill": 0.2, "decode": 0.4},
		},
		"what the parts do not explain stays with the stage": {
			components: []string{"api api-pipeline", "llm vllm generation"},
			load:       apiRetrieval + apiGeneration + inside("llm", 14, 2, 4),
			want:       map[string]float64{"retrieval": 0.2, "queue": 0.1, "prefill": 0.2, "generation": 0.4},
		},
		"a hundredth that they do not explain is nothing": {
			components: []string{"api api-pipeline", "llm vllm generation"},
			load:       apiRetrieval + apiGeneration + inside("llm", 14.1, 2, 4, 8),
			want:       map[string]float64{"retrieval": 0.2, "queue": 0.0993, "prefill": 0.1986, "decode": 0.3972},
		},
		"a server that exposes no parts": {
			components: []string{"api api-pipeline", "llm vllm generation"},
			load:       apiRetrieval + apiGeneration + inside("llm", 6),
			want:       map[string]float64{"retrieval": 0.2, "generation": 0.7},
		},
		"a server that nobody asks is not where the time went": {
			components: []string{"api api-pipeline", "llm vllm generation"},
			load:       apiRetrieval + apiGeneration + inside("llm", 0, 0, 0, 0),
			want:       map[string]float64{"retrieval": 0.2, "generation": 0.7},
		},
		"a server that cannot be read": {
			components: []string{"api api-pipeline", "llm vllm generation"},
			load:       apiRetrieval + apiGeneration,
			want:       map[string]float64{"retrieval": 0.2, "generation": 0.7},
		},
		"an embedding server": {
			components: []string{"api api-pipeline", "embedder tei embedding"},
			load: apiRetrieval + spent("te_request_duration", targetOf("embedder"), 1) +
				spent("te_request_queue_duration", targetOf("embedder"), 0.3) +
				spent("te_request_inference_duration", targetOf("embedder"), 0.6),
			want: map[string]float64{"retrieval": 0.2, "queue": 0.03, "inference": 0.06, "embedding": 0.01},
		},
		"a store has no parts: the API knows best, else the store itself": {
			components: []string{"api api-pipeline", "store qdrant retrieval", "other qdrant reranking"},
			load: apiRetrieval +
				spent("grpc_responses_duration_seconds", targetOf("store")+`,endpoint="/qdrant.Points/Query"`, 1) +
				spent("grpc_responses_duration_seconds", targetOf("other")+`,endpoint="/qdrant.Points/Query"`, 1),
			want: map[string]float64{"retrieval": 0.2, "reranking": 0.1},
		},
		"two servers that are one stage": {
			components: []string{"api api-pipeline", "llm-a vllm generation", "llm-b vllm generation"},
			load:       apiRetrieval + apiGeneration + inside("llm-a", 3, 1, 1, 1) + inside("llm-b", 4, 1, 1, 2),
			want:       map[string]float64{"retrieval": 0.2, "queue": 0.2, "prefill": 0.2, "decode": 0.3},
		},
		"two kinds of servers that are one stage": {
			components: []string{"api api-pipeline", "llm vllm generation", "other sglang generation"},
			load: apiGeneration + inside("llm", 7, 1, 2, 4) + spent("sglang:e2e_request_latency_seconds", targetOf("other"), 7) +
				spent("sglang:queue_time_seconds", targetOf("other"), 1),
			want: map[string]float64{"queue": 0.1, "prefill": 0.1, "decode": 0.2, "generation": 0.3},
		},
		"several stages, each a server of its own": {
			components: []string{"api api-pipeline", "embedder tei embedding", "ranker tei reranking", "llm vllm generation"},
			load: apiRetrieval + apiGeneration + inside("llm", 7, 1, 2, 4) +
				spent("te_request_duration", targetOf("embedder"), 0.4) + spent("te_request_inference_duration", targetOf("embedder"), 0.4) +
				spent("te_request_duration", targetOf("ranker"), 0.6) + spent("te_request_inference_duration", targetOf("ranker"), 0.6),
			want: map[string]float64{"retrieval": 0.2, "queue": 0.1, "prefill": 0.2, "decode": 0.4, "inference": 0.1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const at = 10 * time.Minute
			e := newEngine(t, composed(tc.components...), "load 10s\n"+apiRequests+tc.load)
			e.record(at)
			e.failures()
			got, sum := map[string]float64{}, 0.0
			for _, share := range e.vector("round(ragmonitor:stage_share:ratio, 0.0001)", at) {
				got[share.Metric.Get("stage")] = share.F
				sum += share.F
			}
			if diff := cmp.Diff(tc.want, got, cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })); diff != "" {
				t.Errorf("shares of stages (-want +got):\n%s", diff)
			}
			if sum > 1.0001 {
				t.Errorf("stages take %v of the requests' time, must not be more than all", sum)
			}
		})
	}
}

// TestStagesAreNotTheService has an inference server and a gateway as stages: what
// they are asked is not what the users ask.
func TestStagesAreNotTheService(t *testing.T) {
	t.Parallel()
	const at = 10 * time.Minute
	e := newEngine(t, composed("api rag", "gateway litellm generation", "llm vllm generation"), `load 10s
	rag_requests_total{`+targetOf("api")+`,status="success"} 0+9x60
	rag_requests_total{`+targetOf("api")+`,status="error"} 0+1x60
	rag_active_requests{`+targetOf("api")+`} 2x60
	litellm_proxy_total_requests_metric_total{`+targetOf("gateway")+`} 0+50x60
	litellm_proxy_failed_requests_metric_total{`+targetOf("gateway")+`} 0+25x60
	vllm:num_requests_running{`+targetOf("llm")+`} 40x60
	`+inside("llm", 6, 1, 1, 4))
	e.record(at)
	e.failures()
	e.expect(read{
		"sum(ragmonitor:requests:rate)":                                              exactly(1),
		"count(ragmonitor:requests:rate)":                                            exactly(1),
		"sum(ragmonitor:request_errors:rate)":                                        exactly(0.1),
		"ragmonitor:request_errors:ratio_rate":                                       exactly(0.1),
		"sum(ragmonitor:requests_in_flight:sum)":                                     exactly(2),
		`ragmonitor:stage_calls:rate{component="gateway",stage="generation"}`:        exactly(5),
		`ragmonitor:stage_errors:rate{component="gateway",stage="generation"}`:       exactly(2.5),
		`ragmonitor:stage_errors:ratio_rate{component="gateway",stage="generation"}`: exactly(0.5),
		`ragmonitor:stage_calls:rate{component="llm",stage="generation"}`:            exactly(2),
		`ragmonitor:stage_duration_seconds:mean{component="llm",stage="generation"}`: exactly(3),
		`ragmonitor:stage_duration_seconds:mean{component="llm",stage="decode"}`:     exactly(2),
		`sum(ragmonitor:request_seconds:rate)`:                                       nil,
	}, at)
}

// TestNamedStageBesideLabelled has one metric for most stages and another for one of
// them, which the first one has too.
func TestNamedStageBesideLabelled(t *testing.T) {
	t.Parallel()
	const at = 10 * time.Minute
	signals := `    - {signal: requestDuration, metrics: [answer_seconds]}
    - {signal: stageDuration, metrics: [step_seconds], stageLabel: step}
    - {signal: stageDuration, metrics: [rerank_seconds], stage: reranking}
    - {signal: stageCalls, metrics: [steps_total], stageLabel: step}
    - {signal: stageErrors, metrics: [steps_total], stageLabel: step, match: [{label: ok, values: ["no"]}]}`
	e := newEngine(t, own(signals), "load 10s\n"+
		spent("answer_seconds", podA, 10)+
		spent("step_seconds", podA+`,step="retrieval",user="a"`, 2)+
		spent("step_seconds", podA+`,step="retrieval",user="b"`, 1)+
		spent("step_seconds", podA+`,step="reranking"`, 5)+
		spent("rerank_seconds", podA+`,step="x"`, 1)+
		`steps_total{`+podA+`,step="retrieval",ok="yes"} 0+30x60
		steps_total{`+podA+`,step="retrieval",ok="no"} 0+10x60
		steps_total{`+podA+`,step="generation",ok="yes"} 0+20x60
		`)
	e.record(at)
	e.failures()
	e.expect(read{
		`ragmonitor:stage_seconds:rate{stage="retrieval"}`:       exactly(3),
		`ragmonitor:stage_seconds:rate{stage="reranking"}`:       exactly(1),
		`ragmonitor:stage_share:ratio{stage="reranking"}`:        exactly(0.1),
		`ragmonitor:stage_calls:rate{stage="retrieval"}`:         exactly(4),
		`ragmonitor:stage_errors:ratio_rate{stage="retrieval"}`:  exactly(0.25),
		`ragmonitor:stage_errors:ratio_rate{stage="generation"}`: between(0, 0),
		`count(ragmonitor:stage_seconds:rate)`:                   exactly(2),
	}, at)
}

// TestComponentsOfOneVocabulary has as many components as there may be: one rule does
// for all, and keeps them apart.
func TestComponentsOfOneVocabulary(t *testing.T) {
	t.Parallel()
	const at, many = 10 * time.Minute, 16
	var components, load []string
	for i := range many {
		name := fmt.Sprintf("api-%d", i)
		components = append(components, name+" rag")
		load = append(load,
			fmt.Sprintf(`rag_requests_total{%s,status="success"} 0+%dx60`+"\n", targetOf(name), 10*(i+1)),
			fmt.Sprintf("up{%s} 1x60\n", targetOf(name)),
			spent("rag_query_latency_seconds", targetOf(name), float64(i+1)),
			spent("rag_llm_latency_seconds", targetOf(name), float64(i+1)/2))
	}
	e := newEngine(t, composed(components...), "load 10s\n"+strings.Join(load, ""))
	e.record(at)
	e.failures()
	want := read{
		"count(ragmonitor:requests:rate)":                  exactly(many),
		"sum(ragmonitor:requests:rate)":                    exactly(many * (many + 1) / 2),
		"count(ragmonitor:targets:up == 1)":                exactly(many),
		"count(ragmonitor:targets:reporting == 1)":         exactly(many),
		`ragmonitor:stage_share:ratio{stage="generation"}`: exactly(0.5),
		"count(ragmonitor:stage_share:ratio)":              exactly(1),
	}
	for i := range many {
		want[fmt.Sprintf(`ragmonitor:requests:rate{component="api-%d"}`, i)] = exactly(float64(i + 1))
		want[fmt.Sprintf(`ragmonitor:request_duration_seconds:mean{component="api-%d"}`, i)] = exactly(float64(i+1) / 2)
		want[fmt.Sprintf(`ragmonitor:stage_duration_seconds:mean{component="api-%d"}`, i)] = exactly(float64(i+1) / 4)
	}
	e.expect(want, at)
	if one, all := rulesOf(t, composed(components[0])), rulesOf(t, composed(components...)); all != one+2*(many-1) {
		t.Errorf("%d components have %d rules and one has %d, must be two more for each", many, all, one)
	}
}

// rulesOf counts the recording rules of a RAGMonitor.
func rulesOf(t *testing.T, manifest string) int {
	t.Helper()
	made, err := readOnce(t).rules.Build(understood(t, manifest))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, group := range made.Groups {
		if strings.HasPrefix(group.Name, "ragmonitor.recordings") {
			n += len(group.Rules)
		}
	}
	return n
}

func TestMoneyIsCountedOnce(t *testing.T) {
	const at = 15 * time.Minute
	requests := `rag_requests_total{` + targetOf("api") + `,status="success"} 0+10x90
	`
	tokens := func(metric, labels string, perSecond int) string {
		return fmt.Sprintf("%s{%s} 0+%dx90\n", metric, labels, 10*perSecond)
	}
	// A quarter of a cent for a thousand tokens of input, one for those of output.
	const model, input, output = "gpt-4o", 2.5e-6, 10e-6
	for name, tc := range map[string]struct {
		components []string
		load       string
		want       read
	}{
		"cost of the API before that of the gateway behind it": {
			components: []string{"api rag", "gateway litellm generation"},
			load: `rag_total_cost_usd{` + targetOf("api") + `,model="a"} 0+0.1x90
			       litellm_spend_metric_total{` + targetOf("gateway") + `,model="a"} 0+5x90`,
			want: read{"sum(ragmonitor:cost_usd:rate)": between(0.0099, 0.0101), "ragmonitor:cost_per_request_usd:mean": between(0.0099, 0.0101)},
		},
		"cost of the gateway, where the API counts none": {
			components: []string{"api rag", "gateway litellm generation"},
			load: `litellm_proxy_total_requests_metric_total{` + targetOf("gateway") + `} 0+20x90
			       litellm_spend_metric_total{` + targetOf("gateway") + `,model="a"} 0+0.2x90`,
			want: read{"sum(ragmonitor:cost_usd:rate)": between(0.0198, 0.0202), "ragmonitor:cost_per_request_usd:mean": between(0.0198, 0.0202)},
		},
		"tokens of the API before those of what stands behind it": {
			components: []string{"api otel-genai", "gateway semantic-router generation"},
			load: tokens("gen_ai_client_inference_usage_input_tokens_total", targetOf("api")+`,gen_ai_request_model="`+model+`"`, 1000) +
				tokens("gen_ai_client_inference_usage_output_tokens_total", targetOf("api")+`,gen_ai_request_model="`+model+`"`, 100) +
				tokens("llm_model_prompt_tokens_total", targetOf("gateway")+`,model="`+model+`"`, 1000),
			// The gateway could count money: that nobody computes it is a wish.
			want: read{
				`sum(ragmonitor:billed_tokens:rate{direction="input"})`:  between(990, 1001),
				`sum(ragmonitor:billed_tokens:rate{direction="output"})`: between(99, 100.1),
				"sum(ragmonitor:cost_usd:rate)":                          between(0.98*(1000*input+100*output), 1.01*(1000*input+100*output)),
				"ragmonitor:unpriced_tokens:rate":                        nil,
			},
		},
		"tokens of a server of one's own are billed by nobody": {
			components: []string{"api api-pipeline", "llm vllm generation"},
			load: tokens("vllm:prompt_tokens_total", targetOf("llm")+`,model_name="`+model+`"`, 1000) +
				tokens("vllm:generation_tokens_total", targetOf("llm")+`,model_name="`+model+`"`, 100),
			want: read{
				`ragmonitor:tokens:rate{direction="input",role="self-hosted"}`:  exactly(1000),
				`ragmonitor:tokens:rate{direction="output",role="self-hosted"}`: exactly(100),
				"ragmonitor:billed_tokens:rate":                                 nil,
				"ragmonitor:unpriced_tokens:rate":                               nil,
				"ragmonitor:cost_usd:rate":                                      nil,
			},
		},
		"tokens of the API are billed, although a server of one's own counts too": {
			components: []string{"api otel-genai", "embedder tei embedding"},
			load: tokens("gen_ai_client_inference_usage_input_tokens_total", targetOf("api")+`,gen_ai_request_model="nobody-knows-it"`, 1000) +
				tokens("te_request_input_length_sum", targetOf("embedder"), 500),
			want: read{
				"sum(ragmonitor:billed_tokens:rate)":                             between(990, 1001),
				`ragmonitor:unpriced_tokens:rate{model="nobody-knows-it"}`:       between(990, 1001),
				"ragmonitor:cost_usd:rate":                                       nil,
				`ragmonitor:tokens:rate{component="embedder",direction="input"}`: exactly(500),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			manifest := composed(tc.components...) + "  evaluation: {interval: 30s, window: 1m, costWindow: 5m}\n"
			if strings.Contains(name, "tokens") {
				manifest += "  objectives: {cost: {source: Tokens}}\n"
			}
			load := "load 10s\n" + requests
			for _, c := range tc.components {
				load += "up{" + targetOf(strings.Fields(c)[0]) + "} 1x90\n"
			}
			e := newEngine(t, manifest, load+tc.load)
			for since := 5 * time.Minute; since >= 0; since -= 30 * time.Second {
				e.record(at - since)
			}
			e.failures()
			e.expect(tc.want, at)
		})
	}
}

// TestFailuresOfAStageMayBeADifference: TGI counts requests and successes.
func TestFailuresOfAStageMayBeADifference(t *testing.T) {
	t.Parallel()
	const at = 10 * time.Minute
	e := newEngine(t, composed("api rag", "llm tgi generation"), `load 10s
	tgi_request_count{`+targetOf("llm")+`} 0+100x60
	tgi_request_success{`+targetOf("llm")+`} 0+96x60`)
	e.record(at)
	e.failures()
	e.expect(read{`ragmonitor:stage_errors:ratio_rate{component="llm",stage="generation"}`: exactly(0.04)}, at)
}

// TestFailuresOfAStageMayNotHaveBegun: TEI counts them from the first on.
func TestFailuresOfAStageMayNotHaveBegun(t *testing.T) {
	t.Parallel()
	const at = 10 * time.Minute
	e := newEngine(t, composed("api rag", "embedder tei embedding"), `load 10s
	te_request_count{`+targetOf("embedder")+`,method="single"} 0+100x60`)
	e.record(at)
	e.failures()
	e.expect(read{`ragmonitor:stage_errors:ratio_rate{component="embedder",stage="embedding"}`: between(0, 0)}, at)
}
