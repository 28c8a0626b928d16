package rules

import (
	"errors"
	"fmt"
	"time"

	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/calendar"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
)

// The canonical series of the cost budget.
const (
	// BudgetPeriod is a number that is the same throughout one period.
	BudgetPeriod = "ragmonitor:budget_period:key"
	// BudgetSpent is what was spent since the period began, in US dollars.
	BudgetSpent = "ragmonitor:budget_spent_usd:sum"
	// BudgetForecast is what will have been spent when it ends, in US dollars.
	BudgetForecast = "ragmonitor:budget_forecast_usd:sum"
	// BudgetSpentRatio and BudgetForecastRatio are the same as shares of the budget.
	BudgetSpentRatio    = "ragmonitor:budget_spent:ratio"
	BudgetForecastRatio = "ragmonitor:budget_forecast:ratio"
)

// evaluationTime is recorded by every evaluation of the cost, whatever that is.
const evaluationTime = "ragmonitor:evaluation:timestamp_seconds"

// spending says how a period is added up: over a range that is as long as the
// longest period, an hour for a change of the clock included, in steps after which
// the sum grows. Their length hardly changes what a sum takes, because every sample
// is read. The forecast goes on at the mean rate of recent.
var spending = map[calendar.Period]struct{ reach, step, recent time.Duration }{
	calendar.Day:   {25 * time.Hour, time.Minute, time.Hour},
	calendar.Week:  {169 * time.Hour, 5 * time.Minute, 24 * time.Hour},
	calendar.Month: {745 * time.Hour, 5 * time.Minute, 24 * time.Hour},
}

// budgetRules add up the cost of the present period, and forecast its end. They
// are computed from the time of the evaluation alone, so that they are right again
// after any gap, but for what was spent in it.
func budgetRules(m model.Monitor, recorded Recorded) ([]rulefmt.Rule, error) {
	budget := m.Objectives.Budget
	if budget == nil || !recorded.Has("ragmonitor:cost_usd:rate", nil) {
		return nil, nil
	}
	s := spending[budget.Period]
	return costRules(m, recorded, map[string]float64{"step": s.step.Seconds(), "amount": budget.Amount}, []costRule{
		{BudgetPeriod, calendar.Key(budget.Period, budget.Zone)},
		{BudgetSpent, spentIn(budget.Period, BudgetPeriod)},
		{BudgetForecast, fmt.Sprintf(
			`%s + on () (%s) * on () (%s - on () %s)`,
			BudgetSpent, meanRate(s.recent), calendar.Length(budget.Period, budget.Zone), calendar.Elapsed(budget.Period, budget.Zone))},
		{BudgetSpentRatio, BudgetSpent + " / amount"},
		{BudgetForecastRatio, BudgetForecast + " / amount"},
	})
}

// spentIn adds up what was spent in the present period, whose key is recorded.
func spentIn(period calendar.Period, key string) string {
	s := spending[period]
	return fmt.Sprintf(
		`sum(sum_over_time((%[4]s and on () (%[1]s == on () (%[1]s @ end())))[%[2]s:%[3]s])) * step`,
		key, promconfig.Duration(s.reach), promconfig.Duration(s.step), meanRate(s.step))
}

// meanRate is the mean of the cost over the time that ends: the rate at its end says
// nothing of a batch in its middle. It is one of all evaluations. That of the samples
// would be what a model cost before it was given up, or its pods before they ended.
func meanRate(over time.Duration) string {
	return fmt.Sprintf(`sum(sum_over_time(ragmonitor:cost_usd:rate[%[1]s])) / on () count_over_time(%[2]s[%[1]s])`,
		promconfig.Duration(over), evaluationTime)
}

// costRule is one of several rules, each of which may read those before it.
type costRule struct{ record, expr string }

func costRules(m model.Monitor, recorded Recorded, numbers map[string]float64, rules []costRule) ([]rulefmt.Rule, error) {
	var out []rulefmt.Rule
	for _, r := range rules {
		rule, err := r.expand(m, recorded, numbers)
		if err != nil {
			return nil, fmt.Errorf("make rule %s: %w", r.record, err)
		}
		out = append(out, rule)
		recorded.add(rule)
	}
	return out, nil
}

func (r costRule) expand(m model.Monitor, recorded Recorded, numbers map[string]float64) (rulefmt.Rule, error) {
	template, err := promql.Parse(r.expr)
	if err != nil {
		return rulefmt.Rule{}, err
	}
	scope := ReadScope(m, recorded)
	scope.Numbers = numbers
	expr, ok, err := template.Expand(scope)
	if err == nil && !ok {
		err = errors.New("it reads a series that is not recorded")
	}
	return rulefmt.Rule{Record: r.record, Expr: expr, Labels: identity(m)}, err
}
