package rules_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// sloComponents stands behind metadata and takes the components and what follows.
const sloComponents = `
metadata: {name: support-bot, namespace: rag, uid: 5e1f8c3a-0000-4000-8000-000000000001}
spec:
  components:
`

const (
	errorSLO   = "\n  slos: [{name: s, objective: \"99.9\"}]"
	latencySLO = "\n  slos: [{name: s, objective: \"95\", indicator: Latency, threshold: 2s}]"
	fromAPI    = `namespace="rag",ragmonitor="support-bot",component="api",instance="10.0.0.1:8000"`
	fromOther  = `namespace="rag",ragmonitor="support-bot",component="api",instance="10.0.0.2:8000"`
	fromWeb    = `namespace="rag",ragmonitor="support-bot",component="web",instance="10.0.0.3:8000"`
)

// sloHistogram is a histogram of ten requests a second, of which fast end in the bucket
// le; load is at steps of 10 s.
func sloHistogram(metric, target, le string, fast int) string {
	return fmt.Sprintf(`
	  %[1]s_bucket{%[2]s,le="%[3]s"} 0+%[4]dx60
	  %[1]s_bucket{%[2]s,le="+Inf"} 0+100x60
	  %[1]s_sum{%[2]s} 0+100x60
	  %[1]s_count{%[2]s} 0+100x60`, metric, target, le, 10*fast)
}

func sloComponent(name, vocabulary string, more ...string) string {
	return fmt.Sprintf("  - {name: %s, vocabulary: %s, selector: {matchLabels: {app: %s}}%s}\n", name, vocabulary, name, strings.Join(more, ""))
}

// sloTimed is a component of a vocabulary of its own that measures durations.
func sloTimed(kind string) string {
	return sloComponent("api", "custom", ", signals: [{signal: requestDuration, metrics: [answer_duration], "+kind+"}]")
}

// newSLOEngine loads only the rules on which SLOs depend.
func newSLOEngine(t *testing.T, manifest, load string) engine {
	t.Helper()
	wanted := []string{"RAGErrorBudgetBurn", rules.BurnRate, rules.BudgetRemaining}
	return engineFor(t, leadingTo(t, sloRules(t, manifest).Groups, wanted), load)
}

