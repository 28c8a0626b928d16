package faults_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	ragmodel "github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// setup is a RAG service and how it is monitored.
type setup struct {
	// components of the RAGMonitor, each "name vocabulary" or "name vocabulary stage".
	components []string
	// pipeline that is simulated; none where ragsim speaks the vocabulary itself.
	pipeline []stage
}

// setups are all that are broken. A pipeline may have stages that no component measures.
var setups = map[string]setup{
	"rag":          {components: []string{"api rag"}},
	"api-pipeline": {components: []string{"api api-pipeline"}},
	"stage-log":    {components: []string{"api stage-log"}},

	"inference-gateway": {[]string{"api inference-gateway"}, stages("queue inference")},
	"kaito-rag":         {[]string{"api kaito-rag"}, stages("embedding retrieval generation")},
	"litellm":           {[]string{"api litellm"}, stages("queue generation")},
	"milvus":            {[]string{"api milvus"}, stages("queue search reranking")},
	"nvidia-rag":        {[]string{"api nvidia-rag"}, stages("retrieval reranking generation")},
	"openlit":           {[]string{"api openlit"}, stages("embedding retrieval generation")},
	"openllmetry":       {[]string{"api openllmetry"}, stages("embedding retrieval generation")},
	"otel-genai":        {[]string{"api otel-genai"}, stages("embedding retrieval generation")},
	"semantic-router":   {[]string{"api semantic-router"}, stages("retrieval generation")},
	"sglang":            {[]string{"api sglang"}, stages("queue prefill decode")},
	"tei":               {[]string{"api tei"}, stages("queue inference=embed")},
	"tgi":               {[]string{"api tgi"}, stages("queue inference")},
	"vllm":              {[]string{"api vllm"}, stages("queue prefill decode")},

	"rag, tei twice, weaviate, vllm": {
		[]string{"api rag", "embedder tei embedding", "ranker tei reranking", "store weaviate retrieval", "llm vllm generation"},
		stages("embedding(queue,inference=embed) retrieval reranking(queue,inference=embed) generation(queue,prefill,decode)"),
	},
	"http, tei, weaviate, vllm": {
		[]string{"api http", "embedder tei embedding", "store weaviate retrieval", "llm vllm generation"},
		stages("embedding(queue,inference=embed) retrieval generation(queue,prefill,decode)"),
	},
	"http, qdrant, litellm": {
		[]string{"api http", "store qdrant retrieval", "gateway litellm generation"},
		stages("retrieval generation(queue,inference)"),
	},
	"http, milvus, litellm": {
		[]string{"api http", "store milvus retrieval", "gateway litellm generation"},
		stages("retrieval(queue,search,reranking) generation(queue,inference)"),
	},
	"kaito-rag, vllm": {
		[]string{"api kaito-rag", "llm vllm generation"},
		stages("embedding retrieval generation(queue,prefill,decode)"),
	},
	"api-pipeline, infinity, tgi": {
		[]string{"api api-pipeline", "embedder infinity embedding", "llm tgi generation"},
		stages("embedding retrieval reranking generation(queue,inference)"),
	},
	"stage-log, sglang": {
		[]string{"api stage-log", "llm sglang generation"},
		stages("retrieval grading generation(queue,prefill,decode)"),
	},
	"otel-genai, vllm": {
		[]string{"api otel-genai", "llm vllm generation"},
		stages("embedding retrieval generation(queue,prefill,decode)"),
	},
}

