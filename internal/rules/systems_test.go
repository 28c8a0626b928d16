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
	"github.com/prometheus/prometheus/model/labels"

	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// scrapes and their number are enough for rates over two minutes.
const (
	scrapes        = 9
	scrapeInterval = 15 * time.Second
)

// system is one that the sample service can speak.
type system struct {
	// vocabulary that reads it.
	vocabulary string
	// records are the canonical series that its rules must make.
	records []string
	stages  []string
}

// What most systems have.
var (
	always = []string{
		"ragmonitor:targets:reporting", "ragmonitor:targets:total", "ragmonitor:targets:up", "ragmonitor:vocabulary_metrics:count",
	}
	served = slices.Concat(always, []string{
		"ragmonitor:request_duration_seconds:mean", "ragmonitor:request_duration_seconds:p50",
		"ragmonitor:request_duration_seconds:p95", "ragmonitor:request_duration_seconds:p99",
		"ragmonitor:request_seconds:rate", "ragmonitor:request_timings:rate", "ragmonitor:requests:rate",
	})
	failed = []string{"ragmonitor:request_errors:rate", "ragmonitor:request_errors:ratio_rate"}
	staged = []string{
		"ragmonitor:stage_calls:rate", "ragmonitor:stage_duration_seconds:mean", "ragmonitor:stage_duration_seconds:p95",
		"ragmonitor:stage_seconds:rate", "ragmonitor:stage_share:ratio", "ragmonitor:stage_timings:rate",
	}
	inFlight = []string{"ragmonitor:requests_in_flight:min", "ragmonitor:requests_in_flight:sum"}
)

// systems are all that the sample service speaks, by its name for them.
var systems = map[string]system{
	"rag": {
		vocabulary: "rag",
		records: slices.Concat(served, failed, staged, inFlight, []string{
			"ragmonitor:cache_hits:ratio", "ragmonitor:cache_lookups:rate", "ragmonitor:component_cost_usd:rate",
			"ragmonitor:context_precision:p50", "ragmonitor:cost_day:key", "ragmonitor:cost_month:key", "ragmonitor:cost_today_usd:sum", "ragmonitor:cost_per_request_usd:mean", "ragmonitor:cost_per_request_usd:p95",
			"ragmonitor:cost_usd:rate", "ragmonitor:errors:rate", "ragmonitor:rate_limit_remaining:min",
			"ragmonitor:relevance_score:p50", "ragmonitor:tokens:rate",
		}),
		stages: []string{"generation", "retrieval"},
	},
	"api-pipeline": {
		vocabulary: "api-pipeline",
		records: slices.Concat(served, failed, staged, []string{
			"ragmonitor:pipeline_duration_seconds:p95", "ragmonitor:pipeline_errors:ratio_rate", "ragmonitor:pipeline_runs:rate",
		}),
		stages: []string{"embedding", "evaluation", "generation", "reranking", "retrieval"},
	},
	// The second endpoint of the same system: the machine.
	"api-pipeline-system": {
		vocabulary: "api-pipeline",
		records:    slices.Concat(always, []string{"ragmonitor:cpu_usage:max", "ragmonitor:disk_usage:max", "ragmonitor:memory_usage:max"}),
		stages:     []string{},
	},
	"stage-log": {
		vocabulary: "stage-log",
		records:    slices.Concat(served, staged),
		stages:     []string{"generation", "grading", "retrieval"},
	},
	"promptpilot": {
		vocabulary: "promptpilot",
		records: slices.Concat(served, failed, inFlight, []string{
			"ragmonitor:active_users:sum", "ragmonitor:pipeline_errors:ratio_rate", "ragmonitor:pipeline_runs:rate",
			"ragmonitor:pipelines:max", "ragmonitor:process_cpu:rate", "ragmonitor:process_open_fds:max",
			"ragmonitor:process_resident_memory_bytes:max", "ragmonitor:prompt_errors:ratio_rate",
			"ragmonitor:prompt_runs:rate", "ragmonitor:prompts:max",
		}),
		stages: []string{},
	},
	"assistant": {
		vocabulary: "assistant",
		records: slices.Concat(served, failed, []string{
			"ragmonitor:cache_hits:ratio", "ragmonitor:connections:sum", "ragmonitor:tool_calls:rate",
			"ragmonitor:tool_duration_seconds:p95", "ragmonitor:tool_errors:ratio_rate",
		}),
		stages: []string{},
	},
}

