package status

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// told is what a message is made of: the verdict, and the figures as they are shown.
// So a message changes only when they do.
type told struct {
	verdict    health.Verdict
	objectives model.Objectives
	readings   v1alpha1.Readings
	stages     []v1alpha1.StageReading
	problems   []v1alpha1.TargetProblem
	embedded   bool
}

// messages say a verdict to people, by its reason.
var messages = map[string]func(told) string{
	v1alpha1.ReasonNoSource:            fixed("The operator has no metric source: neither is one configured, nor may it scrape by itself."),
	v1alpha1.ReasonUninstalled:         fixed("The operator was uninstalled: nobody looks at this service."),
	v1alpha1.ReasonUnknownSource:       unknownSource,
	v1alpha1.ReasonSourceFailed:        sourceFailed,
	v1alpha1.ReasonInvalidSpec:         func(t told) string { return t.verdict.Detail },
	v1alpha1.ReasonRulesNotLoaded:      rulesNotLoaded,
	v1alpha1.ReasonRulesNotEvaluated:   rulesNotEvaluated,
	v1alpha1.ReasonNoTargets:           noTargets,
	v1alpha1.ReasonTargetsDown:         targetsDown,
	v1alpha1.ReasonRequestsNotMeasured: fixed("The targets are up and expose no metric that counts requests: check the vocabulary of the components. A service that has not had its first request yet may look the same."),
	v1alpha1.ReasonCountersFrozen:      fixed("Requests are in flight all the time, and none is counted: the service hangs, or its metrics are stuck."),
	v1alpha1.ReasonNoRequests:          noRequests,
	v1alpha1.ReasonObjectivesMet:       objectivesMet,

	v1alpha1.ReasonErrorRatioHigh:      errorRatioHigh,
	v1alpha1.ReasonCriticalAlertFiring: fixed("An alert of severity critical is firing."),
	v1alpha1.ReasonStageErrorRatioHigh: stageErrorRatioHigh,
	v1alpha1.ReasonLatencyHigh:         latencyHigh,
	v1alpha1.ReasonStageLatencyHigh:    stageLatencyHigh,
	v1alpha1.ReasonCostPerDayHigh:      costPerDayHigh,
	v1alpha1.ReasonCacheHitRatioLow:    cacheHitRatioLow,

	// These have no figure in the status that could hold their message still.
	v1alpha1.ReasonRateLimitLow: func(t told) string {
		return fmt.Sprintf("The model provider allows fewer than %.0f more requests.", t.objectives.RateLimitRemaining)
	},
	v1alpha1.ReasonCostPerRequestHigh: func(t told) string {
		return fmt.Sprintf("The 95th percentile of the cost of a request is above the objective of $%.6g.", t.objectives.CostPerRequestP95)
	},
	v1alpha1.ReasonRelevanceLow: func(t told) string {
		return fmt.Sprintf("The median relevance of the answers is below the objective of %.4g.", t.objectives.RelevanceP50)
	},
	v1alpha1.ReasonContextPrecisionLow: func(t told) string {
		return fmt.Sprintf("The median precision of the retrieved context is below the objective of %.4g.", t.objectives.ContextPrecisionP50)
	},
}

// message says a verdict to people.
func (t told) message() string {
	if say, ok := messages[t.verdict.Reason]; ok {
		return say(t)
	}
	return t.verdict.Reason + "."
}

func fixed(text string) func(told) string { return func(told) string { return text } }

func unknownSource(t told) string {
	text := fmt.Sprintf("The operator has no metric source %q", t.verdict.Detail)
	if len(t.verdict.Names) == 0 {
		return text + ": leave spec.source out."
	}
	return text + ": set spec.source to one of " + strings.Join(slices.Sorted(slices.Values(t.verdict.Names)), ", ") + ", or leave it out."
}

func sourceFailed(t told) string {
	if t.verdict.Detail == "" {
		return "The metric source does not answer as it should; the operator's log says how."
	}
	return "The metric source does not answer as it should: " + strings.TrimSuffix(printable(t.verdict.Detail), ".") + "."
}

// printable replaces what a server may have sent to deceive those who read it.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, text)
}

func rulesNotLoaded(t told) string {
	if len(t.verdict.Components) > 0 {
		return rulesNotLoadedOf(components(t.verdict.Components), t.embedded)
	}
	if t.embedded {
		return "The operator has not evaluated this RAGMonitor's rules yet."
	}
	return "The metric source has no result of this RAGMonitor's rules: check that its Prometheus selects the PrometheusRule (ruleSelector, ruleNamespaceSelector)."
}

func rulesNotEvaluated(t told) string {
	if n := len(t.verdict.Outdated); n > 0 {
		return fmt.Sprintf("Rules have failed for a while, and what they record is too old, or not all there: %d series, the first of them %s.", n, t.verdict.Outdated[0])
	}
	return fmt.Sprintf("The rules were last evaluated more than %s ago.", t.verdict.Limit)
}

// rulesNotLoadedOf is about components that the rules in force do not know.
func rulesNotLoadedOf(components string, embedded bool) string {
	if embedded {
		return "Nobody watches " + components + ": the operator has not evaluated its rules yet."
	}
	return "Nobody watches " + components + ": the metric source has no result of its rules. Check that the condition Applied is True, and that Prometheus has loaded the PrometheusRule as it is now."
}

// noTargets says why, where that is known. Of several components the first does for
// all: status.targetProblems has the others.
func noTargets(t told) string {
	text := "Nothing is scraped"
	if len(t.verdict.Components) > 0 {
		text += " of " + components(t.verdict.Components)
	}
	for _, p := range t.problems {
		if len(t.verdict.Components) == 0 || slices.Contains(t.verdict.Components, p.Component) {
			return text + ": " + p.Message
		}
	}
	if t.embedded {
		return text + " yet."
	}
	return text + ": check that pods run, that the selector matches Services with the named port, and that Prometheus selects the ServiceMonitors (serviceMonitorSelector, serviceMonitorNamespaceSelector)."
}

func targetsDown(t told) string {
	switch {
	case t.verdict.DataAvailable:
		return "Some targets of " + components(t.verdict.Components) + " do not answer their scrapes or send samples."
	case len(t.verdict.Components) > 0:
		return "Targets of " + components(t.verdict.Components) + " do not answer their scrapes or send samples, and no other target counts requests."
	default:
		return "No target answers its scrapes or sends samples: the service is down, or its metrics port is."
	}
}

func noRequests(t told) string {
	if len(t.verdict.Components) > 0 {
		return "There were no requests to judge by, and targets of " + components(t.verdict.Components) + " do not answer."
	}
	return "The service is up and had no requests to judge by."
}

// components names them.
func components(names []string) string {
	if len(names) == 1 {
		return "component " + names[0]
	}
	return "components " + strings.Join(names, ", ")
}