// times of stages and their parts. With all but "thinking", p95 of requests is about a
// second.
var times = map[string]sim.LogNormal{
	"embedding":  {Median: 0.020, P95: 0.050, Max: 0.250},
	"retrieval":  {Median: 0.080, P95: 0.200, Max: 1},
	"reranking":  {Median: 0.030, P95: 0.080, Max: 0.400},
	"grading":    {Median: 0.030, P95: 0.080, Max: 0.400},
	"generation": {Median: 0.400, P95: 0.850, Max: 4},
	"queue":      {Median: 0.020, P95: 0.060, Max: 0.300},
	"prefill":    {Median: 0.080, P95: 0.200, Max: 1},
	"decode":     {Median: 0.350, P95: 0.800, Max: 4},
	"thinking":   {Median: 1, P95: 2.2, Max: 10},
	"inference":  {Median: 0.400, P95: 0.850, Max: 4},
	"search":     {Median: 0.050, P95: 0.120, Max: 0.600},
	"embed":      {Median: 0.030, P95: 0.070, Max: 0.300},
}

// stages reads a pipeline: names, with those of their parts in brackets, and with that of
// their times behind "=" where it is another.
func stages(pipeline string) []stage {
	var out []stage
	for text := range strings.FieldsSeq(pipeline) {
		text, parts, _ := strings.Cut(strings.TrimSuffix(text, ")"), "(")
		s := timed(text)
		for part := range strings.SplitSeq(parts, ",") {
			if part != "" {
				s.parts = append(s.parts, timed(part))
			}
		}
		out = append(out, s)
	}
	return out
}

func timed(text string) stage {
	name, like, other := strings.Cut(text, "=")
	if !other {
		like = name
	}
	return stage{name: name, seconds: times[like]}
}

// leaves are the paths of the stages that can be broken.
func (s setup) leaves(t *testing.T) []string {
	t.Helper()
	if s.pipeline != nil {
		return leaves(s.pipeline)
	}
	config, err := sim.ConfigFor(s.ragsim())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, stage := range config.Stages {
		out = append(out, stage.Name)
	}
	return out
}

// ragsim is the vocabulary that ragsim speaks.
func (s setup) ragsim() string { return strings.Fields(s.components[0])[1] }

func (s setup) service(m ragmodel.Monitor) service {
	if s.pipeline == nil {
		return ragsim{vocabulary: s.ragsim()}
	}
	return &simulated{pipeline: s.pipeline, speaker: newSpeaker(m)}
}

// measured are the names under which the time and the failures of a stage are seen, ""
// where they are not. A part that no component measures is seen in the whole, and so is
// its failure.
func measured(m ragmodel.Monitor, path string) (duration, failures string) {
	whole, part, _ := strings.Cut(path, "/")
	for _, c := range m.Components {
		if !c.Serves() && c.Stage != whole {
			continue
		}
		if len(first(c.Vocabulary, vocabulary.StageErrors, whole)) > 0 {
			failures = whole
		}
		if duration == "" && len(first(c.Vocabulary, vocabulary.StageDuration, whole)) > 0 {
			duration = whole
		}
		if part != "" && c.Stage == whole && len(first(c.Vocabulary, vocabulary.StageDuration, part)) > 0 {
			duration = part
		}
	}
	return duration, failures
}

// manifestOf is a RAGMonitor of components.
func manifestOf(components []string) string {
	var b strings.Builder
	b.WriteString("metadata: {name: support-bot, namespace: rag, uid: 5e1f8c3a-0000-4000-8000-000000000001}\nspec:\n" +
		"  evaluation: {interval: 1m}\n  components:\n")
	for _, c := range components {
		fields := append(strings.Fields(c), "")
		role := ""
		if fields[2] != "" {
			role = ", stage: " + fields[2]
		}
		fmt.Fprintf(&b, "  - {name: %[1]s, vocabulary: %[2]s%[3]s, selector: {matchLabels: {app: %[1]s}}}\n", fields[0], fields[1], role)
	}
	return b.String()
}

// TestEveryVocabularyWithStagesIsBroken keeps new vocabularies from being forgotten.
func TestEveryVocabularyWithStagesIsBroken(t *testing.T) {
	for name, v := range fixture.Catalogue(t).Vocabularies {
		_, alone := setups[name]
		if len(v.Stages()) > 0 && !alone {
			t.Errorf("vocabulary %s measures stages, and is not in the table", name)
		}
	}
}