func TestSLORequests(t *testing.T) {
	for name, tc := range map[string]struct {
		manifest string
		load     string
		// all and bad are requests per second; none says that nothing is recorded.
		all, bad float64
		none     bool
	}{
		"failed requests are bad": {
			manifest: fixture.Minimal + errorSLO,
			load: `rag_requests_total{` + fromAPI + `,status="success"} 0+90x60
			       rag_requests_total{` + fromAPI + `,status="error"} 0+10x60`,
			all: 10, bad: 1,
		},
		"a service that never failed has no bad requests": {
			manifest: fixture.Minimal + errorSLO,
			load:     `rag_requests_total{` + fromAPI + `,status="success"} 0+100x60`,
			all:      10, bad: 0,
		},
		"nor has one whose counter of failures begins with the first of them": {
			manifest: sloComponents + sloComponent("api", "litellm") + errorSLO,
			load:     `litellm_proxy_total_requests_metric_total{` + fromAPI + `,status_code="200"} 0+100x60`,
			all:      10, bad: 0,
		},
		"once it has begun, what it counts is bad": {
			manifest: sloComponents + sloComponent("api", "litellm") + errorSLO,
			load: `litellm_proxy_total_requests_metric_total{` + fromAPI + `,status_code="200"} 0+100x60
			       litellm_proxy_failed_requests_metric_total{` + fromAPI + `,exception_status="500"} 0+10x60`,
			all: 10, bad: 1,
		},
		"of a release that counts no failures nothing is known": {
			manifest: sloComponents + sloComponent("api", "nim") + errorSLO,
			load:     `request_success_total{` + fromAPI + `} 0+100x60`,
			none:     true,
		},
		"the next one counts them": {
			manifest: sloComponents + sloComponent("api", "nim") + errorSLO,
			load: `request_success_total{` + fromAPI + `} 0+100x60
			       request_finish_total{` + fromAPI + `} 0+100x60`,
			all: 10, bad: 0,
		},
		"an idle service has none at all": {
			manifest: fixture.Minimal + errorSLO,
			load: `rag_requests_total{` + fromAPI + `,status="success"} 90+0x60
			       rag_requests_total{` + fromAPI + `,status="error"} 10+0x60`,
			all: 0, bad: 0,
		},
		"a service without metrics says nothing": {
			manifest: fixture.Minimal + errorSLO,
			load:     `up{` + fromAPI + `} 0x60`,
			none:     true,
		},
		"requests survive a counter reset": {
			manifest: fixture.Minimal + errorSLO,
			load: `rag_requests_total{` + fromAPI + `,status="success"} 0+90x40 90+90x20
			       rag_requests_total{` + fromAPI + `,status="error"} 0+10x40 10+10x20`,
			all: 10, bad: 1,
		},
		"requests are added up over components": {
			manifest: sloComponents + sloComponent("api", "rag") + sloComponent("web", "api-pipeline") + errorSLO,
			load: `rag_requests_total{` + fromAPI + `,status="success"} 0+90x60
			       rag_requests_total{` + fromAPI + `,status="error"} 0+10x60
			       api_requests_total{` + fromWeb + `,status_code="200"} 0+30x60
			       api_requests_total{` + fromWeb + `,status_code="503"} 0+10x60
			       api_requests_total{` + fromWeb + `,status_code="404"} 0+10x60`,
			all: 15, bad: 2,
		},
		"requests to a component that stands for a stage are not the users'": {
			manifest: sloComponents + sloComponent("api", "rag") + sloComponent("web", "api-pipeline", ", stage: generation") + errorSLO,
			load: `rag_requests_total{` + fromAPI + `,status="success"} 0+90x60
			       rag_requests_total{` + fromAPI + `,status="error"} 0+10x60
			       api_requests_total{` + fromWeb + `,status_code="503"} 0+500x60`,
			all: 10, bad: 1,
		},
		"the duration of such requests is not the users'": {
			manifest: sloComponents + sloComponent("api", "rag") + sloComponent("web", "api-pipeline", ", stage: generation") + latencySLO,
			load:     sloHistogram("rag_query_latency_seconds", fromAPI, "2", 9) + sloHistogram("api_response_time_seconds", fromWeb, "2.5", 1),
			all:      10, bad: 1,
		},
		"a component that does not count failures has no part in it": {
			manifest: sloComponents + sloComponent("api", "rag") + sloComponent("web", "vllm") + errorSLO,
			load: `rag_requests_total{` + fromAPI + `,status="success"} 0+90x60
			       rag_requests_total{` + fromAPI + `,status="error"} 0+10x60
			       vllm:request_success_total{` + fromWeb + `} 0+500x60`,
			all: 10, bad: 1,
		},
		"slow requests are bad": {
			manifest: fixture.Minimal + latencySLO,
			load:     sloHistogram("rag_query_latency_seconds", fromAPI, "2", 9),
			all:      10, bad: 1,
		},
		"a bound may be written with a point": {
			manifest: fixture.Minimal + latencySLO,
			load:     sloHistogram("rag_query_latency_seconds", fromAPI, "2.0", 9),
			all:      10, bad: 1,
		},
		"a threshold between two bounds is measured at the nearer one": {
			manifest: sloComponents + sloComponent("api", "api-pipeline") + latencySLO,
			load: `api_response_time_seconds_bucket{` + fromAPI + `,le="1"} 0+10x60` +
				sloHistogram("api_response_time_seconds", fromAPI, "2.5", 9),
			all: 10, bad: 1,
		},
		"milliseconds are measured in milliseconds": {
			manifest: sloComponents + sloTimed(`unit: milliseconds, buckets: ["500", "2000"]`) + latencySLO,
			load:     sloHistogram("answer_duration", fromAPI, "2000", 7),
			all:      10, bad: 3,
		},
		"a large bound may be written with an exponent": {
			manifest: sloComponents + sloTimed(`unit: milliseconds, buckets: ["100000", "1000000"]`) + strings.Replace(latencySLO, "2s", "20m", 1),
			load:     sloHistogram("answer_duration", fromAPI, "1e+06", 7),
			all:      10, bad: 3,
		},
		"components with different bounds are each measured at their own": {
			manifest: sloComponents + sloComponent("api", "rag") + sloComponent("web", "api-pipeline") + latencySLO,
			load:     sloHistogram("rag_query_latency_seconds", fromAPI, "2", 9) + sloHistogram("api_response_time_seconds", fromWeb, "2.5", 5),
			all:      20, bad: 6,
		},
		"where no bounds are known the threshold is one": {
			manifest: sloComponents + sloComponent("api", "stage-log") + latencySLO,
			load:     sloHistogram("rag_request_duration_seconds", fromAPI, "2", 9),
			all:      10, bad: 1,
		},
		"and without such a bucket there is nothing to say": {
			manifest: sloComponents + sloComponent("api", "stage-log") + latencySLO,
			load:     sloHistogram("rag_request_duration_seconds", fromAPI, "3", 9),
			none:     true,
		},
		"a component without such a bucket does not thin out the others": {
			manifest: sloComponents + sloComponent("api", "rag") + sloComponent("web", "stage-log") + latencySLO,
			load:     sloHistogram("rag_query_latency_seconds", fromAPI, "2", 9) + sloHistogram("rag_request_duration_seconds", fromWeb, "3", 1),
			all:      10, bad: 1,
		},
		"a native histogram is measured at the threshold itself": {
			manifest: fixture.Minimal + latencySLO,
			// Buckets end at 1, 2 and 4.
			load: `rag_query_latency_seconds{` + fromAPI + `} {{schema:0 sum:0 count:0 buckets:[0 0 0]}}+{{schema:0 sum:150 count:100 buckets:[60 30 10]}}x60`,
			all:  10, bad: 1,
		},
		"a native histogram in milliseconds is, too": {
			manifest: sloComponents + sloTimed("unit: milliseconds") + strings.Replace(latencySLO, "2s", "2048ms", 1),
			load:     `answer_duration{` + fromAPI + `} {{schema:0 sum:0 count:0 offset:11 buckets:[0 0]}}+{{schema:0 sum:150 count:100 offset:11 buckets:[90 10]}}x60`,
			all:      10, bad: 1,
		},
		"a histogram that is both classic and native is counted once": {
			manifest: fixture.Minimal + latencySLO,
			load: `rag_query_latency_seconds{` + fromAPI + `} {{schema:0 sum:0 count:0 buckets:[0 0 0]}}+{{schema:0 sum:150 count:100 buckets:[60 30 10]}}x60` +
				sloHistogram("rag_query_latency_seconds", fromAPI, "2", 9),
			all: 10, bad: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const at = 10 * time.Minute
			e := newSLOEngine(t, tc.manifest, "load 10s\n"+strings.TrimSpace(tc.load))
			e.runUntil(at)
			for record, want := range map[string]float64{rules.SLORequests: tc.all, rules.SLOBadRequests: tc.bad} {
				got, ok := e.value(record+`{slo="s"}`, at)
				if ok == tc.none || !near(got, want) {
					t.Errorf("%s is %v (%v), want %v (%v)", record, got, ok, want, !tc.none)
				}
			}
		})
	}
}

