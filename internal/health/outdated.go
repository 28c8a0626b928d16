package health

import (
	"slices"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// counted are the series that the later data checks rest on.
var counted = []string{
	"ragmonitor:requests:rate", "ragmonitor:requests_in_flight:min", "ragmonitor:targets:total", "ragmonitor:targets:up",
}

// shown are the series that nothing is judged by.
var shown = []string{
	"ragmonitor:alert_inputs:missing", "ragmonitor:budget_spent:ratio", "ragmonitor:burn_in_pages:count",
	"ragmonitor:cost_month_usd:sum", "ragmonitor:cost_today_usd:sum",
	"ragmonitor:request_duration_seconds:baseline", "ragmonitor:stage_duration_seconds:baseline",
	"ragmonitor:slo_burn_rate:ratio", "ragmonitor:slo_error_budget_remaining:ratio",
}

// outdated are the series that are judged by, sorted, whose rules have failed for so long
// that their last samples are too old to judge by, or gone.
func (g Given) outdated() []string {
	var out []string
	for name, since := range g.Failing {
		_, read := collectors[name]
		if read && !slices.Contains(shown, name) && since+g.Interval > staleAfter*g.Interval {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// rulesFail is the verdict where something would be said for want of series that rules
// should have recorded.
func (g Given) rulesFail(outdated []string) Verdict {
	return Verdict{
		Health: v1alpha1.HealthStale, Reason: v1alpha1.ReasonRulesNotEvaluated,
		Limit: staleAfter * g.Interval, Outdated: outdated,
	}
}

// anyCounted says whether one of some series is one that requests or targets are
// counted by.
func anyCounted(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(counted, name) })
}
