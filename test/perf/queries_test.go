package perf_test

import (
	"net/http/httptest"
	"testing"
	"time"
)

// mostQueries is the most that a source is asked in one interval.
const mostQueries = 12

// TestQueriesPerInterval: however many RAGMonitors there are, a source is asked as
// often, and in one round for each interval.
func TestQueriesPerInterval(t *testing.T) {
	const interval = 100 * time.Millisecond
	one, many := population{1, 1}, population{50, 5}
	server := newPrometheus(many)
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	plane := startPlane(t)
	admin := newClient(t, plane)
	o := startOperator(t, plane, listening.URL, interval)
	defer o.stop(t)

	asked := map[population]int{}
	for _, p := range []population{one, many} {
		p.create(t, admin)
		o.settle(t, admin, p)
		before := server.queries()
		began := time.Now()
		for range 5 {
			o.round(t)
		}
		asked[p] = server.queries() - before
		if took := time.Since(began); took < 5*interval {
			t.Errorf("five rounds for %d RAGMonitors took %s, less than five intervals", p.monitors, took)
		}
	}
	if asked[one] == 0 || asked[one] != asked[many] || asked[many] > 5*mostQueries {
		t.Errorf("in five intervals the source was asked %d times for %d RAGMonitor and %d times for %d; want as often, and at most %d times",
			asked[one], one.monitors, asked[many], many.monitors, 5*mostQueries)
	}
}
