package rules_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

// genAI are tokens by the minute, as the conventions of OpenTelemetry count them.
func genAI(model, input, cached, output string) string {
	series := `gen_ai_client_inference_usage_input_tokens_total{gen_ai_request_model="` + model + `"} ` + input + `
		gen_ai_client_inference_usage_output_tokens_total{gen_ai_request_model="` + model + `"} ` + output + "\n"
	if cached != "" {
		series += `gen_ai_client_inference_usage_cache_read_input_tokens_total{gen_ai_request_model="` + model + `"} ` + cached + "\n"
	}
	return series
}

const (
	recordedCost     = "ragmonitor:cost_usd:rate"
	recordedUnpriced = "ragmonitor:unpriced_tokens:rate"
)

const inference = "gen_ai_client_inference_duration_seconds_count 0+60x20\n"

// TestCostOfTokens compares with sums made by hand. 1000 tokens per second of input
// and 100 of output cost a quarter of a cent and a tenth of one with gpt-4o.
func TestCostOfTokens(t *testing.T) {
	for name, tc := range map[string]struct {
		monitor string
		load    string
		// want is the cost by model, in dollars per second; unpriced are tokens.
		want     map[string]float64
		unpriced map[string]float64
	}{
		"input and output have prices of their own": {
			monitor: speaking("otel-genai", tenMinutesOfCost),
			load:    inference + genAI("gpt-4o", "0+60000x20", "", "0+6000x20"),
			want:    map[string]float64{"gpt-4o": 0.0025 + 0.001},
		},
		"cached tokens are part of the input, and cost less": {
			monitor: speaking("otel-genai", tenMinutesOfCost),
			load:    inference + genAI("gpt-4o", "0+60000x20", "0+24000x20", "0+6000x20"),
			want:    map[string]float64{"gpt-4o": 0.0015 + 0.0005 + 0.001},
		},
		"all tokens may be cached": {
			monitor: speaking("otel-genai", tenMinutesOfCost),
			load:    inference + genAI("gpt-4o", "0+60000x20", "0+60000x20", "0x20"),
			want:    map[string]float64{"gpt-4o": 0.00125},
		},
		"a host and a date in the name do not change the price": {
			monitor: speaking("otel-genai", tenMinutesOfCost),
			load:    inference + genAI("openai/gpt-4o-2024-08-06", "0+60000x20", "", "0+6000x20"),
			want:    map[string]float64{"openai/gpt-4o-2024-08-06": 0.0035},
		},
		"a model that is free costs nothing, and has a price": {
			monitor: speaking("otel-genai", tenMinutesOfCost),
			load:    inference + genAI("llama-3", "0+60000x20", "", "0+6000x20"),
			want:    map[string]float64{"llama-3": 0},
		},
		"a model without a price costs an unknown amount, not nothing": {
			monitor:  speaking("otel-genai", tenMinutesOfCost),
			load:     inference + genAI("acme-large", "0+60000x20", "0+24000x20", "0+6000x20"),
			unpriced: map[string]float64{"acme-large": 1100},
		},
		"a model without a price does not change what others cost": {
			monitor:  speaking("otel-genai", tenMinutesOfCost),
			load:     inference + genAI("acme-large", "0+60000x20", "", "0+6000x20") + genAI("gpt-4o", "0+60000x20", "", "0+6000x20"),
			want:     map[string]float64{"gpt-4o": 0.0035},
			unpriced: map[string]float64{"acme-large": 1100},
		},
		"a model that nobody asks any more is not told of": {
			monitor: speaking("otel-genai", tenMinutesOfCost),
			load:    inference + genAI("acme-large", "60000x20", "", "6000x20") + genAI("gpt-4o", "0+60000x20", "", "0+6000x20"),
			want:    map[string]float64{"gpt-4o": 0.0035},
		},
		"money that is counted goes before tokens": {
			monitor: speaking("openlit", tenMinutesOfCost),
			load: inputTokens("gpt-4o", "0+60000x20") + `
			      gen_ai_client_operation_duration_seconds_count{gen_ai_operation_name="chat"} 0+60x20
			      gen_ai_usage_cost_USD_sum{gen_ai_request_model="gpt-4o"} 0+0.6x20
			      gen_ai_usage_cost_USD_count{gen_ai_request_model="gpt-4o"} 0+60x20`,
			want: map[string]float64{"gpt-4o": 0.01},
		},
		"tokens go before money where they were asked for": {
			monitor: speaking("openlit", "  objectives: {cost: {source: Tokens}}\n", tenMinutesOfCost),
			load: inputTokens("gpt-4o", "0+600000x20") + `
			      gen_ai_client_operation_duration_seconds_count{gen_ai_operation_name="chat"} 0+60x20
			      gen_ai_usage_cost_USD_sum{gen_ai_request_model="gpt-4o"} 0+0.6x20
			      gen_ai_usage_cost_USD_count{gen_ai_request_model="gpt-4o"} 0+60x20`,
			want: map[string]float64{"gpt-4o": 0.025},
		},
		"a server of one's own bills nobody": {
			monitor: speaking("otel-genai", inferenceServer, tenMinutesOfCost),
			load: inference + genAI("gpt-4o", "0+60000x20", "", "0+6000x20") + `
			      vllm:prompt_tokens_total{component="llm",model_name="gpt-4o"} 0+60000x20
			      vllm:request_success_total{component="llm"} 0+60x20`,
			want: map[string]float64{"gpt-4o": 0.0035},
		},
		"tokens that two components count are billed once": {
			monitor: speaking("otel-genai", "  - {name: gateway, vocabulary: litellm, stage: generation, selector: {matchLabels: {app: gateway}}}\n"+
				"  objectives: {cost: {source: Tokens}}\n", tenMinutesOfCost),
			load: inference + genAI("gpt-4o", "0+60000x20", "", "0+6000x20") + `
			      litellm_input_tokens_metric_total{component="gateway",model="gpt-4o"} 0+60000x20
			      litellm_output_tokens_metric_total{component="gateway",model="gpt-4o"} 0+6000x20
			      litellm_proxy_total_requests_metric_total{component="gateway"} 0+60x20`,
			want: map[string]float64{"gpt-4o": 0.0035},
		},
		"tokens that only a gateway counts are billed": {
			monitor: speaking("rag", "  - {name: gateway, vocabulary: litellm, stage: generation, selector: {matchLabels: {app: gateway}}}\n"+
				"  objectives: {cost: {source: Tokens}}\n", tenMinutesOfCost),
			load: `rag_requests_total{status="success"} 0+60x20
			      litellm_input_tokens_metric_total{component="gateway",model="gpt-4o"} 0+60000x20
			      litellm_output_tokens_metric_total{component="gateway",model="gpt-4o"} 0+6000x20
			      litellm_proxy_total_requests_metric_total{component="gateway"} 0+60x20`,
			want: map[string]float64{"gpt-4o": 0.0035},
		},
		// Of twenty minutes one had nine, and the other ten, of which its rate was
		// half known for the first four.
		"a model whose pods were replaced by those of another is not billed with it": {
			monitor: speaking("otel-genai"),
			load: inference + genAI("gpt-4o", "0+60000x9 _x11", "", "0+6000x9 _x11") +
				genAI("gpt-4o-2024-08-06", "_x10 0+60000x10", "", "_x10 0+6000x10"),
			want: map[string]float64{"gpt-4o": 0.0035 * 9 / 20, "gpt-4o-2024-08-06": 0.0035 * 8 / 20},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := alertCases{monitor: tc.monitor}.play(t, tc.load, nil, recordedCost, recordedUnpriced)
			if diff := cmp.Diff(tc.want, p.byModel(recordedCost), roughly); diff != "" {
				t.Errorf("cost (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.unpriced, p.byModel(recordedUnpriced), roughly); diff != "" {
				t.Errorf("unpriced tokens (-want +got):\n%s", diff)
			}
		})
	}
}

