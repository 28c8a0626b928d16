package sim

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/promql"
)

func TestThePipelineIsTheUnionInOrder(t *testing.T) {
	for name, tc := range map[string]struct {
		vocabularies []string
		stages       string
		tools        string
	}{
		"rag alone":             {[]string{"rag"}, "retrieval generation", ""},
		"api-pipeline alone":    {[]string{"api-pipeline"}, "embedding retrieval reranking generation evaluation", ""},
		"stage-log alone":       {[]string{"stage-log"}, "retrieval grading generation", ""},
		"promptpilot alone":     {[]string{"promptpilot"}, "retrieval generation", ""},
		"assistant alone":       {[]string{"assistant"}, "retrieval generation", "search calculator web"},
		"rag and assistant":     {[]string{"rag", "assistant"}, "retrieval generation", "search calculator web"},
		"two that meet halfway": {[]string{"stage-log", "api-pipeline"}, "embedding retrieval reranking grading generation evaluation", ""},
		"the machine alone":     {[]string{"api-pipeline-system"}, "embedding retrieval reranking generation evaluation", ""},
		"all":                   {Vocabularies(), "embedding retrieval reranking grading generation evaluation", "search calculator web"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := newServiceFor(t, tc.vocabularies...).cfg
			got := []string{strings.Join(stageNames(cfg.Stages), " "), strings.Join(toolNames(cfg.Tools), " ")}
			if diff := cmp.Diff([]string{tc.stages, tc.tools}, got); diff != "" {
				t.Errorf("stages and tools (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOfTwoStagesOfANameTheQuickerIsTaken(t *testing.T) {
	quick := newServiceFor(t, "assistant").cfg.Stages
	for _, vocabularies := range [][]string{{"rag", "assistant"}, {"assistant", "rag"}} {
		if diff := cmp.Diff(quick, newServiceFor(t, vocabularies...).cfg.Stages); diff != "" {
			t.Errorf("%v (-want +got):\n%s", vocabularies, diff)
		}
	}
}

func TestConfigForRefusesWhatNewWouldRefuse(t *testing.T) {
	for want, vocabularies := range map[string][]string{
		"vocabulary is missing":               nil,
		`vocabulary is "otel": write one of`:  {"rag", "otel"},
		`vocabulary "rag" is there twice`:     {"rag", "assistant", "rag"},
		`vocabulary is "": write one of api-`: {""},
	} {
		if _, err := ConfigFor(vocabularies...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ConfigFor(%q): error is %v, want it to contain %q", vocabularies, err, want)
		}
	}
}

func TestAConfigurationCanBeChangedWithoutChangingTheNext(t *testing.T) {
	first, err := ConfigFor(Vocabularies()...)
	if err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprint(first)
	first.Stages[0].Name, first.Tools[0].Name, first.Models[0].Name, first.Endpoints[0].Path = "a", "b", "c", "d"
	for _, stage := range first.Stages {
		for i := range stage.Caches {
			stage.Caches[i].Type = "e"
		}
	}
	second, err := ConfigFor(Vocabularies()...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, fmt.Sprint(second)); diff != "" {
		t.Errorf("configuration (-before +after):\n%s", diff)
	}
}

// subsets are all ways to speak one or more vocabularies.
func subsets() [][]string {
	out := [][]string{nil}
	for _, name := range Vocabularies() {
		for _, smaller := range slices.Clone(out) {
			out = append(out, append(slices.Clone(smaller), name))
		}
	}
	return out[1:]
}

func TestEveryMixOfVocabulariesIsHealthy(t *testing.T) {
	for _, vocabularies := range subsets() {
		t.Run(strings.Join(vocabularies, " and "), func(t *testing.T) {
			service := newServiceFor(t, vocabularies...)
			for range 4000 {
				out := foretell(service.cfg, service.own.deal(), Faults{})
				if out.ErrorType != "" || slices.ContainsFunc(out.Tools, func(o ToolOutcome) bool { return o.Failed }) {
					t.Fatalf("a healthy service failed: %+v", out)
				}
				service.ledger.start(false)
				service.ledger.finish(&out)
			}
			limit := 2.0 // seconds that the team is alerted at
			if slices.Contains(vocabularies, "promptpilot") || slices.Contains(vocabularies, "assistant") {
				limit = 1
			}
			for i, now := range scrapeEach(t, service) {
				name := vocabularies[i]
				if metric, ok := requestTimes[name]; ok {
					checkWithin(t, "p95 of requests in "+name, now.p95(metric, ""), 0.1, 0.9*limit)
				}
				for _, stage := range stageTimes[name] {
					checkWithin(t, "p95 of "+stage.metric+" "+stage.label, now.p95(stage.metric, stage.label), 0.01, stage.most)
				}
			}
		})
	}
}

// p95 is what histogram_quantile says over the series that have the label: it
// is not the true one when buckets are wide.
func (s series) p95(histogram, label string) float64 {
	var buckets promql.Buckets
	for le := range labelValues(s)[histogram+"_bucket le"] {
		bound, err := strconv.ParseFloat(le, 64)
		if err != nil {
			return math.NaN()
		}
		buckets = append(buckets, promql.Bucket{UpperBound: bound, Count: s.sum(histogram+"_bucket", label, `le="`+le+`"`)})
	}
	quantile, _, _ := promql.BucketQuantile(0.95, buckets)
	return quantile
}

// stageTimes are the histograms of stages that have an objective, with half of
// it.
var stageTimes = map[string][]struct {
	metric, label string
	most          float64 // seconds
}{
	VocabularyAPIPipeline: {
		{"pipeline_step_execution_time_seconds", `step_name="retrieval"`, 0.25},
		{"pipeline_step_execution_time_seconds", `step_name="generation"`, 2.5},
	},
	VocabularyRAG: {
		{"rag_retrieval_latency_seconds", "", 0.25},
		{"rag_llm_latency_seconds", "", 2.5},
	},
	VocabularyStageLog: {
		{"rag_stage_duration_seconds", `stage="retrieval"`, 0.25},
		{"rag_stage_duration_seconds", `stage="generation"`, 2.5},
	},
}

// requestTimes are the histograms that have one observation for each request,
// in the vocabularies that tell of requests.
var requestTimes = map[string]string{
	VocabularyAPIPipeline: "api_response_time_seconds",
	VocabularyAssistant:   "http_request_duration_seconds",
	VocabularyPromptPilot: "http_request_duration_seconds",
	VocabularyRAG:         "rag_query_latency_seconds",
	VocabularyStageLog:    "rag_request_duration_seconds",
}

func TestAllVocabulariesObserveTheSameRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newServiceFor(t, Vocabularies()...)
		mustSetFaults(t, service, Faults{ErrorRatio: 0.1})
		runFor(t, service, time.Minute)
		ask(t, service, 50)
		stats := service.Stats()
		var seconds float64
		for i, now := range scrapeEach(t, service) {
			name := service.cfg.Vocabularies[i]
			if requestTimes[name] == "" {
				continue
			}
			if got, want := now.sum(requestTimes[name]+"_count"), float64(stats.Succeeded+stats.Failed); got != want {
				t.Errorf("%s observed %v requests, want %v", name, got, want)
			}
			sum := now.sum(requestTimes[name] + "_sum")
			if i == 0 {
				seconds = sum
			}
			checkNear(t, "seconds observed by "+name, sum, seconds, 1e-9)
		}
	})
}

func TestFrozenAndSilenceStopEveryMetricOfEveryVocabulary(t *testing.T) {
	for name, faults := range map[string]Faults{"frozen": {Frozen: true}, "silence": {Silence: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := newServiceFor(t, Vocabularies()...)
				go runFor(t, service, time.Hour)
				time.Sleep(30 * time.Second)
				mustSetFaults(t, service, faults)
				time.Sleep(time.Minute) // requests that had started end
				before := scrapeEach(t, service)
				time.Sleep(time.Minute)
				if diff := cmp.Diff(before, scrapeEach(t, service)); diff != "" {
					t.Errorf("metrics moved (-before +after):\n%s", diff)
				}

				mustSetFaults(t, service, Faults{})
				time.Sleep(time.Minute)
				for i, now := range scrapeEach(t, service) {
					vocabulary := service.cfg.Vocabularies[i]
					metric, ok := requestTimes[vocabulary]
					if ok && now.sum(metric+"_count") <= before[i].sum(metric+"_count") {
						t.Errorf("%s did not move again", vocabulary)
					}
				}
			})
		})
	}
}

