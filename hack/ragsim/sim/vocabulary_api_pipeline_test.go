package sim

import (
	"testing"
	"testing/synctest"
)

// clientLE are the bounds of clientBuckets in the order of the alphabet.
const clientLE = "+Inf 0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 10 2.5 5 7.5"

func TestAPIPipelineExposesExactlyTheseMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newServiceFor(t, VocabularyAPIPipeline)
		ask(t, service, 100)
		checkExposition(t, service, "/metrics", map[string]string{
			"api_requests_total":                   "counter endpoint,method,provider,status_code",
			"api_response_time_seconds":            "histogram endpoint,method,provider",
			"pipeline_executions_total":            "counter success",
			"pipeline_execution_time_seconds":      "histogram",
			"pipeline_step_execution_time_seconds": "histogram step_name",
		})
	})
}

func TestAPIPipelineLabelValuesAndBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newServiceFor(t, VocabularyAPIPipeline)
		mustSetFaults(t, service, Faults{ErrorRatio: 0.1, Failing: map[string]float64{"retrieval": 0.1}})
		ask(t, service, 200)
		checkLabelValues(t, scrape(t, service), map[string]string{
			"api_requests_total endpoint":                          "/chat /query",
			"api_requests_total method":                            "GET POST",
			"api_requests_total provider":                          "azure openai",
			"api_requests_total status_code":                       "200 500",
			"api_response_time_seconds_bucket endpoint":            "/chat /query",
			"api_response_time_seconds_bucket method":              "GET POST",
			"api_response_time_seconds_bucket provider":            "azure openai",
			"api_response_time_seconds_bucket le":                  clientLE,
			"pipeline_executions_total success":                    "false true",
			"pipeline_execution_time_seconds_bucket le":            clientLE,
			"pipeline_step_execution_time_seconds_bucket le":       clientLE,
			"pipeline_step_execution_time_seconds_count step_name": "embedding evaluation generation reranking retrieval",
		})
	})
}

func TestFaultsShowInTheMetricsOfAPIPipeline(t *testing.T) {
	const step = "pipeline_step_execution_time_seconds"
	stepMean := func(name string) func(series) float64 {
		return func(s series) float64 {
			label := `step_name="` + name + `"`
			return s.sum(step+"_sum", label) / s.sum(step+"_count", label)
		}
	}
	slow := func(stage string, factor float64) Faults { return Faults{Slow: map[string]float64{stage: factor}} }
	checkEffects(t, VocabularyAPIPipeline, map[string]effect{
		"embedding can be slow":              {slow("embedding", 100), stepMean("embedding"), interval{2, 3}},
		"retrieval can be slow":              {slow("retrieval", 50), stepMean("retrieval"), interval{2, 4.5}},
		"reranking can be slow":              {slow("reranking", 100), stepMean("reranking"), interval{3, 4.5}},
		"generation can be slow":             {slow("generation", 10), stepMean("generation"), interval{3.5, 4.5}},
		"evaluation can be slow":             {slow("evaluation", 100), stepMean("evaluation"), interval{3, 4.5}},
		"a slow step makes the pipeline so":  {slow("reranking", 100), func(s series) float64 { return s.mean("pipeline_execution_time_seconds") }, interval{3, 6}},
		"a slow step makes the responses so": {slow("reranking", 100), func(s series) float64 { return s.shareBelow("api_response_time_seconds", "1") }, interval{0, 0.1}},
		"a failing step fails the pipeline": {
			Faults{Failing: map[string]float64{"reranking": 0.2}},
			func(s series) float64 { return s.shareOf("pipeline_executions_total", `success="false"`) },
			interval{0.16, 0.24},
		},
		"a failing step fails the request": {
			Faults{Failing: map[string]float64{"reranking": 0.2}},
			func(s series) float64 { return s.shareOf("api_requests_total", `status_code="500"`) },
			interval{0.16, 0.24},
		},
		"after a failed step no other runs": {
			Faults{Failing: map[string]float64{"reranking": 1}},
			func(s series) float64 { return s.sum(step+"_count", `step_name="generation"`) }, exactly(0),
		},
		"the error ratio is that of requests": {
			Faults{ErrorRatio: 0.2},
			func(s series) float64 { return s.shareOf("api_requests_total", `status_code="500"`) },
			interval{0.16, 0.24},
		},
		"an outright error fails the pipeline": {
			Faults{ErrorRatio: 0.2},
			func(s series) float64 { return s.shareOf("pipeline_executions_total", `success="false"`) },
			interval{0.16, 0.24},
		},
		"a pipeline that fails outright takes no time": {
			Faults{ErrorRatio: 1},
			func(s series) float64 { return s.mean("pipeline_execution_time_seconds") }, exactly(0),
		},
		"an outright error reaches no step": {
			Faults{ErrorRatio: 1},
			func(s series) float64 { return s.sum(step + "_count") }, exactly(0),
		},
		"waiting is in the responses": {
			Faults{WaitSeconds: 2}, func(s series) float64 { return s.mean("api_response_time_seconds") }, interval{2.3, 3},
		},
		"a cache that stops hitting makes retrieval slow": {
			Faults{CacheHitRatio: new(0.0)}, stepMean("retrieval"), interval{0.085, 0.11},
		},
	})
}
