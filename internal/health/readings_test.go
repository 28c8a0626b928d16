package health_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/common/model"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// asked is when the source answered, by its own clock.
const asked = model.Time(1_700_000_000_000)

var supportBot = health.Key{Namespace: "rag", Name: "support-bot"}

// watched are the RAGMonitors of these tests, each with the same components.
var watched = health.Watched{
	supportBot: names, {Namespace: "other", Name: "support-bot"}: names, {Namespace: "rag", Name: "other"}: names,
}

var names = []string{"api", "llm", "db", "search", "up", "partly", "down", "silent", "never-found", "absent"}

// of is a sample of a canonical series of rag/support-bot. labels are pairs of
// name and value; a value of "" takes the label away.
func of(series string, value float64, labels ...string) *model.Sample {
	metric := model.Metric{
		model.MetricNameLabel: model.LabelValue("ragmonitor:" + series),
		"namespace":           "rag", "ragmonitor": "support-bot", "component": "api",
	}
	for i := 0; i < len(labels); i += 2 {
		metric[model.LabelName(labels[i])] = model.LabelValue(labels[i+1])
		if labels[i+1] == "" {
			delete(metric, model.LabelName(labels[i]))
		}
	}
	return &model.Sample{Metric: metric, Value: model.SampleValue(value), Timestamp: asked}
}

// share is a sample of the share of a stage, which is that of all components.
func share(value float64, stage string) *model.Sample {
	return of("stage_share:ratio", value, "stage", stage, "component", "")
}

// collected is what Collect makes of samples of rag/support-bot.
func collected(t *testing.T, samples ...*model.Sample) health.Readings {
	t.Helper()
	all, _ := health.Collect(samples, nil, watched)
	if len(samples) > 0 && len(all) != 1 {
		t.Fatalf("readings of %d RAGMonitors, want 1: %v", len(all), all)
	}
	return all[supportBot]
}

func first(readings map[health.Key]health.Readings, _ int) map[health.Key]health.Readings {
	return readings
}

func diff(want, got any) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateApprox(1e-9, 0))
}

