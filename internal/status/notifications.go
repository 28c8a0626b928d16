package status

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	v1alpha1ac "github.com/ragmonitor/ragmonitor-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// Notifications are what became of the notifications of a spec.
type Notifications struct {
	// Routes say who is told, by severity.
	Routes []model.Route
	// Missing says that our AlertmanagerConfig is not there.
	Missing bool
	// Outdated says that it is there, and could not be updated: whom the spec names
	// need not be who is told.
	Outdated bool
	// Uptake is what the Alertmanagers of the cluster make of it; Unknown says why
	// that is not known, "" where it is.
	Uptake  discovery.Uptake
	Unknown string
	// Accepted and Rejected are what the Prometheus Operator says of it itself, where
	// it does: the Alertmanager, and the reason.
	Accepted, Rejected string
}

// matcherStrategies say what an Alertmanager does to our configuration.
var matcherStrategies = map[string]string{
	"OnNamespace": "for alerts of this namespace (OnNamespace), which ours are",
	"OnNamespaceExceptForAlertmanagerNamespace": "for alerts of this namespace, unless that is the Alertmanager's (OnNamespaceExceptForAlertmanagerNamespace), which ours are",
	"None": "for all alerts (None), and it matches only ours",
}

// maxNotifying is less than what other conditions may say: nobody but the Prometheus
// Operator is quoted.
const maxNotifying = 240

// notifying has nothing to say where nobody is to be told.
func notifying(n *Notifications) []condition {
	if n == nil {
		return nil
	}
	out := uptake(*n)
	out.kind, out.message = v1alpha1.ConditionNotifying, cut(out.message, maxNotifying)
	return []condition{out}
}

// uptake believes the Prometheus Operator first: it knows the Secrets.
func uptake(n Notifications) condition {
	is := func(status metav1.ConditionStatus, reason, message string) condition {
		return condition{status: status, reason: reason, message: message}
	}
	switch by := n.Uptake.By; {
	case n.Missing:
		return is(metav1.ConditionFalse, v1alpha1.ReasonConfigurationMissing, "Nobody is told of alerts: the AlertmanagerConfig is not in the cluster. PrerequisitesMet and Applied say why.")
	case n.Outdated:
		return is(metav1.ConditionFalse, v1alpha1.ReasonConfigurationOutdated, "The AlertmanagerConfig could not be updated. An older version of it is in force: whom the spec names only since then is not told. Applied says why.")
	case n.Accepted != "":
		return is(metav1.ConditionTrue, v1alpha1.ReasonConfigurationAccepted, "The Prometheus Operator has given the AlertmanagerConfig to Alertmanager "+n.Accepted+".")
	case n.Rejected != "":
		return is(metav1.ConditionFalse, v1alpha1.ReasonConfigurationRejected, "The Prometheus Operator refuses the AlertmanagerConfig for Alertmanager "+printable(n.Rejected))
	case n.Unknown != "":
		return is(metav1.ConditionUnknown, v1alpha1.ReasonAlertmanagersUnknown, "It is not known which Alertmanagers there are: "+printable(n.Unknown))
	case len(by) == 0 && n.Uptake.Obstacle == "":
		return is(metav1.ConditionFalse, v1alpha1.ReasonNoAlertmanager, "Nobody is told of alerts: the cluster has no Alertmanager of the Prometheus Operator.")
	case len(by) == 0:
		return is(metav1.ConditionFalse, v1alpha1.ReasonConfigurationNotSelected, "Nobody is told of alerts: "+n.Uptake.Obstacle)
	default:
		return is(metav1.ConditionTrue, v1alpha1.ReasonConfigurationSelected, selected(n.Uptake))
	}
}

// selected does not say more than is known: a Secret that is missing is told of by the
// Prometheus Operator alone.
func selected(u discovery.Uptake) string {
	who := "Alertmanager " + u.By[0]
	if more := len(u.By) - 1; more > 0 {
		who += fmt.Sprintf(" and %d more", more)
	}
	return who + " selects the AlertmanagerConfig, " + matcherStrategies[u.Strategy] + ". Its events say if a Secret is missing."
}

// alertLengths are what is said of the alerts of a severity, in bytes, longest first.
// The first is less than what the API takes.
var alertLengths = []int{1600, 800, 400, 200, 0}

// routed says which alerts reach whom, in as much room as there is. While an older
// AlertmanagerConfig is in force it says nothing: its routes are not known here.
func routed(n *Notifications, made *rules.Rules, room int) []v1alpha1.NotificationReading {
	if n == nil || n.Outdated || made == nil {
		return nil
	}
	names := alertsBySeverity(made)
	var out []v1alpha1.NotificationReading
	for _, length := range alertLengths {
		out = nil
		for _, r := range n.Routes {
			if alerts := names[r.Severity]; len(alerts) > 0 {
				out = append(out, v1alpha1.NotificationReading{
					Severity: v1alpha1.Severity(r.Severity), Receivers: strings.Join(r.Receivers, ","), Alerts: enumerated(alerts, length),
				})
			}
		}
		if sizeOf(out) <= room {
			return bySeverity(out)
		}
	}
	for len(out) > 0 && sizeOf(out) > room {
		out = out[:len(out)-1]
	}
	return bySeverity(out)
}

// alertsBySeverity are the alerts that can fire, without those that burn in, sorted.
func alertsBySeverity(made *rules.Rules) map[string][]string {
	found := map[string]map[string]bool{}
	for _, g := range made.Groups {
		for _, r := range g.Rules {
			if r.Alert == "" {
				continue
			}
			severity := r.Labels["severity"]
			if found[severity] == nil {
				found[severity] = map[string]bool{}
			}
			found[severity][r.Alert] = true
		}
	}
	out := map[string][]string{}
	for severity, names := range found {
		out[severity] = slices.Sorted(maps.Keys(names))
	}
	return out
}

// enumerated names as many as fit, and counts the others.
func enumerated(names []string, length int) string {
	all := strings.Join(names, ",")
	if len(all) <= length {
		return all
	}
	for n := len(names) - 1; n > 0; n-- {
		if some := strings.Join(names[:n], ","); len(some) <= length {
			return fmt.Sprintf("%s and %d more", some, len(names)-n)
		}
	}
	return fmt.Sprintf("%d alerts", len(names))
}

// bySeverity sorts them; the API server need not keep an order.
func bySeverity(readings []v1alpha1.NotificationReading) []v1alpha1.NotificationReading {
	return slices.SortedFunc(slices.Values(readings), func(a, b v1alpha1.NotificationReading) int {
		return strings.Compare(string(a.Severity), string(b.Severity))
	})
}

func applyNotifications(readings []v1alpha1.NotificationReading) []*v1alpha1ac.NotificationReadingApplyConfiguration {
	var out []*v1alpha1ac.NotificationReadingApplyConfiguration
	for _, r := range readings {
		out = append(out, v1alpha1ac.NotificationReading().WithSeverity(r.Severity).WithReceivers(r.Receivers).WithAlerts(r.Alerts))
	}
	return out
}
