//go:build linux

package node

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/config"
)

// supervisor keeps all components running.
type supervisor struct {
	units []*unit
	store *imageStore

	mu      sync.Mutex
	ready   bool
	problem string
}

// Report is what the supervisor says about the node.
type Report struct {
	// Ready says that every component has answered.
	Ready bool `json:"ready"`
	// Problem says why the components were not all started; empty when they were, or
	// still are being.
	Problem    string   `json:"problem,omitempty"`
	Components []Status `json:"components"`
}

// Supervise runs inside of the node and starts the components one after the other,
// each when the one before answers. It returns only on an error, or when ctx ends.
func Supervise(ctx context.Context) error {
	place := Place{Dir: config.Dir}
	settings, err := place.Settings()
	if err != nil {
		return err
	}
	s := &supervisor{store: &imageStore{}}
	for _, component := range config.Components(settings) {
		s.units = append(s.units, newUnit(component, config.Bin, place.Log(component.Name)))
	}
	listener, err := listen(ctx, place.path(controlFile))
	if err != nil {
		return err
	}
	go s.start(ctx)
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second}
	return fmt.Errorf("serve the control socket: %w", server.Serve(listener))
}

func listen(ctx context.Context, path string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	// Whoever can write to it has the node.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	return listener, nil
}

func (s *supervisor) start(ctx context.Context) {
	var problem string
	for _, u := range s.units {
		go u.run(ctx)
		if err := u.await(ctx, 0); err != nil {
			problem = err.Error()
			slog.Error("the components are not all started", "error", err)
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready, s.problem = problem == "", problem
}

func (s *supervisor) report() Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := Report{Ready: s.ready, Problem: s.problem}
	for _, u := range s.units {
		status, _ := u.look()
		r.Components = append(r.Components, status)
		r.Ready = r.Ready && status.State == Running
	}
	return r
}

func (s *supervisor) unit(name string) *unit {
	for _, u := range s.units {
		if u.component.Name == name {
			return u
		}
	}
	return nil
}
