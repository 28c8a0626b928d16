package differential_test

import (
	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
)

// fine is what is said of a service that has no problem.
const fine = "Healthy/ObjectivesMet"

// scenario is something that happens to a service that was well.
type scenario struct {
	vocabulary string
	// pods of the service; 0 stands for one. Each has the traffic of its own seed, and
	// so have services with different seeds.
	pods, seed int
	faults     sim.Faults
	// ends and deleted are how many pods end, and how many are no longer there.
	ends, deleted int
	// want is the verdict, and the bottleneck where there is one.
	want string
}

// scenarios by the names of their RAGMonitors. A stage that takes a few hundredths of the
// time of a request is made so slow that most of the time is its own: there is no
// yesterday here to compare it with.
var scenarios = map[string]scenario{
	"healthy": {vocabulary: "rag", want: fine},

	"slow-embedding":  {vocabulary: "api-pipeline", faults: slow(sim.StageEmbedding, 60), want: "Degraded/LatencyHigh, bottleneck embedding"},
	"slow-retrieval":  {vocabulary: "api-pipeline", faults: slow(sim.StageRetrieval, 10), want: "Degraded/LatencyHigh, bottleneck retrieval"},
	"slow-reranking":  {vocabulary: "api-pipeline", faults: slow(sim.StageReranking, 40), want: "Degraded/LatencyHigh, bottleneck reranking"},
	"slow-generation": {vocabulary: "api-pipeline", faults: slow(sim.StageGeneration, 10), want: "Degraded/LatencyHigh, bottleneck generation"},
	"slow-evaluation": {vocabulary: "api-pipeline", faults: slow(sim.StageEvaluation, 40), want: "Degraded/LatencyHigh, bottleneck evaluation"},
	"slow-grading":    {vocabulary: "stage-log", faults: slow(sim.StageGrading, 60), want: "Degraded/LatencyHigh, bottleneck grading"},

	"failing-stage":  {vocabulary: "rag", faults: sim.Faults{Failing: map[string]float64{sim.StageRetrieval: 0.5}}, want: "Critical/ErrorRatioHigh"},
	"errors":         {vocabulary: "rag", faults: sim.Faults{ErrorRatio: 0.5}, want: "Critical/ErrorRatioHigh"},
	"cache-collapse": {vocabulary: "rag", faults: sim.Faults{CacheHitRatio: new(0.02)}, want: "Degraded/CacheHitRatioLow"},
	"rate-limit":     {vocabulary: "rag", faults: sim.Faults{RateLimitRemaining: new(5.0)}, want: "Degraded/RateLimitLow"},
	"irrelevant":     {vocabulary: "rag", faults: sim.Faults{Relevance: new(0.3)}, want: "Degraded/RelevanceLow"},
	"dear":           {vocabulary: "rag", faults: sim.Faults{CostFactor: new(100.0)}, want: "Degraded/CostPerDayHigh"},

	"silence":         {vocabulary: "rag", faults: sim.Faults{Silence: true}, want: "NoTraffic/NoRequests"},
	"frozen":          {vocabulary: "rag", faults: sim.Faults{Frozen: true}, want: "Stale/CountersFrozen"},
	"target-down":     {vocabulary: "rag", ends: 1, want: "NoData/TargetsDown"},
	"one-down-of-two": {vocabulary: "rag", pods: 2, ends: 1, want: "Degraded/TargetsDown (api)"},
	"pod-gone":        {vocabulary: "rag", deleted: 1, want: "NoData/NoTargets"},
	"one-gone-of-two": {vocabulary: "rag", pods: 2, deleted: 1, want: fine},
}

func slow(stage string, times float64) sim.Faults {
	return sim.Faults{Slow: map[string]float64{stage: times}}
}
