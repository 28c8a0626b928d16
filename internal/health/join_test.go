package health_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/common/model"

	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

// call is a sample of the stage retrieval, as a component measures it.
func call(series, component string, value float64) *model.Sample {
	return of("stage_"+series, value, "stage", "retrieval", "component", component)
}

func TestCollectJoinsWhatComponentsSayOfAStage(t *testing.T) {
	// The api serves users; search is the stage.
	asked := model.Vector{of("requests:rate", 10), of("request_duration_seconds:mean", 2), share(0.25, "retrieval")}
	for name, tc := range map[string]struct {
		samples model.Vector
		want    health.Stage
	}{
		"the callers know how long users waited": {
			samples: model.Vector{
				call("duration_seconds:mean", "api", 0.5), call("calls:rate", "api", 10), call("duration_seconds:baseline", "api", 0.25),
				call("duration_seconds:mean", "search", 0.1), call("calls:rate", "search", 30), call("duration_seconds:baseline", "search", 0.1),
			},
			want: health.Stage{Mean: new(0.5), Baseline: new(0.25), CallRate: new(10.0), CallsPerRequest: new(1.0)},
		},
		"what no caller measures is taken from the stage itself": {
			samples: model.Vector{call("duration_seconds:mean", "search", 0.1), call("calls:rate", "search", 30), call("duration_seconds:baseline", "search", 0.05)},
			want:    health.Stage{Mean: new(0.1), Baseline: new(0.05), CallRate: new(30.0), CallsPerRequest: new(3.0)},
		},
		"components weigh by their calls of now, in the baseline as well": {
			samples: model.Vector{
				call("duration_seconds:mean", "search", 0.1), call("calls:rate", "search", 9), call("duration_seconds:baseline", "search", 0.1),
				call("duration_seconds:mean", "db", 1.1), call("calls:rate", "db", 1), call("duration_seconds:baseline", "db", 1.1),
			},
			want: health.Stage{Mean: new(0.2), Baseline: new(0.2), CallRate: new(10.0), CallsPerRequest: new(1.0)},
		},
		"a component that is new leaves no baseline of all": {
			samples: model.Vector{
				call("duration_seconds:mean", "search", 0.1), call("calls:rate", "search", 1), call("duration_seconds:baseline", "search", 0.1),
				call("duration_seconds:mean", "db", 0.3), call("calls:rate", "db", 1),
			},
			want: health.Stage{Mean: new(0.2), CallRate: new(2.0), CallsPerRequest: new(0.2)},
		},
		"a component without calls counts for nothing": {
			samples: model.Vector{
				call("duration_seconds:mean", "search", 0.1), call("calls:rate", "search", 1), call("duration_seconds:baseline", "search", 0.1),
				call("duration_seconds:mean", "db", 9), call("calls:rate", "db", 0),
			},
			want: health.Stage{Mean: new(0.1), Baseline: new(0.1), CallRate: new(1.0), CallsPerRequest: new(0.1)},
		},
		"failures are those of all calls of components that count failures": {
			samples: model.Vector{
				call("errors:rate", "search", 1), call("calls:rate", "search", 10), call("errors:rate", "db", 0), call("calls:rate", "db", 30),
				call("calls:rate", "llm", 1000),
			},
			want: health.Stage{CallRate: new(1040.0), CallsPerRequest: new(104.0), ErrorRatio: new(0.025)},
		},
		"failures that only the callers see are not thinned out by the stage": {
			samples: model.Vector{call("errors:rate", "api", 1), call("calls:rate", "api", 10), call("errors:rate", "search", 0), call("calls:rate", "search", 90)},
			want:    health.Stage{CallRate: new(10.0), CallsPerRequest: new(1.0), ErrorRatio: new(0.1)},
		},
		"nor those that only the stage sees by the callers": {
			samples: model.Vector{call("errors:rate", "api", 0), call("calls:rate", "api", 10), call("errors:rate", "search", 2), call("calls:rate", "search", 10)},
			want:    health.Stage{CallRate: new(10.0), CallsPerRequest: new(1.0), ErrorRatio: new(0.2)},
		},
		"no calls, no share of them that failed": {
			samples: model.Vector{call("errors:rate", "api", 0), call("calls:rate", "api", 0)},
			want:    health.Stage{CallRate: new(0.0), CallsPerRequest: new(0.0)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc.want.Name, tc.want.Share, tc.want.TimePerRequest = "retrieval", 0.25, new(0.5)
			got := collected(t, append(asked, tc.samples...)...)
			if d := diff([]health.Stage{tc.want}, got.Stages); d != "" {
				t.Errorf("stage (-want +got):\n%s", d)
			}
		})
	}
}

func TestGrowth(t *testing.T) {
	for name, tc := range map[string]struct {
		stage health.Stage
		want  *float64
	}{
		"is the mean as a multiple of the baseline": {health.Stage{Mean: new(0.6), Baseline: new(0.25)}, new(2.4)},
		"is not known without a baseline":           {health.Stage{Mean: new(0.6)}, nil},
		"is not known without a mean":               {health.Stage{Baseline: new(0.6)}, nil},
		"is not known of a baseline of nothing":     {health.Stage{Mean: new(0.6), Baseline: new(0.0)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if d := diff(tc.want, tc.stage.Growth()); d != "" {
				t.Errorf("growth (-want +got):\n%s", d)
			}
		})
	}
}

func TestLatencyBaselineIsOfAllOrNone(t *testing.T) {
	mean := func(component string, value float64) *model.Sample {
		return of("request_duration_seconds:mean", value, "component", component)
	}
	usual := func(component string, value float64) *model.Sample {
		return of("request_duration_seconds:baseline", value, "component", component)
	}
	rates := model.Vector{of("requests:rate", 9, "component", "api"), of("requests:rate", 1, "component", "search")}
	for name, tc := range map[string]struct {
		samples model.Vector
		want    *float64
	}{
		"of one component":                       {samples: model.Vector{mean("api", 1), usual("api", 0.5)}, want: new(0.5)},
		"of two, by their traffic":               {samples: model.Vector{mean("api", 1), mean("search", 1), usual("api", 0.5), usual("search", 1.5)}, want: new(0.6)},
		"none where one of two has none":         {samples: model.Vector{mean("api", 1), mean("search", 1), usual("api", 0.5)}},
		"of who is there now, and no one before": {samples: model.Vector{mean("api", 1), usual("api", 0.5), usual("search", 9)}, want: new(0.5)},
	} {
		t.Run(name, func(t *testing.T) {
			readings, _ := health.Collect(append(tc.samples, rates...), nil, watched)
			got := readings[health.Key{Namespace: "rag", Name: "support-bot"}].LatencyBaseline
			if d := cmp.Diff(tc.want, got, cmpopts.EquateApprox(0, 1e-9)); d != "" {
				t.Errorf("baseline (-want +got):\n%s", d)
			}
		})
	}
}
