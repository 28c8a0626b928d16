package status

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// notified is an outcome with receivers, and alerts for them.
func notified(edits ...func(*Notifications)) Outcome {
	o := done()
	o.Rules = alerting(map[string]string{"RAGServiceDown": "critical", "RAGErrorBudgetBurn": "critical", "RAGLatencyHigh": "warning"})
	// One alert has rules of two severities.
	o.Rules.Groups[0].Rules = append(o.Rules.Groups[0].Rules, rulefmt.Rule{Alert: "RAGErrorBudgetBurn", Labels: map[string]string{"severity": "warning"}}, rulefmt.Rule{Record: "x"})
	o.Notifications = &Notifications{
		Routes: []model.Route{
			{Severity: "critical", Receivers: []string{"on-call", "team"}}, {Severity: "warning", Receivers: []string{"team"}}, {Severity: "info", Receivers: []string{"mail"}},
		},
		Uptake: discovery.Uptake{By: []string{"monitoring/main"}, Strategy: "OnNamespace"},
	}
	for _, edit := range edits {
		edit(o.Notifications)
	}
	return o
}

// alerting are rules with these alerts.
func alerting(severities map[string]string) *rules.Rules {
	group := rulefmt.RuleGroup{}
	for alert, severity := range severities {
		group.Rules = append(group.Rules, rulefmt.Rule{Alert: alert, Labels: map[string]string{"severity": severity}})
	}
	return &rules.Rules{Groups: []rulefmt.RuleGroup{group}}
}

func TestNotifying(t *testing.T) {
	for name, tc := range map[string]struct {
		edit func(*Notifications)
		want string
		text string
	}{
		"an Alertmanager selects it": {
			edit: func(*Notifications) {}, want: "True/ConfigurationSelected",
			text: "Alertmanager monitoring/main selects the AlertmanagerConfig, for alerts of this namespace (OnNamespace), which ours are. Its events say if a Secret is missing.",
		},
		"several do, for all alerts": {
			edit: func(n *Notifications) {
				n.Uptake = discovery.Uptake{By: []string{"a/b", "c/d", "e/f"}, Strategy: "None"}
			}, want: "True/ConfigurationSelected",
			text: "Alertmanager a/b and 2 more selects the AlertmanagerConfig, for all alerts (None), and it matches only ours.",
		},
		"none does": {
			edit: func(n *Notifications) { n.Uptake = discovery.Uptake{Obstacle: "Alertmanager a/b is paused."} },
			want: "False/ConfigurationNotSelected", text: "Nobody is told of alerts: Alertmanager a/b is paused.",
		},
		"there is none": {
			edit: func(n *Notifications) { n.Uptake = discovery.Uptake{} },
			want: "False/NoAlertmanager", text: "the cluster has no Alertmanager of the Prometheus Operator",
		},
		"nobody knows": {
			edit: func(n *Notifications) { n.Uptake, n.Unknown = discovery.Uptake{}, "timeout" },
			want: "Unknown/AlertmanagersUnknown", text: "timeout",
		},
		"the Prometheus Operator refuses it": {
			edit: func(n *Notifications) { n.Rejected = "monitoring/main: no Secret\n\"slack\"" },
			want: "False/ConfigurationRejected", text: `The Prometheus Operator refuses the AlertmanagerConfig for Alertmanager monitoring/main: no Secret "slack"`,
		},
		"the Prometheus Operator has accepted it for one of two": {
			edit: func(n *Notifications) { n.Accepted, n.Rejected = "monitoring/main", "other/main: why" },
			want: "True/ConfigurationAccepted", text: "The Prometheus Operator has given the AlertmanagerConfig to Alertmanager monitoring/main.",
		},
		"the Prometheus Operator knows better than we": {
			edit: func(n *Notifications) {
				n.Accepted, n.Uptake = "monitoring/main", discovery.Uptake{Obstacle: "Alertmanager a/b is paused."}
			},
			want: "True/ConfigurationAccepted", text: "monitoring/main",
		},
		"it is not there": {
			edit: func(n *Notifications) { n.Missing = true }, want: "False/ConfigurationMissing", text: "the AlertmanagerConfig is not in the cluster",
		},
		"an older one is accepted, and could not be updated": {
			edit: func(n *Notifications) { n.Outdated, n.Accepted = true, "monitoring/main" }, want: "False/ConfigurationOutdated",
			text: "The AlertmanagerConfig could not be updated. An older version of it is in force: whom the spec names only since then is not told. Applied says why.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			part := Objects(monitor(), notified(tc.edit), now)
			c := find(part.Conditions, v1alpha1.ConditionNotifying)
			if c == nil {
				t.Fatal("there is no condition")
			}
			if got := string(c.Status) + "/" + c.Reason; got != tc.want {
				t.Errorf("condition is %s, want %s", got, tc.want)
			}
			if !strings.Contains(c.Message, tc.text) || strings.Contains(c.Message, "\n") {
				t.Errorf("message is %q, must hold %q", c.Message, tc.text)
			}
			if ready := find(part.Conditions, v1alpha1.ConditionReady); ready.Reason != v1alpha1.ReasonReady {
				t.Errorf("whom an Alertmanager listens to must not change readiness: %s", ready.Message)
			}
		})
	}
}

