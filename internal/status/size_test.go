package status

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// maxStatus is how large a status may become, in bytes of JSON.
const maxStatus = 8 << 10

// long is a name of the greatest length, ending in a number.
func long(i int) string { return strings.Repeat("n", 61) + fmt.Sprintf("%02d", i) }

// largest is a RAGMonitor with as many and as long names as the CRD allows.
func largest() *v1alpha1.RAGMonitor {
	rm := monitor()
	rm.Namespace, rm.Name = strings.Repeat("s", 63), strings.Repeat("m", 63)
	for i := range 16 {
		rm.Spec.Components = append(rm.Spec.Components, v1alpha1.Component{Name: long(i)})
	}
	for i := range 8 {
		rm.Spec.SLOs = append(rm.Spec.SLOs, v1alpha1.SLO{Name: long(i)})
	}
	return rm
}

// largestRules are those of a RAGMonitor that feeds no alert, and whose SLOs are all
// measured at several bounds.
func largestRules(t *testing.T, rm *v1alpha1.RAGMonitor) *rules.Rules {
	t.Helper()
	out := &rules.Rules{Thresholds: map[string]rules.Bounds{}}
	for _, a := range fixture.Rules(t).Alerts {
		out.Unavailable = append(out.Unavailable, rules.Unavailable{Alert: a.Alert, Missing: strings.Repeat("m", 128)})
	}
	for _, slo := range rm.Spec.SLOs {
		out.Thresholds[slo.Name] = rules.Bounds{Low: 0.1234, High: 0.25678}
	}
	return out
}

// largestNotified has as many alerts as there may be, which reach as many receivers as
// they may, or nobody.
func largestNotified(outcome *Outcome, uptake Notifications) {
	receivers := []string{long(0), long(1), long(2), long(3)}
	severities := map[string]string{}
	for i := range 16 {
		severities["Own"+long(i)[3:]] = "critical"
	}
	for i := range 33 {
		severities["RAG"+long(i)[20:]] = []string{"warning", "info"}[i%2]
	}
	outcome.Rules.Groups = alerting(severities).Groups
	uptake.Routes = []model.Route{{Severity: "critical", Receivers: receivers}, {Severity: "warning", Receivers: receivers}, {Severity: "info", Receivers: receivers}}
	outcome.Notifications = &uptake
}

// largestHealth has the longest figures and names that can be shown.
func largestHealth(rm *v1alpha1.RAGMonitor) HealthPart {
	r := measured()
	for i := range 100 {
		alert := "An" + long(i)[2:]
		r.MissingInputs[alert], r.BurnInPages[alert] = strings.Repeat("é", 200), 1e9+float64(i)
	}
	r.Budgets, r.BurnRates = map[string]float64{}, map[string]float64{}
	for _, slo := range rm.Spec.SLOs {
		r.Budgets[slo.Name], r.BurnRates[slo.Name] = -12_345.6, 123_456.7
	}
	r.Stages = nil
	for i := range 16 {
		time := 0.123 - float64(i)/1e5
		r.Stages = append(r.Stages, health.Stage{
			Name: long(i), Share: 0.0623 - float64(i)/1e5, TimePerRequest: &time, P95: new(123.4), Mean: &time, Baseline: new(time / 12), ErrorRatio: new(0.0123),
		})
	}
	o := judged(rm, r)
	o.Objectives.Stages = nil
	o.Verdict.Reason, o.Verdict.Components = v1alpha1.ReasonTargetsDown, nil
	for _, c := range rm.Spec.Components {
		o.Verdict.Components = append(o.Verdict.Components, c.Name)
		o.Problems = append(o.Problems, v1alpha1.TargetProblem{Component: c.Name, Reason: v1alpha1.TargetNoServiceMatches, Message: strings.Repeat("é", 128)})
	}
	o.Cost = &v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: strings.Repeat("1", 32), MonthUSD: strings.Repeat("1", 32), BudgetSpent: "12345.678901234%", BudgetExceededOn: "2026-11-27"}
	return Health(rm, o, now)
}