// TestSystemsBecomeCanonicalSeries has the sample service speak each vocabulary,
// scrapes it, and looks at what the rules make of it.
func TestSystemsBecomeCanonicalSeries(t *testing.T) {
	if diff := cmp.Diff(sim.Vocabularies(), slices.Sorted(maps.Keys(systems))); diff != "" {
		t.Errorf("what the sample service speaks (-want +got):\n%s", diff)
	}
	for name, tc := range systems {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			manifest := strings.Replace(fixture.Minimal, "vocabulary: rag", "vocabulary: "+tc.vocabulary, 1) +
				"\n  evaluation: {interval: 15s, window: 1m, costWindow: 1m}\n" + withoutNodes
			e := newEngine(t, manifest, scraped(t, name))
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
			for _, sample := range e.vector(`{__name__=~"ragmonitor:.+_errors:ratio_rate"}`, end) {
				if sample.F < 0.02 || sample.F > 0.5 {
					t.Errorf("%s is %v, must be near the fifth that fails", sample.Metric, sample.F)
				}
			}
			for _, sample := range e.vector(`{__name__=~"ragmonitor:(cpu|memory|disk)_usage:max"}`, end) {
				if sample.F < 0.05 || sample.F > 1 {
					t.Errorf("%s is %v, must be a ratio and no percentage", sample.Metric, sample.F)
				}
			}
		})
	}
}

// recorded lists the canonical series with a sample, but for those about the rules
// themselves.
func (e engine) recorded(at time.Duration) []string {
	names := map[string]bool{}
	for _, sample := range e.vector(`{__name__=~"ragmonitor:.+"}`, at) {
		names[sample.Metric.Get(model.MetricNameLabel)] = true
	}
	delete(names, "ragmonitor:evaluation:timestamp_seconds")
	delete(names, "ragmonitor:alert_inputs:missing")
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

// scraped lets the sample service answer requests and returns its metrics as a
// Prometheus would have scraped them.
func scraped(t *testing.T, name string) string {
	t.Helper()
	service := failing(t, name)
	values := map[string][]string{}
	for scrape := range scrapes {
		ask(t, service)
		for _, sample := range append(gathered(t, service), sample{labels: labels.FromStrings(model.MetricNameLabel, "up"), value: 1}) {
			series := scrapedLabels(sample.labels).String()
			missed := slices.Repeat([]string{"_"}, scrape-len(values[series]))
			values[series] = append(append(values[series], missed...), fmt.Sprintf("%g", sample.value))
		}
	}
	lines := []string{"load 15s"}
	for series, samples := range values {
		lines = append(lines, "  "+series+" "+strings.Join(samples, " "))
	}
	return strings.Join(lines, "\n")
}

// failing is the sample service speaking one of its vocabularies; a fifth of its
// requests fails, and so do some of the calls that the others make.
func failing(t *testing.T, name string) *sim.Service {
	t.Helper()
	config, err := sim.ConfigFor(name)
	if err != nil {
		t.Fatal(err)
	}
	config.TimeScale = 1e-9
	service, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	faults := sim.Faults{ErrorRatio: 0.2, Failing: map[string]float64{sim.StageGeneration: 0.1}, ToolFailing: map[string]float64{}}
	for _, tool := range config.Tools {
		faults.ToolFailing[tool.Name] = 0.2
	}
	if err := service.SetFaults(faults); err != nil {
		t.Fatal(err)
	}
	return service
}

func ask(t *testing.T, service *sim.Service) {
	t.Helper()
	for range 50 {
		// A request that fails is what some of them are for.
		_, _ = service.Ask(t.Context())
	}
}

// gathered are the service's samples.
func gathered(t *testing.T, service *sim.Service) []sample {
	t.Helper()
	families, err := service.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	exposed, err := expfmt.ExtractSamples(&expfmt.DecodeOptions{Timestamp: model.Now()}, families...)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]sample, 0, len(exposed))
	for _, s := range exposed {
		b := labels.NewScratchBuilder(len(s.Metric))
		for name, value := range s.Metric {
			b.Add(string(name), string(value))
		}
		b.Sort()
		out = append(out, sample{labels: b.Labels(), value: float64(s.Value)})
	}
	return out
}