func TestCollectJoinsComponents(t *testing.T) {
	for name, tc := range map[string]struct {
		samples model.Vector
		want    health.Readings
	}{
		"requests, errors, targets and money add up": {
			samples: model.Vector{
				of("requests:rate", 3), of("requests:rate", 4, "component", "llm"),
				of("request_errors:rate", 1), of("request_errors:rate", 0.5, "component", "llm"),
				of("requests_in_flight:min", 2), of("requests_in_flight:min", 5, "component", "llm"),
				of("targets:up", 2), of("targets:up", 0, "component", "llm"),
				of("targets:total", 2), of("targets:total", 1, "component", "llm"),
				of("cost_usd:rate", 0.25, "model", "large"), of("cost_usd:rate", 0.5, "model", "small"),
			},
			want: health.Readings{
				RequestRate: new(7.0), JudgedRate: new(7.0), ErrorRate: new(1.5), InFlightMin: new(7.0),
				TargetsUp: new(2.0), Targets: new(3.0), Down: []string{"llm"}, Counted: []string{"api", "llm"}, CostRate: new(0.75),
			},
		},
		"a component that counts no failures does not hide those of another": {
			samples: model.Vector{of("requests:rate", 3), of("requests:rate", 97, "component", "llm"), of("request_errors:rate", 1)},
			want:    health.Readings{RequestRate: new(100.0), JudgedRate: new(3.0), ErrorRate: new(1.0)},
		},
		"components are told apart by their targets": {
			samples: model.Vector{
				of("targets:up", 2, "component", "up"), of("targets:total", 2, "component", "up"),
				of("targets:up", 1, "component", "partly"), of("targets:total", 2, "component", "partly"),
				of("targets:up", 0, "component", "down"), of("targets:total", 3, "component", "down"),
				of("targets:total", 1, "component", "silent"),
				of("targets:up", 0, "component", "never-found"), of("targets:total", 0, "component", "never-found"),
				of("targets:up", 0, "component", "absent"), of("targets:total", 0, "component", "absent"),
			},
			want: health.Readings{
				TargetsUp: new(3.0), Targets: new(8.0),
				Unseen: []string{"absent", "never-found"}, Down: []string{"down", "partly", "silent"},
				Counted: []string{"absent", "down", "never-found", "partly", "silent", "up"},
			},
		},
		"of relevance and precision the worst counts": {
			samples: model.Vector{
				of("relevance_score:p50", 0.9), of("relevance_score:p50", 0.4, "component", "llm"),
				of("context_precision:p50", 0.3), of("context_precision:p50", 0.6, "component", "llm"),
			},
			want: health.Readings{RelevanceP50: new(0.4), ContextPrecisionP50: new(0.3)},
		},
		"burn rates are kept by SLO": {
			samples: model.Vector{
				of("slo_burn_rate:ratio", 2.4, "slo", "availability", "component", ""),
				of("slo_burn_rate:ratio", 0, "slo", "nightly", "component", ""),
			},
			want: health.Readings{BurnRates: map[string]float64{"availability": 2.4, "nightly": 0}},
		},
		"what was spent": {
			samples: model.Vector{
				of("cost_today_usd:sum", 12, "component", ""), of("cost_month_usd:sum", 345, "component", ""),
				of("budget_spent:ratio", 0.7, "component", ""),
			},
			want: health.Readings{CostToday: new(12.0), CostMonth: new(345.0), BudgetSpent: new(0.7)},
		},
		"of the metrics that an alert misses the first by name is told": {
			samples: model.Vector{
				of("alert_inputs:missing", 1, "alert", "RAGLatencyHigh", "metric", "b_seconds", "component", ""),
				of("alert_inputs:missing", 1, "alert", "RAGLatencyHigh", "metric", "a_seconds", "component", ""),
				of("alert_inputs:missing", 1, "alert", "RAGLatencyHigh", "metric", "c_seconds", "component", ""),
				of("alert_inputs:missing", 1, "alert", "RAGRelevanceLow", "metric", "score", "component", ""),
			},
			want: health.Readings{MissingInputs: map[string]string{"RAGLatencyHigh": "a_seconds", "RAGRelevanceLow": "score"}},
		},
		"a metric without a name is missing all the same, whatever the order": {
			samples: model.Vector{
				of("alert_inputs:missing", 1, "alert", "RAGLatencyHigh", "component", ""),
				of("alert_inputs:missing", 1, "alert", "RAGLatencyHigh", "metric", "a_seconds", "component", ""),
			},
			want: health.Readings{MissingInputs: map[string]string{"RAGLatencyHigh": ""}},
		},
		"pages in mode BurnIn are kept by alert": {
			samples: model.Vector{
				of("burn_in_pages:count", 3, "alert", "RAGLatencyHigh", "component", ""),
				of("burn_in_pages:count", 0, "alert", "RAGRelevanceLow", "component", ""),
			},
			want: health.Readings{BurnInPages: map[string]float64{"RAGLatencyHigh": 3, "RAGRelevanceLow": 0}},
		},
		"of latency and cost of a request the highest counts": {
			samples: model.Vector{
				of("request_duration_seconds:p95", 2), of("request_duration_seconds:p95", 9, "component", "llm"), of("request_duration_seconds:p95", 1, "component", "db"),
				of("cost_per_request_usd:p95", 0.2), of("cost_per_request_usd:p95", 0.1, "component", "llm"),
			},
			want: health.Readings{LatencyP95: new(9.0), LatencyP95By: map[string]float64{"api": 2, "llm": 9, "db": 1}, CostPerRequestP95: new(0.2)},
		},
		"of cache and rate limit the lowest counts": {
			samples: model.Vector{
				of("cache_hits:ratio", 0.5), of("cache_hits:ratio", 0.25, "component", "llm"), of("cache_hits:ratio", 0.75, "component", "db"),
				of("rate_limit_remaining:min", 10), of("rate_limit_remaining:min", 20, "component", "llm"),
			},
			want: health.Readings{CacheHitRatio: new(0.25), RateLimitRemaining: new(10.0)},
		},
		"zero is a reading": {
			samples: model.Vector{of("requests:rate", 0), of("rate_limit_remaining:min", 0)},
			want:    health.Readings{RequestRate: new(0.0), RateLimitRemaining: new(0.0)},
		},
		"budgets are kept by SLO, overspent ones too": {
			samples: model.Vector{
				of("slo_error_budget_remaining:ratio", 0.5, "slo", "availability", "component", ""),
				of("slo_error_budget_remaining:ratio", -2, "slo", "nightly", "component", ""),
			},
			want: health.Readings{Budgets: map[string]float64{"availability": 0.5, "nightly": -2}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if d := diff(tc.want, collected(t, tc.samples...)); d != "" {
				t.Errorf("readings (-want +got):\n%s", d)
			}
		})
	}
}

