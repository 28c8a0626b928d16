package health_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

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
			got := health.Readings{ErrorRate: tc.errors, JudgedRate: tc.requests}.ErrorRatio()
			if d := diff(tc.want, got); d != "" {
				t.Errorf("ratio (-want +got):\n%s", d)
			}
		})
	}
}
