package embedded

import (
	"fmt"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// Limits bound what the source uses. A field that is 0 has its default, which
// together fit a container of 512 MiB.
type Limits struct {
	// Series that are held in memory of all targets, 50,000 by default. The series
	// of a pod that is gone are held for up to three quarters of an hour longer, and
	// so are those that a scrape had made when it was refused for their number.
	Series int
	// SeriesPerMonitor are those of the targets of one RAGMonitor, 20,000 by default.
	SeriesPerMonitor int
	// SeriesPerTarget are the samples that one target may expose, read by a rule or
	// not; 20,000 by default, as in a ServiceMonitor.
	SeriesPerTarget int
	// Recorded are the series that rules record, of all RAGMonitors; 30,000 by
	// default. RecordedPerMonitor are those of one, 5,000 by default.
	Recorded, RecordedPerMonitor int
	// Targets of all RAGMonitors, 500 by default; TargetsPerMonitor, 200 by default.
	// A component with more targets than are left is not scraped at all: half of its
	// pods would look like half of its traffic.
	Targets, TargetsPerMonitor int
	// Scrapes that run at the same time, 16 by default. One namespace may have a
	// quarter of them, so that slow targets hold up only their own.
	Scrapes int
	// BodyBytes of one scrape, uncompressed: 8 MiB by default, which is less than in
	// a ServiceMonitor, because as many of them as Scrapes are in memory.
	BodyBytes int64
	// ScrapedBytes and RecordedBytes on disk, of blocks and write-ahead logs; 512 MiB
	// and 1 GiB by default. The oldest block is dropped when there is more.
	ScrapedBytes, RecordedBytes int64
	// ScrapedRetention and RecordedRetention are how long samples are kept at most,
	// 25 h and 32 days by default. They are kept as long as some rule reads them.
	// A rule that reads further back is not evaluated.
	ScrapedRetention, RecordedRetention time.Duration
	// QuerySamples are the samples that one query, or rule, may have in memory;
	// 2,000,000 by default, which are 32 MB.
	QuerySamples int
}

func (l Limits) withDefaults() Limits {
	set(&l.Series, 50_000)
	set(&l.SeriesPerMonitor, 20_000)
	set(&l.SeriesPerTarget, model.ScrapeSamples)
	set(&l.Recorded, 30_000)
	set(&l.RecordedPerMonitor, 5_000)
	set(&l.Targets, 500)
	set(&l.TargetsPerMonitor, 200)
	set(&l.Scrapes, 16)
	set(&l.BodyBytes, 8<<20)
	set(&l.ScrapedBytes, 512<<20)
	set(&l.RecordedBytes, 1<<30)
	set(&l.ScrapedRetention, 25*time.Hour)
	set(&l.RecordedRetention, 32*24*time.Hour)
	set(&l.QuerySamples, 2_000_000)
	return l
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Limit names one of Limits, in metrics and in problems.
type Limit string

// The limits that can be reached.
const (
	LimitSeries             Limit = "series"
	LimitSeriesPerMonitor   Limit = "series_per_ragmonitor"
	LimitRecorded           Limit = "recorded_series"
	LimitRecordedPerMonitor Limit = "recorded_series_per_ragmonitor"
	LimitTargets            Limit = "targets"
	LimitTargetsPerMonitor  Limit = "targets_per_ragmonitor"
	LimitMetadata           Limit = "metadata_per_target"
	LimitScrapedBytes       Limit = "scraped_bytes"
	LimitRecordedBytes      Limit = "recorded_bytes"
)

var limits = []Limit{
	LimitSeries, LimitSeriesPerMonitor, LimitRecorded, LimitRecordedPerMonitor, LimitTargets, LimitTargetsPerMonitor,
	LimitMetadata, LimitScrapedBytes, LimitRecordedBytes,
}

// LimitError says that a limit was reached. It is why a scrape failed, or a rule.
type LimitError struct {
	Limit Limit
	// Max is the limit.
	Max int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("the limit of %d on %s of the embedded metric source is reached", e.Max, limitTexts[e.Limit])
}

var limitTexts = map[Limit]string{
	LimitSeries:             "scraped series",
	LimitSeriesPerMonitor:   "scraped series of one RAGMonitor",
	LimitRecorded:           "recorded series",
	LimitRecordedPerMonitor: "recorded series of one RAGMonitor",
	LimitTargets:            "targets",
	LimitTargetsPerMonitor:  "targets of one RAGMonitor",
	LimitMetadata:           "bytes of names and help texts of one target",
	LimitScrapedBytes:       "bytes of scraped samples on disk",
	LimitRecordedBytes:      "bytes of recorded samples on disk",
}
