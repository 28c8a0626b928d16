package sim

import (
	"errors"
	"fmt"
	"log/slog"
)

// Names of the stages that DefaultConfig has.
const (
	StageRetrieval  = "retrieval"
	StageGeneration = "generation"
)

// Stage is one step of the pipeline. Stages run one after the other.
type Stage struct {
	// Name is what faults and answers call the stage.
	Name string
	// Seconds is the time that one call takes when the cache does not help.
	Seconds LogNormal
	// CacheSpeedup is how many times faster a cache hit makes the stage, at
	// least 1; 0 means that the stage has no cache.
	CacheSpeedup float64
	// CallsModel marks the stage that uses up tokens, money and the
	// provider's request budget.
	CallsModel bool
}

// Model is a language model that requests are sent to.
type Model struct {
	Name string
	// Share is how often the model is chosen, relative to the others; above 0.
	Share float64
	// InputUSD and OutputUSD are prices in US dollars per million tokens.
	InputUSD, OutputUSD float64
}

// Config says what is simulated. Start from DefaultConfig: the zero value is
// refused by New.
type Config struct {
	// Vocabulary names the metrics that are exposed: one of Vocabularies().
	Vocabulary string
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
	// Models that requests are spread over; at least one.
	Models []Model
	// InputTokens and OutputTokens are counts per request.
	InputTokens, OutputTokens LogNormal
	// CacheHitRatio is the probability (0..1) that a look-up in the cache hits.
	CacheHitRatio float64
	// ProviderBudget is what the model provider allows, in requests per
	// minute; above 0. It is refilled continuously, used up by requests whose
	// model call succeeds, and only reported: none is refused.
	ProviderBudget float64
	// Relevance and ContextPrecision are the quality scores of good answers.
	Relevance, ContextPrecision Score

	// Logger is told about changes of faults; nil for silence.
	Logger *slog.Logger
}

// DefaultConfig is a healthy service: request p95 below 2 s, retrieval p95 below
// 500 ms, generation p95 below 5 s, no failures, and about $40 a day at its
// rate of 20 requests per second.
func DefaultConfig() Config {
	return Config{
		Vocabulary:  VocabularyRAG,
		Seed:        1,
		Rate:        20,
		MaxInFlight: 1000,
		TimeScale:   1,
		Overhead:    LogNormal{Median: 0.020, P95: 0.030, Max: 0.100},
		Stages: []Stage{
			{Name: StageRetrieval, Seconds: LogNormal{Median: 0.080, P95: 0.200, Max: 1}, CacheSpeedup: 5},
			{Name: StageGeneration, Seconds: LogNormal{Median: 0.500, P95: 1.1, Max: 5}, CallsModel: true},
		},
		// Short prompts at prices far below any public list: at list prices,
		// 1.7 million requests a day would never be below an objective of $100.
		Models: []Model{
			{Name: "gpt-4o", Share: 0.3, InputUSD: 0.25, OutputUSD: 1},
			{Name: "gpt-4o-mini", Share: 0.7, InputUSD: 0.015, OutputUSD: 0.06},
		},
		InputTokens:      LogNormal{Median: 110, P95: 250, Max: 1000},
		OutputTokens:     LogNormal{Median: 35, P95: 90, Max: 400},
		CacheHitRatio:    0.45,
		ProviderBudget:   5000,
		Relevance:        Score{Mean: 0.82, StdDev: 0.08},
		ContextPrecision: Score{Mean: 0.74, StdDev: 0.10},
	}
}

// validate names every field that is wrong and says what to write instead.
func (c Config) validate() error {
	return errors.Join(
		require(isAmount(c.Rate), "Rate", c.Rate, "write a finite number, 0 or above"),
		require(c.MaxInFlight >= 1, "MaxInFlight", c.MaxInFlight, "write 1 or above"),
		require(c.TimeScale > 0 && isAmount(c.TimeScale), "TimeScale", c.TimeScale, "write a finite number above 0"),
		require(isRatio(c.CacheHitRatio), "CacheHitRatio", c.CacheHitRatio, "write a number from 0 to 1"),
		require(c.ProviderBudget > 0 && isAmount(c.ProviderBudget), "ProviderBudget", c.ProviderBudget, "write a finite number above 0"),
		named("Overhead", c.Overhead.validate()),
		named("InputTokens", c.InputTokens.validate()),
		named("OutputTokens", c.OutputTokens.validate()),
		named("Relevance", c.Relevance.validate()),
		named("ContextPrecision", c.ContextPrecision.validate()),
		c.validateStages(),
		c.validateModels(),
	)
}

func (c Config) validateStages() error {
	errs := []error{require(len(c.Stages) > 0, "Stages", len(c.Stages), "write at least one")}
	seen := map[string]bool{}
	for _, s := range c.Stages {
		errs = append(errs,
			require(s.Name != "" && !seen[s.Name], "Stages: name", s.Name, "write a name that no other stage has"),
			require(s.CacheSpeedup == 0 || s.CacheSpeedup >= 1 && isAmount(s.CacheSpeedup), "Stages: CacheSpeedup", s.CacheSpeedup, "write 0 or a finite number from 1"),
			named("Stages: "+s.Name, s.Seconds.validate()))
		seen[s.Name] = true
	}
	return errors.Join(errs...)
}

func (c Config) validateModels() error {
	errs := []error{require(len(c.Models) > 0, "Models", len(c.Models), "write at least one")}
	for _, m := range c.Models {
		errs = append(errs,
			require(m.Share > 0 && isAmount(m.Share), "Models: Share", m.Share, "write a finite number above 0"),
			require(isAmount(m.InputUSD), "Models: InputUSD", m.InputUSD, "write a price of 0 or above"),
			require(isAmount(m.OutputUSD), "Models: OutputUSD", m.OutputUSD, "write a price of 0 or above"))
	}
	return errors.Join(errs...)
}

func require(ok bool, field string, value any, want string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%s is %v: %s", field, value, want)
}

func named(field string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", field, err)
}
