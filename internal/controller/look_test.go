package controller

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	prommodel "github.com/prometheus/common/model"

	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

// answers are what a source says, reading after reading: true for an answer.
type answers []bool

func (a *answers) Name() string { return "prometheus" }

func (a *answers) Read(context.Context, []string) ([]prommodel.Vector, error) {
	if !(*a)[0] {
		return nil, errors.New("connection refused")
	}
	metric := prommodel.Metric{"__name__": "ragmonitor:requests:rate", "namespace": "rag", "ragmonitor": "support-bot"}
	return append([]prommodel.Vector{{{Metric: metric, Value: 1}}}, make([]prommodel.Vector, parts)...), nil
}

func TestOneFailedReadingIsPassedOver(t *testing.T) {
	for name, tc := range map[string]struct {
		answers answers
		failed  []bool
	}{
		"a source that answers":               {answers: answers{true, true}, failed: []bool{false, false}},
		"one that fails once":                 {answers: answers{true, false, true}, failed: []bool{false, false, false}},
		"one that fails twice, and is back":   {answers: answers{true, false, false, true}, failed: []bool{false, false, true, false}},
		"one that never answered":             {answers: answers{false, false}, failed: []bool{false, true}},
		"one that fails at first":             {answers: answers{false, true}, failed: []bool{false, false}},
		"one that fails every second reading": {answers: answers{true, false, true, false}, failed: []bool{false, false, false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			source := tc.answers
			o := observer{source: &source}
			key := health.Key{Namespace: "rag", Name: "support-bot"}
			var failed []bool
			for range tc.answers {
				seen := o.look(t.Context(), health.Watched{key: nil}, time.Now())
				failed = append(failed, seen.failed())
				if _, known := seen.readings[key]; seen.covers(key) != known {
					t.Error("a view has no readings of what it covers")
				}
				source = source[1:]
			}
			if diff := cmp.Diff(tc.failed, failed); diff != "" {
				t.Errorf("failed (-want +got):\n%s", diff)
			}
		})
	}
}
