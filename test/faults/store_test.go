package faults_test

import (
	"context"
	"slices"
	"sort"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// store keeps samples in memory, for one goroutine. Prometheus' own cannot be forked,
// and hundreds of faults branch off the same healthy past.
type store struct {
	byName map[string][]*line
	byHash map[uint64]*line
}

// line is one series; its samples are in the order of time.
type line struct {
	labels  labels.Labels
	samples []chunks.Sample
}

// sample is one sample of a scrape.
type sample struct {
	labels labels.Labels
	value  float64
}

func newStore() *store { return &store{byName: map[string][]*line{}, byHash: map[uint64]*line{}} }

// fork returns a store with the same past. What is added to one is not in the other.
func (s *store) fork() *store {
	out := newStore()
	for _, l := range s.byHash {
		out.keep(&line{l.labels, slices.Clip(l.samples)})
	}
	return out
}

func (s *store) keep(l *line) {
	name := l.labels.Get(model.MetricNameLabel)
	s.byName[name] = append(s.byName[name], l)
	s.byHash[l.labels.Hash()] = l
}

func (s *store) add(series labels.Labels, t int64, value float64) {
	l := s.byHash[series.Hash()]
	if l == nil {
		l = &line{labels: series}
		s.keep(l)
	}
	l.samples = append(l.samples, point{t, value})
}

// scraped adds the samples of one scrape.
func (s *store) scraped(at int64, samples []sample) {
	for _, one := range samples {
		s.add(one.labels, at, one.value)
	}
}

// since returns the samples from a time on to another, both included.
func (l *line) since(from, to int64) []chunks.Sample {
	first := sort.Search(len(l.samples), func(i int) bool { return l.samples[i].T() >= from })
	end := sort.Search(len(l.samples), func(i int) bool { return l.samples[i].T() > to })
	return l.samples[first:max(first, end)]
}

// Querier implements storage.Queryable.
func (s *store) Querier(from, to int64) (storage.Querier, error) {
	return querier{store: s, from: from, to: to}, nil
}

// querier reads a span of time. Nothing here asks it for labels.
type querier struct {
	storage.LabelQuerier
	store    *store
	from, to int64
}

// Close implements storage.Querier.
func (querier) Close() error { return nil }

// Select implements storage.Querier. It always sorts.
func (q querier) Select(_ context.Context, _ bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	from, to := q.from, q.to
	if hints != nil {
		from, to = hints.Start, hints.End
	}
	var found []storage.Series
	for _, l := range q.store.matching(matchers) {
		if samples := l.since(from, to); len(samples) > 0 {
			found = append(found, storage.NewListSeries(l.labels, samples))
		}
	}
	slices.SortFunc(found, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return &seriesSet{left: found}
}

func (s *store) matching(matchers []*labels.Matcher) []*line {
	var out []*line
	for _, lines := range s.named(matchers) {
		for _, l := range lines {
			if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(l.labels.Get(m.Name)) }) {
				out = append(out, l)
			}
		}
	}
	return out
}

// named narrows what has to be looked at by the name of the metric.
func (s *store) named(matchers []*labels.Matcher) map[string][]*line {
	for _, m := range matchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
			return map[string][]*line{m.Value: s.byName[m.Value]}
		}
	}
	return s.byName
}

// Appender implements storage.Appendable.
func (s *store) Appender(context.Context) storage.Appender { return appender{store: s} }

// appender takes what rules record. They record no histograms.
type appender struct {
	storage.Appender
	store *store
}

// Append implements storage.Appender.
func (a appender) Append(_ storage.SeriesRef, series labels.Labels, t int64, value float64) (storage.SeriesRef, error) {
	a.store.add(series, t, value)
	return 0, nil
}

// SetOptions, Commit and Rollback implement storage.Appender.
func (appender) SetOptions(*storage.AppendOptions) {}
func (appender) Commit() error                     { return nil }
func (appender) Rollback() error                   { return nil }

// seriesSet implements storage.SeriesSet.
type seriesSet struct {
	at   storage.Series
	left []storage.Series
}

func (s *seriesSet) Next() bool {
	if len(s.left) == 0 {
		return false
	}
	s.at, s.left = s.left[0], s.left[1:]
	return true
}
func (s *seriesSet) At() storage.Series              { return s.at }
func (*seriesSet) Err() error                        { return nil }
func (*seriesSet) Warnings() annotations.Annotations { return nil }

// point implements chunks.Sample. It is no histogram.
type point struct {
	t     int64
	value float64
}

func (p point) T() int64                    { return p.t }
func (p point) F() float64                  { return p.value }
func (point) H() *histogram.Histogram       { return nil }
func (point) FH() *histogram.FloatHistogram { return nil }
func (point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (p point) Copy() chunks.Sample         { return p }
