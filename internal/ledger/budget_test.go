package ledger

import (
	"testing"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/calendar"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// perDay is a rate in US dollars a second.
func perDay(usd float64) *float64 { return new(usd / 86400) }

func TestBudgetExceededOn(t *testing.T) {
	of := func(amount float64, period calendar.Period) *model.Budget {
		return &model.Budget{Amount: amount, Period: period}
	}
	// 2026-11-22 is a Sunday.
	before := v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "10.00", MonthUSD: "200.00"}
	for name, tc := range map[string]struct {
		shownSpent, shownOn string
		look                look
		spent, on           string
	}{
		"no budget": {
			shownSpent: "71%", shownOn: "2026-11-25",
			look: look{rate: perDay(20)},
		},
		"no budget, and no share of one": {
			shownOn: "2026-11-25",
			look:    look{rate: perDay(20)},
		},
		"it lasts for five days": {
			look:  look{budget: of(300, calendar.Month), rate: perDay(20)},
			spent: "67%", on: "2026-11-27",
		},
		"it lasts until the month ends": {
			look:  look{budget: of(375, calendar.Month), rate: perDay(20)},
			spent: "53%",
		},
		"almost": {
			look:  look{budget: of(365, calendar.Month), rate: perDay(20)},
			spent: "55%", on: "2026-11-30",
		},
		"it lasts for ever": {
			look:  look{budget: of(300, calendar.Month), rate: new(0.0)},
			spent: "67%",
		},
		"it is used up": {
			look:  look{budget: of(200, calendar.Month), rate: perDay(20)},
			spent: "100%", on: "2026-11-22",
		},
		"it was used up before, and that day stays": {
			shownSpent: "110%", shownOn: "2026-11-19",
			look:  look{budget: of(150, calendar.Month), rate: perDay(20)},
			spent: "130%", on: "2026-11-19",
		},
		"it was in the month before, and that is over": {
			shownSpent: "110%", shownOn: "2026-10-19",
			look:  look{budget: of(150, calendar.Month), rate: perDay(20)},
			spent: "130%", on: "2026-11-22",
		},
		"it was foreseen for later": {
			shownSpent: "97%", shownOn: "2026-11-24",
			look:  look{budget: of(200, calendar.Month), rate: perDay(20)},
			spent: "100%", on: "2026-11-22",
		},
		"it is more now": {
			shownSpent: "110%", shownOn: "2026-11-19",
			look:  look{budget: of(300, calendar.Month), rate: perDay(20)},
			spent: "67%", on: "2026-11-27",
		},
		"the rate is unknown, and the forecast stays": {
			shownSpent: "40%", shownOn: "2026-11-28",
			look:  look{budget: of(300, calendar.Month)},
			spent: "67%", on: "2026-11-28",
		},
		"the rate is unknown, and the forecast is over": {
			shownSpent: "40%", shownOn: "2026-11-21",
			look:  look{budget: of(300, calendar.Month)},
			spent: "67%",
		},
		"the source saw more of it than the ledger": {
			look:  look{budget: of(300, calendar.Month), rate: perDay(20), spent: new(0.8)},
			spent: "80%", on: "2026-11-25",
		},
		"it saw less": {
			look:  look{budget: of(300, calendar.Month), rate: perDay(20), spent: new(0.1)},
			spent: "67%", on: "2026-11-27",
		},
		"a day ends at midnight": {
			look:  look{budget: of(20, calendar.Day), rate: perDay(20)},
			spent: "50%",
		},
		"of a day": {
			look:  look{budget: of(15, calendar.Day), rate: perDay(20)},
			spent: "67%", on: "2026-11-22",
		},
		"a week ends with Sunday": {
			look:  look{budget: of(100, calendar.Week), rate: perDay(20), spent: new(0.85)},
			spent: "85%",
		},
		"of a week": {
			look:  look{budget: of(100, calendar.Week), rate: perDay(20), spent: new(0.95)},
			spent: "95%", on: "2026-11-22",
		},
		"a week that nobody knows": {
			look: look{budget: of(100, calendar.Week), rate: perDay(20)},
		},
		"a week that only the status knows": {
			shownSpent: "40%",
			look:       look{budget: of(100, calendar.Week), rate: perDay(20), force: true},
			spent:      "40%",
		},
		"a week has what today cost, at least": {
			shownSpent: "4%",
			look:       look{budget: of(100, calendar.Week), rate: perDay(20)},
			spent:      "10%",
		},
	} {
		t.Run(name, func(t *testing.T) {
			shown := before
			shown.BudgetSpent, shown.BudgetExceededOn = tc.shownSpent, tc.shownOn
			tc.look.at = "2026-11-22 12:00"
			got := played(t, &shown, tc.look)
			equal(t, []string{tc.spent, tc.on}, []string{got.BudgetSpent, got.BudgetExceededOn})
		})
	}
}

