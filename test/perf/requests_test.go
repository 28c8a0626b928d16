package perf_test

import (
	"net/http"
	"strings"
	"sync"
)

// requests counts what the operator asks of the API server. Watches are left out.
type requests struct {
	mu     sync.Mutex
	counts requestCounts
}

// requestCounts are numbers of requests. Children are all objects but events that
// are written.
type requestCounts struct{ status, events, children, reads int }

func (c requestCounts) writes() int { return c.status + c.events + c.children }

func (c requestCounts) minus(before requestCounts) requestCounts {
	return requestCounts{c.status - before.status, c.events - before.events, c.children - before.children, c.reads - before.reads}
}

func (r *requests) now() requestCounts {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts
}

func (r *requests) count(request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	path := request.URL.Path
	switch {
	case request.Method == http.MethodGet && request.URL.Query().Get("watch") != "":
	case request.Method == http.MethodGet:
		r.counts.reads++
	case strings.HasSuffix(path, "/status"):
		r.counts.status++
	case strings.Contains(path, "/events"):
		r.counts.events++
	default:
		r.counts.children++
	}
}

// wrap is for rest.Config.
func (r *requests) wrap(next http.RoundTripper) http.RoundTripper { return counting{r, next} }

type counting struct {
	requests *requests
	next     http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c counting) RoundTrip(request *http.Request) (*http.Response, error) {
	c.requests.count(request)
	return c.next.RoundTrip(request)
}