func TestCollectWeighsComponentsByTheirTraffic(t *testing.T) {
	for name, tc := range map[string]struct {
		samples model.Vector
		mean    *float64
		stages  []health.Stage
	}{
		"one component": {
			samples: model.Vector{
				of("requests:rate", 10), of("request_duration_seconds:mean", 2),
				share(0.2, "retrieval"), share(0.7, "generation"),
				of("stage_duration_seconds:p95", 6, "stage", "generation"),
			},
			mean:   new(2.0),
			stages: []health.Stage{{Name: "generation", Share: 0.7, TimePerRequest: new(1.4), P95: new(6.0)}, {Name: "retrieval", Share: 0.2, TimePerRequest: new(0.4)}},
		},
		"the mean weighs components by their requests, shares are of all of them already": {
			// 9/s of 1 s and 1/s of 11 s.
			samples: model.Vector{
				of("requests:rate", 9), of("request_duration_seconds:mean", 1),
				of("requests:rate", 1, "component", "search"), of("request_duration_seconds:mean", 11, "component", "search"),
				share(0.775, "generation"),
			},
			mean:   new(2.0),
			stages: []health.Stage{{Name: "generation", Share: 0.775, TimePerRequest: new(1.55)}},
		},
		"of a stage's percentiles the highest counts": {
			samples: model.Vector{
				of("requests:rate", 1), of("request_duration_seconds:mean", 1), share(1, "generation"),
				of("stage_duration_seconds:p95", 3, "stage", "generation"),
				of("stage_duration_seconds:p95", 4, "stage", "generation", "component", "llm"),
			},
			mean:   new(1.0),
			stages: []health.Stage{{Name: "generation", Share: 1, TimePerRequest: new(1.0), P95: new(4.0)}},
		},
		"equal shares are sorted by name": {
			samples: model.Vector{
				of("requests:rate", 1), of("request_duration_seconds:mean", 1),
				share(0.25, "c"), share(0.25, "a"), share(0.25, "b"),
			},
			mean:   new(1.0),
			stages: []health.Stage{{Name: "a", Share: 0.25, TimePerRequest: new(0.25)}, {Name: "b", Share: 0.25, TimePerRequest: new(0.25)}, {Name: "c", Share: 0.25, TimePerRequest: new(0.25)}},
		},
		"overlapping stages may exceed the request": {
			samples: model.Vector{
				of("requests:rate", 1), of("request_duration_seconds:mean", 1),
				share(0.9, "generation"), share(0.8, "retrieval"),
			},
			mean:   new(1.0),
			stages: []health.Stage{{Name: "generation", Share: 0.9, TimePerRequest: new(0.9)}, {Name: "retrieval", Share: 0.8, TimePerRequest: new(0.8)}},
		},
		"without requests there is no mean": {
			samples: model.Vector{of("requests:rate", 0), of("request_duration_seconds:mean", 1)},
		},
		"a stage of which only the percentile is known": {
			samples: model.Vector{
				of("requests:rate", 1), of("request_duration_seconds:mean", 1), share(0.5, "retrieval"),
				of("stage_duration_seconds:p95", 3, "stage", "generation"),
			},
			mean:   new(1.0),
			stages: []health.Stage{{Name: "retrieval", Share: 0.5, TimePerRequest: new(0.5)}, {Name: "generation", P95: new(3.0)}},
		},
		"a mean without a rate weighs nothing": {
			samples: model.Vector{
				of("requests:rate", 2), of("request_duration_seconds:mean", 1),
				of("request_duration_seconds:mean", 100, "component", "llm"),
			},
			mean: new(1.0),
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := collected(t, tc.samples...)
			if d := diff(tc.mean, got.LatencyMean); d != "" {
				t.Errorf("mean (-want +got):\n%s", d)
			}
			if d := diff(tc.stages, got.Stages); d != "" {
				t.Errorf("stages (-want +got):\n%s", d)
			}
		})
	}
}

