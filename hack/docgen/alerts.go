package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/ragmonitor/ragmonitor-operator/internal/dashboards"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// objectiveFields say where in spec.objectives each objective is set.
var objectiveFields = map[rules.Objective][]string{
	"latencyP95":          {"latency", "p95"},
	"timeToFirstTokenP95": {"latency", "timeToFirstTokenP95"},
	"stageP95":            {"stages"},
	"errorRatio":          {"errorRatio"},
	"cacheHitRatio":       {"cacheHitRatio"},
	"costPerDay":          {"cost", "perDayUSD"},
	"costPerRequestP95":   {"cost", "perRequestP95USD"},
	"rateLimitRemaining":  {"rateLimitRemaining"},
	"relevanceP50":        {"relevanceP50"},
	"contextPrecisionP50": {"contextPrecisionP50"},
}

// unitNames are the units of thresholds, as people read them.
var unitNames = map[string]string{
	"":        "",
	"ratio":   "ratio, 0 to 1",
	"seconds": "seconds",
	"usd":     "US dollars",
	"count":   "number",
	"times":   "times",
}

// alertsPage lists the alerts.
func (s sources) alertsPage() (string, error) {
	p := newPage("Alerts")
	p.part("alerts-intro")
	if err := p.alertTable(s, s.rules.Alerts); err != nil {
		return "", err
	}
	p.part("alerts-tuning")
	p.part("alerts-nodes")
	p.nodeTable(s.rules.NodeAlerts)
	p.part("alerts-operator")
	p.operatorTable(s.operator)
	p.heading(2, "Each alert")
	p.block("`threshold` stands for the number, in the unit given; `{threshold}` in the text for the same as people read it. What begins with `ragmonitor:` is explained in [metrics.md](metrics.md).")
	for _, a := range s.rules.Alerts {
		p.alert(a, titleOf(s.board, a.Panel))
	}
	for _, a := range s.rules.NodeAlerts {
		p.alert(a, titleOf(s.nodes, a.Panel))
	}
	for _, a := range s.operator {
		p.operatorAlert(a)
	}
	return p.String(), nil
}

func (p *page) alertTable(s sources, alerts []rules.Alert) error {
	var rows [][]string
	for _, a := range alerts {
		l, err := s.limitOf(a)
		if err != nil {
			return fmt.Errorf("alert %s: %w", a.Alert, err)
		}
		rows = append(rows, []string{runbook(a), severity(a), code(a.Signal), a.For.String(), l.value, l.unit, l.field, needs(s.rules, a)})
	}
	p.table([]string{"Alert", "Severity", "Label `signal`", "Must hold for", "Threshold", "Unit", "Set in `spec`", "Needs the signals"}, rows)
	return nil
}

func (p *page) nodeTable(alerts []rules.Alert) {
	var rows [][]string
	for _, a := range alerts {
		row := []string{runbook(a), a.Severity, a.For.String(), "", ""}
		if a.Threshold != nil {
			row[3], row[4] = number(a.Threshold.Value), unitNames[a.Threshold.Unit]
		}
		rows = append(rows, row)
	}
	p.table([]string{"Alert", "Severity", "Must hold for", "Threshold", "Unit"}, rows)
}

func runbook(a rules.Alert) string { return fmt.Sprintf("[%s](runbooks/%s.md)", a.Alert, a.Alert) }

// severity is that of the rule, but for SLOs: there every pair of windows has its own.
func severity(a rules.Alert) string {
	if a.Scope == rules.ScopeSLO {
		return "critical for the fast pairs of windows, warning for the slow ones"
	}
	return a.Severity
}

// needs lists the signals that an alert reads: all of them, and one of those that
// are joined by "or". What follows from another one is left out.
func needs(c rules.Catalogue, a rules.Alert) string {
	all := c.Needs(a.Alert)
	var out []string
	for i, one := range all {
		implied := func(j int, other []vocabulary.Signal) bool {
			return i != j && len(other) < len(one) && !slices.ContainsFunc(other, func(s vocabulary.Signal) bool { return !slices.Contains(one, s) })
		}
		follows := false
		for j, other := range all {
			follows = follows || implied(j, other)
		}
		if !follows {
			out = append(out, strings.ReplaceAll(codes(one), ", ", " or "))
		}
	}
	for _, metric := range c.Measures(a.Alert) {
		out = append(out, "the metric "+code(metric))
	}
	return strings.Join(out, "; ")
}

// limitText is the threshold of an alert, as the table shows it.
type limitText struct{ value, unit, field string }

func (s sources) limitOf(a rules.Alert) (limitText, error) {
	unit, ok := unitNames[a.Unit()]
	if !ok {
		return limitText{}, fmt.Errorf("unit %q is not known to docgen: add it to unitNames", a.Unit())
	}
	switch {
	case a.Scope == rules.ScopeSLO:
		return limitText{value: "burn rate, see [slo.md](slo.md)", field: code("slos")}, nil
	case a.Objective != "":
		field, value, err := s.objective(a.Objective)
		return limitText{value: value, unit: unit, field: field}, err
	case a.Threshold != nil:
		return limitText{value: number(a.Threshold.Value), unit: unit, field: code("alerts.overrides[].threshold")}, nil
	default:
		return limitText{}, nil
	}
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (p *page) alert(a rules.Alert, panel string) {
	p.heading(3, a.Alert)
	when := "Fires as soon as this holds:"
	if a.For > 0 {
		when = fmt.Sprintf("Fires when this holds for %s:", a.For)
	}
	p.block("%s", when)
	p.code("promql", a.Expr.String())
	p.block("It says: %s", code(a.Description))
	if panel != "" {
		p.block("Panel of the board: *%s*. What to do: [runbook](runbooks/%s.md).", panel, a.Alert)
		return
	}
	p.block("What to do: [runbook](runbooks/%s.md).", a.Alert)
}

// titleOf is empty for a panel that a board does not have.
func titleOf(board dashboards.Catalogue, id int) string {
	i := slices.IndexFunc(board, func(p dashboards.Panel) bool { return p.ID == id })
	if i < 0 {
		return ""
	}
	return board[i].Title
}

// objective returns the field of an objective and its default.
func (s sources) objective(name rules.Objective) (field, value string, err error) {
	path, ok := objectiveFields[name]
	if !ok {
		return "", "", fmt.Errorf("objective %q is not known to docgen: add its field to objectiveFields", name)
	}
	at := s.version.Schema.OpenAPIV3Schema.Properties["spec"].Properties["objectives"]
	for _, step := range path {
		if at, ok = at.Properties[step]; !ok {
			return "", "", fmt.Errorf("objective %q: the CRD has no field %s", name, strings.Join(path, "."))
		}
	}
	value, err = readable(at.Default)
	return code("objectives." + strings.Join(path, ".")), value, err
}

// readable prints a default for people; that of the stages is a list.
func readable(value *apiextensionsv1.JSON) (string, error) {
	if value == nil {
		return "none", nil
	}
	var stages []struct{ Name, P95 string }
	if json.Unmarshal(value.Raw, &stages) == nil {
		var out []string
		for _, stage := range stages {
			out = append(out, stage.Name+" "+stage.P95)
		}
		return strings.Join(out, ", "), nil
	}
	var plain any
	if err := json.Unmarshal(value.Raw, &plain); err != nil {
		return "", fmt.Errorf("read default %s: %w", value.Raw, err)
	}
	return fmt.Sprint(plain), nil
}
