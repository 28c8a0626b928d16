package slo_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/slo"
)

const day = 24 * time.Hour

func TestPairs(t *testing.T) {
	page, ticket := true, false
	pageQuick := slo.Pair{Long: time.Hour, Short: 5 * time.Minute, BudgetShare: 0.02, Factor: 14.4, Page: page}
	pageSlow := slo.Pair{Long: 6 * time.Hour, Short: 30 * time.Minute, BudgetShare: 0.05, Factor: 6, Page: page}
	ticketQuick := slo.Pair{Long: day, Short: 2 * time.Hour, BudgetShare: 0.1, Factor: 3, Page: ticket}
	ticketSlow := slo.Pair{Long: 3 * day, Short: 6 * time.Hour, BudgetShare: 0.1, Factor: 1, Page: ticket}
	for name, tc := range map[string]struct {
		period time.Duration
		budget float64
		want   []slo.Pair
	}{
		"thirty days have the factors everybody knows": {
			period: 30 * day, budget: 0.001,
			want: []slo.Pair{pageQuick, pageSlow, ticketQuick, ticketSlow},
		},
		"four weeks keep their slowest pair": {
			period: 28 * day, budget: 0.001,
			want: []slo.Pair{
				factor(pageQuick, 13.44), factor(pageSlow, 5.6), factor(ticketQuick, 2.8), factor(ticketSlow, 28.0/30),
			},
		},
		"a factor of exactly 0.9 is kept": {
			period: 27 * day, budget: 0.001,
			want: []slo.Pair{
				factor(pageQuick, 12.96), factor(pageSlow, 5.4), factor(ticketQuick, 2.7), factor(ticketSlow, 0.9),
			},
		},
		"below 0.9 the pair is dropped": {
			period: 26 * day, budget: 0.001,
			want: []slo.Pair{factor(pageQuick, 12.48), factor(pageSlow, 5.2), factor(ticketQuick, 2.6)},
		},
		"nine days keep one ticket": {
			period: 9 * day, budget: 0.001,
			want: []slo.Pair{factor(pageQuick, 4.32), factor(pageSlow, 1.8), factor(ticketQuick, 0.9)},
		},
		"a week has scaled windows, so that it has tickets": {
			period: 7 * day, budget: 0.001,
			want: []slo.Pair{
				windows(pageQuick, 14, 2), windows(pageSlow, 84, 7),
				windows(ticketQuick, 336, 28), windows(ticketSlow, 1008, 84),
			},
		},
		"of a day, the fastest pair has no room": {
			period: day, budget: 0.001,
			want: []slo.Pair{windows(pageSlow, 12, 2), windows(ticketQuick, 48, 4), windows(ticketSlow, 144, 12)},
		},
		"an objective of 90 % cannot burn at 14.4": {
			period: 30 * day, budget: 0.1,
			want: []slo.Pair{pageSlow, ticketQuick, ticketSlow},
		},
		"a threshold of exactly 1 is dead": {
			period: 30 * day, budget: 1.0 / 3,
			want: []slo.Pair{ticketSlow},
		},
		"an objective of 60 % for a quarter gets a longer window": {
			period: 90 * day, budget: 0.4,
			want: []slo.Pair{windows(ticketSlow, 9*24*60, 18*60)},
		},
		"a budget that nearly everything may use still has a pair": {
			period: 30 * day, budget: math.Nextafter(1, 0),
			want: []slo.Pair{ticketSlow},
		},
		"an objective of 0 % cannot be missed": {period: 30 * day, budget: 1},
		"no budget has no burn rate":           {period: 30 * day, budget: 0},
		"a negative budget is no budget":       {period: 30 * day, budget: -0.1},
		"not a number is no budget":            {period: 30 * day, budget: math.NaN()},
		"no period has no pairs":               {period: 0, budget: 0.001},
		"a negative period has no pairs":       {period: -30 * day, budget: 0.001},
	} {
		t.Run(name, func(t *testing.T) {
			// No tolerance: factors are printed in expressions and documents.
			if d := cmp.Diff(tc.want, slo.Pairs(tc.period, tc.budget)); d != "" {
				t.Error(d)
			}
		})
	}
}

func factor(p slo.Pair, factor float64) slo.Pair {
	p.Factor = factor
	return p
}

func windows(p slo.Pair, long, short time.Duration) slo.Pair {
	p.Long, p.Short = long*time.Minute, short*time.Minute
	return p
}

// each calls check for every legal period and for budgets from 0.001 % to nearly
// everything, and a few around the places where pairs die.
func each(t *testing.T, check func(t *testing.T, period time.Duration, budget float64)) {
	t.Helper()
	budgets := []float64{1e-11, 1e-5, 1e-4, math.Nextafter(1, 0)}
	for i := 1; i < 1000; i++ {
		budgets = append(budgets, float64(i)/1000)
	}
	for days := 1; days <= 90; days++ {
		period := time.Duration(days) * day
		edges := []float64{}
		for _, p := range slo.Pairs(period, 1e-11) {
			if p.Factor > 1 {
				edges = append(edges, 1/p.Factor, math.Nextafter(1/p.Factor, 0), math.Nextafter(1/p.Factor, 1))
			}
		}
		for _, budget := range slices.Concat(budgets, edges) {
			check(t, period, budget)
			if t.Failed() {
				t.Fatalf("period of %d days, budget of %v: %+v", days, budget, slo.Pairs(period, budget))
			}
		}
	}
}

