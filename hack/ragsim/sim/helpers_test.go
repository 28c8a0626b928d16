package sim

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

func newService(t *testing.T, change ...func(*Config)) *Service {
	t.Helper()
	cfg := DefaultConfig()
	for _, c := range change {
		c(&cfg)
	}
	service, err := New(cfg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return service
}

// newServiceFor has the pipeline of the vocabularies that it speaks.
func newServiceFor(t *testing.T, vocabularies ...string) *Service {
	t.Helper()
	cfg, err := ConfigFor(vocabularies...)
	if err != nil {
		t.Fatalf("ConfigFor(%q): %v", vocabularies, err)
	}
	return newService(t, func(c *Config) { *c = cfg })
}

func mustSetFaults(t *testing.T, s *Service, f Faults) {
	t.Helper()
	if err := s.SetFaults(f); err != nil {
		t.Fatalf("SetFaults(%+v): %v", f, err)
	}
}

// ask runs n requests one after the other.
func ask(t *testing.T, s *Service, n int) {
	t.Helper()
	for range n {
		if _, err := s.Ask(t.Context()); err != nil {
			t.Fatalf("Ask: %v", err)
		}
	}
}

// runFor drives the service's own traffic for d, or until the test is over.
func runFor(t *testing.T, s *Service, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := s.Run(ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
}

// series maps a series of a vocabulary, as it is exposed, to its value.
type series map[string]float64

// scrape reads the first vocabulary and leaves out Go and process metrics.
func scrape(t *testing.T, s *Service) series {
	t.Helper()
	return scrapeEach(t, s)[0]
}

// scrapeEach does so for each vocabulary.
func scrapeEach(t *testing.T, s *Service) []series {
	t.Helper()
	out := make([]series, 0, len(s.pages))
	for i, handler := range s.Handlers() {
		out = append(out, parseSeries(t, pageText(t, handler, s.pages[i].path, "")))
	}
	return out
}

func parseSeries(t *testing.T, text string) series {
	t.Helper()
	out := series{}
	for line := range strings.Lines(text) {
		if !ofVocabulary(line) {
			continue
		}
		name, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatalf("sample %q: %v", line, err)
		}
		out[name] = value
	}
	return out
}

// ofVocabulary is false for comments and for the client's own metrics.
func ofVocabulary(line string) bool {
	return !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "go_") && !strings.HasPrefix(line, "process_")
}

func metricsText(t *testing.T, s *Service, accept string) string {
	t.Helper()
	return pageText(t, s.Handler(), "/metrics", accept)
}

func pageText(t *testing.T, handler http.Handler, path, accept string) string {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	request.Header.Set("Accept", accept)
	response := httptest.NewRecorder()
	handler.ServeHTTP(response, request)
	if response.Code != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, response.Code, response.Body)
	}
	return response.Body.String()
}

// sum adds up the series of one metric that have all the labels, each written
// like status="error".
func (s series) sum(metric string, labels ...string) float64 {
	var total float64
	for name, value := range s {
		base, _, _ := strings.Cut(name, "{")
		matches := base == metric
		for _, label := range labels {
			matches = matches && strings.Contains(name, label)
		}
		if matches {
			total += value
		}
	}
	return total
}

// mean is the mean of a histogram's observations.
func (s series) mean(histogram string) float64 {
	return s.sum(histogram+"_sum") / s.sum(histogram+"_count")
}

// shareBelow is the share of a histogram's observations up to a bucket's bound.
func (s series) shareBelow(histogram, bound string) float64 {
	return s.sum(histogram+"_bucket", `le="`+bound+`"`) / s.sum(histogram+"_count")
}

// shareOf is what part of a counter has the label.
func (s series) shareOf(counter, label string) float64 {
	return s.sum(counter, label) / s.sum(counter)
}

// statusOf is the HTTP status of a GET.
func statusOf(t *testing.T, handler http.Handler, path string) int {
	t.Helper()
	response := httptest.NewRecorder()
	handler.ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return response.Code
}
