package sim

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func send(ctx context.Context, s *Service, method, path, body string) (int, string) {
	request := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	response := httptest.NewRecorder()
	s.Handler().ServeHTTP(response, request)
	return response.Code, strings.TrimSpace(response.Body.String())
}

func TestAskAnswersWithTheStages(t *testing.T) {
	for name, tc := range map[string]struct{ method, path, body string }{
		"POST with a body": {http.MethodPost, "/ask", `{"question":"What is RAG?"}`},
		"GET with a query": {http.MethodGet, "/ask?q=What+is+RAG%3F", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				code, body := send(t.Context(), newService(t), tc.method, tc.path, tc.body)
				var got answer
				if err := json.Unmarshal([]byte(body), &got); err != nil || code != http.StatusOK {
					t.Fatalf("%d %s: %v", code, body, err)
				}
				if want := `A simulated answer to "What is RAG?".`; got.Answer != want {
					t.Errorf("answer is %q, want %q", got.Answer, want)
				}
				stages := got.Stages[StageRetrieval] + got.Stages[StageGeneration]
				if len(got.Stages) != 2 || stages <= 0 || got.Seconds <= stages {
					t.Errorf("stages %v do not fit into %v s", got.Stages, got.Seconds)
				}
				for what, v := range map[string]float64{
					"input tokens": got.InputTokens, "output tokens": got.OutputTokens, "cost": got.CostUSD,
					"relevance": got.Relevance, "context precision": got.ContextPrecision,
				} {
					checkWithin(t, what, v, 1e-9, 1000)
				}
				if got.Model == "" {
					t.Errorf("the model is missing: %s", body)
				}
			})
		})
	}
}

func TestAskTellsTheTypeOfTheError(t *testing.T) {
	for name, tc := range map[string]struct {
		faults     Faults
		want       string
		wantStages int
	}{
		"outright":      {Faults{ErrorRatio: 1}, "internal_error", 0},
		"in retrieval":  {Faults{Failing: map[string]float64{"retrieval": 1}}, "retrieval_failed", 1},
		"in generation": {Faults{Failing: map[string]float64{"generation": 1}}, "generation_failed", 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := newService(t)
				mustSetFaults(t, service, tc.faults)
				code, body := send(t.Context(), service, http.MethodGet, "/ask?q=x", "")
				var got answer
				if err := json.Unmarshal([]byte(body), &got); err != nil || code != http.StatusInternalServerError {
					t.Fatalf("%d %s: %v", code, body, err)
				}
				if got.ErrorType != tc.want || got.Error == "" || got.Answer != "" || len(got.Stages) != tc.wantStages {
					t.Errorf("body is %s, want error type %q and %d stages", body, tc.want, tc.wantStages)
				}
			})
		})
	}
}

func TestAskOfAClientThatHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		code, body := send(ctx, newService(t), http.MethodGet, "/ask?q=x", "")
		if code != http.StatusServiceUnavailable || !strings.Contains(body, `"error_type":"cancelled"`) {
			t.Errorf("%d %s", code, body)
		}
	})
}

func TestFaultKnob(t *testing.T) {
	const full = `{"slow":{"generation":10},"failing":{"retrieval":0.1},"errorRatio":0.2,"costFactor":20,` +
		`"cacheHitRatio":0.02,"silence":true,"frozen":true,"rateLimitRemaining":12}`
	service := newService(t)
	for _, step := range []struct {
		method, body string
		wantCode     int
		wantBody     string
	}{
		{http.MethodGet, "", 200, `{}`},
		{http.MethodPut, full, 200, full},
		{http.MethodGet, "", 200, full},
		{http.MethodPut, `{"errorRatio":2}`, 400, `{"error":"errorRatio is 2: write a share from 0 to 1"}`},
		{http.MethodGet, "", 200, full},
		{http.MethodPut, `{"silence":true}`, 200, `{"silence":true}`},
		{http.MethodPut, `{"slow":{"grading":2}}`, 400, `{"error":"slow.grading is 2: unknown stage, write one of retrieval, generation"}`},
		{http.MethodDelete, "", 200, `{}`},
		{http.MethodGet, "", 200, `{}`},
	} {
		code, body := send(t.Context(), service, step.method, "/faults", step.body)
		if code != step.wantCode {
			t.Errorf("%s %s: code %d, want %d", step.method, step.body, code, step.wantCode)
		}
		if diff := cmp.Diff(step.wantBody, body); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", step.method, step.body, diff)
		}
	}
}

func TestOtherReplies(t *testing.T) {
	for name, tc := range map[string]struct {
		method, path, body string
		wantCode           int
		wantBody           string
	}{
		"healthy":                {http.MethodGet, "/healthz", "", 200, "ok"},
		"question missing":       {http.MethodGet, "/ask", "", 400, "the question is empty"},
		"question empty":         {http.MethodPost, "/ask", `{}`, 400, "the question is empty"},
		"question is no JSON":    {http.MethodPost, "/ask", `What?`, 400, "read question: write a JSON object"},
		"question too long":      {http.MethodPost, "/ask", `{"question":"` + strings.Repeat("x", maxBody) + `"}`, 400, "too large"},
		"faults too long":        {http.MethodPut, "/faults", strings.Repeat(" ", maxBody+1), 400, "too large"},
		"faults by a wrong verb": {http.MethodPost, "/faults", `{}`, 405, "Method Not Allowed"},
		"unknown path":           {http.MethodGet, "/", "", 404, "not found"},
	} {
		t.Run(name, func(t *testing.T) {
			code, body := send(t.Context(), newService(t), tc.method, tc.path, tc.body)
			if code != tc.wantCode || !strings.Contains(body, tc.wantBody) {
				t.Errorf("%d %s, want %d and %q", code, body, tc.wantCode, tc.wantBody)
			}
		})
	}
}
