package health_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

func TestMessagesSayWhatToLookAt(t *testing.T) {
	for name, tc := range map[string]struct {
		edit edit
		want string
	}{
		"where to look when nothing is scraped": {
			edit: func(r *health.Readings) { r.Targets, r.Unseen = new(0.0), []string{"api"} },
			want: "Nothing is scraped: check that pods run, that the selector matches Services with the named port, and",
		},
		"the component of which nothing is scraped": {
			edit: func(r *health.Readings) { r.Unseen = []string{"llm"} }, want: "scraped of component llm: check that pods run",
		},
		"the component of which nothing is scraped, where nobody counts requests": {
			edit: func(r *health.Readings) { r.Unseen, r.RequestRate = []string{"api", "db"}, nil; *r.InFlightMin = 0 },
			want: "scraped of components api, db: check that pods run",
		},
		"the components whose targets are down": {
			edit: func(r *health.Readings) { r.Down = []string{"db", "llm"} }, want: "targets of components db, llm do not answer",
		},
		"the components that are down, where nobody counts requests": {
			edit: func(r *health.Readings) { r.Down, r.RequestRate, r.InFlightMin = []string{"api"}, nil, nil },
			want: "Targets of component api do not answer their scrapes or send samples, and no other",
		},
		"the components that are down, where nobody asks": {
			edit: func(r *health.Readings) { r.Down, *r.RequestRate, r.InFlightMin = []string{"api"}, 0, nil },
			want: "no requests to judge by, and targets of component api do not answer",
		},
		"how long ago rules were evaluated": {edit: func(r *health.Readings) { *r.Age = time.Hour }, want: "more than 1m30s ago"},
		"errors":                            {edit: func(r *health.Readings) { *r.ErrorRate = 8 }, want: "above the objective of 25 %"},
		"latency":                           {edit: func(r *health.Readings) { *r.LatencyP95 = 9 }, want: "above the objective of 2s"},
		"stages":                            {edit: func(r *health.Readings) { *r.Stages[1].P95 = 9 }, want: "stage retrieval is above its objective of 500ms"},
		"the rate limit":                    {edit: func(r *health.Readings) { *r.RateLimitRemaining = 9 }, want: "fewer than 100 more requests"},
		"cost of a day":                     {edit: func(r *health.Readings) { *r.CostRate = 9 }, want: "budget of $86400."},
		"cost of a request":                 {edit: func(r *health.Readings) { *r.CostPerRequestP95 = 9 }, want: "objective of $0.5."},
		"the cache":                         {edit: func(r *health.Readings) { *r.CacheHitRatio = 0 }, want: "below the objective of 25 %"},
	} {
		t.Run(name, func(t *testing.T) {
			r := fine()
			tc.edit(&r)
			if got := health.Evaluate(r, objectives, interval).Message; !strings.Contains(got, tc.want) {
				t.Errorf("message is %q, must hold %q", got, tc.want)
			}
		})
	}
}

// TestMessagesDoNotMove: every change of a message is a write of the status.
func TestMessagesDoNotMove(t *testing.T) {
	for _, check := range ranking {
		r := fine()
		check.holds(&r)
		before := health.Evaluate(r, objectives, interval)
		for _, f := range []**float64{&r.ErrorRate, &r.LatencyP95, &r.CostRate, &r.CostPerRequestP95} {
			*f = new(**f * 1.01)
		}
		if r.Age != nil {
			*r.Age += time.Minute
		}
		after := health.Evaluate(r, objectives, interval)
		if before.Reason == after.Reason && before.Message != after.Message {
			t.Errorf("message of %s moves: %q, then %q", before.Reason, before.Message, after.Message)
		}
	}
}