// inFlightMetrics are those of the vocabularies that tell of requests in flight.
var inFlightMetrics = map[string]string{
	VocabularyAssistant:   "active_connections",
	VocabularyPromptPilot: "http_requests_in_progress",
	VocabularyRAG:         "rag_active_requests",
}

func TestFrozenShowsARequestInFlightInEveryVocabularyThatTells(t *testing.T) {
	service := newServiceFor(t, Vocabularies()...)
	mustSetFaults(t, service, Faults{Frozen: true})
	for i, now := range scrapeEach(t, service) {
		if metric, ok := inFlightMetrics[service.cfg.Vocabularies[i]]; ok && now.sum(metric) != 1 {
			t.Errorf("%s is %v, want 1", metric, now.sum(metric))
		}
	}
}

func TestStagesOfOtherVocabulariesCanBeBroken(t *testing.T) {
	service := newServiceFor(t, "rag", "stage-log")
	if err := service.SetFaults(Faults{Slow: map[string]float64{"grading": 2}}); err != nil {
		t.Errorf("a stage of the running pipeline was refused: %v", err)
	}
	err := service.SetFaults(Faults{Slow: map[string]float64{"reranking": 2}})
	if want := "slow.reranking is 2: unknown stage, write one of retrieval, grading, generation"; err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func TestEveryListenerAnswersAndTakesFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newServiceFor(t, "rag", "assistant")
		for i, handler := range service.Handlers() {
			for _, path := range []string{"/ask?q=x", "/faults", "/healthz", "/metrics"} {
				if text := pageText(t, handler, path, ""); text == "" {
					t.Errorf("handler %d: %s is empty", i, path)
				}
			}
		}
		for i, metric := range []string{"rag_requests_total", "http_requests_total"} {
			if got := scrapeEach(t, service)[i].sum(metric); got != 2 {
				t.Errorf("%s is %v after a question to each listener", metric, got)
			}
		}
	})
}
