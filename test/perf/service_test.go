package perf_test

import (
	"fmt"
	"math/rand/v2"
)

// The names that all services have.
const (
	component = "api"
	slo       = "availability"
)

// stages of a service, and the seconds that a request spends in each.
var stages = []struct {
	name string
	time float64
}{
	{"embedding", 0.02},
	{"retrieval", 0.1},
	{"reranking", 0.098},
	{"generation", 0.5},
	{"grounding", 0.03},
}

// series is one canonical series with its value now. more are its labels besides
// those that say of whom it is, as JSON.
type series struct {
	record, more string
	value        float64
}

// service is a RAG service as seen in one round.
type service struct {
	// noise is multiplied with each value that is measured by itself.
	noise func() float64
	// slow is multiplied with the time of generation.
	slow float64
	// spent today, in US dollars.
	spent float64
}

// noon is what a service has spent then, in US dollars.
const (
	costRate = 0.0005
	noon     = costRate * 12 * 3600
)

func quiet() float64 { return 1 }

// wobbling is off by up to a twentieth, each time otherwise.
func wobbling(random *rand.Rand) func() float64 {
	return func() float64 { return 0.95 + 0.1*random.Float64() }
}

// series are all that rules record of the service and the operator reads, in figures
// that fit together as those that rules make do.
func (s service) series() []series {
	of := func(label, value string) string {
		return fmt.Sprintf(`"component":%q,%q:%q,`, component, label, value)
	}
	api := fmt.Sprintf(`"component":%q,`, component)
	rate, mean := 12*s.noise(), 0.05*s.noise()
	times := make([]float64, len(stages))
	for i, stage := range stages {
		times[i] = stage.time * s.noise()
		if stage.name == "generation" {
			times[i] *= s.slow
		}
		mean += times[i]
	}
	out := []series{
		{"targets:up", api, 2},
		{"targets:total", api, 2},
		{"requests:rate", api, rate},
		{"request_errors:rate", api, rate * 0.008 * s.noise()},
		{"requests_in_flight:min", api, 3 * s.noise()},
		{"request_duration_seconds:mean", api, mean},
		{"request_duration_seconds:baseline", api, 0.798},
		{"request_duration_seconds:p95", api, 1.4 * s.slow * s.noise()},
		{"cost_usd:rate", of("model", "large"), 0.9 * costRate * s.noise()},
		{"cost_usd:rate", of("model", "small"), 0.1 * costRate * s.noise()},
		{"cost_per_request_usd:p95", api, 0.0001 * s.noise()},
		{"cost_today_usd:sum", "", s.spent},
		{"cost_month_usd:sum", "", 30 + s.spent},
		{"cache_hits:ratio", api, 0.41 * s.noise()},
		{"rate_limit_remaining:min", api, 4000 * s.noise()},
		{"relevance_score:p50", api, 0.86 * s.noise()},
		{"context_precision:p50", api, 0.8 * s.noise()},
		{"slo_error_budget_remaining:ratio", fmt.Sprintf(`"slo":%q,`, slo), 0.71 * s.noise()},
		{"slo_burn_rate:ratio", fmt.Sprintf(`"slo":%q,`, slo), 0.4 * s.noise()},
		{"alert_inputs:missing", `"alert":"RAGQueueLong","metric":"rag_queue_seconds",`, 1},
	}
	for i, stage := range stages {
		in := of("stage", stage.name)
		out = append(out,
			series{"stage_share:ratio", in, times[i] / mean},
			series{"stage_duration_seconds:mean", in, times[i]},
			series{"stage_duration_seconds:baseline", in, stage.time},
			series{"stage_duration_seconds:p95", in, 1.8 * stage.time * s.slow * s.noise()},
			series{"stage_calls:rate", in, rate},
			series{"stage_errors:rate", in, rate * 0.001 * s.noise()},
		)
	}
	return out
}
