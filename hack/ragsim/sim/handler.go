package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

const maxBody = 64 << 10

// Handler is the first of Handlers: all there is when the service speaks one
// vocabulary.
func (s *Service) Handler() http.Handler { return s.handler(s.pages[0]) }

// Handlers serve /ask, /faults and /healthz, which are the same for all, and the
// metrics of one vocabulary each, in the order of Config.Vocabularies.
func (s *Service) Handlers() []http.Handler {
	handlers := make([]http.Handler, 0, len(s.pages))
	for _, p := range s.pages {
		handlers = append(handlers, s.handler(p))
	}
	return handlers
}

func (s *Service) handler(p page) http.Handler {
	mux := http.NewServeMux()
	p.handle(mux)
	mux.HandleFunc("GET /ask", func(w http.ResponseWriter, r *http.Request) {
		s.serveAnswer(w, r, r.URL.Query().Get("q"))
	})
	mux.HandleFunc("POST /ask", s.serveAsk)
	mux.HandleFunc("GET /faults", s.serveFaults)
	mux.HandleFunc("PUT /faults", s.replaceFaults)
	mux.HandleFunc("DELETE /faults", s.clearFaults)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok\n")
	})
	return mux
}

type question struct {
	Question string `json:"question"`
}

// answer is the body of a reply to /ask, successful or not.
type answer struct {
	Answer           string             `json:"answer,omitempty"`
	Error            string             `json:"error,omitempty"`
	ErrorType        string             `json:"error_type,omitempty"`
	Model            string             `json:"model"`
	Seconds          float64            `json:"seconds"`
	Stages           map[string]float64 `json:"stages"`
	Tools            map[string]float64 `json:"tools,omitempty"`
	CacheHit         bool               `json:"cache_hit"`
	InputTokens      float64            `json:"input_tokens"`
	OutputTokens     float64            `json:"output_tokens"`
	CostUSD          float64            `json:"cost_usd"`
	Relevance        float64            `json:"relevance,omitempty"`
	ContextPrecision float64            `json:"context_precision,omitempty"`
}

func (s *Service) serveAsk(w http.ResponseWriter, r *http.Request) {
	var q question
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&q); err != nil {
		refuse(w, fmt.Errorf(`read question: write a JSON object, like {"question": "What is RAG?"}: %w`, err))
		return
	}
	s.serveAnswer(w, r, q.Question)
}

func (s *Service) serveAnswer(w http.ResponseWriter, r *http.Request, text string) {
	if text == "" {
		refuse(w, errors.New(`the question is empty: write /ask?q=..., or a body like {"question": "What is RAG?"}`))
		return
	}
	out, err := s.Ask(r.Context())
	if err != nil {
		reply(w, http.StatusServiceUnavailable, answer{Error: err.Error(), ErrorType: "cancelled"})
		return
	}
	reply(w, out.StatusCode(), newAnswer(out, text))
}

func newAnswer(out Outcome, text string) answer {
	body := answer{Model: out.Model, Seconds: out.Seconds, Stages: map[string]float64{}, Tools: map[string]float64{}}
	for _, stage := range out.Stages {
		body.Stages[stage.Name] = stage.Seconds
	}
	for _, tool := range out.Tools {
		body.Tools[tool.Name] = tool.Seconds
	}
	if out.ErrorType == "" {
		body.Answer = fmt.Sprintf("A simulated answer to %q.", text)
	} else {
		body.ErrorType = out.ErrorType
		body.Error = "the request failed, as the present faults ask for"
	}
	body.CacheHit = slices.ContainsFunc(out.Caches, func(c CacheOutcome) bool { return c.Hit })
	if u := out.Usage; u != nil {
		body.InputTokens, body.OutputTokens, body.CostUSD = u.InputTokens, u.OutputTokens, u.CostUSD
	}
	if q := out.Quality; q != nil {
		body.Relevance, body.ContextPrecision = q.Relevance, q.ContextPrecision
	}
	return body
}

func (s *Service) serveFaults(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, s.Faults())
}

func (s *Service) replaceFaults(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		refuse(w, fmt.Errorf("read faults: %w", err))
		return
	}
	faults, err := ParseFaults(data)
	if err == nil {
		err = s.SetFaults(faults)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	s.serveFaults(w, r)
}

func (s *Service) clearFaults(w http.ResponseWriter, r *http.Request) {
	// No faults at all cannot be wrong.
	_ = s.SetFaults(Faults{})
	s.serveFaults(w, r)
}

func refuse(w http.ResponseWriter, err error) {
	reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
}

func reply(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	// A client that has gone away needs no answer.
	_ = json.NewEncoder(w).Encode(body)
}
