//go:build linux

package node

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// handler answers on the control socket: the status as JSON, restarts, and images.
// Errors are plain text.
func (s *supervisor) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.report()) })
	mux.HandleFunc("POST /restart/{component}", s.serveRestart)
	mux.HandleFunc("GET /images", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.store.list()) })
	mux.HandleFunc("POST /images", s.serveLoad)
	return mux
}

func (s *supervisor) serveRestart(w http.ResponseWriter, r *http.Request) {
	u := s.unit(r.PathValue("component"))
	if u == nil {
		http.Error(w, fmt.Sprintf("no component is called %q: `cluster status` lists them", r.PathValue("component")), http.StatusNotFound)
		return
	}
	if err := u.restart(r.Context(), r.URL.Query().Get("hard") == "true"); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	status, _ := u.look()
	answer(w, status)
}

func (s *supervisor) serveLoad(w http.ResponseWriter, r *http.Request) {
	if err := s.store.load(r.Context(), r.Body, r.URL.Query().Get("ref"), r.URL.Query().Get("id")); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // the other side is gone
}
