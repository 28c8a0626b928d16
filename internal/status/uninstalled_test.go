package status

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

func TestUninstalledConditions(t *testing.T) {
	gone := []string{"DataAvailable=False/Uninstalled", "Healthy=Unknown/Uninstalled"}
	for name, tc := range map[string]struct {
		before func(*Outcome)
		want   []string
	}{
		"what was in place is gone": {
			before: func(*Outcome) {},
			want:   []string{acceptedTrue, prereqTrue, "Applied=False/Uninstalled", availableTrue, "Ready=False/Uninstalled"},
		},
		"our node-exporter is gone too": {
			before: func(o *Outcome) {
				o.NodeMetrics, o.NodeExporter = v1alpha1.NodeMetricsRequired, NodeExporter{State: NodeExporterOurs, Running: true}
			},
			want: []string{acceptedTrue, prereqTrue, "Applied=False/Uninstalled", "Available=False/Uninstalled", "Ready=False/Uninstalled"},
		},
		"somebody else's node-exporter stays": {
			before: func(o *Outcome) {
				o.NodeMetrics, o.NodeExporter = v1alpha1.NodeMetricsRequired, NodeExporter{State: NodeExporterExternal, Running: true}
			},
			want: []string{acceptedTrue, prereqTrue, "Applied=False/Uninstalled", "Available=True/ExternalNodeExporter", "Ready=False/Uninstalled"},
		},
		"a spec that was not accepted is still not": {
			before: func(o *Outcome) { *o = Outcome{Refused: &Refusal{v1alpha1.ReasonUnknownVocabulary, "why"}} },
			want: []string{
				"Accepted=False/UnknownVocabulary", "PrerequisitesMet=Unknown/Pending", "Applied=False/Uninstalled",
				"Available=Unknown/Pending", "Ready=False/UnknownVocabulary",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			rm, outcome := watched(), done()
			tc.before(&outcome)
			rm.Status = shared(Objects(rm, outcome, earlier), Health(rm, seen(slow(), measured()), earlier))
			objects, health := Uninstalled(rm, now)
			if diff := cmp.Diff(slices.Concat(tc.want, gone), brief(slices.Concat(objects.Conditions, health.Conditions))); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUninstalledKeepsWhatWasSpent(t *testing.T) {
	rm := watched()
	rm.Status = shared(Objects(rm, done(), earlier), Health(rm, seen(slow(), measured()), earlier))
	rm.Status.Cost = &v1alpha1.CostReading{MonthUSD: "1234.56"}
	_, health := Uninstalled(rm, now)
	if health.Health != v1alpha1.HealthUnknown {
		t.Errorf("the health is %s, want Unknown", health.Health)
	}
	if diff := cmp.Diff(rm.Status.Cost, health.Cost); diff != "" {
		t.Errorf("what was spent (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(v1alpha1.Readings{Targets: health.Readings.Targets}, health.Readings); diff != "" {
		t.Errorf("figures that nobody measures any more (-want +got):\n%s", diff)
	}
}

// TestUninstalledTwiceIsTheSame: what is said already is not written again.
func TestUninstalledTwiceIsTheSame(t *testing.T) {
	rm := watched()
	rm.Status = shared(Objects(rm, done(), earlier), Health(rm, seen(slow(), measured()), earlier))
	objects, health := Uninstalled(rm, earlier)
	rm.Status = shared(objects, health)
	objects, health = Uninstalled(rm, now)
	if !objects.Same(rm.Status) || !health.Same(rm.Status) {
		t.Errorf("the status changes once more: %v, %v", brief(objects.Conditions), brief(health.Conditions))
	}
}

func TestUninstalledBeforeItWasSeen(t *testing.T) {
	objects, _ := Uninstalled(monitor("api"), now)
	if diff := cmp.Diff([]string{"Applied=False/Uninstalled", "Ready=False/Uninstalled"}, brief(objects.Conditions)); diff != "" {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}
}
