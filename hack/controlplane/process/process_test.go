package process_test

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane/process"
)

func TestStop(t *testing.T) {
	for name, tc := range map[string]struct {
		script string
		ended  syscall.Signal
	}{
		"a process that listens to SIGTERM ends by it": {
			script: "echo ready; exec sleep 600",
			ended:  syscall.SIGTERM,
		},
		"a process that ignores SIGTERM is killed": {
			script: "trap '' TERM; echo ready; while :; do sleep 0.1; done",
			ended:  syscall.SIGKILL,
		},
	} {
		t.Run(name, func(t *testing.T) {
			ready, out := io.Pipe()
			p, err := process.Start(t.Context(), process.Command{Name: "test", Path: "/bin/sh", Args: []string{"-c", tc.script}, Output: out})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ready.Read(make([]byte, 1)); err != nil { // a trap must be set before it can be tried
				t.Fatal(err)
			}
			go io.Copy(io.Discard, ready) //nolint:errcheck // the rest is of no interest
			p.Stop()
			p.Stop()
			if got := endedBy(p.Err()); got != tc.ended {
				t.Errorf("ended by %s, want %s", got, tc.ended)
			}
			if err := syscall.Kill(p.PID(), 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("process %d is still there: %v", p.PID(), err)
			}
		})
	}
}

func TestOutputAndError(t *testing.T) {
	var out bytes.Buffer
	p, err := process.Start(t.Context(), process.Command{
		Name: "test", Path: "/bin/sh", Args: []string{"-c", "echo $GREETING; exit 3"},
		Env: []string{"GREETING=hello"}, Output: &out,
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.Done():
	case <-time.After(10 * time.Second):
		p.Stop()
		t.Fatal("did not end")
	}
	var exit *exec.ExitError
	if !errors.As(p.Err(), &exit) || exit.ExitCode() != 3 {
		t.Errorf("error %v, want exit code 3", p.Err())
	}
	if got := strings.TrimSpace(out.String()); got != "hello" {
		t.Errorf("output %q, want %q", got, "hello")
	}
}

func TestStartNamesWhatIsMissing(t *testing.T) {
	_, err := process.Start(t.Context(), process.Command{Name: "ghost", Path: "/nonexistent/ghost"})
	if err == nil || !strings.Contains(err.Error(), "start ghost") {
		t.Errorf("error %v, want one that names ghost", err)
	}
}

// endedBy is the signal that ended a process; -1 for none.
func endedBy(err error) syscall.Signal {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return -1
	}
	status, _ := exit.Sys().(syscall.WaitStatus)
	return status.Signal()
}
