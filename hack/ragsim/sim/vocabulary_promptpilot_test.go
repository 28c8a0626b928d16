package sim

import (
	"strconv"
	"testing"
	"testing/synctest"
)

func TestPromptPilotExposesExactlyTheseMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newServiceFor(t, VocabularyPromptPilot)
		ask(t, service, 10)
		checkExposition(t, service, "/metrics", map[string]string{
			"http_requests_total":           "counter endpoint,method,status",
			"http_request_duration_seconds": "histogram endpoint,method",
			"http_requests_in_progress":     "gauge",
			"prompt_executions_total":       "counter prompt_id,status",
			"pipeline_executions_total":     "counter status",
			"active_users":                  "gauge",
			"prompt_total":                  "gauge",
			"pipeline_total":                "gauge",
		})
	})
}

func TestPromptPilotLabelValuesAndBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newServiceFor(t, VocabularyPromptPilot)
		mustSetFaults(t, service, Faults{Failing: map[string]float64{"generation": 0.1}})
		ask(t, service, 200)
		checkLabelValues(t, scrape(t, service), map[string]string{
			"http_requests_total method":                    "GET POST",
			"http_requests_total endpoint":                  "/chat /query",
			"http_requests_total status":                    "200 500",
			"http_request_duration_seconds_bucket method":   "GET POST",
			"http_request_duration_seconds_bucket endpoint": "/chat /query",
			"http_request_duration_seconds_bucket le":       clientLE,
			"prompt_executions_total status":                "failed success",
			"pipeline_executions_total status":              "failed success",
		})
	})
}

func TestPromptPilotHasManyPromptsAndSomeAreUsedMuchMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newServiceFor(t, VocabularyPromptPilot)
		ask(t, service, 3000)
		now := scrape(t, service)
		prompts := labelValues(now)["prompt_executions_total prompt_id"]
		checkWithin(t, "prompts used", float64(len(prompts)), 280, 300)
		for id := range prompts {
			if n, err := strconv.Atoi(id); err != nil || n < 1 || n > 300 {
				t.Errorf("prompt_id is %q, want a number from 1 to 300", id)
			}
		}
		checkWithin(t, "share of prompt 1", now.shareOf("prompt_executions_total", `prompt_id="1"`), 0.04, 0.08)
		checkWithin(t, "share of prompt 300", now.shareOf("prompt_executions_total", `prompt_id="300"`), 0, 0.006)
		checkWithin(t, "prompts", now.sum("prompt_total"), 300, 300)
		checkWithin(t, "pipelines", now.sum("pipeline_total"), 12, 12)
		checkWithin(t, "active users", now.sum("active_users"), 50, 100)
	})
}

func TestPromptPilotHasAsManyPromptIDsAsPrompts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for prompts, want := range map[int]interval{1: {1, 1}, 3: {3, 3}, 5000: {1000, 2000}} {
			cfg := newServiceFor(t, VocabularyPromptPilot).cfg
			cfg.Prompts = prompts
			service := newService(t, func(c *Config) { *c = cfg })
			ask(t, service, 2000)
			now := scrape(t, service)
			checkWithin(t, "prompt_total", now.sum("prompt_total"), float64(prompts), float64(prompts))
			used := labelValues(now)["prompt_executions_total prompt_id"]
			checkWithin(t, "values of prompt_id", float64(len(used)), want.low, want.high)
		}
	})
}

func TestUsersAreForgottenAfter100Requests(t *testing.T) {
	var window userWindow
	var active int
	for _, step := range []struct{ user, times, want int }{{1, 1, 1}, {2, 10, 2}, {3, 88, 3}, {4, 1, 4}, {4, 1, 3}, {4, 100, 1}} {
		for range step.times {
			active = window.add(step.user)
		}
		if active != step.want {
			t.Errorf("after %d times user %d there are %d, want %d", step.times, step.user, active, step.want)
		}
	}
}

func TestFaultsShowInTheMetricsOfPromptPilot(t *testing.T) {
	failing := func(stage string, ratio float64) Faults {
		return Faults{Failing: map[string]float64{stage: ratio}}
	}
	failedPrompts := func(s series) float64 { return s.shareOf("prompt_executions_total", `status="failed"`) }
	failedPipelines := func(s series) float64 { return s.shareOf("pipeline_executions_total", `status="failed"`) }
	failedRequests := func(s series) float64 { return s.shareOf("http_requests_total", `status="500"`) }
	withinASecond := func(s series) float64 { return s.shareBelow("http_request_duration_seconds", "1") }
	checkEffects(t, VocabularyPromptPilot, map[string]effect{
		"a slow generation makes requests slow":  {Faults{Slow: map[string]float64{"generation": 10}}, withinASecond, interval{0, 0.1}},
		"a slow retrieval makes requests slow":   {Faults{Slow: map[string]float64{"retrieval": 100}}, withinASecond, interval{0, 0.5}},
		"a failing generation fails the prompt":  {failing("generation", 0.2), failedPrompts, interval{0.16, 0.24}},
		"a failing generation fails the request": {failing("generation", 0.2), failedRequests, interval{0.16, 0.24}},
		"a failing retrieval fails the pipeline": {failing("retrieval", 0.2), failedPipelines, interval{0.16, 0.24}},
		"a failed retrieval executes no prompt":  {failing("retrieval", 1), func(s series) float64 { return s.sum("prompt_executions_total") }, exactly(0)},
		"the error ratio is that of requests":    {Faults{ErrorRatio: 0.2}, failedRequests, interval{0.16, 0.24}},
		"an outright error fails the pipeline":   {Faults{ErrorRatio: 0.2}, failedPipelines, interval{0.16, 0.24}},
		"an outright error executes no prompt":   {Faults{ErrorRatio: 1}, func(s series) float64 { return s.sum("prompt_executions_total") }, exactly(0)},
	})
}
