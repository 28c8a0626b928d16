package rules_test

import (
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

// played is what the alerts did while a case was played.
type played struct {
	engine

	// start is when the case began; all other times are since then.
	start, end time.Duration
	firing     map[time.Duration]names
	alerts     map[time.Duration]map[string][]*rules.Alert
}

const (
	caseStep = time.Minute
	// coarse is how often rules are evaluated where only averages matter, or
	// nothing happens.
	coarse = 5 * time.Minute
)

// play evaluates the rules over the series of one case, changed by happens. Where
// alerts or series are named, it leaves out the rules that they do not read.
func (tc alertCases) play(t *testing.T, load string, happens func([]timeSeries) []timeSeries, wanted ...string) played {
	t.Helper()
	var components []string
	for _, c := range fixture.RAGMonitor(t, tc.monitor).Spec.Components {
		components = append(components, c.Name)
	}
	e := newEngineAt(t, tc.monitor, time.Unix(0, 0), wanted...)
	if tc.before != "" {
		past := withUp(t, parseSeries(t, tc.before, components[0]), components)
		e.store(0, caseStep, past)
		for at := time.Duration(0); at <= time.Duration(steps(past))*caseStep; at += coarse {
			e.runAt(at)
		}
	}
	now := parseSeries(t, load, components[0])
	if happens != nil {
		now = happens(now)
	}
	now = withUp(t, now, components)
	e.store(tc.after, caseStep, now)
	p := played{
		engine: e, start: tc.after, end: time.Duration(steps(now)) * caseStep,
		firing: map[time.Duration]names{}, alerts: map[time.Duration]map[string][]*rules.Alert{},
	}
	for at := time.Duration(0); at <= p.end; at += caseStep {
		e.runAt(p.start + at)
		p.firing[at], p.alerts[at] = e.firing(), e.active()
	}
	return p
}

// first is when the alert fired first, or after the end.
func (p played) first(alert string) time.Duration {
	at := time.Duration(0)
	for at <= p.end && !p.firing[at].has(alert) {
		at += caseStep
	}
	return at
}

// silent lists when the alert did not fire.
func (p played) silent(alert string, since, until time.Duration) []time.Duration {
	var out []time.Duration
	for at := since; at <= until; at += caseStep {
		if !p.firing[at].has(alert) {
			out = append(out, at)
		}
	}
	return out
}

// rules are those that the alert has.
func (e engine) rules(alert string) []*rules.AlertingRule {
	var out []*rules.AlertingRule
	for _, g := range e.groups {
		for _, rule := range g.AlertingRules() {
			if rule.Name() == alert {
				out = append(out, rule)
			}
		}
	}
	return out
}

// nearby is how far from the threshold, as a share of it, "just" over and "just"
// under may be.
const nearby = 0.1

// checkMargin sees to it that the value of the case is near to what the alert
// compares with, and that there is a value: an alert would be silent without, too.
// What is compared with nought, or with nothing, is there or not, without a margin.
func (p played) checkMargin(t *testing.T, alert string, at time.Duration) {
	t.Helper()
	var seen []float64
	for _, rule := range p.rules(alert) {
		first := firstComparison(rule.Query())
		if first == nil {
			return
		}
		if number, ok := first.RHS.(*parser.NumberLiteral); ok && number.Val == 0 {
			return
		}
		value, ok := p.value(first.LHS.String(), p.start+at)
		threshold, known := p.value(first.RHS.String(), p.start+at)
		// What is counted one by one cannot come nearer than by one.
		if ok && known && (math.Abs(value/threshold-1) <= nearby || value == math.Round(value) && math.Abs(value-threshold) <= 1) {
			return
		}
		seen = append(seen, value, threshold)
	}
	t.Errorf("values and thresholds after %s are %v: none are within %v of each other", at, seen, nearby)
}

// firstComparison is the leftmost comparison of an expression.
func firstComparison(expr parser.Expr) *parser.BinaryExpr {
	binary, ok := expr.(*parser.BinaryExpr)
	if !ok || binary.Op.IsComparisonOperator() {
		return binary
	}
	return firstComparison(binary.LHS)
}

var labelInText = regexp.MustCompile(`\$labels\.(\w+)`)

// checkTexts sees to it that every text of an alert is filled in, from the labels of
// the expression's result, which are all that Prometheus gives a text. And that
// nobody is paged about the wrong RAGMonitor.
func (p played) checkTexts(t *testing.T, alert string, at time.Duration) {
	t.Helper()
	for _, a := range p.alerts[at][alert] {
		if a.Labels.Get("namespace") != "rag" || a.Labels.Get("ragmonitor") != "support-bot" || a.Labels.Get("severity") == "" {
			t.Errorf("labels are %s", a.Labels)
		}
		for _, name := range []string{"summary", "description"} {
			text := a.Annotations.Get(name)
			if text == "" || strings.ContainsAny(text, "{}<") || strings.Contains(text, "%!") {
				t.Errorf("%s is %q", name, text)
			}
		}
		if got, want := a.Annotations.Get("runbook_url"), "/docs/runbooks/"+alert+".md"; !strings.HasSuffix(got, want) {
			t.Errorf("runbook is %q, must end in %s", got, want)
		}
	}
	for _, rule := range p.rules(alert) {
		for _, sample := range p.vector(rule.Query().String(), p.start+at) {
			for _, found := range labelInText.FindAllStringSubmatch(rule.Annotations().String(), -1) {
				if sample.Metric.Get(found[1]) == "" {
					t.Errorf("a text names the label %s, which the result does not have: %s", found[1], sample.Metric)
				}
			}
		}
	}
}
