package pricing

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
)

// spellings are model names as labels have them, each with the model of the
// embedded table that prices it; "" for none.
var spellings = map[string]string{
	// As the makers write them: OpenLIT, OpenLLMetry and most clients.
	"gpt-4o":                            "gpt-4o",
	"gpt-4o-2024-08-06":                 "gpt-4o",
	"gpt-4o-2024-05-13":                 "gpt-4o-2024-05-13",
	"gpt-4o-mini-2024-07-18":            "gpt-4o-mini",
	"gpt-4.1-nano-2025-04-14":           "gpt-4.1-nano",
	"gpt-4-turbo-2024-04-09":            "gpt-4-turbo",
	"gpt-4-1106-preview":                "gpt-4-turbo",
	"gpt-4-0613":                        "gpt-4",
	"gpt-3.5-turbo-0125":                "gpt-3.5-turbo",
	"gpt-5-chat-latest":                 "gpt-5",
	"gpt-5.6-sol-2026-08-21":            "gpt-5.6-sol",
	"o3-mini-2025-01-31":                "o3-mini",
	"text-embedding-3-small":            "text-embedding-3-small",
	"text-embedding-ada-002":            "text-embedding-ada-002",
	"text-embedding-ada-002-v2":         "text-embedding-ada-002",
	"claude-3-5-sonnet-20241022":        "claude-3-5-sonnet",
	"claude-3-7-sonnet-latest":          "claude-3-7-sonnet",
	"claude-sonnet-4-20250514":          "claude-sonnet-4",
	"claude-haiku-4-5-20251001":         "claude-haiku-4-5",
	"models/gemini-2.5-flash":           "gemini-2.5-flash",
	"gemini-1.5-pro-002":                "gemini-1.5-pro",
	"models/gemini-embedding-001":       "gemini-embedding-001",
	"mistral-large-latest":              "mistral-large",
	"mistral-large-2407":                "mistral-large",
	"mistral-large-2512":                "mistral-large-2512",
	"mistral-embed":                     "mistral-embed",
	"command-r-plus-08-2024":            "command-r-plus",
	"embed-multilingual-v3.0":           "embed-multilingual-v3.0",
	"deepseek-chat":                     "deepseek-chat",
	"grok-4-latest":                     "grok-4",
	"voyage-3.5-lite":                   "voyage-3.5-lite",
	"llama-3.3-70b-versatile":           "llama-3.3-70b-versatile",
	"openai:gpt-4o":                     "gpt-4o",
	"google-gla:gemini-2.5-pro":         "gemini-2.5-pro",
	"openrouter/openai/gpt-4o-mini":     "gpt-4o-mini",
	"anthropic/claude-3.5-sonnet:beta":  "claude-3-5-sonnet",
	"anthropic/claude-3.7-sonnet":       "claude-3-7-sonnet",
	"google/gemini-2.0-flash-001":       "gemini-2.0-flash",
	"amazon/nova-lite-v1":               "nova-lite",
	"x-ai/grok-4.5":                     "grok-4.5",
	"deepseek/deepseek-chat":            "deepseek-chat",
	"mistralai/mistral-large-2411":      "mistral-large",
	"openai/text-embedding-3-large":     "text-embedding-3-large",
	"mistral/mistral-small-latest":      "mistral-small",
	"cohere/embed-english-v3.0":         "embed-english-v3.0",
	"cohere_chat/command-r":             "command-r",
	"voyage/voyage-3-large":             "voyage-3-large",
	"gemini/gemini-2.5-pro":             "gemini-2.5-pro",
	"xai/grok-3-mini-beta":              "grok-3-mini",
	"groq/llama-3.1-8b-instant":         "llama-3.1-8b-instant",
	"litellm_proxy/openai/gpt-4.1-mini": "gpt-4.1-mini",

	// Azure.
	"gpt-35-turbo":                                                  "gpt-3.5-turbo",
	"azure/gpt-35-turbo":                                            "gpt-3.5-turbo",
	"azure/gpt-4o":                                                  "gpt-4o",
	"azure/gpt-4o-2024-05-13":                                       "gpt-4o-2024-05-13",
	"azure/eu/gpt-4o-2024-08-06":                                    "gpt-4o",
	"azure/global-standard/gpt-4o-mini":                             "gpt-4o-mini",
	"azure_ai/mistral-large-latest":                                 "mistral-large",
	"azure/text-embedding-ada-002":                                  "text-embedding-ada-002",
	"together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo":           "meta-llama/Llama-3.3-70B-Instruct-Turbo",
	"fireworks_ai/accounts/fireworks/models/llama-v3p1-8b-instruct": "accounts/fireworks/models/llama-v3p1-8b-instruct",

	// Bedrock.
	"anthropic.claude-3-5-sonnet-20241022-v2:0":          "claude-3-5-sonnet",
	"us.anthropic.claude-sonnet-4-20250514-v1:0":         "claude-sonnet-4",
	"global.anthropic.claude-haiku-4-5-20251001-v1:0":    "claude-haiku-4-5",
	"anthropic.claude-opus-4-6-v1":                       "claude-opus-4-6",
	"anthropic.claude-3-haiku-20240307-v1:0:200k":        "claude-3-haiku",
	"bedrock/anthropic.claude-3-haiku-20240307-v1:0":     "claude-3-haiku",
	"bedrock/converse/us.amazon.nova-pro-v1:0":           "nova-pro",
	"bedrock/us-gov-west-1/amazon.titan-embed-text-v2:0": "titan-embed-text-v2",
	"amazon.nova-lite-v1:0:300k":                         "nova-lite",
	"amazon.titan-embed-text-v1":                         "titan-embed-text-v1",
	"cohere.embed-v4:0":                                  "embed-v4.0",
	"cohere.embed-english-v3":                            "embed-english-v3.0",
	"meta.llama3-3-70b-instruct-v1:0":                    "llama3-3-70b-instruct-v1",
	"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3-5-sonnet-20240620-v1:0": "claude-3-5-sonnet",
	"arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-embed-text-v2:0":                              "titan-embed-text-v2",

	// Vertex AI.
	"claude-3-5-sonnet@20240620":                                                    "claude-3-5-sonnet",
	"claude-3-5-sonnet-v2@20241022":                                                 "claude-3-5-sonnet",
	"vertex_ai/claude-opus-4-1@20250805":                                            "claude-opus-4-1",
	"vertex_ai/gemini-2.0-flash-lite-001":                                           "gemini-2.0-flash-lite",
	"publishers/google/models/gemini-2.5-pro":                                       "gemini-2.5-pro",
	"projects/p-1/locations/europe-west1/publishers/google/models/gemini-2.5-flash": "gemini-2.5-flash",
	"mistral-large-2411@001":                                                        "mistral-large",

	// Served in the cluster, under the names of weights: vLLM, TGI, Ollama, llama.cpp.
	"meta-llama/Llama-3.1-8B-Instruct":             "",
	"hosted_vllm/meta-llama/Llama-3.1-8B-Instruct": "",
	"mistralai/Mistral-7B-Instruct-v0.3":           "",
	"openai/gpt-oss-120b":                          "",
	"deepseek-ai/DeepSeek-R1":                      "",
	"google/gemma-3-27b-it":                        "",
	"/models/llama-3-8b-instruct":                  "",
	"/mnt/models":                                  "",
	"models/command-r-v01-Q4_K_M.gguf":             "",
	"ollama/llama3.1":                              "",
	"ollama/command-r":                             "",
	"llama3.1:8b":                                  "",
	"command-r:35b":                                "",
	"mistral-small:24b":                            "",
	"mistral-large:latest":                         "",
	"bge-m3":                                       "",

	// Sold, but not at the price of what the name begins with.
	"ft:gpt-4o-2024-08-06:acme::a1B2c3D4":                                         "",
	"ft:gpt-4o-mini-2024-07-18:acme:support:12345678":                             "",
	"gpt-4o-2024-08-06.ft-0e1c5d1b":                                               "",
	"gpt-4o-acme-20250101":                                                        "",
	"gpt-4o-audio-preview-2024-12-17":                                             "",
	"openrouter/mistralai/mistral-small-2603:free":                                "",
	"cohere.command-r-v1:0":                                                       "",
	"command-r-03-2024":                                                           "",
	"gemini-1.5-flash-8b":                                                         "",
	"bedrock/us-east-1/1-month-commitment/anthropic.claude-v2:1":                  "",
	"arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3": "",
	"GPT-4o":  "",
	"":        "",
	"-latest": "",
}

