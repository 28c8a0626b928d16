package rules

import (
	"maps"
	"strconv"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
)

// RunbookBase is where the runbook pages are; the page of an alert has its name.
const RunbookBase = "https://github.com/ragmonitor/ragmonitor-operator/blob/main/docs/runbooks/"

// LabelSignal is the label of alerts that says what they are about.
const LabelSignal = "signal"

const (
	// annotationUID and annotationPanel are what Grafana reads to link an alert to its
	// panel.
	annotationUID   = "__dashboardUid__"
	annotationPanel = "__panelId__"
	// annotationBoard holds the link to the board, for whoever reads the alert elsewhere.
	annotationBoard = "dashboard_url"
)

// Unavailable is an alert that does not exist, because nothing feeds it.
type Unavailable struct {
	Alert string
	// Missing names the signals one of which it lacks.
	Missing string
}

// alerts expands the catalogue's alerts. Those that m switches off do not exist,
// nor do those whose series m does not record; these are unavailable.
func (c Catalogue) alerts(m model.Monitor, recorded Recorded) ([]rulefmt.Rule, []Unavailable, error) {
	var out []rulefmt.Rule
	var unavailable []Unavailable
	for _, a := range c.Alerts {
		if m.Alerts.ModeOf(a.Alert) == model.Off {
			continue
		}
		instances := a.instances(m)
		made := 0
		for _, i := range instances {
			rule, ok, err := a.expand(m, recorded, i)
			if err != nil {
				return nil, nil, err
			}
			if ok {
				c.link(rule)
				out = append(out, rule)
				made++
			}
		}
		if made == 0 && len(instances) > 0 {
			unavailable = append(unavailable, Unavailable{Alert: a.Alert, Missing: c.missing(m, a)})
		}
	}
	return append(out, c.customAlerts(m)...), unavailable, nil
}

// instance is one rule of an alert.
type instance struct {
	// having are the labels that the series must have, and the alert has.
	having map[string]string
	// extra are further labels of the alert.
	extra map[string]string
	// limit stands for "threshold"; numbers for other names.
	limit   limit
	numbers map[string]float64
	// series are names that stand for series of this instance.
	series map[string]string
	// window replaces every range of the expression, unless it is 0.
	window time.Duration
	// texts replace words in braces.
	texts map[string]string
	// severity instead of that of the alert, unless it is empty.
	severity string
}

// wishes say whether a rule is asked for.
var wishes = map[string]func(model.Monitor) bool{
	"":       func(model.Monitor) bool { return true },
	"money":  func(m model.Monitor) bool { return !pricesTokens(m) },
	"budget": func(m model.Monitor) bool { return m.Objectives.Budget != nil },
	"tokens": pricesTokens,
	"nodes":  func(m model.Monitor) bool { return m.NodeMetrics },
}

func (a Alert) instances(m model.Monitor) []instance {
	if !wishes[a.Only](m) {
		return nil
	}
	if a.Scope == ScopeSLO {
		return burns(m)
	}
	if a.Scope == ScopeMonitor {
		l, _ := a.limit(m, "")
		return []instance{{limit: l}}
	}
	var out []instance
	for _, s := range m.Objectives.Stages {
		if l, ok := a.limit(m, s.Stage); ok {
			out = append(out, instance{having: map[string]string{labelStage: s.Stage}, limit: l})
		}
	}
	return out
}

func (a Alert) expand(m model.Monitor, recorded Recorded, i instance) (rulefmt.Rule, bool, error) {
	var having []*labels.Matcher
	for label, value := range i.having {
		having = append(having, promql.Equal(label, value))
	}
	scope := ReadScope(m, recorded, having...)
	scope.Window = i.window
	read := scope.Resolve
	scope.Resolve = func(name string, matchers []*labels.Matcher) []promql.Alternative {
		if series, ok := i.series[name]; ok {
			name = series
		}
		return read(name, matchers)
	}
	scope.Numbers = map[string]float64{thresholdName: i.limit.value, windowName: m.Evaluation.Window.Seconds()}
	maps.Copy(scope.Numbers, i.numbers)
	expr, ok, err := a.Expr.Expand(scope)
	if err != nil || !ok {
		return rulefmt.Rule{}, false, err
	}
	override := m.Alerts.Overrides[a.Alert]
	rule := rulefmt.Rule{
		Alert:       a.Alert,
		Expr:        expr,
		For:         a.For,
		Labels:      a.labels(m, override, i),
		Annotations: a.annotations(m, i),
	}
	if override.For != nil {
		rule.For = promconfig.Duration(*override.For)
	}
	return rule, true, nil
}

// labels puts the operator's own labels last: a user's never replaces them.
func (a Alert) labels(m model.Monitor, override model.Override, i instance) map[string]string {
	out := with(m.Alerts.Labels)
	maps.Copy(out, override.Labels)
	maps.Copy(out, identity(m))
	maps.Copy(out, i.having)
	maps.Copy(out, i.extra)
	out["severity"] = firstNonEmpty(override.Severity, i.severity, a.Severity)
	out[LabelSignal] = a.Signal
	return out
}

func firstNonEmpty(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// annotations hold no text of a user.
func (a Alert) annotations(m model.Monitor, i instance) map[string]string {
	return map[string]string{
		"summary":       i.fill(a.Summary),
		"description":   i.fill(a.Description),
		"runbook_url":   RunbookBase + a.Alert + ".md",
		annotationUID:   naming.DashboardUID(m.Namespace, m.Name),
		annotationPanel: strconv.Itoa(a.Panel),
	}
}

// link adds the URL of the board, where Grafana's is known; of a panel of it, where the
// alert has one. Both are those that Grafana reads.
func (c Catalogue) link(rule rulefmt.Rule) {
	if c.grafana == "" {
		return
	}
	url := c.grafana + "/d/" + rule.Annotations[annotationUID]
	if panel := rule.Annotations[annotationPanel]; panel != "" {
		url += "?viewPanel=" + panel
	}
	rule.Annotations[annotationBoard] = url
}

// fill replaces the words in braces. What they are replaced by holds no braces.
func (i instance) fill(text string) string {
	text = strings.ReplaceAll(text, "{threshold}", i.limit.text)
	for word, meaning := range i.texts {
		text = strings.ReplaceAll(text, "{"+word+"}", meaning)
	}
	return text
}

// customDescription says how bad it is: the value is all that is known of it. The
// result of the expression need not have the labels that name the RAGMonitor.
func customDescription(m model.Monitor) string {
	return "The expression of this alert of " + m.Namespace + "/" + m.Name + " has the value {{ $value | humanize }}."
}

// customAlerts are the user's own. Their expressions are bound to the namespace
// already; their texts hold no templates, which admission sees to.
func (c Catalogue) customAlerts(m model.Monitor) []rulefmt.Rule {
	var out []rulefmt.Rule
	for _, a := range m.Alerts.Custom {
		if a.Mode == model.Off {
			continue
		}
		rule := rulefmt.Rule{
			Alert:  a.Name,
			Expr:   a.Expr,
			For:    promconfig.Duration(a.For),
			Labels: customLabels(m, a),
			Annotations: map[string]string{
				"summary":     a.Summary,
				"description": customDescription(m),
				annotationUID: naming.DashboardUID(m.Namespace, m.Name),
			},
		}
		c.link(rule)
		out = append(out, rule)
	}
	return out
}

func customLabels(m model.Monitor, a model.CustomAlert) map[string]string {
	out := with(m.Alerts.Labels)
	maps.Copy(out, a.Labels)
	maps.Copy(out, identity(m))
	out["severity"] = a.Severity
	out[LabelSignal] = a.Signal
	return out
}
