package differential_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/embedded"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// startEmbedded starts the embedded source, which watches nothing yet.
func startEmbedded(t *testing.T) *embedded.Engine {
	t.Helper()
	e, err := embedded.New(embedded.Config{
		Dir: t.TempDir(),
		// Everybody here is on this machine.
		Allow: netip.Addr.IsLoopback,
		// As much shorter than its default as rules are evaluated more often.
		Tick: 50 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return e
}

// collected is how the operator tells the embedded source of what is watched.
func collected(watches []watch) []embedded.Monitor {
	var out []embedded.Monitor
	for _, w := range watches {
		c := w.model.Components[0]
		job := embedded.Job{Component: c.Name, Path: c.Endpoint.Path, Interval: c.Endpoint.Interval}
		for _, target := range w.targets {
			job.Targets = append(job.Targets, embedded.Target{Address: target.Address, Labels: target.Labels(w.rm.Namespace, naming.Job(w.rm.Name, c.Name))})
		}
		out = append(out, embedded.Monitor{
			Namespace: w.rm.Namespace, Name: w.rm.Name, Jobs: []embedded.Job{job}, Groups: w.groups, Version: fmt.Sprintf("%p", w.groups),
		})
	}
	return out
}
