package sim

import "log/slog"

// Names of the stages that pipelines of the vocabularies have.
const (
	StageEmbedding  = "embedding"
	StageRetrieval  = "retrieval"
	StageReranking  = "reranking"
	StageGrading    = "grading"
	StageGeneration = "generation"
	StageEvaluation = "evaluation"
)

// Stage is one step of the pipeline. Stages run one after the other.
type Stage struct {
	// Name is what faults and answers call the stage.
	Name string
	// Seconds is the time that one call takes when no cache helps.
	Seconds LogNormal
	// Caches are looked up one after the other until one hits; may be empty.
	Caches []Cache
	// CallsModel marks the stage that uses up tokens, money and the
	// provider's request budget.
	CallsModel bool
}

// Cache has earlier results of a stage.
type Cache struct {
	// Type is what metrics call the cache.
	Type string
	// Speedup is how many times faster a hit makes the stage, at least 1.
	Speedup float64
}

// Tool is something that a request may call before the pipeline. A call that
// fails does not fail the request: the answer is made without its result.
type Tool struct {
	// Name is what faults and answers call the tool.
	Name string
	// CallRatio is the share (0..1) of requests that call the tool.
	CallRatio float64
	// Seconds is the time that one call takes.
	Seconds LogNormal
}

// Model is a language model that requests are sent to.
type Model struct {
	Name string
	// Provider is who serves the model.
	Provider string
	// Share is how often the model is chosen, relative to the others; above 0.
	Share float64
	// InputUSD and OutputUSD are prices in US dollars per million tokens.
	InputUSD, OutputUSD float64
}

// Endpoint is one route of the simulated API. It is only reported: nothing is
// served there.
type Endpoint struct {
	Method, Path string
	// Share is how often the endpoint is asked, relative to the others; above 0.
	Share float64
}

// Config says what is simulated. Start from DefaultConfig or ConfigFor: the
// zero value is refused by New.
type Config struct {
	// Vocabularies name the metrics that are exposed: one or more of
	// Vocabularies(), each once. All of them observe the same requests.
	Vocabularies []string
	// Seed makes the traffic repeatable: the same seed gives the same requests
	// in the same order.
	Seed uint64
	// Rate is the service's own traffic in requests per (real) second; 0 for none.
	Rate float64
	// MaxInFlight bounds the service's own requests in flight; at least 1.
	// Arrivals beyond it are dropped and counted in Stats.
	MaxInFlight int
	// TimeScale shortens the time really spent on a request: 0.01 makes a
	// simulated second take 10 ms. Above 0. Neither Rate nor ProviderBudget is
	// affected.
	TimeScale float64

	// Overhead is the time in seconds that belongs to no stage: parsing,
	// templating.
	Overhead LogNormal
	// Stages of the pipeline, in order; at least one.
	Stages []Stage
	// Tools that run before the first stage, in order; may be empty.
	Tools []Tool
	// Models that requests are spread over; at least one.
	Models []Model
	// Endpoints that requests are spread over; at least one.
	Endpoints []Endpoint
	// Prompts is how many prompts exist, at least 1. Each request executes one
	// of them, some much more often than others.
	Prompts int
	// Pipelines is how many pipelines exist, 0 or above; only reported.
	Pipelines int
	// Users is how many people ask, at least 1.
	Users int
	// InputTokens and OutputTokens are counts per request.
	InputTokens, OutputTokens LogNormal
	// CacheHitRatio is the probability (0..1) that a look-up in a cache hits.
	CacheHitRatio float64
	// ProviderBudget is what the model provider allows, in requests per
	// minute; above 0. It is refilled continuously, used up by requests whose
	// model call succeeds, and only reported: none is refused.
	ProviderBudget float64
	// Relevance and ContextPrecision are the quality scores of good answers.
	Relevance, ContextPrecision Score
	// Host is the machine that the service runs on.
	Host Host
	// Faults are what is broken from the beginning.
	Faults Faults

	// Logger is told about changes of faults; nil for silence.
	Logger *slog.Logger
}
