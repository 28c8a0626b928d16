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
