package sim

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
)

// retrievalCaches have the documents of questions asked before and, behind them,
// the embeddings: with one of those, the search itself remains.
var retrievalCaches = []Cache{{Type: "retrieval", Speedup: 10}, {Type: "embedding", Speedup: 2}}

// DefaultConfig is a healthy service that speaks the vocabulary rag: request
// p95 below 2 s, retrieval p95 below 500 ms, generation p95 below 5 s, no
// failures, and about $40 a day at its rate of 20 requests per second.
func DefaultConfig() Config {
	return defaultConfig([]string{VocabularyRAG})
}

// ConfigFor is a healthy service that speaks the vocabularies, one or more of
// Vocabularies(). It has the stages and tools of all of them. Request p95 is
// below the tightest limit that their teams alert on: 1 s for promptpilot and
// assistant, 2 s for the others. The error says what to write instead.
func ConfigFor(vocabularies ...string) (Config, error) {
	if err := checkVocabularies(vocabularies); err != nil {
		return Config{}, err
	}
	return defaultConfig(vocabularies), nil
}

func defaultConfig(names []string) Config {
	return Config{
		Vocabularies: slices.Clone(names),
		Seed:         1,
		Rate:         20,
		MaxInFlight:  1000,
		TimeScale:    1,
		Overhead:     LogNormal{Median: 0.020, P95: 0.030, Max: 0.100},
		Stages:       pipelineOf(names),
		Tools:        toolsOf(names),
		// Short prompts at prices far below any public list: at list prices,
		// 1.7 million requests a day would never be below an objective of $100.
		Models: []Model{
			{Name: "gpt-4o", Provider: "openai", Share: 0.3, InputUSD: 0.25, OutputUSD: 1},
			{Name: "gpt-4o-mini", Provider: "azure", Share: 0.7, InputUSD: 0.015, OutputUSD: 0.06},
		},
		Endpoints: []Endpoint{
			{Method: http.MethodPost, Path: "/query", Share: 0.5},
			{Method: http.MethodPost, Path: "/chat", Share: 0.3},
			{Method: http.MethodGet, Path: "/query", Share: 0.2},
		},
		Prompts:          300,
		Pipelines:        12,
		Users:            150,
		InputTokens:      LogNormal{Median: 110, P95: 250, Max: 1000},
		OutputTokens:     LogNormal{Median: 35, P95: 90, Max: 400},
		CacheHitRatio:    0.45,
		ProviderBudget:   5000,
		Relevance:        Score{Mean: 0.82, StdDev: 0.08},
		ContextPrecision: Score{Mean: 0.74, StdDev: 0.10},
		Host: Host{
			CPU:    Load{Idle: 12, Busy: 60},
			Memory: Load{Idle: 45, Busy: 65},
			Disk:   Load{Idle: 38, Busy: 40},
		},
	}
}

// pipelineOf unites the pipelines of the vocabularies. Where two have a stage
// of the same name, the quicker one is taken: it is healthy for both teams.
func pipelineOf(names []string) []Stage {
	// What every pipeline agrees with; stages that never meet are beside each
	// other.
	order := []string{StageEmbedding, StageRetrieval, StageReranking, StageGrading, StageGeneration, StageEvaluation}
	quickest := map[string]Stage{}
	for _, name := range names {
		for _, stage := range vocabularies[name].stages {
			if known, ok := quickest[stage.Name]; !ok || stage.Seconds.P95 < known.Seconds.P95 {
				// Nobody who changes a configuration changes the next one.
				stage.Caches = slices.Clone(stage.Caches)
				quickest[stage.Name] = stage
			}
		}
	}
	return slices.SortedFunc(maps.Values(quickest), func(a, b Stage) int {
		return cmp.Compare(slices.Index(order, a.Name), slices.Index(order, b.Name))
	})
}

func toolsOf(names []string) []Tool {
	var tools []Tool
	for _, name := range names {
		tools = append(tools, vocabularies[name].tools...)
	}
	return tools
}
