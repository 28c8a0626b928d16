package perf_test

import (
	"context"
	"testing"
	"time"

	prommodel "github.com/prometheus/common/model"

	"github.com/ragmonitor/ragmonitor-operator/internal/controller"
)

// paced is a source whose rounds begin when it is said, so that what is done in a
// round, and between two of them, can be told apart.
type paced struct {
	controller.Source
	// ready is sent to when a round could begin, and begin when it may.
	ready, begin chan struct{}
}

func newPaced(s controller.Source) *paced {
	return &paced{s, make(chan struct{}), make(chan struct{})}
}

// Read implements controller.Source.
func (p *paced) Read(ctx context.Context, queries []string) ([]prommodel.Vector, error) {
	select {
	case p.ready <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case <-p.begin:
		return p.Source.Read(ctx, queries)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// await returns when the first round could begin.
func (p *paced) await(tb testing.TB) {
	tb.Helper()
	select {
	case <-p.ready:
	case <-time.After(patience):
		tb.Fatal("no round begins")
	}
}

// round has one made, and returns when the next one could begin: when all was judged
// and the interval has passed.
func (p *paced) round(tb testing.TB) {
	tb.Helper()
	p.begin <- struct{}{}
	p.await(tb)
}
