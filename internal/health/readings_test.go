package health_test

import (
	"math"
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

// collected is what Collect makes of samples of rag/support-bot.
func collected(t *testing.T, samples ...*model.Sample) health.Readings {
	t.Helper()
	all := health.Collect(samples, nil)
	if len(samples) > 0 && len(all) != 1 {
		t.Fatalf("readings of %d RAGMonitors, want 1: %v", len(all), all)
	}
	return all[supportBot]
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
				RequestRate: new(7.0), ErrorRate: new(1.5), InFlightMin: new(7.0),
				TargetsUp: new(2.0), Targets: new(3.0), CostRate: new(0.75),
			},
		},
		"of latency and cost of a request the highest counts": {
			samples: model.Vector{
				of("request_duration_seconds:p95", 2), of("request_duration_seconds:p95", 9, "component", "llm"), of("request_duration_seconds:p95", 1, "component", "db"),
				of("cost_per_request_usd:p95", 0.2), of("cost_per_request_usd:p95", 0.1, "component", "llm"),
			},
			want: health.Readings{LatencyP95: new(9.0), CostPerRequestP95: new(0.2)},
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
				of("stage_share:ratio", 0.2, "stage", "retrieval"), of("stage_share:ratio", 0.7, "stage", "generation"),
				of("stage_duration_seconds:p95", 6, "stage", "generation"),
			},
			mean:   new(2.0),
			stages: []health.Stage{{Name: "generation", Share: 0.7, P95: new(6.0)}, {Name: "retrieval", Share: 0.2}},
		},
		"a second counts the same in each of two": {
			// 9/s of 1 s and 1/s of 11 s: of 20 s, generation takes 0.5*9 + 1*11.
			samples: model.Vector{
				of("requests:rate", 9), of("request_duration_seconds:mean", 1),
				of("requests:rate", 1, "component", "llm"), of("request_duration_seconds:mean", 11, "component", "llm"),
				of("stage_share:ratio", 0.5, "stage", "generation"),
				of("stage_share:ratio", 1, "stage", "generation", "component", "llm"),
			},
			mean:   new(2.0),
			stages: []health.Stage{{Name: "generation", Share: 15.5 / 20}},
		},
		"of a stage's percentiles the highest counts": {
			samples: model.Vector{
				of("requests:rate", 1), of("request_duration_seconds:mean", 1), of("stage_share:ratio", 1, "stage", "generation"),
				of("stage_duration_seconds:p95", 3, "stage", "generation"),
				of("stage_duration_seconds:p95", 4, "stage", "generation", "component", "llm"),
			},
			mean:   new(1.0),
			stages: []health.Stage{{Name: "generation", Share: 1, P95: new(4.0)}},
		},
		"equal shares are sorted by name": {
			samples: model.Vector{
				of("requests:rate", 1), of("request_duration_seconds:mean", 1),
				of("stage_share:ratio", 0.25, "stage", "c"), of("stage_share:ratio", 0.25, "stage", "a"), of("stage_share:ratio", 0.25, "stage", "b"),
			},
			mean:   new(1.0),
			stages: []health.Stage{{Name: "a", Share: 0.25}, {Name: "b", Share: 0.25}, {Name: "c", Share: 0.25}},
		},
		"overlapping stages may exceed the request": {
			samples: model.Vector{
				of("requests:rate", 1), of("request_duration_seconds:mean", 1),
				of("stage_share:ratio", 0.9, "stage", "generation"), of("stage_share:ratio", 0.8, "stage", "retrieval"),
			},
			mean:   new(1.0),
			stages: []health.Stage{{Name: "generation", Share: 0.9}, {Name: "retrieval", Share: 0.8}},
		},
		"without requests there is no mean and no share": {
			samples: model.Vector{
				of("requests:rate", 0), of("request_duration_seconds:mean", 1), of("stage_share:ratio", 0.5, "stage", "generation"),
			},
			stages: []health.Stage{{Name: "generation"}},
		},
		"a stage of which only the percentile is known": {
			samples: model.Vector{
				of("requests:rate", 1), of("request_duration_seconds:mean", 1), of("stage_share:ratio", 0.5, "stage", "retrieval"),
				of("stage_duration_seconds:p95", 3, "stage", "generation"),
			},
			mean:   new(1.0),
			stages: []health.Stage{{Name: "retrieval", Share: 0.5}, {Name: "generation", P95: new(3.0)}},
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
		"a value that is not a number": of("requests:rate", math.NaN()),
		"an infinite value":            of("request_duration_seconds:p95", math.Inf(1)),
		"a negative infinite value":    of("cache_hits:ratio", math.Inf(-1)),
		"a series that is not known":   of("requests:p12", 5),
		"a metric of somebody else":    of("requests:rate", 5, model.MetricNameLabel, "up"),
		"a sample without a name":      of("requests:rate", 5, model.MetricNameLabel, ""),
		"no namespace":                 of("requests:rate", 5, "namespace", ""),
		"no RAGMonitor":                of("requests:rate", 5, "ragmonitor", ""),
	} {
		t.Run(name, func(t *testing.T) {
			if d := diff(map[health.Key]health.Readings{}, health.Collect(model.Vector{dropped}, nil)); d != "" {
				t.Errorf("readings (-want +got):\n%s", d)
			}
			kept := of("requests:rate", 7)
			if d := diff(health.Readings{RequestRate: new(7.0)}, collected(t, dropped, kept, dropped)); d != "" {
				t.Errorf("readings beside it (-want +got):\n%s", d)
			}
		})
	}
}

