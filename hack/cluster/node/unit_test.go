//go:build linux

package node

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/config"
)

// script makes a unit of a shell script, which works once it has written "works" to
// its output.
func script(t *testing.T, text string) *unit {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "component"), []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	u := newUnit(config.Component{Name: "component", Patience: 20 * time.Second}, dir, filepath.Join(dir, "log"))
	u.respite = time.Millisecond
	u.probe = func(context.Context, config.Probe) error {
		content, err := os.ReadFile(u.log)
		if err != nil || !strings.Contains(string(content), "works") {
			return errors.New("no answer yet")
		}
		return nil
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); u.run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	return u
}

func TestUnitStartsAgainWhatEnds(t *testing.T) {
	u := script(t, "echo works; exec sleep 600")
	if err := u.await(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	before, _ := u.look()
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := u.await(t.Context(), before.Starts); err != nil {
		t.Fatal(err)
	}
	after, _ := u.look()
	if after.PID == before.PID || after.Starts != 2 {
		t.Errorf("pid %d after %d, started %d times", after.PID, before.PID, after.Starts)
	}
}

func TestUnitIsRestarted(t *testing.T) {
	for name, hard := range map[string]bool{"in order": false, "as after a crash": true} {
		t.Run(name, func(t *testing.T) {
			u := script(t, "trap 'echo in order; exit' TERM; echo works; while :; do sleep 0.05; done")
			if err := u.await(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			// More often than it may end by itself.
			for range crashes + 2 {
				if err := u.restart(t.Context(), hard); err != nil {
					t.Fatal(err)
				}
			}
			if status, _ := u.look(); status.State != Running || status.Starts != crashes+3 {
				t.Errorf("state %s, started %d times", status.State, status.Starts)
			}
			content, err := os.ReadFile(u.log)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(content), "in order") == hard {
				t.Errorf("the log is %q", content)
			}
		})
	}
}

func TestUnitGivesUpOnWhatKeepsEnding(t *testing.T) {
	u := script(t, "exit 3")
	err := u.await(t.Context(), 0)
	if err == nil || !strings.Contains(err.Error(), "component ended 6 times") {
		t.Fatalf("error %v, want one that counts", err)
	}
	status, _ := u.look()
	if status.State != Failed || status.Starts != crashes+1 {
		t.Errorf("state %s, started %d times", status.State, status.Starts)
	}
	// Whoever has repaired it asks for it again.
	if err := os.WriteFile(filepath.Join(u.bin, "component"), []byte("#!/bin/sh\necho works; exec sleep 600\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := u.restart(t.Context(), false); err != nil {
		t.Fatal(err)
	}
}

func TestUnitIsGivenUpOnWhenItDoesNotAnswer(t *testing.T) {
	u := script(t, "exec sleep 600")
	u.component.Patience = 300 * time.Millisecond
	err := u.await(t.Context(), 0)
	if err == nil || !strings.Contains(err.Error(), "component did not answer within 300ms") {
		t.Errorf("error %v, want one that names component and time", err)
	}
}
