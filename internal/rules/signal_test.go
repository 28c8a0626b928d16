package rules_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// TestSignalsOfCriticalAlerts are who is silent while a critical alert fires: each
// must say no more than that one does.
func TestSignalsOfCriticalAlerts(t *testing.T) {
	silenced := map[string][]string{}
	for _, critical := range fixture.Rules(t).Alerts {
		if critical.Severity != "critical" {
			continue
		}
		silenced[critical.Alert] = nil
		for _, other := range fixture.Rules(t).Alerts {
			if other.Signal == critical.Signal && other.Severity != "critical" {
				silenced[critical.Alert] = append(silenced[critical.Alert], other.Alert)
			}
		}
	}
	want := map[string][]string{
		"RAGServiceDown":            {"RAGTargetsDown", "RAGComponentAbsent"},
		"RAGRequestsStuck":          {"RAGTrafficDrop"},
		"RAGBudgetSpent":            {"RAGBudgetForecastHigh"},
		"RAGErrorRatioHigh":         nil,
		"RAGPipelineErrorRatioHigh": nil,
		"RAGDiskHigh":               nil,
	}
	if d := cmp.Diff(want, silenced); d != "" {
		t.Errorf("silenced alerts (-want +got):\n%s", d)
	}
}

// alertsOf are the alerting rules of a RAGMonitor with every kind of alert.
func alertsOf(t *testing.T, c rules.Catalogue) map[string]map[string]string {
	t.Helper()
	built, err := c.Build(fixture.Monitor(t, fixture.Minimal+`
  slos: [{name: availability, objective: "99"}]
  alerts: {custom: [{name: Own, expression: up, summary: x}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	return annotationsOf(built.Groups...)
}

func alertsOnNodes(t *testing.T, c rules.Catalogue) map[string]map[string]string {
	t.Helper()
	group, err := c.NodeGroup("ragmonitor-system", ours())
	if err != nil {
		t.Fatal(err)
	}
	return annotationsOf(group)
}

// annotationsOf are those of every alert.
func annotationsOf(groups ...rulefmt.RuleGroup) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, g := range groups {
		for _, r := range g.Rules {
			if r.Alert != "" {
				out[r.Alert] = r.Annotations
			}
		}
	}
	return out
}

func TestAlertsLinkToTheBoard(t *testing.T) {
	board := "/d/" + naming.DashboardUID("rag", "support-bot")
	for name, url := range map[string]string{"with a slash": "https://grafana.example.com/team/", "without one": "https://grafana.example.com/team"} {
		t.Run(name, func(t *testing.T) {
			for alert, annotations := range alertsOf(t, fixture.Rules(t).WithGrafana(url)) {
				want := "https://grafana.example.com/team" + board
				if panel := annotations["__panelId__"]; panel != "" {
					want += "?viewPanel=" + panel
				}
				if got := annotations["dashboard_url"]; got != want {
					t.Errorf("%s links to %q, must to %q", alert, got, want)
				}
			}
		})
	}
}

func TestAlertsOnNodesLinkToTheirBoard(t *testing.T) {
	for alert, annotations := range alertsOnNodes(t, fixture.Rules(t).WithGrafana("https://grafana.example.com")) {
		want := "https://grafana.example.com/d/" + naming.NodeBoardUID + "?viewPanel=" + annotations["__panelId__"]
		if got := annotations["dashboard_url"]; got != want {
			t.Errorf("%s links to %q, must to %q", alert, got, want)
		}
	}
}

func TestAlertsLinkNowhereWithoutGrafana(t *testing.T) {
	all := alertsOf(t, fixture.Rules(t))
	maps.Copy(all, alertsOnNodes(t, fixture.Rules(t)))
	for alert, annotations := range all {
		if got, ok := annotations["dashboard_url"]; ok {
			t.Errorf("%s links to %q", alert, got)
		}
	}
}

// TestAlertsSayWhatAndHowBad: whoever gets a webhook has nothing but these.
func TestAlertsSayWhatAndHowBad(t *testing.T) {
	for alert, annotations := range alertsOf(t, fixture.Rules(t)) {
		if annotations["summary"] == "" || annotations["description"] == "" {
			t.Errorf("%s says %q and %q", alert, annotations["summary"], annotations["description"])
		}
		runbook := strings.HasPrefix(annotations["runbook_url"], "https://")
		if own := slices.Contains([]string{"Own"}, alert); own == runbook {
			t.Errorf("%s has the runbook %q", alert, annotations["runbook_url"])
		}
	}
}
