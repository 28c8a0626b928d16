package dashboards_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/util/teststorage"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

// spell is a time in which the rules were evaluated at an interval, and whose models
// cost ten dollars an hour each.
type spell struct {
	// from and until are in hours.
	from, until int
	interval    time.Duration
	models      []string
}

// TestTheLastDayIsWhatWasSpentInIt looks at the end of the 25th hour.
func TestTheLastDayIsWhatWasSpentInIt(t *testing.T) {
	const usual = 30 * time.Second
	a, both := []string{"a"}, []string{"a", "b"}
	for name, tc := range map[string]struct {
		spells []spell
		want   float64
	}{
		"a model that is asked all day": {
			spells: []spell{{0, 25, usual, a}},
			want:   240,
		},
		"one whose pods ended after an hour": {
			spells: []spell{{0, 10, usual, nil}, {10, 11, usual, a}, {11, 25, usual, nil}},
			want:   10,
		},
		"one that another joined": {
			spells: []spell{{0, 13, usual, a}, {13, 25, usual, both}},
			want:   360,
		},
		"a RAGMonitor that is an hour old": {
			spells: []spell{{24, 25, usual, a}},
			want:   10,
		},
		"rules that were not evaluated for half of the day": {
			spells: []spell{{0, 7, usual, a}, {19, 25, usual, a}},
			want:   120,
		},
		"rules that are evaluated less often than before": {
			spells: []spell{{0, 13, usual / 2, a}, {13, 25, 2 * usual, both}},
			want:   360,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := valueAt(t, 25*time.Hour-time.Second, lastDay(t), tc.spells)
			if math.Abs(got-tc.want) > 0.01*tc.want {
				t.Errorf("the last 24 hours cost $%.2f, must be $%.2f", got, tc.want)
			}
		})
	}
}

// lastDay is the query of the panel for the money that was spent in 24 hours.
func lastDay(t *testing.T) string {
	t.Helper()
	targets := render(t, fixture.Monitor(t, everything)).panelOf(t, 4).Targets
	i := slices.IndexFunc(targets, func(q target) bool { return strings.Contains(q.LegendFormat, "24 hours") })
	if i < 0 {
		t.Fatal("the panel does not show the last 24 hours")
	}
	return targets[i].Expr
}

// valueAt is the one sample that an expression has after some time.
func valueAt(t *testing.T, at time.Duration, expr string, spells []spell) float64 {
	t.Helper()
	engine := promqltest.NewTestEngineWithOpts(t, promql.EngineOpts{MaxSamples: 1_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute})
	query, err := engine.NewInstantQuery(t.Context(), recorded(t, spells), nil, expr, time.Unix(0, 0).Add(at))
	if err != nil {
		t.Fatal(err)
	}
	defer query.Close()
	vector, err := query.Exec(t.Context()).Vector()
	if err != nil {
		t.Fatal(err)
	}
	if len(vector) != 1 {
		t.Fatalf("%s has %d samples", expr, len(vector))
	}
	return vector[0].F
}

// recorded holds what the rules record of the cost.
func recorded(t *testing.T, spells []spell) *teststorage.TestStorage {
	t.Helper()
	storage := teststorage.New(t)
	t.Cleanup(func() { _ = storage.Close() })
	appender := storage.Appender(t.Context())
	store := func(at time.Time, value float64, name string, more ...string) {
		series := labels.FromStrings(append(more, "__name__", name, "namespace", "rag", "ragmonitor", "support-bot")...)
		if _, err := appender.Append(0, series, timestamp.FromTime(at), value); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range spells {
		end := time.Unix(0, 0).Add(time.Duration(s.until) * time.Hour)
		for at := time.Unix(0, 0).Add(time.Duration(s.from) * time.Hour); at.Before(end); at = at.Add(s.interval) {
			store(at, float64(at.Unix()), "ragmonitor:evaluation:timestamp_seconds")
			for _, name := range s.models {
				store(at, 10/time.Hour.Seconds(), "ragmonitor:cost_usd:rate", "model", name)
			}
		}
	}
	if err := appender.Commit(); err != nil {
		t.Fatal(err)
	}
	return storage
}
