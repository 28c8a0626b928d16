package rules

import (
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
)

// BudgetRemaining is the canonical series that holds the share of an SLO's error
// budget that is left: 1 when nothing failed, 0 when it is spent, negative when
// it is overspent.
const BudgetRemaining = "ragmonitor:slo_error_budget_remaining:ratio"

// budgetExpr divides failures by requests over the whole period. Sums of rates
// that were recorded at equal intervals weigh every request the same, where a
// mean of ratios would let a quiet night count as much as a busy day.
const budgetExpr = `1 - sum(sum_over_time(ragmonitor:request_errors:rate[30d])) ` +
	`/ (sum(sum_over_time(ragmonitor:requests:rate[30d])) > 0) / errorBudget`

// errorBudgets returns one rule for each SLO.
func errorBudgets(m model.Monitor, recorded Recorded) ([]rulefmt.Rule, error) {
	var out []rulefmt.Rule
	for _, slo := range m.SLOs {
		scope := ReadScope(m, recorded, nil)
		scope.Window = slo.Period
		scope.Numbers = map[string]float64{"errorBudget": slo.ErrorBudget}
		expr, ok, err := promql.Expand(budgetExpr, scope)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		labels := identity(m)
		labels["slo"] = slo.Name
		out = append(out, rulefmt.Rule{Record: BudgetRemaining, Expr: expr, Labels: labels})
	}
	return out, nil
}
