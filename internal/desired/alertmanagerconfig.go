package desired

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1alpha1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	monitoringv1alpha1ac "github.com/prometheus-operator/prometheus-operator/pkg/client/applyconfiguration/monitoring/v1alpha1"
	promconfig "github.com/prometheus/common/model"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// Labels of alerts by which they are told apart.
const (
	labelNamespace = "namespace"
	labelSeverity  = "severity"
	labelSLO       = "slo"
)

// identity are the labels that all alerts of a RAGMonitor have in common.
var identity = []string{labelNamespace, naming.LabelRAGMonitor}

// alertmanagerConfigs returns the AlertmanagerConfig of m, where notifications were
// asked for.
func (c Catalogue) alertmanagerConfigs(m model.Monitor) []Object {
	if m.Notifications == nil {
		return nil
	}
	n := *m.Notifications
	name := naming.AlertmanagerConfig(m.Name)
	spec := monitoringv1alpha1ac.AlertmanagerConfigSpec().
		WithRoute(rootRoute(m, n)).
		WithInhibitRules(inhibitRule(m))
	for _, r := range n.Receivers {
		spec.WithReceivers(receiver(r))
	}
	for _, t := range n.MuteTimes {
		spec.WithMuteTimeIntervals(muteTime(t))
	}
	config := monitoringv1alpha1ac.AlertmanagerConfig(name, m.Namespace).
		WithLabels(c.labels(m)).
		WithOwnerReferences(owner(m)).
		WithSpec(spec)
	return []Object{{Kind: AlertmanagerConfig, Namespace: m.Namespace, Name: name, Config: config}}
}

// ofMonitor match the alerts of m and no others, whatever the Alertmanager adds to
// the matchers of a configuration.
func ofMonitor(m model.Monitor) []*monitoringv1alpha1ac.MatcherApplyConfiguration {
	return []*monitoringv1alpha1ac.MatcherApplyConfiguration{
		matcher(labelNamespace, monitoringv1alpha1.MatchEqual, m.Namespace),
		matcher(naming.LabelRAGMonitor, monitoringv1alpha1.MatchEqual, m.Name),
	}
}

func matcher(label string, how monitoringv1alpha1.MatchType, value string) *monitoringv1alpha1ac.MatcherApplyConfiguration {
	return monitoringv1alpha1ac.Matcher().WithName(label).WithMatchType(how).WithValue(value)
}

// rootRoute has a route below it for each receiver of each severity, so that each
// can repeat and be muted by itself.
func rootRoute(m model.Monitor, n model.Notifications) *monitoringv1alpha1ac.RouteApplyConfiguration {
	out := monitoringv1alpha1ac.Route().
		WithReceiver(n.DefaultReceiver).
		WithMatchers(ofMonitor(m)...).
		WithGroupBy(groupBy(n)...).
		WithGroupWait(duration(n.GroupWait)).
		WithGroupInterval(duration(n.GroupInterval))
	for _, r := range n.Routes {
		for i, name := range r.Receivers {
			below := severityRoute(r, name)
			if i < len(r.Receivers)-1 {
				below.WithContinue(true)
			}
			out.WithRoutes(raw(below))
		}
	}
	return out
}

func severityRoute(r model.Route, receiver string) *monitoringv1alpha1ac.RouteApplyConfiguration {
	return monitoringv1alpha1ac.Route().
		WithReceiver(receiver).
		WithMatchers(matcher(labelSeverity, monitoringv1alpha1.MatchEqual, r.Severity)).
		WithRepeatInterval(duration(r.Repeat)).
		WithMuteTimeIntervals(r.MuteTimes...)
}

// groupBy is never empty: Alertmanager would group by what its own root route says.
func groupBy(n model.Notifications) []string {
	out := slices.Clone(identity)
	for _, label := range n.GroupBy {
		if !slices.Contains(out, label) {
			out = append(out, label)
		}
	}
	return out
}

// raw is how a route holds others: the schema of a CRD cannot refer to itself.
func raw(r *monitoringv1alpha1ac.RouteApplyConfiguration) apiextensionsv1.JSON {
	data, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("a route must marshal: %v", err))
	}
	return apiextensionsv1.JSON{Raw: data}
}

func duration(d time.Duration) monitoringv1.NonEmptyDuration {
	return monitoringv1.NonEmptyDuration(promconfig.Duration(d).String())
}

// inhibitRule lets a critical alert silence the others with the same signal: they
// say no more than it does. Alerts of an SLO silence only those of the same SLO.
// Alerts without a signal are not ours.
func inhibitRule(m model.Monitor) *monitoringv1alpha1ac.InhibitRuleApplyConfiguration {
	of := func(how monitoringv1alpha1.MatchType, severity string) []*monitoringv1alpha1ac.MatcherApplyConfiguration {
		return append(ofMonitor(m), matcher(labelSeverity, how, severity), matcher(rules.LabelSignal, monitoringv1alpha1.MatchNotEqual, ""))
	}
	return monitoringv1alpha1ac.InhibitRule().
		WithSourceMatch(of(monitoringv1alpha1.MatchEqual, "critical")...).
		WithTargetMatch(of(monitoringv1alpha1.MatchRegexp, "warning|info")...).
		WithEqual(append(slices.Clone(identity), rules.LabelSignal, labelSLO)...)
}

func muteTime(t model.MuteTime) *monitoringv1alpha1ac.MuteTimeIntervalApplyConfiguration {
	out := monitoringv1alpha1ac.MuteTimeInterval().WithName(t.Name)
	for _, i := range t.Intervals {
		out.WithTimeIntervals(timeInterval(i))
	}
	return out
}

func timeInterval(in model.MuteInterval) *monitoringv1alpha1ac.TimeIntervalApplyConfiguration {
	out := monitoringv1alpha1ac.TimeInterval()
	for _, t := range in.Times {
		out.WithTimes(monitoringv1alpha1ac.TimeRange().
			WithStartTime(monitoringv1alpha1.Time(t.Start)).
			WithEndTime(monitoringv1alpha1.Time(t.End)))
	}
	for _, d := range in.Weekdays {
		out.WithWeekdays(monitoringv1alpha1.WeekdayRange(d))
	}
	for _, d := range in.DaysOfMonth {
		out.WithDaysOfMonth(monitoringv1alpha1ac.DayOfMonthRange().WithStart(d.Start).WithEnd(d.End))
	}
	for _, m := range in.Months {
		out.WithMonths(monitoringv1alpha1.MonthRange(m))
	}
	for _, y := range in.Years {
		out.WithYears(monitoringv1alpha1.YearRange(y))
	}
	return out
}
