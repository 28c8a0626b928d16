package rules

import (
	"fmt"
	"math"
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
		"exhaustion": inDays(exhaustion),
	}
	severity := severityTicket
	if pair.Page {
		severity = severityPage
	}
	return instance{
		having: map[string]string{labelSLO: s.Name},
		extra:  windows,
		limit:  percent(rounded(pair.Factor * s.ErrorBudget)),
		// Every recorded rate stands for the requests of one interval.
		numbers:  map[string]float64{"minimumRequests": s.MinimumRequests / m.Evaluation.Interval.Seconds()},
		series:   map[string]string{"longRatio": sloErrors(pair.Long), "shortRatio": sloErrors(pair.Short), "longRequests": SLORequests},
		texts:    with(windows, "period", inDays(s.Period), "factor", decimal(pair.Factor)),
		severity: severity,
		window:   pair.Long,
	}
}

// inDays never speaks of weeks, because the period is written in days.
func inDays(d time.Duration) string {
	const day = 24 * time.Hour
	if d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return promconfig.Duration(d).String()
}

// rounded takes off the residue of a multiplication of decimals.
func rounded(f float64) float64 { return math.Round(f*1e12) / 1e12 }
