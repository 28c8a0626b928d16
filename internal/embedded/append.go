package embedded

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/metadata"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/storage"
)

// Appender implements storage.Appendable: a scrape begins with it. It waits for a
// slot, in which the whole scrape takes place.
func (c *collector) Appender(ctx context.Context) storage.Appender {
	release, err := c.config.slots.take(ctx, c.key.Namespace)
	if err != nil {
		return refusal{err: fmt.Errorf("wait for a scrape slot: %w", err)}
	}
	a := &scrapeAppender{Appender: c.config.scraped.Appender(ctx), collector: c, keep: c.keep.Load(), release: release}
	if target, ok := scrape.TargetFromContext(ctx); ok {
		a.target = target
		target.LabelsRange(func(labels.Label) { a.targetLabels++ })
	}
	return a
}

// scrapeAppender takes the samples of one scrape, and stores those that some rule
// reads. The others are passed over here, and not by relabelling: Prometheus keeps
// the text of every series that it drops by relabelling in memory, and counts only
// what is left against the sample limit, where the ServiceMonitor counts all.
type scrapeAppender struct {
	storage.Appender

	collector    *collector
	keep         *keepList
	target       *scrape.Target
	targetLabels int
	release      func()
	appended     int
	up           *float64
	at           int64
}

// Append implements storage.Appender.
func (a *scrapeAppender) Append(ref storage.SeriesRef, series labels.Labels, t int64, v float64) (storage.SeriesRef, error) {
	name := series.Get(labelName)
	if !a.wants(name, series) {
		return 0, nil
	}
	if name == upMetric && !value.IsStaleNaN(v) {
		// The last one is that of the scrape itself, should a target expose one too.
		a.up, a.at = &v, t
	}
	ref, err := a.Appender.Append(ref, series, t, v)
	if err == nil {
		a.appended++
	}
	return ref, err
}

// AppendHistogram implements storage.HistogramAppender.
func (a *scrapeAppender) AppendHistogram(ref storage.SeriesRef, series labels.Labels, t int64, h *histogram.Histogram, fh *histogram.FloatHistogram) (storage.SeriesRef, error) {
	if !a.wants(series.Get(labelName), series) {
		return 0, nil
	}
	ref, err := a.Appender.AppendHistogram(ref, series, t, h, fh)
	if err == nil {
		a.appended++
	}
	return ref, err
}

// wants says whether a series is stored. What a scrape reports of itself has the
// labels of its target and no others; a target could expose any number of series
// with such a name.
func (a *scrapeAppender) wants(name string, series labels.Labels) bool {
	if reports[name] {
		return series.Len() == a.targetLabels+1
	}
	return a.keep != nil && a.keep.has(name)
}

// AppendExemplar implements storage.ExemplarAppender: no rule reads one.
func (a *scrapeAppender) AppendExemplar(storage.SeriesRef, labels.Labels, exemplar.Exemplar) (storage.SeriesRef, error) {
	return 0, nil
}

// UpdateMetadata implements storage.MetadataUpdater: no rule reads it.
func (a *scrapeAppender) UpdateMetadata(storage.SeriesRef, labels.Labels, metadata.Metadata) (storage.SeriesRef, error) {
	return 0, nil
}

// Commit implements storage.AppenderTransaction.
func (a *scrapeAppender) Commit() error {
	defer a.release()
	err := a.Appender.Commit()
	a.collector.committed(a, err)
	return err
}

// Rollback implements storage.AppenderTransaction.
func (a *scrapeAppender) Rollback() error {
	defer a.release()
	return a.Appender.Rollback()
}

// committed notes what came of a scrape.
func (c *collector) committed(a *scrapeAppender, err error) {
	if err != nil {
		c.config.metrics.appendFailures.WithLabelValues(storeScraped).Inc()
		return
	}
	c.config.metrics.appended.WithLabelValues(storeScraped).Add(float64(a.appended))
	if a.up == nil || a.target == nil {
		return
	}
	up := *a.up == 1
	at := timestamp.Time(a.at)
	c.config.metrics.scrapes.Inc()
	if !up {
		c.config.metrics.scrapeFailures.WithLabelValues(string(reasonOf(a.target.LastError()))).Inc()
	}
	c.states.scraped(a.target, at, up)
	c.checkMetadata(a.target, at)
}

// checkMetadata excludes a target that fills the memory with names and help texts.
func (c *collector) checkMetadata(target *scrape.Target, at time.Time) {
	if target.LengthMetadata() > metadataNames || target.SizeMetadata() > metadataBytes {
		c.config.metrics.reached(LimitMetadata)
		c.states.exclude(target, at)
	}
}

// refusal is the appender of a scrape that cannot take place.
type refusal struct {
	storage.Appender
	err error
}

// Append implements storage.Appender.
func (r refusal) Append(storage.SeriesRef, labels.Labels, int64, float64) (storage.SeriesRef, error) {
	return 0, r.err
}

// AppendHistogram implements storage.HistogramAppender.
func (r refusal) AppendHistogram(storage.SeriesRef, labels.Labels, int64, *histogram.Histogram, *histogram.FloatHistogram) (storage.SeriesRef, error) {
	return 0, r.err
}

// AppendExemplar implements storage.ExemplarAppender.
func (r refusal) AppendExemplar(storage.SeriesRef, labels.Labels, exemplar.Exemplar) (storage.SeriesRef, error) {
	return 0, r.err
}

// SetOptions implements storage.Appender.
func (refusal) SetOptions(*storage.AppendOptions) {}

// Commit implements storage.AppenderTransaction.
func (r refusal) Commit() error { return r.err }

// Rollback implements storage.AppenderTransaction.
func (refusal) Rollback() error { return nil }
