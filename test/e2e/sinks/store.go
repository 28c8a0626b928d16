package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Received is one thing that came, either a mail or a hook.
type Received struct {
	At   time.Time `json:"at"`
	Mail *Mail     `json:"mail,omitempty"`
	Hook *Hook     `json:"hook,omitempty"`
}

// Mail is one that a user who logged in has sent.
type Mail struct {
	From      string   `json:"from"`
	To        []string `json:"to"`
	User      string   `json:"user"`
	Encrypted bool     `json:"encrypted"`
	// Message has the header and the body.
	Message string `json:"message"`
}

// Hook is what was posted to /hooks/{name}.
type Hook struct {
	Name   string      `json:"name"`
	Header http.Header `json:"header"`
	Body   string      `json:"body"`
}

const (
	// mostKept is how much is kept; what is oldest goes first.
	mostKept = 1000
	// largestBody of a hook, in bytes.
	largestBody = 1 << 20
)

type store struct {
	mu       sync.Mutex
	received []Received
}

func (s *store) keep(r Received) {
	r.At = time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = append(s.received, r)
	s.received = slices.Delete(s.received, 0, max(0, len(s.received)-mostKept))
}

func (s *store) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /hooks/{name}", s.hook)
	mux.HandleFunc("GET /received", s.list)
	mux.HandleFunc("DELETE /received", s.forget)
	return mux
}

func (s *store) hook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestBody))
	if err != nil {
		http.Error(w, fmt.Sprintf("read the body: %v", err), http.StatusBadRequest)
		return
	}
	s.keep(Received{Hook: &Hook{Name: r.PathValue("name"), Header: r.Header, Body: string(body)}})
}

func (s *store) list(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	received := slices.Clone(s.received)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(received); err != nil {
		slog.Warn("an answer was not read to its end", "error", err)
	}
}

func (s *store) forget(http.ResponseWriter, *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = nil
}
