package embedded

import (
	"context"
	"sync"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// Appender returns an appender that makes new series one at a time. Where two are made
// at once, the TSDB may put them into its index in the wrong order and then change
// places in a list that queries read without a lock: a query could miss a series.
func (d *database) Appender(ctx context.Context) storage.Appender {
	return &orderedAppender{Appender: d.DB.Appender(ctx), creating: &d.creating}
}

type orderedAppender struct {
	storage.Appender

	creating *sync.Mutex
}

// Append implements storage.Appender.
func (a *orderedAppender) Append(ref storage.SeriesRef, series labels.Labels, t int64, v float64) (storage.SeriesRef, error) {
	if ref == 0 {
		a.creating.Lock()
		defer a.creating.Unlock()
	}
	return a.Appender.Append(ref, series, t, v)
}

// AppendHistogram implements storage.HistogramAppender.
func (a *orderedAppender) AppendHistogram(ref storage.SeriesRef, series labels.Labels, t int64, h *histogram.Histogram, fh *histogram.FloatHistogram) (storage.SeriesRef, error) {
	if ref == 0 {
		a.creating.Lock()
		defer a.creating.Unlock()
	}
	return a.Appender.AppendHistogram(ref, series, t, h, fh)
}
