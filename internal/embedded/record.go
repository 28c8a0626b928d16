package embedded

import (
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// recordAppender counts what rules record.
type recordAppender struct {
	storage.Appender

	metrics  *metrics
	appended int
}

// Append implements storage.Appender.
func (a *recordAppender) Append(ref storage.SeriesRef, series labels.Labels, t int64, v float64) (storage.SeriesRef, error) {
	ref, err := a.Appender.Append(ref, series, t, v)
	if err == nil {
		a.appended++
	}
	return ref, err
}

// Commit implements storage.AppenderTransaction.
func (a *recordAppender) Commit() error {
	if err := a.Appender.Commit(); err != nil {
		a.metrics.appendFailures.WithLabelValues(storeRecorded).Inc()
		return err
	}
	a.metrics.appended.WithLabelValues(storeRecorded).Add(float64(a.appended))
	return nil
}