func TestSpellingsHitTheirPrice(t *testing.T) {
	table, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	byName := index(table)
	got := map[string]string{}
	for spelling := range spellings {
		got[spelling] = byName[Normalise(spelling)].Name
	}
	if diff := cmp.Diff(spellings, got); diff != "" {
		t.Errorf("model that prices a spelling (-want +got):\n%s", diff)
	}
}

func TestNamesAreTheSameToPrometheus(t *testing.T) {
	engine := promqltest.NewTestEngine(t, false, time.Minute, 1000)
	nothing := storage.QueryableFunc(func(int64, int64) (storage.Querier, error) { return storage.NoopQuerier(), nil })
	priced := func(model string) string {
		t.Helper()
		expr := `label_replace(label_replace(vector(1), "model", ` + strconv.Quote(model) + `, "", ""), "priced_model", ` +
			strconv.Quote(ModelReplacement) + `, "model", ` + strconv.Quote(ModelPattern) + `)`
		query, err := engine.NewInstantQuery(context.Background(), nothing, nil, expr, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		defer query.Close()
		vector, err := query.Exec(context.Background()).Vector()
		if err != nil || len(vector) != 1 {
			t.Fatalf("%s: %v, %v", expr, vector, err)
		}
		return vector[0].Metric.Get("priced_model")
	}
	want, got := map[string]string{}, map[string]string{}
	for spelling := range spellings {
		want[spelling], got[spelling] = Normalise(spelling), priced(spelling)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("priced_model (-Normalise +label_replace):\n%s", diff)
	}
}

func FuzzNormaliseOnlyShortensAndOnlyOnce(f *testing.F) {
	for spelling := range spellings {
		f.Add(spelling)
	}
	f.Add("openai/openai/")
	f.Add("us.anthropic.bedrock/us-east-1/x-latest-latest:0")
	f.Fuzz(func(t *testing.T, model string) {
		once := Normalise(model)
		if twice := Normalise(once); twice != once {
			t.Errorf("Normalise(%q) is %q, and %q the second time", model, once, twice)
		}
		if len(once) > len(model) || (once == "") != (model == "") {
			t.Errorf("Normalise(%q) is %q", model, once)
		}
	})
}

// index finds the models of a table by names and aliases.
func index(t Table) map[string]Model {
	byName := map[string]Model{}
	for _, m := range t.Models {
		byName[m.Name] = m
		for _, alias := range m.Aliases {
			byName[alias] = m
		}
	}
	return byName
}
