package rules_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

// scrapes and their number are enough for rates over two minutes.
const (
	scrapes        = 9
	scrapeInterval = 15 * time.Second
)

// TestSystemsBecomeCanonicalSeries has the sample service speak each vocabulary,
// scrapes it, and looks at what the rules make of it.
func TestSystemsBecomeCanonicalSeries(t *testing.T) {
	common := []string{
		"ragmonitor:request_duration_seconds:mean", "ragmonitor:request_duration_seconds:p50",
		"ragmonitor:request_duration_seconds:p95", "ragmonitor:request_duration_seconds:p99",
		"ragmonitor:requests:rate",
	}
	errors := []string{"ragmonitor:request_errors:rate", "ragmonitor:request_errors:ratio_rate"}
	stages := []string{"ragmonitor:stage_duration_seconds:mean", "ragmonitor:stage_duration_seconds:p95", "ragmonitor:stage_share:ratio"}
	inFlight := []string{"ragmonitor:requests_in_flight:min", "ragmonitor:requests_in_flight:sum"}

	for vocabulary, tc := range map[string]struct {
		records []string
		stages  []string
	}{
		"rag": {
			records: slices.Concat(common, errors, stages, inFlight, []string{
				"ragmonitor:cache_hits:ratio", "ragmonitor:context_precision:p50",
				"ragmonitor:cost_per_request_usd:mean", "ragmonitor:cost_per_request_usd:p95", "ragmonitor:cost_usd:rate",
				"ragmonitor:errors:rate", "ragmonitor:rate_limit_remaining:min", "ragmonitor:relevance_score:p50", "ragmonitor:tokens:rate",
			}),
			stages: []string{"generation", "retrieval"},
		},
		"api-pipeline": {
			records: slices.Concat(common, errors, stages),
			stages:  []string{"embedding", "evaluation", "generation", "reranking", "retrieval"},
		},
		"stage-log": {
			records: slices.Concat(common, stages),
			stages:  []string{"generation", "grading", "retrieval"},
		},
		"promptpilot": {records: slices.Concat(common, errors, inFlight), stages: []string{}},
		"assistant":   {records: slices.Concat(common, errors, []string{"ragmonitor:cache_hits:ratio"}), stages: []string{}},
	} {
		t.Run(vocabulary, func(t *testing.T) {
			t.Parallel()
			manifest := strings.Replace(fixture.Minimal, "vocabulary: rag", "vocabulary: "+vocabulary, 1) +
				"\n  evaluation: {interval: 15s, window: 1m, costWindow: 1m}"
			e := newEngine(t, manifest, scraped(t, vocabulary))
			end := (scrapes - 1) * scrapeInterval
			e.runUntil(end)

			slices.Sort(tc.records)
			if diff := cmp.Diff(tc.records, e.recorded(end)); diff != "" {
				t.Errorf("canonical series (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.stages, e.stages(end)); diff != "" {
				t.Errorf("stages (-want +got):\n%s", diff)
			}
			if ratio, ok := e.value("sum(ragmonitor:stage_share:ratio)", end); ok && (ratio < 0.5 || ratio > 1) {
				t.Errorf("stages take %v of the requests' time, must be most of it", ratio)
			}
			if ratio, ok := e.value("ragmonitor:request_errors:ratio_rate", end); ok && (ratio < 0.02 || ratio > 0.5) {
				t.Errorf("error ratio is %v, must be near the 20 %% that fail", ratio)
			}
		})
	}
}

// recorded lists the canonical series with a sample, but for those about the
// scraping itself.
func (e engine) recorded(at time.Duration) []string {
	names := map[string]bool{}
	for _, sample := range e.vector(`{__name__=~"ragmonitor:.+"}`, at) {
		names[sample.Metric.Get(model.MetricNameLabel)] = true
	}
	delete(names, "ragmonitor:evaluation:timestamp_seconds")
	return slices.Sorted(maps.Keys(names))
}

func (e engine) stages(at time.Duration) []string {
	found := []string{}
	for _, sample := range e.vector(`ragmonitor:stage_duration_seconds:p95`, at) {
		found = append(found, sample.Metric.Get("stage"))
	}
	slices.Sort(found)
	return found
}

// scraped lets the sample service answer requests, a fifth of which fails, and
// returns its metrics as a Prometheus would have scraped them.
func scraped(t *testing.T, vocabulary string) string {
	t.Helper()
	config, err := sim.ConfigFor(vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	config.TimeScale = 1e-9
	service, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := service.SetFaults(sim.Faults{ErrorRatio: 0.2}); err != nil {
		t.Fatal(err)
	}
	values := map[string][]string{}
	for scrape := range scrapes {
		for range 50 {
			// A request that fails is what some of them are for.
			_, _ = service.Ask(t.Context())
		}
		for series, value := range gathered(t, service) {
			missed := slices.Repeat([]string{"_"}, scrape-len(values[series]))
			values[series] = append(append(values[series], missed...), value)
		}
	}
	lines := []string{"load 15s"}
	for series, samples := range values {
		lines = append(lines, "  "+series+" "+strings.Join(samples, " "))
	}
	return strings.Join(lines, "\n")
}

// gathered returns the service's samples, with the labels of their target.
func gathered(t *testing.T, service *sim.Service) map[string]string {
	t.Helper()
	families, err := service.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	samples, err := expfmt.ExtractSamples(&expfmt.DecodeOptions{Timestamp: model.Now()}, families...)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, s := range samples {
		s.Metric["namespace"], s.Metric["ragmonitor"], s.Metric["component"] = "rag", "support-bot", "api"
		s.Metric["job"], s.Metric["instance"] = "api", "10.0.0.1:8000"
		out[s.Metric.String()] = fmt.Sprintf("%g", float64(s.Value))
	}
	return out
}
