package embedded

import (
	"errors"
	"log/slog"
	"path/filepath"
	"time"
)

// store holds the samples: those of targets for hours and those of rules for weeks.
type store struct {
	scraped, recorded *database
}

func openStore(dir string, l Limits, logger *slog.Logger, reached func(Limit)) (*store, error) {
	scraped, err := openDatabase(databaseConfig{
		dir: filepath.Join(dir, "scraped"),
		// Pods come and go, and theirs are most of the series: the head is short.
		smallest: 30 * time.Minute, largest: 30 * time.Minute,
		retention: retention(l.ScrapedRetention, l.ScrapedRetention),
		bytes:     l.ScrapedBytes, bytesLimit: LimitScrapedBytes,
		guard: newGuard(LimitError{LimitSeries, l.Series}, LimitError{LimitSeriesPerMonitor, l.SeriesPerMonitor},
			func(name string) bool { return reports[name] }, reached),
		logger: logger,
	})
	if err != nil {
		return nil, err
	}
	recorded, err := openDatabase(databaseConfig{
		dir:      filepath.Join(dir, "recorded"),
		smallest: 2 * time.Hour, largest: 54 * time.Hour,
		retention: retention(l.RecordedRetention, l.RecordedRetention),
		bytes:     l.RecordedBytes, bytesLimit: LimitRecordedBytes,
		logged: true,
		guard: newGuard(LimitError{LimitRecorded, l.Recorded}, LimitError{LimitRecordedPerMonitor, l.RecordedPerMonitor},
			func(string) bool { return false }, reached),
		logger: logger,
	})
	if err != nil {
		return nil, errors.Join(err, scraped.Close())
	}
	return &store{scraped: scraped, recorded: recorded}, nil
}

func (s *store) close() error { return errors.Join(s.scraped.Close(), s.recorded.Close()) }
