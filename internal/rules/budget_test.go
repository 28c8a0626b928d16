package rules_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// spender is what a model cost, in dollars per second, from some time until another.
type spender struct {
	model       string
	rate        float64
	from, until string
	// minutes of every hour in which it did, if not in all of them.
	minutes []int
	// gone has no samples in the others, rather than nought.
	gone bool
}

// steadily is a cent per second all the time.
var steadily = []spender{{model: "a", rate: 0.01}}

// TestBudget compares with sums that were made by hand, for a team in Berlin. A
// month of a cent per second is $25,920 when it has 30 days.
func TestBudget(t *testing.T) {
	for name, tc := range map[string]struct {
		period string
		// now is in Berlin.
		now   string
		spent []spender
		// want is what was spent and what will have been, in dollars.
		want, forecast float64
	}{
		"a day at noon": {
			period: "Day", now: "2026-11-18 12:00", spent: steadily,
			want: 12 * 36, forecast: 864,
		},
		"a day that has just begun in Berlin, and not yet in Greenwich": {
			period: "Day", now: "2026-11-18 00:10", spent: steadily,
			want: 6, forecast: 864,
		},
		"a day that ends in a minute": {
			period: "Day", now: "2026-11-18 23:59", spent: steadily,
			want: 864, forecast: 864,
		},
		"a day that loses an hour, after it did": {
			period: "Day", now: "2026-03-29 10:00", spent: steadily,
			want: 9 * 36, forecast: 23 * 36,
		},
		"a day that gains an hour, at its end": {
			period: "Day", now: "2026-10-25 23:59", spent: steadily,
			want: 25 * 36, forecast: 25 * 36,
		},
		"the day after one that gained an hour": {
			period: "Day", now: "2026-10-26 01:00", spent: steadily,
			want: 36, forecast: 864,
		},
		"a week on Wednesday": {
			period: "Week", now: "2026-11-18 12:00", spent: steadily,
			want: 60 * 36, forecast: 168 * 36,
		},
		"a week on Sunday evening": {
			period: "Week", now: "2026-11-22 23:55", spent: steadily,
			want: 168 * 36, forecast: 168 * 36,
		},
		"a week on Monday morning": {
			period: "Week", now: "2026-11-23 00:30", spent: steadily,
			want: 18, forecast: 168 * 36,
		},
		"a month on the 15th": {
			period: "Month", now: "2026-11-15 12:00", spent: steadily,
			want: 14.5 * 864, forecast: 30 * 864,
		},
		"a month that ends": {
			period: "Month", now: "2026-11-30 23:30", spent: steadily,
			want: 30 * 864, forecast: 30 * 864,
		},
		"a month that begins, while it is still the old one in Greenwich": {
			period: "Month", now: "2026-12-01 00:30", spent: steadily,
			want: 18, forecast: 31 * 864,
		},
		"a month of 31 days and an hour": {
			period: "Month", now: "2026-10-31 23:30", spent: steadily,
			want: 31*864 + 36, forecast: 31*864 + 36,
		},
		"what was spent before the period began does not count": {
			period: "Day", now: "2026-11-18 06:00",
			spent: []spender{{model: "a", rate: 1, until: "2026-11-17 23:59"}, {model: "a", rate: 0, from: "2026-11-18 00:00"}},
		},
		"models are added up": {
			period: "Day", now: "2026-11-18 12:00",
			spent: []spender{{model: "a", rate: 0.004}, {model: "b", rate: 0.006}},
			want:  12 * 36, forecast: 864,
		},
		"the forecast of a day goes on at the rate of the last hour": {
			period: "Day", now: "2026-11-18 12:00",
			spent: []spender{{model: "a", rate: 0.01, until: "2026-11-18 10:59"}, {model: "a", rate: 0.03, from: "2026-11-18 11:00"}},
			want:  11*36 + 3*36, forecast: 14*36 + 12*3*36,
		},
		"a model that took the place of another is not added to it": {
			period: "Month", now: "2026-11-15 12:00",
			spent: []spender{{model: "a", rate: 0.01, until: "2026-11-15 05:30"}, {model: "b", rate: 0.01, from: "2026-11-15 06:00"}},
			want:  14.5 * 864, forecast: 30 * 864,
		},
		"nothing is spent while nobody asks": {
			period: "Day", now: "2026-11-18 12:00",
			spent: []spender{{model: "a", rate: 0.01, until: "2026-11-18 05:59"}, {model: "a", rate: 0, from: "2026-11-18 06:00"}},
			want:  6 * 36, forecast: 6 * 36,
		},
		"a gap of the monitoring is not made up": {
			period: "Day", now: "2026-11-18 12:00",
			spent: []spender{{model: "a", rate: 0.01, until: "2026-11-18 05:55"}, {model: "b", rate: 0.01, from: "2026-11-18 09:00"}},
			want:  9 * 36, forecast: 21 * 36,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, now := budgeted(t, tc.period, tc.now, longest[tc.period], stepOf[tc.period], tc.spent)
			e.runAt(now)
			// One step of the sum more or less, of a rate of up to three cents.
			tolerance := 0.03 * 2 * stepOf[tc.period].Seconds()
			wanted := map[string]float64{
				rules.BudgetSpent: tc.want, rules.BudgetForecast: tc.forecast,
				rules.BudgetSpentRatio: tc.want / 1000, rules.BudgetForecastRatio: tc.forecast / 1000,
			}
			if sum, ok := sums[tc.period]; ok {
				wanted[sum] = tc.want
			}
			for series, want := range wanted {
				got, ok := e.value(series, now)
				if !ok || math.Abs(got-want) > tolerance+0.01*want {
					t.Errorf("%s is %v (%v), must be %v", series, got, ok, want)
				}
			}
		})
	}
}