func TestEveryBudgetHasATicketThatCanFire(t *testing.T) {
	each(t, func(t *testing.T, period time.Duration, budget float64) {
		t.Helper()
		tickets := 0
		for _, p := range slo.Pairs(period, budget) {
			const outage = 1.0
			if outage <= p.Factor*budget {
				t.Errorf("a pair stays silent when everything fails: %+v", p)
			}
			if p.Factor < 0.9 {
				t.Errorf("a pair calls for a burn that leaves budget over: %+v", p)
			}
			if !p.Page {
				tickets++
			}
		}
		if tickets == 0 {
			t.Error("no ticket")
		}
	})
}

func TestPairsAreOrderedFromFastToSlow(t *testing.T) {
	each(t, func(t *testing.T, period time.Duration, budget float64) {
		t.Helper()
		pairs := slo.Pairs(period, budget)
		for i, p := range pairs {
			if p.Short < 2*time.Minute || p.Long < 2*p.Short || p.Long >= period {
				t.Errorf("windows do not fit: %+v", p)
			}
			if p.Long%time.Minute != 0 || p.Short%time.Minute != 0 {
				t.Errorf("windows are not whole minutes: %+v", p)
			}
			if i == 0 {
				continue
			}
			before := pairs[i-1]
			if before.Long >= p.Long || before.Short > p.Short || before.Factor <= p.Factor || !before.Page && p.Page {
				t.Errorf("out of order: %+v before %+v", before, p)
			}
		}
	})
}

// TestFactorSpendsItsShare counts requests, one batch a minute, and not the terms
// of the formula.
func TestFactorSpendsItsShare(t *testing.T) {
	const perMinute = 1000
	for _, days := range []int{1, 2, 5, 6, 7, 8, 9, 14, 26, 27, 28, 30, 60, 90} {
		for _, budget := range []float64{0.00001, 0.001, 0.01, 0.05, 0.3, 0.5, 0.99} {
			period := time.Duration(days) * day
			allowed := budget * perMinute * period.Minutes()
			for _, p := range slo.Pairs(period, budget) {
				t.Run(fmt.Sprintf("%d days, budget %v, window %s", days, budget, p.Long), func(t *testing.T) {
					failed, exhaustion := 0.0, time.Duration(0)
					for minute := time.Minute; exhaustion == 0; minute += time.Minute {
						failed += p.Factor * budget * perMinute
						if minute == p.Long && !near(failed/allowed, p.BudgetShare) {
							t.Errorf("after %s, %v of the budget is spent, want %v", minute, failed/allowed, p.BudgetShare)
						}
						if failed >= allowed*(1-1e-9) {
							exhaustion = minute
						}
					}
					if got := p.Exhaustion(period); got > exhaustion || got <= exhaustion-time.Minute {
						t.Errorf("exhaustion is said to take %s, and took %s", got, exhaustion)
					}
				})
			}
		}
	}
}

func near(a, b float64) bool {
	return math.Abs(a-b) < 1e-9
}

func TestExhaustion(t *testing.T) {
	var got []time.Duration
	for _, p := range slo.Pairs(30*day, 0.001) {
		got = append(got, p.Exhaustion(30*day))
	}
	if d := cmp.Diff([]time.Duration{50 * time.Hour, 5 * day, 10 * day, 30 * day}, got); d != "" {
		t.Error(d)
	}
}

func TestExhaustionIsExact(t *testing.T) {
	each(t, func(t *testing.T, period time.Duration, budget float64) {
		t.Helper()
		for _, p := range slo.Pairs(period, budget) {
			// After Long, this many times Long is needed for the whole budget.
			times := map[float64]time.Duration{0.02: 50, 0.05: 20, 0.1: 10}[p.BudgetShare]
			if got := p.Exhaustion(period); got != times*p.Long {
				t.Errorf("exhaustion takes %s, want %s", got, times*p.Long)
			}
		}
	})
}

func TestWindows(t *testing.T) {
	for name, tc := range map[string]struct {
		pairs []slo.Pair
		want  []time.Duration
	}{
		"no pairs have no windows": {},
		"windows are sorted": {
			pairs: slo.Pairs(30*day, 0.001),
			want: []time.Duration{
				5 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, day, 3 * day,
			},
		},
		"a window of several pairs is listed once": {
			pairs: slices.Concat(slo.Pairs(30*day, 0.1), slo.Pairs(28*day, 0.2)),
			want:  []time.Duration{30 * time.Minute, 2 * time.Hour, 6 * time.Hour, day, 3 * day},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, slo.Windows(tc.pairs...)); d != "" {
				t.Error(d)
			}
		})
	}
}
