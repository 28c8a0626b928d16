package sim

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func TestAssistantExposesExactlyTheseMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newServiceFor(t, VocabularyAssistant)
		ask(t, service, 100)
		checkExposition(t, service, "/metrics", map[string]string{
			"http_requests_total":             "counter endpoint,method,status_code",
			"http_request_duration_seconds":   "histogram endpoint,method",
			"active_connections":              "gauge",
			"tool_executions_total":           "counter status,tool_name",
			"tool_execution_duration_seconds": "histogram tool_name",
			"cache_hit_rate":                  "gauge cache_type",
		})
	})
}

func TestAssistantLabelValuesAndBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newServiceFor(t, VocabularyAssistant)
		mustSetFaults(t, service, Faults{ErrorRatio: 0.1, ToolFailing: map[string]float64{"search": 0.1, "calculator": 0.1, "web": 0.1}})
		ask(t, service, 500)
		checkLabelValues(t, scrape(t, service), map[string]string{
			"http_requests_total method":                       "GET POST",
			"http_requests_total endpoint":                     "/chat /query",
			"http_requests_total status_code":                  "200 500",
			"http_request_duration_seconds_bucket method":      "GET POST",
			"http_request_duration_seconds_bucket endpoint":    "/chat /query",
			"http_request_duration_seconds_bucket le":          clientLE,
			"tool_executions_total tool_name":                  "calculator search web",
			"tool_executions_total status":                     "error success",
			"tool_execution_duration_seconds_bucket tool_name": "calculator search web",
			"tool_execution_duration_seconds_bucket le":        clientLE,
			"cache_hit_rate cache_type":                        "memory redis",
		})
	})
}

func TestAssistantCallsItsToolsAsOftenAndAsLongAsConfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const requests = 3000
		service := newServiceFor(t, VocabularyAssistant)
		ask(t, service, requests)
		now := scrape(t, service)
		for tool, want := range map[string]struct{ calls, seconds interval }{
			"search":     {interval{0.37, 0.43}, interval{0.050, 0.070}},
			"calculator": {interval{0.17, 0.23}, interval{0.002, 0.003}},
			"web":        {interval{0.08, 0.12}, interval{0.150, 0.190}},
		} {
			label := `tool_name="` + tool + `"`
			calls := now.sum("tool_executions_total", label)
			checkWithin(t, "calls of "+tool, calls/requests, want.calls.low, want.calls.high)
			checkWithin(t, "seconds of "+tool, now.sum("tool_execution_duration_seconds_sum", label)/calls, want.seconds.low, want.seconds.high)
		}
		checkWithin(t, "failures of healthy tools", now.sum("tool_executions_total", `status="error"`), 0, 0)
	})
}

func TestFaultsShowInTheMetricsOfAssistant(t *testing.T) {
	failures := func(tool string) func(series) float64 {
		return func(s series) float64 {
			label := `tool_name="` + tool + `"`
			return s.sum("tool_executions_total", label, `status="error"`) / s.sum("tool_executions_total", label)
		}
	}
	failedRequests := func(s series) float64 { return s.shareOf("http_requests_total", `status_code="500"`) }
	withinASecond := func(s series) float64 { return s.shareBelow("http_request_duration_seconds", "1") }
	checkEffects(t, VocabularyAssistant, map[string]effect{
		"search can fail":                       {Faults{ToolFailing: map[string]float64{"search": 0.5}}, failures("search"), interval{0.4, 0.6}},
		"the calculator can fail":               {Faults{ToolFailing: map[string]float64{"calculator": 1}}, failures("calculator"), exactly(1)},
		"the web can fail":                      {Faults{ToolFailing: map[string]float64{"web": 0.2}}, failures("web"), interval{0.1, 0.3}},
		"a slow generation makes requests slow": {Faults{Slow: map[string]float64{"generation": 10}}, withinASecond, interval{0, 0.1}},
		"a failing stage fails requests":        {Faults{Failing: map[string]float64{"generation": 0.2}}, failedRequests, interval{0.16, 0.24}},
		"the error ratio is that of requests":   {Faults{ErrorRatio: 0.2}, failedRequests, interval{0.16, 0.24}},
		"an outright error calls no tool":       {Faults{ErrorRatio: 1}, func(s series) float64 { return s.sum("tool_executions_total") }, exactly(0)},
		"the cache hit gauge follows":           {Faults{CacheHitRatio: new(0.02)}, func(s series) float64 { return s.sum("cache_hit_rate") }, interval{0, 0.15}},
	})
}

func TestAFailingToolFailsNoRequestAndNoOtherTool(t *testing.T) {
	service := newServiceFor(t, VocabularyAssistant)
	faults := Faults{ToolFailing: map[string]float64{"search": 1}}
	failed := 0
	for range 100 {
		d := service.own.deal()
		want := foretell(service.cfg, d, Faults{})
		got := foretell(service.cfg, d, faults)
		for i, tool := range want.Tools {
			if tool.Name == ToolSearch {
				want.Tools[i].Failed = true
				failed++
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("outcome (-want +got):\n%s", diff)
		}
	}
	if failed == 0 {
		t.Error("no request searched: nothing is proved")
	}
}

func TestUnknownToolsAreRefusedWithThoseThatAreKnown(t *testing.T) {
	code, body := send(t.Context(), newServiceFor(t, VocabularyAssistant), http.MethodPut, "/faults", `{"toolFailing":{"browser":0.5,"search":2}}`)
	const want = `{"error":"toolFailing.browser is 0.5: unknown tool, write one of search, calculator, web; toolFailing.search is 2: write a share from 0 to 1"}`
	if code != http.StatusBadRequest || body != want {
		t.Errorf("%d %s, want 400 %s", code, body, want)
	}
}

func TestAnswersTellTheTimeOfTools(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, err := ConfigFor(VocabularyAssistant)
		if err != nil {
			t.Fatal(err)
		}
		for i := range cfg.Tools {
			cfg.Tools[i].CallRatio = 1
		}
		_, body := send(t.Context(), newService(t, func(c *Config) { *c = cfg }), http.MethodGet, "/ask?q=x", "")
		var got answer
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		var parts float64
		for _, seconds := range []map[string]float64{got.Tools, got.Stages} {
			for _, s := range seconds {
				parts += s
			}
		}
		if len(got.Tools) != 3 || got.Seconds <= parts || strings.Contains(body, `"tools":{}`) {
			t.Errorf("tools and stages of %v s do not fit into the answer: %s", parts, body)
		}
	})
}