func TestStatusStaysSmall(t *testing.T) {
	rm := largest()
	var children []string
	for i := range 18 {
		children = append(children, fmt.Sprintf("ServiceMonitor %s/%s", rm.Namespace, long(i)))
	}
	elsewhere := NodeExporter{State: NodeExporterExternal, Running: true, Detail: "DaemonSet " + strings.Repeat("s", 63) + "/" + strings.Repeat("d", 253)}
	blocked := NodeExporter{
		State: NodeExporterOurs, Detail: elsewhere.Detail,
		Problem: "port 65535 of node " + strings.Repeat("n", 253) + " is taken by Pod " + strings.Repeat("s", 63) + "/" + strings.Repeat("p", 253),
	}
	for name, outcome := range map[string]Outcome{
		"when all went well":                    {NodeMetrics: v1alpha1.NodeMetricsIfAvailable, NodeExporter: elsewhere},
		"when ports of nodes are taken":         {Embedded: true, NodeMetrics: v1alpha1.NodeMetricsRequired, NodeExporter: blocked},
		"when the name of every child is taken": {Conflicts: children, NodeMetrics: v1alpha1.NodeMetricsIfAvailable, NodeExporter: elsewhere},
		"when every child is refused at length": {Failures: []string{strings.Repeat("x", 1<<20)}, NodeExporter: elsewhere},
		"when the APIs are missing besides":     {MissingAPIs: []string{"ServiceMonitor", "PrometheusRule"}, Conflicts: children, NodeExporter: elsewhere},
		"when somebody is to be told of much":   {Notifications: &Notifications{Uptake: discovery.Uptake{Obstacle: strings.Repeat("x", 1000)}}, NodeExporter: elsewhere},
		"when nobody can be told of much":       {Notifications: &Notifications{Rejected: strings.Repeat("x", 1<<20)}, Failures: []string{strings.Repeat("x", 1<<20)}, NodeExporter: elsewhere},
		"when the spec is refused at length":    {Refused: &Refusal{v1alpha1.ReasonInvalidSpec, strings.Repeat("x", 1<<20)}},
	} {
		t.Run(name, func(t *testing.T) {
			if outcome.Refused == nil {
				outcome.Rules = largestRules(t, rm)
			}
			if outcome.Notifications != nil {
				largestNotified(&outcome, *outcome.Notifications)
			}
			rm := rm.DeepCopy()
			objects := Objects(rm, outcome, now)
			rm.Status = shared(objects, HealthPart{})
			health := largestHealth(rm)
			rm.Status = shared(objects, health)
			data, err := json.Marshal(rm.Status)
			if err != nil {
				t.Fatal(err)
			}
			if len(data) > maxStatus {
				t.Errorf("status has %d bytes, must have at most %d", len(data), maxStatus)
			}
			// Where two children are refused at length and all names are, that matters more.
			crowded := outcome.Notifications != nil && outcome.Failures != nil
			if outcome.Refused == nil && len(objects.Unavailable) == 0 && !crowded {
				t.Error("nothing is said of alerts")
			}
			if outcome.Notifications != nil && len(objects.Notifications) == 0 && !crowded {
				t.Error("nothing is said of receivers")
			}
			if len(health.Problems) == 0 || health.Cost == nil || len(health.Stages) != 4 || health.Bottleneck == nil {
				t.Error("something that matters is left out")
			}
			if !Objects(rm, outcome, now).Same(rm.Status) || !largestHealth(rm).Same(rm.Status) {
				t.Error("it would be written again")
			}
		})
	}
}

// TestAnUsualStatusIsNotShortened: only names of the greatest length are.
func TestAnUsualStatusIsNotShortened(t *testing.T) {
	rm := watched()
	outcome := done()
	outcome.Rules = &rules.Rules{}
	r := measured()
	for i, a := range fixture.Rules(t).Alerts {
		if i%2 == 0 {
			outcome.Rules.Unavailable = append(outcome.Rules.Unavailable, rules.Unavailable{Alert: a.Alert, Missing: "documentsRetrieved or retrievals"})
			continue
		}
		r.MissingInputs[a.Alert] = "gen_ai_client_operation_duration_seconds"
		r.BurnInPages[a.Alert] = 12
	}
	objects, health := Objects(rm, outcome, now), Health(rm, seen(slow(), r), now)
	for _, a := range objects.Unavailable {
		if a.Missing != "documentsRetrieved or retrievals" {
			t.Errorf("%s misses %q", a.Alert, a.Missing)
		}
	}
	if got, want := len(objects.Unavailable), len(outcome.Rules.Unavailable); got != want {
		t.Errorf("%d alerts that no vocabulary feeds, want %d", got, want)
	}
	if got, want := len(health.Unavailable), len(r.MissingInputs); got != want {
		t.Errorf("%d alerts that miss a metric, want %d", got, want)
	}
	// One of measured would never have fired.
	if got, want := len(health.BurnIn), len(r.BurnInPages)-1; got != want {
		t.Errorf("%d alerts in mode BurnIn, want %d", got, want)
	}
}

func TestHealthOfASpecRefusedAtLengthStaysSmall(t *testing.T) {
	part := Health(largest(), seen(health.InvalidSpec(strings.Repeat("x", 1<<20)), health.Readings{}), now)
	data, err := json.Marshal(part)
	if err != nil {
		t.Fatal(err)
	}
	// The rest of the status is for what concerns the objects.
	if len(data) > healthShare {
		t.Errorf("part has %d bytes, must have at most %d", len(data), healthShare)
	}
}
