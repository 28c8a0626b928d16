package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// statusOf says health for a reason, changed by edit.
func statusOf(health v1alpha1.Health, reason string, edit func(*v1alpha1.RAGMonitorStatus)) v1alpha1.RAGMonitorStatus {
	status := v1alpha1.RAGMonitorStatus{
		Health:     health,
		Conditions: []metav1.Condition{{Type: v1alpha1.ConditionHealthy, Status: metav1.ConditionUnknown, Reason: reason, Message: "It is so."}},
		Readings: v1alpha1.Readings{
			LatencyP95: "2s", ErrorRatio: "0%", CostPerDay: "$1", CacheHitRatio: "41%", Targets: "2/2", FiringAlerts: new(int32(0)),
		},
	}
	if edit != nil {
		edit(&status)
	}
	return status
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestWhatIsMissingForAHealthyRow(t *testing.T) {
	for name, tc := range map[string]struct {
		status v1alpha1.RAGMonitorStatus
		want   string
	}{
		"nothing of a complete row": {status: statusOf("Healthy", "ObjectivesMet", nil)},
		"the health of an empty status": {
			want: "the status says nothing, want Healthy, ObjectivesMet",
		},
		"the health of a service that has not recovered": {
			status: statusOf("Degraded", "LatencyHigh", nil), want: "the status says Degraded, LatencyHigh, want Healthy, ObjectivesMet",
		},
		"the end of a bottleneck": {
			status: statusOf("Healthy", "ObjectivesMet", func(s *v1alpha1.RAGMonitorStatus) {
				s.Bottleneck = &v1alpha1.Bottleneck{Stage: "reranking"}
			}),
			want: "the status says Healthy, ObjectivesMet, bottleneck reranking, want Healthy, ObjectivesMet",
		},
		"a figure": {
			status: statusOf("Healthy", "ObjectivesMet", func(s *v1alpha1.RAGMonitorStatus) { s.Readings.CostPerDay = "" }),
			want:   "column COST/DAY is empty",
		},
		"a target": {
			status: statusOf("Healthy", "ObjectivesMet", func(s *v1alpha1.RAGMonitorStatus) { s.Readings.Targets = "1/2" }),
			want:   `targets up are "1/2", want 2/2`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, text(missingForHealthy(tc.status))); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsMissingForAFault(t *testing.T) {
	slow := verdict{health: v1alpha1.HealthDegraded, reason: v1alpha1.ReasonLatencyHigh, bottleneck: "reranking"}
	named := func(stage string) func(*v1alpha1.RAGMonitorStatus) {
		return func(s *v1alpha1.RAGMonitorStatus) { s.Bottleneck = &v1alpha1.Bottleneck{Stage: stage} }
	}
	for name, tc := range map[string]struct {
		status v1alpha1.RAGMonitorStatus
		want   string
	}{
		"nothing when all is said": {status: statusOf("Degraded", "LatencyHigh", named("reranking"))},
		"another health": {
			status: statusOf("Critical", "LatencyHigh", named("reranking")),
			want:   "the status says Critical, LatencyHigh, bottleneck reranking, want Degraded, LatencyHigh, bottleneck reranking",
		},
		"another reason": {
			status: statusOf("Degraded", "StageLatencyHigh", named("reranking")),
			want:   "the status says Degraded, StageLatencyHigh, bottleneck reranking, want Degraded, LatencyHigh, bottleneck reranking",
		},
		"another bottleneck": {
			status: statusOf("Degraded", "LatencyHigh", named("generation")),
			want:   "the status says Degraded, LatencyHigh, bottleneck generation, want Degraded, LatencyHigh, bottleneck reranking",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, text(slow.missing(tc.status))); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsMissingForAnAlert(t *testing.T) {
	for name, tc := range map[string]struct {
		firing *int32
		want   string
	}{
		"nothing when one fires":          {firing: new(int32(1))},
		"an alert when none fires":        {firing: new(int32(0)), want: "no alert fires"},
		"an alert when nobody counts any": {want: "no alert fires"},
	} {
		t.Run(name, func(t *testing.T) {
			status := statusOf("Degraded", "LatencyHigh", func(s *v1alpha1.RAGMonitorStatus) { s.Readings.FiringAlerts = tc.firing })
			if diff := cmp.Diff(tc.want, text(missingForAlert(status))); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsPrintedOfAStatus(t *testing.T) {
	status := statusOf("Degraded", "LatencyHigh", func(s *v1alpha1.RAGMonitorStatus) {
		s.Conditions = append(s.Conditions, metav1.Condition{Type: "Ready", Status: metav1.ConditionFalse, Reason: "APIsMissing", Message: "Install them."})
		s.TargetProblems = []v1alpha1.TargetProblem{{Component: "api", Reason: v1alpha1.TargetDown, Message: "It does not answer."}}
	})
	got := strings.Join([]string{
		conditions(status), conditions(status, v1alpha1.ConditionHealthy), conditions(v1alpha1.RAGMonitorStatus{}), targetProblems(status),
	}, "\n--\n")
	want := `Healthy=Unknown (LatencyHigh): It is so.
Ready=False (APIsMissing): Install them.
--
Healthy=Unknown (LatencyHigh): It is so.
--
none
--
api (Down): It does not answer.`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("printed (-want +got):\n%s", diff)
	}
}
