//go:build linux

package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/config"
	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane/process"
)

const (
	// respite is how long a component stays ended before it is started again.
	respite = time.Second
	// crashes within crashWindow are the end of it.
	crashes     = 5
	crashWindow = time.Minute
)

// State of a component.
type State string

// The states.
const (
	Waiting  State = "Waiting"  // for components that are started before
	Starting State = "Starting" // runs, and does not answer yet
	Running  State = "Running"  // has answered since it was started
	Failed   State = "Failed"   // ended too often and is not started again
)

// Status of a component.
type Status struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	// PID as the node counts.
	PID int `json:"pid"`
	// Starts is how often it was started.
	Starts int       `json:"starts"`
	Since  time.Time `json:"since"`
}

// unit keeps a component running.
type unit struct {
	component config.Component
	bin       string // folder of the binaries
	log       string // file
	probe     func(context.Context, config.Probe) error
	respite   time.Duration

	mu      sync.Mutex
	status  Status
	process *process.Process
	// asked is set when the next end of the process is wanted.
	asked   bool
	changed chan struct{} // closed and replaced with every change of status
	again   chan struct{} // wakes a unit that has failed
}

func newUnit(component config.Component, bin, log string) *unit {
	return &unit{
		component: component, bin: bin, log: log, probe: probe, respite: respite,
		status:  Status{Name: component.Name, State: Waiting},
		changed: make(chan struct{}), again: make(chan struct{}, 1),
	}
}

// run starts the component whenever it is not running, until ctx ends.
func (u *unit) run(ctx context.Context) {
	var ends []time.Time
	for ctx.Err() == nil {
		wanted := u.once(ctx)
		if ctx.Err() != nil {
			return
		}
		if wanted {
			continue
		}
		ends = recent(append(ends, time.Now()))
		if len(ends) > crashes {
			slog.Error("component ended too often", "component", u.component.Name)
			u.set(func(s *Status) { s.State, s.PID = Failed, 0 })
			select {
			case <-ctx.Done():
			case <-u.again:
				ends = nil
			}
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(u.respite):
		}
	}
}

// recent leaves the times of the last crashWindow.
func recent(ends []time.Time) []time.Time {
	last := ends[len(ends)-1]
	for len(ends) > 0 && last.Sub(ends[0]) > crashWindow {
		ends = ends[1:]
	}
	return ends
}

// once runs the component until it ends, and says whether that was asked for.
func (u *unit) once(ctx context.Context) (wanted bool) {
	log, err := os.OpenFile(u.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644) //nolint:gosec // logs are for reading
	if err != nil {
		slog.Error("no log file", "component", u.component.Name, "error", err)
		return false
	}
	defer log.Close() //nolint:errcheck // the component has written it
	p, err := process.Start(ctx, process.Command{
		Name: u.component.Name, Path: filepath.Join(u.bin, u.component.Name), Args: u.component.Args, Output: log,
	})
	if err != nil {
		slog.Error("component not started", "component", u.component.Name, "error", err)
		return false
	}
	slog.Info("component started", "component", u.component.Name, "pid", p.PID())
	u.set(func(s *Status) {
		s.State, s.PID, s.Since = Starting, p.PID(), time.Now()
		s.Starts++
		u.process, u.asked = p, false
	})
	probing, stop := context.WithCancel(ctx)
	var probes sync.WaitGroup
	probes.Go(func() { u.awaitAnswer(probing) })
	<-p.Done()
	stop()
	probes.Wait()
	u.set(func(s *Status) {
		s.State, s.PID, s.Since = Starting, 0, time.Now()
		wanted, u.process = u.asked, nil
	})
	slog.Info("component ended", "component", u.component.Name, "asked", wanted, "error", p.Err())
	return wanted
}

// awaitAnswer sets the state once the component has answered.
func (u *unit) awaitAnswer(ctx context.Context) {
	for ctx.Err() == nil {
		if u.probe(ctx, u.component.Probe) == nil {
			u.set(func(s *Status) { s.State = Running })
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (u *unit) set(change func(*Status)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	change(&u.status)
	close(u.changed)
	u.changed = make(chan struct{})
}

func (u *unit) look() (Status, <-chan struct{}) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.status, u.changed
}

// await returns once the component runs after having been started more often than
// before. It is an error when it has failed, or its patience is over.
func (u *unit) await(ctx context.Context, before int) error {
	ctx, cancel := context.WithTimeoutCause(ctx, u.component.Patience,
		fmt.Errorf("%s did not answer within %s", u.component.Name, u.component.Patience))
	defer cancel()
	for {
		status, changed := u.look()
		switch {
		case status.State == Failed:
			return fmt.Errorf("%s ended %d times within %s", u.component.Name, crashes+1, crashWindow)
		case status.State == Running && status.Starts > before:
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		}
	}
}

// restart ends the process, at once with SIGKILL when hard, and returns when a new
// one works.
func (u *unit) restart(ctx context.Context, hard bool) error {
	u.mu.Lock()
	p, before, state := u.process, u.status.Starts, u.status.State
	u.asked = p != nil
	u.mu.Unlock()
	switch {
	case p != nil && hard:
		if err := syscall.Kill(p.PID(), syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("kill %s: %w", u.component.Name, err)
		}
	case p != nil:
		p.Stop()
	case state == Failed:
		u.set(func(s *Status) { s.State = Starting })
		u.again <- struct{}{}
	}
	return u.await(ctx, before)
}
