package model_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

func TestModeOf(t *testing.T) {
	for name, tc := range map[string]struct {
		all  model.AlertMode
		one  *model.AlertMode
		want model.AlertMode
	}{
		"all notify":                           {want: model.Notify},
		"all notify, but this one is off":      {one: ptr.To(model.Off), want: model.Off},
		"all notify, but this one burns in":    {one: ptr.To(model.BurnIn), want: model.BurnIn},
		"all are off":                          {all: model.Off, want: model.Off},
		"all are off, but this one notifies":   {all: model.Off, one: ptr.To(model.Notify), want: model.Notify},
		"all burn in":                          {all: model.BurnIn, want: model.BurnIn},
		"all burn in, and this one is off too": {all: model.BurnIn, one: ptr.To(model.Off), want: model.Off},
	} {
		t.Run(name, func(t *testing.T) {
			alerts := model.Alerts{Mode: tc.all, Overrides: map[string]model.Override{"A": {Mode: tc.one}, "B": {Mode: ptr.To(model.Off)}}}
			if got := alerts.ModeOf("A"); got != tc.want {
				t.Errorf("mode is %d, must be %d", got, tc.want)
			}
			if got := alerts.ModeOf("C"); got != tc.all {
				t.Errorf("mode of one that is not overridden is %d, must be %d", got, tc.all)
			}
		})
	}
}

// resolved are the alerts of a RAGMonitor, or what is wrong with them.
func resolved(t *testing.T, in v1alpha1.Alerts) (model.Alerts, string) {
	t.Helper()
	rm := fixture.RAGMonitor(t, fixture.Minimal)
	rm.Spec.Alerts = in
	m, err := model.Resolve(rm, fixture.Catalogue(t))
	if err == nil {
		return m.Alerts, ""
	}
	invalid, ok := model.AsInvalidSpec(err)
	if !ok || invalid.Reason != v1alpha1.ReasonInvalidSpec {
		t.Fatalf("error is %v, must be an invalid spec", err)
	}
	return model.Alerts{}, invalid.Message
}

func TestThresholdsOfAlerts(t *testing.T) {
	for name, tc := range map[string]struct {
		override v1alpha1.AlertOverride
		want     *float64
		refused  string
	}{
		"one that stands for an objective": {
			override: v1alpha1.AlertOverride{Alert: "RAGLatencyHigh", Threshold: "1.5"}, want: new(1.5),
		},
		"one of the alert's own": {
			override: v1alpha1.AlertOverride{Alert: "RAGQueueBacklog", Threshold: "0"}, want: new(0.0),
		},
		"none": {
			override: v1alpha1.AlertOverride{Alert: "RAGQueueBacklog"},
		},
		"one that is no number": {
			override: v1alpha1.AlertOverride{Alert: "RAGLatencyHigh", Threshold: "2s"},
			refused:  `spec.alerts.overrides[0].threshold is "2s", which is not a number: write a decimal such as "0.05"`,
		},
		"one where nothing is compared": {
			override: v1alpha1.AlertOverride{Alert: "RAGServiceDown", Threshold: "2"},
			refused:  `spec.alerts.overrides[0].threshold is "2", but RAGServiceDown has no threshold: leave it out`,
		},
		"one of the burn rate, which follows from the SLO": {
			override: v1alpha1.AlertOverride{Alert: "RAGErrorBudgetBurn", Threshold: "2"},
			refused:  `spec.alerts.overrides[0].threshold is "2", but RAGErrorBudgetBurn has no threshold: leave it out`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, refused := resolved(t, v1alpha1.Alerts{Overrides: []v1alpha1.AlertOverride{tc.override}})
			if d := cmp.Diff(tc.refused, refused); d != "" {
				t.Errorf("refused (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tc.want, got.Overrides[tc.override.Alert].Threshold); d != "" {
				t.Errorf("threshold (-want +got):\n%s", d)
			}
		})
	}
}

func TestEveryProblemOfAlertsIsTold(t *testing.T) {
	_, refused := resolved(t, v1alpha1.Alerts{
		Overrides: []v1alpha1.AlertOverride{{Alert: "RAGServiceDown", Threshold: "x"}},
		Custom:    []v1alpha1.CustomAlert{{Name: "A", Expression: "up"}, {Name: "B", Expression: "up >"}, {Name: "C", Expression: "1"}},
	})
	for _, want := range []string{
		"spec.alerts.overrides[0].threshold is \"x\", but", "spec.alerts.overrides[0].threshold is \"x\", which is not a number",
		"spec.alerts.custom[1].expression cannot be used: write PromQL: ", "; spec.alerts.custom[2].expression cannot be used: it is a scalar",
	} {
		if !strings.Contains(refused, want) {
			t.Errorf("message is %q, must hold %q", refused, want)
		}
	}
	if strings.Contains(refused, "custom[0]") {
		t.Errorf("message %q speaks of what is right", refused)
	}
}
