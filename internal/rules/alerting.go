package rules

import (
	"maps"
	"strconv"
	"strings"

	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
)

// RunbookBase is where the runbook pages are; the page of an alert has its name.
const RunbookBase = "https://github.com/ragmonitor/ragmonitor-operator/blob/main/docs/runbooks/"

// alerts expands the catalogue's alerts. Those that m switches off, and those
// whose series m does not record, do not exist.
func (c Catalogue) alerts(m model.Monitor, recorded Recorded) ([]rulefmt.Rule, error) {
	var out []rulefmt.Rule
	for _, a := range c.Alerts {
		if !m.Alerts.Notifies(a.Alert) {
			continue
		}
		for _, stage := range alertStages(a.Scope, m) {
			rule, ok, err := a.expand(m, recorded, stage)
			if err != nil {
				return nil, err
			}
			if ok {
				out = append(out, rule)
			}
		}
	}
	return out, nil
}

func alertStages(scope Scope, m model.Monitor) []string {
	if scope != ScopeStage {
		return []string{""}
	}
	stages := make([]string, 0, len(m.Objectives.Stages))
	for _, s := range m.Objectives.Stages {
		stages = append(stages, s.Stage)
	}
	return stages
}

func (a Alert) expand(m model.Monitor, recorded Recorded, stage string) (rulefmt.Rule, bool, error) {
	limit, ok := a.Objective.of(m.Objectives, stage)
	if !ok {
		return rulefmt.Rule{}, false, nil
	}
	having := map[string]string{}
	if stage != "" {
		having["stage"] = stage
	}
	scope := ReadScope(m, recorded, having)
	scope.Numbers = map[string]float64{objectiveName: limit.value}
	expr, ok, err := promql.Expand(a.Expr, scope)
	if err != nil || !ok {
		return rulefmt.Rule{}, false, err
	}
	override := m.Alerts.Overrides[a.Alert]
	rule := rulefmt.Rule{
		Alert:       a.Alert,
		Expr:        expr,
		For:         a.For,
		Labels:      a.labels(m, override, stage),
		Annotations: a.annotations(m, limit),
	}
	if override.For != nil {
		rule.For = promconfig.Duration(*override.For)
	}
	return rule, true, nil
}

// labels puts the operator's own labels last: a user's never replaces them.
func (a Alert) labels(m model.Monitor, override model.Override, stage string) map[string]string {
	out := maps.Clone(m.Alerts.Labels)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, identity(m))
	out["severity"] = a.Severity
	if override.Severity != "" {
		out["severity"] = override.Severity
	}
	if stage != "" {
		out["stage"] = stage
	}
	return out
}

// annotations hold no text of a user. Grafana reads the two with underscores to
// link an alert to its panel.
func (a Alert) annotations(m model.Monitor, l limit) map[string]string {
	text := strings.NewReplacer("{objective}", l.text)
	return map[string]string{
		"summary":          text.Replace(a.Summary),
		"description":      text.Replace(a.Description),
		"runbook_url":      RunbookBase + a.Alert + ".md",
		"__dashboardUid__": naming.DashboardUID(m.Namespace, m.Name),
		"__panelId__":      strconv.Itoa(a.Panel),
	}
}