func TestCollectDropsWhatItCannotUse(t *testing.T) {
	for name, dropped := range map[string]*model.Sample{
		"a value that is not a number":      of("requests:rate", math.NaN()),
		"an infinite value":                 of("request_duration_seconds:p95", math.Inf(1)),
		"a negative infinite value":         of("cache_hits:ratio", math.Inf(-1)),
		"a series that is not known":        of("requests:p12", 5),
		"a metric of somebody else":         of("requests:rate", 5, model.MetricNameLabel, "up"),
		"a sample without a name":           of("requests:rate", 5, model.MetricNameLabel, ""),
		"a RAGMonitor that nobody watches":  of("requests:rate", 5, "ragmonitor", "stranger"),
		"a component that it does not have": of("requests:rate", 5, "component", "stranger"),
		"no namespace":                      of("requests:rate", 5, "namespace", ""),
		"no RAGMonitor":                     of("requests:rate", 5, "ragmonitor", ""),
	} {
		t.Run(name, func(t *testing.T) {
			if d := diff(map[health.Key]health.Readings{}, first(health.Collect(model.Vector{dropped}, nil, watched))); d != "" {
				t.Errorf("readings (-want +got):\n%s", d)
			}
			kept := of("requests:rate", 7)
			if d := diff(health.Readings{RequestRate: new(7.0)}, collected(t, dropped, kept, dropped)); d != "" {
				t.Errorf("readings beside it (-want +got):\n%s", d)
			}
		})
	}
}

// TestCollectDropsWhatTheStatusCannotName: a list of the status is keyed by name, and
// the API server refuses all of it for one entry without, or too long a name, or a
// name that is there twice.
func TestCollectDropsWhatTheStatusCannotName(t *testing.T) {
	long := strings.Repeat("é", 63)
	got := collected(
		t,
		of("requests:rate", 1), of("request_duration_seconds:mean", 1),
		share(0.5, ""), share(0.25, "retrieval"), share(0.125, long), share(0.125, long+"s"), share(0.1, "unaccounted"),
		// What would deceive those who read it in a terminal.
		share(0.1, "re\x1b[2Jtrieval"), share(0.1, "re\u202etrieval"), share(0.1, "re\xfftrieval"), share(0.1, "re\ntrieval"),
		of("burn_in_pages:count", 1, "alert", "a\tb"), of("alert_inputs:missing", 1, "metric", "a\x00", "alert", "RAGLatencyHigh"),
		of("stage_duration_seconds:p95", 1, "stage", ""), of("stage_duration_seconds:p95", 1, "stage", long+"s"),
		of("stage_duration_seconds:p95", 1, "stage", "unaccounted"),
		of("slo_error_budget_remaining:ratio", -1), of("slo_error_budget_remaining:ratio", 1, "slo", "availability"), of("slo_burn_rate:ratio", 3),
		of("alert_inputs:missing", 1, "metric", "m"), of("alert_inputs:missing", 1, "metric", "m", "alert", long), of("alert_inputs:missing", 1, "metric", "m", "alert", long+"s"),
		of("burn_in_pages:count", 1), of("burn_in_pages:count", 1, "alert", long), of("burn_in_pages:count", 1, "alert", long+"s"),
	)
	want := health.Readings{
		RequestRate: new(1.0), LatencyMean: new(1.0),
		Stages:        []health.Stage{{Name: "retrieval", Share: 0.25, TimePerRequest: new(0.25)}, {Name: long, Share: 0.125, TimePerRequest: new(0.125)}},
		Budgets:       map[string]float64{"availability": 1},
		MissingInputs: map[string]string{long: "m"},
		BurnInPages:   map[string]float64{long: 1},
	}
	if d := diff(want, got); d != "" {
		t.Errorf("readings (-want +got):\n%s", d)
	}
}