func TestBudgetPeriodsChange(t *testing.T) {
	// 2026-11-23 is a Monday.
	for name, tc := range map[string]struct {
		period calendar.Period
		at     string
		today  *float64
		spent  *float64
		want   string
	}{
		"the share of a day begins anew":          {calendar.Day, "2026-11-23 00:00", new(9.0), new(0.5), "0%"},
		"that of a week on Monday":                {calendar.Week, "2026-11-23 00:00", new(9.0), new(0.5), "0%"},
		"but not while nothing is known of it":    {calendar.Week, "2026-11-23 00:00", nil, nil, ""},
		"that of a month does not":                {calendar.Month, "2026-11-23 00:00", new(9.0), new(0.5), "200%"},
		"a recorded share is read after a while":  {calendar.Week, "2026-11-23 00:06", new(0.1), new(0.5), "50%"},
		"that of the week before is not the week": {calendar.Week, "2026-11-24 12:00", new(9.0), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			before := &v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "10.00", MonthUSD: "200.00", BudgetSpent: "77%"}
			budget := &model.Budget{Amount: 100, Period: tc.period}
			got := played(t, before, look{at: tc.at, today: tc.today, spent: tc.spent, budget: budget})
			equal(t, tc.want, got.BudgetSpent)
		})
	}
}

func TestAShareOutlivesItsReading(t *testing.T) {
	budget := &model.Budget{Amount: 100, Period: calendar.Week}
	larger := &model.Budget{Amount: 200, Period: calendar.Week}
	got := played(t, nil,
		look{at: "2026-11-20 12:00", today: new(5.0), budget: budget, spent: new(0.5)},
		look{at: "2026-11-21 12:00", today: new(5.0), budget: larger})
	equal(t, "25%", got.BudgetSpent)
}

func TestASharesPeriodIsNoOther(t *testing.T) {
	// 2026-11-23 is a Monday, on which a day begins, too.
	week, day := &model.Budget{Amount: 100, Period: calendar.Week}, &model.Budget{Amount: 100, Period: calendar.Day}
	month := &model.Budget{Amount: 100, Period: calendar.Month}
	before := &v1alpha1.CostReading{Day: "2026-11-23", TodayUSD: "10.00", MonthUSD: "20.00", BudgetSpent: "77%"}
	for name, tc := range map[string]struct {
		looks []look
		want  string
	}{
		"that of a week is not that of a day": {
			looks: []look{{at: "2026-11-23 12:00", budget: week, spent: new(0.5)}, {at: "2026-11-23 12:01", budget: day}},
			want:  "10%",
		},
		"that of a month in the status is not that of a week": {
			looks: []look{{at: "2026-11-23 12:00", budget: month}, {at: "2026-11-23 12:01", budget: week}},
			want:  "10%",
		},
		"nor is one from before a day that is waited for": {
			looks: []look{{at: "2026-11-22 23:50", budget: day, spent: new(0.9)}},
			want:  "10%",
		},
	} {
		t.Run(name, func(t *testing.T) {
			equal(t, tc.want, played(t, before, tc.looks...).BudgetSpent)
		})
	}
}

