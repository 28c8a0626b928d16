package calendar

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
)

// engine is that of Prometheus, over real storage.
type engine struct {
	t       *testing.T
	engine  *promql.Engine
	storage storage.Queryable
}

// newEngine loads series in the notation of promqltest, and may be given none.
func newEngine(t *testing.T, load string) engine {
	t.Helper()
	loaded := promqltest.LoadedStorage(t, load)
	t.Cleanup(func() { _ = loaded.Close() })
	return engine{t, promqltest.NewTestEngine(t, false, 5*time.Minute, 1_000_000), loaded}
}

// span is a range of instants, with both ends.
type span struct {
	start, end time.Time
	step       time.Duration
}

// at is a span of one instant.
func at(instant time.Time) span {
	return span{instant, instant, time.Second}
}

// around is the second before an instant and the one after it, by halves.
func around(instant time.Time) span {
	return span{instant.Add(-time.Second), instant.Add(time.Second), time.Second / 2}
}

// hourly is the day before an instant and the one after it, and a little more.
func hourly(instant time.Time) span {
	return span{instant.Add(-26 * time.Hour), instant.Add(26 * time.Hour), time.Hour}
}

// values evaluates expr at every instant of s. It must have exactly one sample
// without labels at each.
func (e engine) values(expr string, s span) []promql.FPoint {
	e.t.Helper()
	query, err := e.engine.NewRangeQuery(e.t.Context(), e.storage, nil, expr, s.start, s.end, s.step)
	if err != nil {
		e.t.Fatal(err)
	}
	defer query.Close()
	matrix, err := query.Exec(e.t.Context()).Matrix()
	if err != nil {
		e.t.Fatal(err)
	}
	want := int(s.end.Sub(s.start)/s.step) + 1
	if len(matrix) != 1 || len(matrix[0].Floats) != want || matrix[0].Metric.Len() > 0 {
		e.t.Fatalf("%s has not one sample without labels at each of %d instants: %v", expr, want, matrix)
	}
	return append([]promql.FPoint(nil), matrix[0].Floats...)
}
