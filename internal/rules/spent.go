package rules

import (
	"cmp"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/calendar"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// The canonical series of what was spent today and this month.
const (
	// CostDay and CostMonth are numbers that are the same throughout one day or month.
	CostDay   = "ragmonitor:cost_day:key"
	CostMonth = "ragmonitor:cost_month:key"
	// CostTodaySum and CostMonthSum are what was spent in them so far, in US dollars.
	CostTodaySum = "ragmonitor:cost_today_usd:sum"
	CostMonthSum = "ragmonitor:cost_month_usd:sum"
)

// spentRules add up the cost of the present day and month, in the zone of the budget,
// or in UTC without one.
func spentRules(m model.Monitor, recorded Recorded) ([]rulefmt.Rule, error) {
	if !recorded.Has("ragmonitor:cost_usd:rate", nil) {
		return nil, nil
	}
	zone := time.UTC
	if m.Objectives.Budget != nil {
		zone = cmp.Or(m.Objectives.Budget.Zone, zone)
	}
	var out []rulefmt.Rule
	for _, p := range []struct {
		period   calendar.Period
		key, sum string
	}{
		{calendar.Day, CostDay, CostTodaySum},
		{calendar.Month, CostMonth, CostMonthSum},
	} {
		numbers := map[string]float64{"step": spending[p.period].step.Seconds()}
		rules, err := costRules(m, recorded, numbers, []costRule{
			{p.key, calendar.Key(p.period, zone)},
			{p.sum, spentIn(p.period, p.key)},
		})
		if err != nil {
			return nil, err
		}
		out = append(out, rules...)
	}
	return out, nil
}