func TestNoForecastIsBeforeItsDay(t *testing.T) {
	before := &v1alpha1.CostReading{Day: "2026-11-23", TodayUSD: "10.00", MonthUSD: "20.00"}
	budget := &model.Budget{Amount: 20.01, Period: calendar.Month}
	got := played(t, before, look{at: "2026-11-22 23:50", budget: budget, rate: perDay(20)})
	equal(t, "2026-11-23", got.BudgetExceededOn)
}

func TestForecastsThatWobbleAreNotWritten(t *testing.T) {
	budget := &model.Budget{Amount: 300, Period: calendar.Month}
	for name, tc := range map[string]struct {
		shown string
		rate  float64
		want  string
	}{
		"the next day":     {"2026-11-27", 17.5, "2026-11-27"},
		"the day before":   {"2026-11-27", 23, "2026-11-27"},
		"two days later":   {"2026-11-27", 15, "2026-11-29"},
		"two days earlier": {"2026-11-27", 30, "2026-11-25"},
		"none, instead of the last of the period": {"2026-11-30", 10, "2026-11-30"},
		"none, instead of an earlier one":         {"2026-11-29", 10, ""},
		"the last of the period, instead of none": {"", 12, ""},
		"an earlier one, instead of none":         {"", 14, "2026-11-29"},
	} {
		t.Run(name, func(t *testing.T) {
			before := &v1alpha1.CostReading{
				Day: "2026-11-22", TodayUSD: "10.00", MonthUSD: "200.00",
				BudgetSpent: "67%", BudgetExceededOn: tc.shown,
			}
			got := played(t, before, look{at: "2026-11-22 12:00", today: new(10.0), rate: perDay(tc.rate), budget: budget})
			equal(t, tc.want, got.BudgetExceededOn)
		})
	}
}

func TestAUsedUpBudgetIsWrittenAtOnce(t *testing.T) {
	before := &v1alpha1.CostReading{
		Day: "2026-11-22", TodayUSD: "10.00", MonthUSD: "200.00",
		BudgetSpent: "99%", BudgetExceededOn: "2026-11-22",
	}
	budget := &model.Budget{Amount: 200.5, Period: calendar.Month}
	want := &v1alpha1.CostReading{
		Day: "2026-11-22", TodayUSD: "10.50", MonthUSD: "200.50",
		BudgetSpent: "100%", BudgetExceededOn: "2026-11-22",
	}
	equal(t, want, played(t, before, look{at: "2026-11-22 12:30", today: new(10.5), rate: perDay(20), budget: budget}))
}

func TestPeriodsOfDays(t *testing.T) {
	for name, tc := range map[string]struct {
		period          calendar.Period
		day, begin, end day
	}{
		"a day":                        {calendar.Day, "2026-12-31", "2026-12-31", "2027-01-01"},
		"a Monday":                     {calendar.Week, "2026-11-16", "2026-11-16", "2026-11-23"},
		"a Sunday":                     {calendar.Week, "2026-11-22", "2026-11-16", "2026-11-23"},
		"a week of two years":          {calendar.Week, "2027-01-01", "2026-12-28", "2027-01-04"},
		"a month":                      {calendar.Month, "2026-12-31", "2026-12-01", "2027-01-01"},
		"a February":                   {calendar.Month, "2027-02-11", "2027-02-01", "2027-03-01"},
		"a leap day":                   {calendar.Month, "2028-02-29", "2028-02-01", "2028-03-01"},
		"a leap day, as a day":         {calendar.Day, "2028-02-28", "2028-02-28", "2028-02-29"},
		"the first of a month, a week": {calendar.Week, "2028-03-01", "2028-02-28", "2028-03-06"},
	} {
		t.Run(name, func(t *testing.T) {
			equal(t, []day{tc.begin, tc.end}, []day{begin(tc.period, tc.day), end(tc.period, tc.day)})
		})
	}
}
