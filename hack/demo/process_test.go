package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

func TestAProcessThatEndsEarlyEndsTheDemo(t *testing.T) {
	ctx, fail := context.WithCancelCause(t.Context())
	s := newSupervisor(t.TempDir(), fail)
	t.Cleanup(s.stop)
	if _, err := s.start(t.Context(), "ghost", "/bin/sh", "-c", "echo I am ill; exit 3"); err != nil {
		t.Fatal(err)
	}
	err := await(ctx, "nothing", time.Millisecond, time.Minute, func(context.Context) error { return errors.New("not yet") })
	if diff := cmp.Diff("ghost ended early: exit status 3", err.Error()); diff != "" {
		t.Errorf("reason (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("I am ill\n", tail(logOf(err))); diff != "" {
		t.Errorf("tail of its log (-want +got):\n%s", diff)
	}
}

func TestAProcessThatIsStoppedIsNoFailure(t *testing.T) {
	ctx, fail := context.WithCancelCause(t.Context())
	defer fail(nil)
	s := newSupervisor(t.TempDir(), fail)
	if _, err := s.start(t.Context(), "ghost", "/bin/sh", "-c", "exec sleep 600"); err != nil {
		t.Fatal(err)
	}
	s.stop()
	if err := context.Cause(ctx); err != nil {
		t.Error(err)
	}
}

func TestAwaitTellsWhatItSawLast(t *testing.T) {
	err := await(t.Context(), "the row", time.Millisecond, 50*time.Millisecond, func(context.Context) error {
		return errors.New("no health yet")
	})
	want := "the row: not within 50ms: no health yet"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("reason (-want +got):\n%s", diff)
	}
}

func TestTailIsWholeLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(strings.Repeat("0123456789\n", shown)), 0o600); err != nil {
		t.Fatal(err)
	}
	got := tail(path)
	if len(got) > shown || len(got) < shown-20 {
		t.Errorf("%d bytes, want about %d", len(got), shown)
	}
	if line, _, _ := strings.Cut(got, "\n"); line != "0123456789" {
		t.Errorf("first line %q is not whole", line)
	}
}

func TestWhatIsMissing(t *testing.T) {
	complete := v1alpha1.RAGMonitorStatus{
		Health:   v1alpha1.HealthHealthy,
		Readings: v1alpha1.Readings{LatencyP95: "2s", ErrorRatio: "0%", CostPerDay: "$1", CacheHitRatio: "41%", Targets: "1/1"},
	}
	with := func(edit func(*v1alpha1.RAGMonitorStatus)) v1alpha1.RAGMonitorStatus {
		status := complete
		edit(&status)
		return status
	}
	for name, tc := range map[string]struct {
		check  func(v1alpha1.RAGMonitorStatus) error
		status v1alpha1.RAGMonitorStatus
		want   string
	}{
		"a complete row":                        {check: missingForHealthy, status: complete},
		"a row without health":                  {check: missingForHealthy, want: `health is ""`},
		"a row without cost":                    {check: missingForHealthy, status: with(func(s *v1alpha1.RAGMonitorStatus) { s.Readings.CostPerDay = "" }), want: "column COST/DAY is empty"},
		"a row whose target is down":            {check: missingForHealthy, status: with(func(s *v1alpha1.RAGMonitorStatus) { s.Readings.Targets = "0/1" }), want: `targets up are "0/1", want 1/1`},
		"a service that is slow, and unnoticed": {check: missingForSlow, status: complete, want: `no bottleneck is named, and health is "Healthy"`},
		"another bottleneck": {
			check:  missingForSlow,
			status: with(func(s *v1alpha1.RAGMonitorStatus) { s.Bottleneck = &v1alpha1.Bottleneck{Stage: "retrieval"} }),
			want:   `the bottleneck is "retrieval", want "generation"`,
		},
		"the bottleneck of a healthy service": {
			check:  missingForSlow,
			status: with(func(s *v1alpha1.RAGMonitorStatus) { s.Bottleneck = &v1alpha1.Bottleneck{Stage: "generation"} }),
			want:   "health is still Healthy",
		},
		"the bottleneck of a slow service": {
			check: missingForSlow,
			status: with(func(s *v1alpha1.RAGMonitorStatus) {
				s.Health, s.Bottleneck = v1alpha1.HealthDegraded, &v1alpha1.Bottleneck{Stage: "generation"}
			}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := tc.check(tc.status); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		})
	}
}