// TestCollectDropsWhatHasNoName: a list of the status is keyed by name, and the
// API server refuses all of it for one entry without.
func TestCollectDropsWhatHasNoName(t *testing.T) {
	got := collected(
		t,
		of("requests:rate", 1), of("request_duration_seconds:mean", 1),
		of("stage_share:ratio", 0.5), of("stage_share:ratio", 0.25, "stage", "retrieval"),
		of("slo_error_budget_remaining:ratio", -1), of("slo_error_budget_remaining:ratio", 1, "slo", "availability"),
	)
	if d := diff([]health.Stage{{Name: "retrieval", Share: 0.25}}, got.Stages); d != "" {
		t.Errorf("stages (-want +got):\n%s", d)
	}
	if d := diff(map[string]float64{"availability": 1}, got.Budgets); d != "" {
		t.Errorf("budgets (-want +got):\n%s", d)
	}
}

func TestCollectKeepsRAGMonitorsApart(t *testing.T) {
	got := health.Collect(model.Vector{
		of("requests:rate", 1),
		of("requests:rate", 2, "namespace", "other"),
		of("requests:rate", 3, "ragmonitor", "other"),
	}, nil)
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
	got := health.Collect(model.Vector{of("requests:rate", 1)}, model.Vector{
		of("alerts", 2, "severity", "critical"),
		of("alerts", 3, "severity", "warning"),
		of("alerts", 1, "severity", "info"),
		of("alerts", 4, "severity", ""),
		of("alerts", math.NaN(), "severity", "critical"),
		of("alerts", 7, "severity", "critical", "ragmonitor", ""),
		of("alerts", 9, "severity", "critical", "ragmonitor", "one that no series is of"),
	})
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

func TestUnaccounted(t *testing.T) {
	shares := func(values ...float64) []health.Stage {
		var out []health.Stage
		for _, v := range values {
			out = append(out, health.Stage{Share: v})
		}
		return out
	}
	for name, tc := range map[string]struct {
		stages []health.Stage
		want   *float64
	}{
		"is not known without stages":                {},
		"is the rest":                                {stages: shares(0.5, 0.2), want: new(0.3)},
		"is nothing when stages explain all":         {stages: shares(1), want: new(0.0)},
		"is not negative when stages overlap":        {stages: shares(0.8, 0.8), want: new(0.0)},
		"is not known when the share of no stage is": {stages: shares(0, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, health.Readings{Stages: tc.stages}.Unaccounted(), cmpopts.EquateApprox(0, 1e-12)); d != "" {
				t.Errorf("unaccounted (-want +got):\n%s", d)
			}
		})
	}
}

func TestCostPerDay(t *testing.T) {
	if got := (health.Readings{}).CostPerDay(); got != nil {
		t.Errorf("cost is %v, must be unknown without a rate", *got)
	}
	if d := diff(new(86.4), health.Readings{CostRate: new(0.001)}.CostPerDay()); d != "" {
		t.Errorf("cost (-want +got):\n%s", d)
	}
}

func TestErrorRatio(t *testing.T) {
	for name, tc := range map[string]struct {
		errors, requests *float64
		want             *float64
	}{
		"is not known without traffic":         {errors: new(0.0), requests: new(0.0)},
		"is not known without requests":        {errors: new(1.0)},
		"is not known without errors":          {requests: new(1.0)},
		"is zero when no request failed":       {errors: new(0.0), requests: new(4.0), want: new(0.0)},
		"is the share of requests that failed": {errors: new(1.0), requests: new(4.0), want: new(0.25)},
	} {
		t.Run(name, func(t *testing.T) {
			got := health.Readings{ErrorRate: tc.errors, RequestRate: tc.requests}.ErrorRatio()
			if d := diff(tc.want, got); d != "" {
				t.Errorf("ratio (-want +got):\n%s", d)
			}
		})
	}
}

func TestSeriesAreRecordedAndRead(t *testing.T) {
	recorded := map[string]bool{rules.BudgetRemaining: true}
	for _, r := range fixture.Rules(t).Recordings {
		recorded[r.Record] = true
	}
	for _, series := range health.Series() {
		if !recorded[series] {
			t.Errorf("%s is asked for and no rule records it", series)
		}
		metric := of("", 1, model.MetricNameLabel, series)
		if len(health.Collect(model.Vector{metric}, nil)) != 1 {
			t.Errorf("%s is asked for and not read", series)
		}
	}
}
