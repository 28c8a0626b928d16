package controller

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	prommodel "github.com/prometheus/common/model"

	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
)

// Source answers rounds of instant PromQL queries at the present time, with a vector
// for each query, or an error for all of them. source.Reader is one.
type Source interface {
	// Name that RAGMonitors give in spec.source.
	Name() string
	Read(ctx context.Context, queries []string) ([]prommodel.Vector, error)
}

// parts is how many queries the canonical series are asked for with: an answer may be
// 32 MiB, which all of them together are for some four thousand RAGMonitors.
const parts = 8

// queries of one interval: as many for ten thousand RAGMonitors as for one.
var queries = append(canonicalQueries(), `count by (namespace, ragmonitor, severity) (ALERTS{alertstate="firing",ragmonitor!=""})`)

// canonicalQueries deal out the names, so that those of stages, of which there are
// most samples, are in different parts.
func canonicalQueries() []string {
	var names [parts][]string
	for i, name := range health.Series() {
		names[i%parts] = append(names[i%parts], name)
	}
	var out []string
	for _, part := range names {
		out = append(out, "{"+promql.OneOf(prommodel.MetricNameLabel, part).String()+`,ragmonitor!=""}`)
	}
	return out
}

// grace is the number of failed readings in a row that are passed over: one may be
// a restart of the source, and would turn every RAGMonitor over and back.
const grace = 1

// view is what was read in one interval. It is never changed, only replaced.
type view struct {
	// watched are those that it was read for; nil where no reading succeeded.
	watched  health.Watched
	readings map[health.Key]health.Readings
	// foreign counts samples of what is none of ours.
	foreign int
	// at is when it was read, by the operator's clock.
	at time.Time
	// failures counts the readings that failed since, and err is the last of them.
	failures int
	err      error
}

func (v *view) failed() bool { return v.failures > grace }

// covers says whether a reading was made for a RAGMonitor. One that is new, or took
// another source, waits for the next.
func (v *view) covers(key health.Key) bool {
	if v == nil {
		return false
	}
	_, ok := v.watched[key]
	return ok
}

// observer reads one source, for all RAGMonitors that take it.
type observer struct {
	source Source
	last   atomic.Pointer[view]
}

// look replaces what was seen by what there is to see now. After a failed reading
// that is the last view, and that it has aged. One that ended with ctx is no reading: it
// returns the last view, nil without one.
func (o *observer) look(ctx context.Context, watched health.Watched, now time.Time) *view {
	seen, err := o.read(ctx, watched, now)
	if err != nil && ctx.Err() != nil {
		return o.last.Load()
	}
	if err != nil {
		seen = o.aged(err)
	}
	o.last.Store(seen)
	return seen
}

func (o *observer) read(ctx context.Context, watched health.Watched, now time.Time) (*view, error) {
	vectors, err := o.source.Read(ctx, queries)
	if err != nil {
		return nil, err
	}
	readings, foreign := health.Collect(slices.Concat(vectors[:parts]...), vectors[parts], watched)
	return &view{watched: watched, readings: readings, foreign: foreign, at: now}, nil
}

func (o *observer) aged(err error) *view {
	last := o.last.Load()
	if last == nil {
		last = &view{}
	}
	aged := *last
	aged.failures++
	aged.err = err
	return &aged
}