// TestBudgetOfBatches has what is spent between two steps, on the 3rd at noon.
func TestBudgetOfBatches(t *testing.T) {
	const hourly, elapsed, days = 3 * 60 * 0.025, 60, 30
	for name, batch := range map[string]spender{
		"a batch in three minutes of every hour": {model: "a", rate: 0.025, minutes: []int{6, 7, 8}},
		"one whose series end with it":           {model: "a", rate: 0.025, minutes: []int{6, 7, 8}, gone: true},
		"one in the minutes that steps end with": {model: "a", rate: 0.025, minutes: []int{0, 30, 35}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, now := budgeted(t, "Month", "2026-11-03 12:00", 62*time.Hour, time.Minute, []spender{batch})
			e.runAt(now)
			for series, want := range map[string]float64{
				rules.BudgetSpent: elapsed * hourly, rules.CostMonthSum: elapsed * hourly, rules.BudgetForecast: days * 24 * hourly,
			} {
				if got, ok := e.value(series, now); !ok || math.Abs(got-want) > 0.01*want {
					t.Errorf("%s is %v (%v), must be %v", series, got, ok, want)
				}
			}
		})
	}
}

// sums are of days and months whatever period the budget has.
var sums = map[string]string{"Day": rules.CostTodaySum, "Month": rules.CostMonthSum}

// stepOf is how finely a period is added up.
var stepOf = map[string]time.Duration{"Day": time.Minute, "Week": 5 * time.Minute, "Month": 5 * time.Minute}

// longest is as long as a period can be.
var longest = map[string]time.Duration{"Day": 26 * time.Hour, "Week": 170 * time.Hour, "Month": 746 * time.Hour}

// budgeted has recorded the cost and the period until now, once every step.
func budgeted(t *testing.T, period, now string, history, step time.Duration, spent []spender) (engine, time.Duration) {
	t.Helper()
	end := inBerlin(t, now)
	epoch := end.Add(-history).Truncate(time.Hour)
	e := newEngineAt(t, speaking("rag", fmt.Sprintf(
		`  objectives: {cost: {budget: {amountUSD: "1000", period: %s, timeZone: Europe/Berlin}}}`, period)), epoch)
	all := []timeSeries{
		e.past("ragmonitor:evaluation:timestamp_seconds", end.Sub(epoch), step),
		e.past(rules.BudgetPeriod, end.Sub(epoch), step),
		e.past(rules.CostDay, end.Sub(epoch), step),
		e.past(rules.CostMonth, end.Sub(epoch), step),
	}
	for _, s := range spent {
		all = append(all, s.recorded(t, epoch, end, step))
	}
	e.store(0, step, all)
	return e, end.Sub(epoch)
}

// past is what a rule would have recorded before now, once every step.
func (e engine) past(record string, now, step time.Duration) timeSeries {
	e.t.Helper()
	for _, g := range e.groups {
		for _, rule := range g.Rules() {
			if rule.Name() != record {
				continue
			}
			b := labels.NewBuilder(rule.Labels())
			b.Set(model.MetricNameLabel, record)
			return timeSeries{labels: b.Labels(), values: e.values(rule.Query().String(), now-step, step)}
		}
	}
	e.t.Fatalf("nothing records %s", record)
	return timeSeries{}
}

// values evaluates an expression, that always has one sample, from the epoch to end.
func (e engine) values(expr string, end, step time.Duration) []parser.SequenceValue {
	e.t.Helper()
	query, err := prometheusEngine(e.t).NewRangeQuery(e.t.Context(), e.storage, nil, expr, e.epoch, e.epoch.Add(end), step)
	if err != nil {
		e.t.Fatal(err)
	}
	defer query.Close()
	matrix, err := query.Exec(e.t.Context()).Matrix()
	if err != nil {
		e.t.Fatal(err)
	}
	if len(matrix) != 1 {
		e.t.Fatalf("%s has %d series", expr, len(matrix))
	}
	var out []parser.SequenceValue
	for _, point := range matrix[0].Floats {
		out = append(out, parser.SequenceValue{Value: point.F})
	}
	return out
}

// recorded is the cost as the rules record it.
func (s spender) recorded(t *testing.T, epoch, end time.Time, step time.Duration) timeSeries {
	t.Helper()
	from, until := epoch, end
	if s.from != "" {
		from = inBerlin(t, s.from)
	}
	if s.until != "" {
		until = inBerlin(t, s.until)
	}
	out := timeSeries{labels: labels.FromStrings(
		model.MetricNameLabel, "ragmonitor:cost_usd:rate", "namespace", "rag", "ragmonitor", "support-bot", "model", s.model)}
	for at := epoch; !at.After(end); at = at.Add(step) {
		out.values = append(out.values, s.at(at, at.Before(from) || at.After(until)))
	}
	return out
}

func (s spender) at(at time.Time, omitted bool) parser.SequenceValue {
	if len(s.minutes) > 0 && !slices.Contains(s.minutes, at.Minute()) {
		return parser.SequenceValue{Omitted: omitted || s.gone}
	}
	return parser.SequenceValue{Value: s.rate, Omitted: omitted}
}

func inBerlin(t *testing.T, wall string) time.Time {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", wall, berlin)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
