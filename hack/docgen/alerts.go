package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/ragmonitor/ragmonitor-operator/internal/dashboards"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// objectiveFields say where in spec.objectives each objective is set.
var objectiveFields = map[rules.Objective][]string{
	"latencyP95":         {"latency", "p95"},
	"stageP95":           {"stages"},
	"errorRatio":         {"errorRatio"},
	"cacheHitRatio":      {"cacheHitRatio"},
	"costPerDay":         {"cost", "perDayUSD"},
	"costPerRequestP95":  {"cost", "perRequestP95USD"},
	"rateLimitRemaining": {"rateLimitRemaining"},

	"relevanceP50":        {"relevanceP50"},
	"contextPrecisionP50": {"contextPrecisionP50"},
}

// alertsPage lists the alerts.
func (s sources) alertsPage() (string, error) {
	p := newPage("Alerts")
	p.block("Every RAGMonitor gets these alerts. There are few of them on purpose: each one is about something that users or the bill will notice, and each has a runbook.")
	p.block("An alert exists when the vocabulary of some component has what it reads; one about a stage, once for each such stage that has an objective. While your application does not expose it, the alert cannot fire. `kubectl get prometheusrule <name>-rules -o yaml` shows those that your RAGMonitor has.")
	if err := p.alertTable(s); err != nil {
		return "", err
	}
	p.alertTuning()
	for _, a := range s.rules.Alerts {
		p.alert(a, s.panelTitle(a.Panel))
	}
	return p.String(), nil
}

func (p *page) alertTable(s sources) error {
	var rows [][]string
	for _, a := range s.rules.Alerts {
		field, value, err := s.objective(a.Objective)
		if err != nil {
			return fmt.Errorf("alert %s: %w", a.Alert, err)
		}
		rows = append(rows, []string{
			fmt.Sprintf("[%s](runbooks/%s.md)", a.Alert, a.Alert), a.Severity, a.For.String(), field, value,
		})
	}
	p.table([]string{"Alert", "Severity", "Must hold for", "Objective in `spec.objectives`", "Default"}, rows)
	return nil
}

func (p *page) alertTuning() {
	p.heading(2, "Change them")
	p.block("Move the threshold by the objective, not by a rule of your own: the board and the health in `kubectl get` then move with it. What else can be changed:")
	p.code("yaml", `spec:
  objectives:
    latency: {p95: 3s}            # the threshold of RAGLatencyHigh
  alerts:
    labels: {team: search}        # on every alert, to route it
    overrides:
      - {alert: RAGLatencyHigh, severity: critical, for: 10m}
      - {alert: RAGCacheHitRatioLow, mode: "Off"}`)
	p.block("`alerts.mode: \"Off\"` leaves out all alerts but those whose override says `mode: Notify`. Recorded series, board and health stay. Quote `\"Off\"`, because YAML would read it as false.")
	p.block("Every alert carries the labels `namespace`, `ragmonitor`, `severity`, your own, and where it is about one, `component` or `stage`. Its annotations are `summary`, `description`, `runbook_url`, and the two by which Grafana links it to its panel.")
	p.block("An alert of your own that has the labels `namespace` and `ragmonitor` is counted in the column ALERTS too, and makes the health Critical when its `severity` is `critical`.")
}

func (p *page) alert(a rules.Alert, panel string) {
	p.heading(2, a.Alert)
	p.block("Fires when this holds for %s; `objective` is the number in `spec.objectives`, in base units:", a.For)
	p.code("promql", a.Expr)
	p.block("It says, with `{objective}` filled in: %s", code(a.Description))
	p.block("Panel of the board: *%s*. What to do: [runbook](runbooks/%s.md).", panel, a.Alert)
}

func (s sources) panelTitle(id int) string {
	i := slices.IndexFunc(s.board, func(p dashboards.Panel) bool { return p.ID == id })
	if i < 0 {
		return "none"
	}
	return s.board[i].Title
}

// objective returns the field of an objective and its default, both "" for an alert
// that watches none.
func (s sources) objective(name rules.Objective) (field, value string, err error) {
	if name == "" {
		return "", "", nil
	}
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
	return code(strings.Join(path, ".")), value, err
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