// roughly forgives that a rate ends before its window does.
var roughly = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 0.05*math.Max(a, b) })

func (p played) byModel(series string) map[string]float64 {
	var found map[string]float64
	for _, sample := range p.vector(series, p.start+p.end) {
		if found == nil {
			found = map[string]float64{}
		}
		found[sample.Metric.Get("model")] = sample.F
	}
	return found
}

// TestBuiltinPrices has the table that is compiled in, which makes rules as large as
// all others together.
func TestBuiltinPrices(t *testing.T) {
	made, err := fixture.Rules(t).Build(understood(t, speaking("otel-genai", tenMinutesOfCost)))
	if err != nil {
		t.Fatal(err)
	}
	e := engineFor(t, leadingTo(t, made.Groups, []string{recordedCost, recordedUnpriced}), "")
	e.store(0, time.Minute, withUp(t, parseSeries(t, inference+
		genAI("claude-3-haiku", "0+60000x20", "", "0+6000x20")+genAI("acme-large", "0+60000x20", "", "0+6000x20"), "api"), []string{"api"}))
	e.runFrom(0, 20*time.Minute)
	p := played{engine: e, end: 20 * time.Minute}
	if diff := cmp.Diff(map[string]float64{"claude-3-haiku": 0.00025 + 0.000125}, p.byModel(recordedCost), roughly); diff != "" {
		t.Errorf("cost (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]float64{"acme-large": 1100}, p.byModel(recordedUnpriced), roughly); diff != "" {
		t.Errorf("unpriced tokens (-want +got):\n%s", diff)
	}
}