func TestCollectKeepsRAGMonitorsApart(t *testing.T) {
	got, _ := health.Collect(model.Vector{
		of("requests:rate", 1),
		of("requests:rate", 2, "namespace", "other"),
		of("requests:rate", 3, "ragmonitor", "other"),
	}, nil, watched)
	want := map[health.Key]health.Readings{
		supportBot: {RequestRate: new(1.0)},
		{Namespace: "other", Name: "support-bot"}: {RequestRate: new(2.0)},
		{Namespace: "rag", Name: "other"}:         {RequestRate: new(3.0)},
	}
	if d := diff(want, got); d != "" {
		t.Errorf("readings (-want +got):\n%s", d)
	}
}

func TestCollectCountsAlertsBySeverity(t *testing.T) {
	got, foreign := health.Collect(model.Vector{of("requests:rate", 1)}, model.Vector{
		of("alerts", 2, "severity", "critical"),
		of("alerts", 3, "severity", "warning"),
		of("alerts", 1, "severity", "info"),
		of("alerts", 4, "severity", ""),
		of("alerts", math.NaN(), "severity", "critical"),
		of("alerts", 7, "severity", "critical", "ragmonitor", ""),
		of("alerts", 9, "severity", "critical", "ragmonitor", "one that nobody watches"),
		of("alerts", 9, "severity", "critical", "ragmonitor", "other"),
	}, watched)
	if foreign != 1 {
		t.Errorf("%d samples of what is not watched, want 1", foreign)
	}
	want := map[health.Key]health.Readings{supportBot: {RequestRate: new(1.0), FiringAlerts: 10, CriticalAlerts: 2}}
	if d := diff(want, got); d != "" {
		t.Errorf("readings (-want +got):\n%s", d)
	}
}

func TestAgeIsByTheClockOfTheSource(t *testing.T) {
	for name, tc := range map[string]struct {
		evaluated float64
		want      time.Duration
	}{
		"just evaluated":          {evaluated: 1_700_000_000, want: 0},
		"a while ago":             {evaluated: 1_700_000_000 - 90, want: 90 * time.Second},
		"to the millisecond":      {evaluated: 1_700_000_000 - 0.25, want: 250 * time.Millisecond},
		"by a clock that is fast": {evaluated: 1_700_000_000 + 2, want: -2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			got := collected(t, of("evaluation:timestamp_seconds", tc.evaluated, "component", ""))
			if d := diff(health.Readings{Age: &tc.want}, got); d != "" {
				t.Errorf("readings (-want +got):\n%s", d)
			}
		})
	}
}

func TestSeriesAreRecordedAndRead(t *testing.T) {
	recorded := map[string]bool{}
	for _, s := range rules.Derived {
		recorded[s.Record] = true
	}
	for _, r := range fixture.Rules(t).Recordings {
		recorded[r.Record] = true
	}
	for _, series := range health.Series() {
		if !recorded[series] {
			t.Errorf("%s is asked for and no rule records it", series)
		}
		metric := of("", 1, model.MetricNameLabel, series)
		if len(first(health.Collect(model.Vector{metric}, nil, watched))) != 1 {
			t.Errorf("%s is asked for and not read", series)
		}
	}
}

func TestComponentsThatTheRulesDoNotKnow(t *testing.T) {
	known := collected(t, of("targets:total", 0), of("targets:total", 1, "component", "llm"), of("requests:rate", 3, "component", "db"))
	for name, tc := range map[string]struct{ spec, want []string }{
		"all are known, even those without targets": {spec: []string{"api", "llm"}},
		"one that was removed from the spec":        {spec: []string{"api"}},
		"two that were added":                       {spec: []string{"search", "llm", "db", "api"}, want: []string{"db", "search"}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := diff(tc.want, known.Of(tc.spec).Unloaded); d != "" {
				t.Errorf("components (-want +got):\n%s", d)
			}
		})
	}
}
