package rules

import (
	"time"

	promconfig "github.com/prometheus/common/model"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/slo"
)

// severities of burn-rate alerts: a page for what empties the budget within days,
// a ticket for what takes weeks.
const (
	severityPage   = "critical"
	severityTicket = "warning"
)

// burnNames stand in an alert's expression for what differs between its instances.
var burnNames = []string{"longRatio", "shortRatio", "longRequests", "minimumRequests"}

// burns are the instances of an alert on the burn rate: one for each pair of
// windows of each SLO, so that whoever is paged sees which one fired.
func burns(m model.Monitor) []instance {
	var out []instance
	for _, s := range m.SLOs {
		for _, pair := range slo.Pairs(s.Period, s.ErrorBudget) {
			out = append(out, burn(m, s, pair))
		}
	}
	return out
}

func burn(m model.Monitor, s model.SLO, pair slo.Pair) instance {
	exhaustion := pair.Exhaustion(s.Period).Round(time.Minute)
	windows := map[string]string{
		"long":       promconfig.Duration(pair.Long).String(),
		"short":      promconfig.Duration(pair.Short).String(),
		"exhaustion": promconfig.Duration(exhaustion).String(),
	}
	severity := severityTicket
	if pair.Page {
		severity = severityPage
	}
	return instance{
		having: map[string]string{labelSLO: s.Name},
		extra:  windows,
		limit:  percent(pair.Factor * s.ErrorBudget),
		// Every recorded rate stands for the requests of one interval.
		numbers:  map[string]float64{"minimumRequests": s.MinimumRequests / m.Evaluation.Interval.Seconds()},
		series:   map[string]string{"longRatio": sloErrors(pair.Long), "shortRatio": sloErrors(pair.Short), "longRequests": SLORequests},
		texts:    with(windows, "period", promconfig.Duration(s.Period).String(), "factor", decimal(pair.Factor)),
		severity: severity,
		window:   pair.Long,
	}
}
