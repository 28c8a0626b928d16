package embedded

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// TestSeriesAreMadeWhileOthersAreRead is for the race detector: lists of series that
// were made at once are put in order, and a query may be reading them.
func TestSeriesAreMadeWhileOthersAreRead(t *testing.T) {
	const writers, rounds, made = 4, 200, 50
	db, err := openDatabase(databaseConfig{
		dir: t.TempDir(), smallest: time.Hour, largest: time.Hour, retention: time.Hour,
		guard:  newGuard(LimitError{}, LimitError{}, func(string) bool { return true }, func(Limit) {}),
		logger: testLogger(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	at := time.Now().UnixMilli()
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for r := range rounds {
				appender := db.Appender(t.Context())
				for i := range made {
					series := labels.FromStrings(labelName, "asked_total", "writer", strconv.Itoa(w), "series", strconv.Itoa(r*made+i))
					if _, err := appender.Append(0, series, at, 1); err != nil {
						t.Error(err)
					}
				}
				if err := appender.Commit(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	reading, done := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	readers.Go(func() {
		for reading.Err() == nil {
			count(t, db, at)
		}
	})
	writing.Wait()
	done()
	readers.Wait()
	if got := count(t, db, at); got != writers*rounds*made {
		t.Errorf("%d series are found, of %d", got, writers*rounds*made)
	}
}

func count(t *testing.T, db storage.Queryable, at int64) int {
	t.Helper()
	querier, err := db.Querier(at, at)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = querier.Close() }()
	n := 0
	for found := querier.Select(t.Context(), false, nil, labels.MustNewMatcher(labels.MatchEqual, labelName, "asked_total")); found.Next(); {
		n++
	}
	return n
}
