package sim

import "net/http"

// ErrorTypeInternal is the error type of requests that fail before any stage.
const ErrorTypeInternal = "internal_error"

// StageErrorType is the error type of requests that fail in the stage.
func StageErrorType(stage string) string { return stage + "_failed" }

// Outcome is everything there is to know about one finished request; an
// Exporter puts it into the words of its vocabulary.
type Outcome struct {
	// Model is the one that was chosen, also when it was never called.
	Model string
	// Provider serves the model.
	Provider string
	// Method and Path are the endpoint that was asked.
	Method, Path string
	// Prompt is the number of the prompt that the request is for, from 1.
	Prompt int
	// User is the number of whoever asked, from 1.
	User int
	// ErrorType says why the request failed; empty when it was answered.
	ErrorType string
	// Seconds is the whole request: waiting, the overhead, and all tools and
	// stages that ran.
	Seconds float64
	// Tools that ran, in order.
	Tools []ToolOutcome
	// Stages that ran, in order; none when the request failed before them.
	Stages []StageOutcome
	// Caches has the look-ups that were made, in order.
	Caches []CacheOutcome
	// Usage is nil when the model was not called, or its call failed.
	Usage *Usage
	// Quality is nil when the request failed.
	Quality *Quality
}

// StatusCode is the HTTP status that the request was answered with.
func (o Outcome) StatusCode() int {
	if o.ErrorType != "" {
		return http.StatusInternalServerError
	}
	return http.StatusOK
}

// PipelineSeconds is the time of all stages that ran; 0 when the pipeline failed
// before the first of them.
func (o Outcome) PipelineSeconds() float64 {
	var total float64
	for _, stage := range o.Stages {
		total += stage.Seconds
	}
	return total
}

// StageOutcome is one stage's part of a request.
type StageOutcome struct {
	Name    string
	Seconds float64
	Failed  bool
}

// ToolOutcome is one call of a tool.
type ToolOutcome struct {
	Name    string
	Seconds float64
	Failed  bool
}

// CacheOutcome is one look-up in a cache.
type CacheOutcome struct {
	Type string
	Hit  bool
	// RecentHitRatio is the hit ratio (0..1) over the last 100 look-ups in
	// caches of the type, this one included.
	RecentHitRatio float64
}

// Usage is what one call of a model used up.
type Usage struct {
	InputTokens, OutputTokens float64
	CostUSD                   float64
}

// Quality has the scores (0..1) of one answer.
type Quality struct {
	Relevance, ContextPrecision float64
}

// foretell decides what happens to a request before any time is spent on it.
func foretell(cfg Config, d draw, f Faults) Outcome {
	out := Outcome{
		Model: d.model.Name, Provider: d.model.Provider,
		Method: d.endpoint.Method, Path: d.endpoint.Path,
		Prompt: d.prompt, User: d.user,
		Seconds: f.WaitSeconds + d.overhead,
	}
	if d.fail < f.ErrorRatio {
		out.ErrorType = ErrorTypeInternal
		return out
	}
	out.Tools = callTools(cfg.Tools, d.tools, f)
	for _, ran := range out.Tools {
		out.Seconds += ran.Seconds
	}
	hitRatio := orElse(f.CacheHitRatio, cfg.CacheHitRatio)
	for i, stage := range cfg.Stages {
		lookUps, speedup := lookUp(stage.Caches, d.stages[i].caches, hitRatio)
		ran := runStage(stage, d.stages[i], f, speedup)
		out.Caches = append(out.Caches, lookUps...)
		out.Stages = append(out.Stages, ran)
		out.Seconds += ran.Seconds
		if ran.Failed {
			out.ErrorType = StageErrorType(stage.Name)
			return out
		}
		if stage.CallsModel {
			out.Usage = usage(d, orElse(f.CostFactor, 1))
		}
	}
	out.Quality = quality(cfg, d, f)
	return out
}

func callTools(tools []Tool, draws []toolDraw, f Faults) []ToolOutcome {
	var called []ToolOutcome
	for i, tool := range tools {
		if d := draws[i]; d.call < tool.CallRatio {
			called = append(called, ToolOutcome{Name: tool.Name, Seconds: d.seconds, Failed: d.fail < f.ToolFailing[tool.Name]})
		}
	}
	return called
}

// lookUp asks the caches until one hits. The speed-up is 1 when none does.
func lookUp(caches []Cache, draws []float64, hitRatio float64) (lookUps []CacheOutcome, speedup float64) {
	for i, cache := range caches {
		hit := draws[i] < hitRatio
		lookUps = append(lookUps, CacheOutcome{Type: cache.Type, Hit: hit})
		if hit {
			return lookUps, cache.Speedup
		}
	}
	return lookUps, 1
}

func runStage(stage Stage, d stageDraw, f Faults, speedup float64) StageOutcome {
	seconds := d.seconds * f.slowness(stage.Name) / speedup
	return StageOutcome{Name: stage.Name, Seconds: seconds, Failed: d.fail < f.Failing[stage.Name]}
}

func usage(d draw, costFactor float64) *Usage {
	const million = 1e6
	cost := (d.inputTokens*d.model.InputUSD + d.outputTokens*d.model.OutputUSD) / million
	return &Usage{InputTokens: d.inputTokens, OutputTokens: d.outputTokens, CostUSD: cost * costFactor}
}

// quality keeps the spread of the scores when a fault moves their means.
func quality(cfg Config, d draw, f Faults) *Quality {
	relevance, precision := cfg.Relevance, cfg.ContextPrecision
	relevance.Mean = orElse(f.Relevance, relevance.Mean)
	precision.Mean = orElse(f.ContextPrecision, precision.Mean)
	return &Quality{Relevance: relevance.Quantile(d.relevance), ContextPrecision: precision.Quantile(d.contextPrecision)}
}