// unseen are alternatives of which there is no scrape, and why.
var unseen = map[string]string{
	"openllmetry/stageErrors/4": "the names of an exporter that leaves units out",
	"openllmetry/stageErrors/5": "the names of an exporter that leaves units out",
}

// TestEveryVocabularyIsProven demands that each signal a vocabulary promises, by each
// of its alternatives, is in something that the system exposes, and that a canonical
// series is made of it.
func TestEveryVocabularyIsProven(t *testing.T) {
	examples, readers := examplesOf(t), readersOf(readOnce(t).rules)
	for name, v := range readOnce(t).names.Vocabularies {
		for signal, alternatives := range v.Signals {
			for i, series := range alternatives {
				at := fmt.Sprintf("%s/%s/%d", name, signal, i)
				shown := slices.ContainsFunc(examples[name], func(e example) bool { return e.shows(series) })
				if _, excused := unseen[at]; shown == excused {
					t.Errorf("a scrape shows %s (%v): %v, must be %v", at, series.Metrics, shown, !excused)
				}
			}
			if !slices.ContainsFunc(examples[name], func(e example) bool {
				return slices.ContainsFunc(alternatives, e.shows) &&
					slices.ContainsFunc(readers[signal], func(record string) bool { return slices.Contains(e.records, record) })
			}) {
				t.Errorf("no scrape of %s becomes one of %v, which read its %s", name, readers[signal], signal)
			}
		}
	}
}

// example is something that a system exposes, and what becomes of it.
type example struct {
	samples []sample
	records []string
}

// examplesOf are the scrapes and what the sample service speaks, by vocabulary.
func examplesOf(t *testing.T) map[string][]example {
	t.Helper()
	out := map[string][]example{}
	for _, s := range scrapesOf(t) {
		var records []string
		for _, series := range golden(t, s.name) {
			records = append(records, series.name)
		}
		out[s.vocabulary.Name] = append(out[s.vocabulary.Name], example{samples: s.samples, records: records})
	}
	for name, system := range systems {
		service := failing(t, name)
		ask(t, service)
		out[system.vocabulary] = append(out[system.vocabulary], example{samples: gathered(t, service), records: system.records})
	}
	return out
}

// shows says whether the series is in what the system exposes.
func (e example) shows(series vocabulary.Series) bool {
	return slices.ContainsFunc(e.samples, func(s sample) bool {
		suffix := ""
		if series.Type == vocabulary.Histogram || series.Type == vocabulary.Summary {
			suffix = "_count"
		}
		name := s.labels.Get(model.MetricNameLabel)
		if !slices.ContainsFunc(series.Metrics, func(metric string) bool { return name == metric+suffix }) {
			return false
		}
		for label, values := range series.Match {
			if !slices.Contains(values, s.labels.Get(label)) {
				return false
			}
		}
		for label, pattern := range series.MatchPattern {
			if !labels.MustNewMatcher(labels.MatchRegexp, label, pattern).Matches(s.labels.Get(label)) {
				return false
			}
		}
		return true
	})
}

// readersOf are the canonical series that read each signal themselves.
func readersOf(catalogue rules.Catalogue) map[vocabulary.Signal][]string {
	out := map[vocabulary.Signal][]string{}
	for _, r := range catalogue.Recordings {
		if r.Quantile != nil {
			out[r.Quantile.Of] = append(out[r.Quantile.Of], r.Record)
			continue
		}
		for _, name := range r.Expr.Names() {
			// Before "_" is the signal, behind it the part of it that is read.
			signal, _, _ := strings.Cut(name, "_")
			out[vocabulary.Signal(signal)] = append(out[vocabulary.Signal(signal)], r.Record)
		}
	}
	return out
}