func TestNobodyToNotifyIsNoCondition(t *testing.T) {
	rm := monitor()
	rm.Status = shared(Objects(rm, notified(), earlier), HealthPart{})
	part := Objects(rm, done(), now)
	if c := find(part.Conditions, v1alpha1.ConditionNotifying); c != nil || len(part.Notifications) > 0 {
		t.Errorf("of nobody it is said: %v %v", c, part.Notifications)
	}
	if part.Same(rm.Status) {
		t.Error("what was said must be taken back")
	}
}

func TestRefusedSpecKeepsWhatWasSaidOfNotifications(t *testing.T) {
	rm := monitor()
	before := Objects(rm, notified(), earlier)
	rm.Status = shared(before, HealthPart{})
	part := Objects(rm, Outcome{Refused: &Refusal{v1alpha1.ReasonInvalidSpec, "why"}}, now)
	if d := cmp.Diff(before.Notifications, part.Notifications); d != "" {
		t.Errorf("notifications (-before +after):\n%s", d)
	}
	if c := find(part.Conditions, v1alpha1.ConditionNotifying); c == nil || c.Reason != v1alpha1.ReasonConfigurationSelected {
		t.Errorf("condition is %v", c)
	}
}

// TestAnUninstalledOperatorNotifiesNobody: its AlertmanagerConfigs go with it.
func TestAnUninstalledOperatorNotifiesNobody(t *testing.T) {
	for name, tc := range map[string]struct {
		edit func(*Notifications)
		want string
	}{
		"who was told is told no more":       {func(*Notifications) {}, v1alpha1.ReasonUninstalled},
		"who was not told is still not":      {func(n *Notifications) { n.Uptake = discovery.Uptake{} }, v1alpha1.ReasonNoAlertmanager},
		"who was told by an older one isn't": {func(n *Notifications) { n.Outdated = true }, v1alpha1.ReasonUninstalled},
		"of whom nothing was known it isn't": {func(n *Notifications) { n.Unknown = "why" }, v1alpha1.ReasonAlertmanagersUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			rm := monitor()
			rm.Status = shared(Objects(rm, notified(tc.edit), earlier), HealthPart{})
			objects, _ := Uninstalled(rm, now)
			if c := find(objects.Conditions, v1alpha1.ConditionNotifying); c == nil || c.Reason != tc.want {
				t.Errorf("condition is %v, want %s", c, tc.want)
			}
		})
	}
}

// TestTheEmbeddedSourceNotifiesNobody: alerts come from a Prometheus alone.
func TestTheEmbeddedSourceNotifiesNobody(t *testing.T) {
	o := notified(func(n *Notifications) { n.Missing = true })
	o.Embedded, o.MissingAPIs = true, []string{"AlertmanagerConfig"}
	part := Objects(monitor(), o, now)
	if c := find(part.Conditions, v1alpha1.ConditionPrerequisitesMet); c.Reason != v1alpha1.ReasonAPIsMissing {
		t.Errorf("prerequisites: %s, %s", c.Reason, c.Message)
	}
}

func TestReceiversOfAlerts(t *testing.T) {
	for name, tc := range map[string]struct {
		outcome Outcome
		want    []v1alpha1.NotificationReading
	}{
		"severities without alerts are left out": {
			outcome: notified(),
			want: []v1alpha1.NotificationReading{
				{Severity: "critical", Receivers: "on-call,team", Alerts: "RAGErrorBudgetBurn,RAGServiceDown"},
				{Severity: "warning", Receivers: "team", Alerts: "RAGErrorBudgetBurn,RAGLatencyHigh"},
			},
		},
		"an older AlertmanagerConfig has other routes": {outcome: notified(func(n *Notifications) { n.Outdated = true })},
		"nobody was asked for":                         {outcome: made()},
	} {
		t.Run(name, func(t *testing.T) {
			rm := monitor()
			part := Objects(rm, tc.outcome, now)
			if d := cmp.Diff(tc.want, part.Notifications); d != "" {
				t.Errorf("notifications (-want +got):\n%s", d)
			}
			rm.Status = shared(part, HealthPart{})
			if !Objects(rm, tc.outcome, now).Same(rm.Status) {
				t.Error("it would be written again")
			}
		})
	}
}

func TestEnumerated(t *testing.T) {
	for name, tc := range map[string]struct {
		length int
		want   string
	}{
		"all fit":      {100, "aaaa,bbbb,cccc"},
		"some fit":     {10, "aaaa,bbbb and 1 more"},
		"one fits":     {4, "aaaa and 2 more"},
		"none fits":    {3, "3 alerts"},
		"all just fit": {14, "aaaa,bbbb,cccc"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := enumerated([]string{"aaaa", "bbbb", "cccc"}, tc.length); got != tc.want {
				t.Errorf("it says %q, want %q", got, tc.want)
			}
		})
	}
}
