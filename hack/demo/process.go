package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane/process"
)

// shown is how much of a log file is shown when something failed, in bytes.
const shown = 3 << 10

// failure is an error whose reason is in a log file.
type failure struct {
	err error
	log string
}

func (f failure) Error() string { return f.err.Error() }
func (f failure) Unwrap() error { return f.err }

// logOf is the log file that tells more about err, empty when there is none.
func logOf(err error) string {
	if f, ok := errors.AsType[failure](err); ok {
		return f.log
	}
	return ""
}

// supervisor starts processes, each with a log file of its own, and ends the demo
// when one of them ends early.
type supervisor struct {
	logs      string
	fail      context.CancelCauseFunc
	processes []*process.Process
	files     []*os.File
	stopping  chan struct{}
}

// newSupervisor calls fail with the reason when a process ends early.
func newSupervisor(logs string, fail context.CancelCauseFunc) *supervisor {
	return &supervisor{logs: logs, fail: fail, stopping: make(chan struct{})}
}

// start runs a binary until stop is called, whatever becomes of ctx: the processes
// are ended in order. The returned file is its log.
func (s *supervisor) start(ctx context.Context, name, path string, args ...string) (string, error) {
	log, err := s.log(name)
	if err != nil {
		return "", err
	}
	p, err := process.Start(context.WithoutCancel(ctx), process.Command{Name: name, Path: path, Args: args, Output: log})
	if err != nil {
		return "", err
	}
	s.processes = append(s.processes, p)
	go s.watch(p, log.Name())
	return log.Name(), nil
}

// log makes the log file of a process.
func (s *supervisor) log(name string) (*os.File, error) {
	file, err := os.Create(filepath.Join(s.logs, name+".log"))
	if err != nil {
		return nil, fmt.Errorf("make a log file: %w", err)
	}
	s.files = append(s.files, file)
	return file, nil
}

func (s *supervisor) watch(p *process.Process, log string) {
	select {
	case <-s.stopping:
	case <-p.Done():
		s.ended(p.Name(), p.Err(), log)
	}
}

// watchPlane does for the control plane's processes what watch does for ours.
func (s *supervisor) watchPlane(plane *controlplane.Plane, log string) {
	go func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-s.stopping:
				return
			case <-ticker.C:
			}
			if err := plane.Check(); err != nil {
				s.ended("the control plane", err, log)
				return
			}
		}
	}()
}

func (s *supervisor) ended(name string, reason error, log string) {
	err := fmt.Errorf("%s ended early", name)
	if reason != nil {
		err = fmt.Errorf("%s ended early: %w", name, reason)
	}
	s.fail(failure{err: err, log: log})
}

// stop ends the processes, the last first.
func (s *supervisor) stop() {
	close(s.stopping)
	for _, p := range slices.Backward(s.processes) {
		p.Stop()
	}
	for _, file := range s.files {
		_ = file.Close() // nothing is written to it any more
	}
}

// tail is the end of a log file, in whole lines.
func tail(path string) string {
	content, err := os.ReadFile(path) //nolint:gosec // a log file of our own
	if err != nil {
		return err.Error()
	}
	text := string(content)
	if len(text) > shown {
		_, text, _ = strings.Cut(text[len(text)-shown:], "\n")
	}
	return text
}
