package controller

import (
	"context"
	"errors"
	"testing"
	"time"

	prommodel "github.com/prometheus/common/model"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/status"
)

func TestASourceThatBeginsAnewSaysNothingAtFirst(t *testing.T) {
	started := time.Date(2026, 5, 4, 3, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		source string
		before v1alpha1.Health
		after  time.Duration
		data   metav1.ConditionStatus
		want   bool
	}{
		"no data yet":                        {source: "embedded", before: v1alpha1.HealthHealthy, after: 59 * time.Second, data: metav1.ConditionFalse, want: false},
		"data already":                       {source: "embedded", before: v1alpha1.HealthHealthy, after: 59 * time.Second, data: metav1.ConditionTrue, want: true},
		"still no data":                      {source: "embedded", before: v1alpha1.HealthHealthy, after: 61 * time.Second, data: metav1.ConditionFalse, want: true},
		"a RAGMonitor that is new":           {source: "embedded", after: time.Second, data: metav1.ConditionFalse, want: true},
		"a source that outlives the restart": {source: "prometheus", before: v1alpha1.HealthHealthy, after: time.Second, data: metav1.ConditionFalse, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			a := &Aggregator{
				observers: []*observer{{source: sourceNamed("prometheus")}, {source: sourceNamed("embedded")}},
				judge:     &judge{embedded: "embedded"},
				interval:  30 * time.Second,
				clock:     clocktesting.NewFakePassiveClock(started.Add(tc.after)),
				started:   started,
				written:   map[types.UID]time.Time{},
			}
			rm := &v1alpha1.RAGMonitor{Spec: v1alpha1.RAGMonitorSpec{Source: tc.source}, Status: v1alpha1.RAGMonitorStatus{Health: tc.before}}
			part := status.HealthPart{
				Health:     v1alpha1.HealthNoData,
				Conditions: []metav1.Condition{{Type: v1alpha1.ConditionDataAvailable, Status: tc.data}},
			}
			if got := a.due(rm, observation{}, part); got != tc.want {
				t.Errorf("due is %v", got)
			}
		})
	}
}

// sourceNamed has a name, and fails when it is asked.
type sourceNamed string

func (s sourceNamed) Name() string { return string(s) }

func (s sourceNamed) Read(context.Context, []string) ([]prommodel.Vector, error) {
	return nil, errors.New("not to be asked")
}
