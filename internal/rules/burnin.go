package rules

import (
	"time"

	promlabels "github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
)

// The canonical series of alerts in mode BurnIn.
const (
	// BurnInCondition is 1 while the condition of an alert holds, else 0.
	BurnInCondition = "ragmonitor:burn_in_condition:active"
	// BurnInFiring is 1 while the alert would fire, else 0.
	BurnInFiring = "ragmonitor:burn_in_firing:active"
	// BurnInPages is how often it would have fired in the last 7 days.
	BurnInPages = "ragmonitor:burn_in_pages:count"
)

// burnInWindow is how long a week of traffic is.
const burnInWindow = 7 * 24 * time.Hour

const labelAlert = "alert"

var (
	// An alert waits until its condition has held at every evaluation of "for", the
	// first and the last included.
	wouldFire = promql.MustParse(`sum_over_time(ragmonitor:burn_in_condition:active[5m]) >= bool evaluations`)
	// A falling edge ends what would have been a page; one that has not ended
	// counts too.
	pages = promql.MustParse(`sum by (alert) (resets(ragmonitor:burn_in_firing:active[5m]) + ragmonitor:burn_in_firing:active)`)
)

// rehearsed are alerts, by what becomes of them.
type rehearsed struct {
	// paging are those that page somebody.
	paging []rulefmt.Rule
	// conditions record when one of the others would fire; counts how often.
	conditions, counts []rulefmt.Rule
}

// burnIn separates the alerts that are to page somebody from those in mode BurnIn,
// and makes recording rules of the latter: an alert that nobody must be paged by
// is not sent anywhere, whatever routes there are.
func burnIn(m model.Monitor, alerts []rulefmt.Rule) (rehearsed, error) {
	var out rehearsed
	for _, rule := range alerts {
		if modeOf(m, rule.Alert) != model.BurnIn {
			out.paging = append(out.paging, rule)
			continue
		}
		rules, err := rehearsal(m, rule)
		if err != nil {
			return rehearsed{}, err
		}
		out.conditions = append(out.conditions, rules...)
	}
	if len(out.conditions) == 0 {
		return out, nil
	}
	expr, _, err := pages.Expand(burnInScope(m, nil, burnInWindow))
	out.counts = []rulefmt.Rule{{Record: BurnInPages, Expr: expr, Labels: identity(m)}}
	return out, err
}

func modeOf(m model.Monitor, alert string) model.AlertMode {
	for _, c := range m.Alerts.Custom {
		if c.Name == alert {
			return c.Mode
		}
	}
	return m.Alerts.ModeOf(alert)
}

// rehearsal are the rules that record when an alert would fire.
func rehearsal(m model.Monitor, alert rulefmt.Rule) ([]rulefmt.Rule, error) {
	labels := with(identity(m), labelAlert, alert.Alert)
	having := []*promlabels.Matcher{promql.Equal(labelAlert, alert.Alert)}
	for _, label := range []string{labelStage, labelSLO, "long"} {
		if value, ok := alert.Labels[label]; ok {
			labels[label] = value
			having = append(having, promql.Equal(label, value))
		}
	}
	interval := m.Evaluation.Interval
	holds := time.Duration(alert.For)
	scope := burnInScope(m, having, holds+interval)
	scope.Numbers = map[string]float64{"evaluations": float64((holds+interval-1)/interval) + 1}
	firing, _, err := wouldFire.Expand(scope)
	if err != nil {
		return nil, err
	}
	return []rulefmt.Rule{
		{Record: BurnInCondition, Expr: promql.Holds(alert.Expr), Labels: labels},
		{Record: BurnInFiring, Expr: firing, Labels: labels},
	}, nil
}

func burnInScope(m model.Monitor, having []*promlabels.Matcher, window time.Duration) promql.Scope {
	bound := append(enforced(m), having...)
	return promql.Scope{
		Window: window,
		Resolve: func(name string, _ []*promlabels.Matcher) []promql.Alternative {
			return []promql.Alternative{{{Metric: name, Matchers: bound}}}
		},
	}
}