// near is false for NaN.
func near(got, want float64) bool { return math.Abs(got-want) <= 1e-9 }

// TestSLOSurvivesIdleNativeHistogram is about NaN: the fraction of no observations
// is none, and one NaN in a window of 30 days hides the budget for 30 days.
func TestSLOSurvivesIdleNativeHistogram(t *testing.T) {
	const at = 20 * time.Minute
	e := newSLOEngine(t, fixture.Minimal+latencySLO, `load 10s
	  rag_query_latency_seconds{`+fromAPI+`} {{schema:0 sum:150 count:100 buckets:[60 30 10]}}+{{schema:0 sum:0 count:0 buckets:[0 0 0]}}x60 {{schema:0 sum:300 count:200 buckets:[120 60 20]}}+{{schema:0 sum:150 count:100 buckets:[60 30 10]}}x60`)
	e.runUntil(at)
	for expr, want := range map[string]float64{
		rules.SLOErrors + "1h": 0.1,
		rules.BurnRate:         2,
		rules.BudgetRemaining:  -1,
	} {
		if got, ok := e.value(expr, at); !ok || !near(got, want) {
			t.Errorf("%s is %v (%v), want %v", expr, got, ok, want)
		}
	}
}

// TestSLONeedsBuckets is about what cannot be measured at all.
func TestSLONeedsBuckets(t *testing.T) {
	for name, tc := range map[string]struct {
		manifest string
		want     []rules.Unavailable
	}{
		"a summary does not tell how many requests were fast": {
			manifest: sloComponents + sloTimed("type: summary") + latencySLO,
			want:     []rules.Unavailable{{Alert: "RAGErrorBudgetBurn", Missing: "requestDuration"}},
		},
		"without failures there is no SLO of errors": {
			manifest: sloComponents + sloComponent("api", "stage-log") + errorSLO,
			want:     []rules.Unavailable{{Alert: "RAGErrorBudgetBurn", Missing: "requestErrors"}},
		},
		"a histogram is enough for one of latency": {
			manifest: sloComponents + sloComponent("api", "stage-log") + latencySLO,
		},
		"without an SLO nothing is missing": {
			manifest: sloComponents + sloComponent("api", "stage-log"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			made := sloRules(t, tc.manifest)
			var got []rules.Unavailable
			for _, u := range made.Unavailable {
				if u.Alert == "RAGErrorBudgetBurn" {
					got = append(got, u)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("unavailable alerts (-want +got):\n%s", diff)
			}
			for _, series := range []string{rules.SLORequests, rules.SLOBadRequests, rules.BurnRate, rules.BudgetRemaining} {
				wanted := tc.want == nil && strings.Contains(tc.manifest, "slos:")
				if made.Recorded.Has(series, nil) != wanted {
					t.Errorf("%s is recorded: %v, want %v", series, !wanted, wanted)
				}
			}
		})
	}
}

func sloRules(t *testing.T, manifest string) rules.Rules {
	t.Helper()
	made, err := readOnce(t).rules.Build(understood(t, manifest))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestThresholds(t *testing.T) {
	for name, tc := range map[string]struct {
		manifest string
		want     map[string]rules.Bounds
	}{
		"a threshold at a bound is measured there": {
			manifest: fixture.Minimal + latencySLO,
			want:     map[string]rules.Bounds{"s": {Low: 2, High: 2}},
		},
		"another is measured at the nearest": {
			manifest: sloComponents + sloComponent("api", "api-pipeline") + latencySLO,
			want:     map[string]rules.Bounds{"s": {Low: 2.5, High: 2.5}},
		},
		"components may differ": {
			manifest: sloComponents + sloComponent("api", "rag") + sloComponent("web", "api-pipeline") + latencySLO,
			want:     map[string]rules.Bounds{"s": {Low: 2, High: 2.5}},
		},
		"bounds in milliseconds are told in seconds": {
			manifest: sloComponents + sloTimed(`unit: milliseconds, buckets: ["500", "3000"]`) + latencySLO,
			want:     map[string]rules.Bounds{"s": {Low: 3, High: 3}},
		},
		"without known bounds it is the threshold": {
			manifest: sloComponents + sloComponent("api", "stage-log") + latencySLO,
			want:     map[string]rules.Bounds{"s": {Low: 2, High: 2}},
		},
		"a component that stands for a stage does not matter": {
			manifest: sloComponents + sloComponent("api", "rag") + sloComponent("web", "api-pipeline", ", stage: generation") + latencySLO,
			want:     map[string]rules.Bounds{"s": {Low: 2, High: 2}},
		},
		"an SLO of errors has none": {
			manifest: fixture.Minimal + errorSLO,
			want:     map[string]rules.Bounds{},
		},
		"nor has a summary": {
			manifest: sloComponents + sloTimed("type: summary") + latencySLO,
			want:     map[string]rules.Bounds{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, sloRules(t, tc.manifest).Thresholds); diff != "" {
				t.Errorf("thresholds (-want +got):\n%s", diff)
			}
		})
	}
}
