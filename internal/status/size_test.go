package status

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
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

// largestHealth has the longest figures and names that can be shown.
func largestHealth(rm *v1alpha1.RAGMonitor) HealthPart {
	r := measured()
	r.Budgets = map[string]float64{}
	for _, slo := range rm.Spec.SLOs {
		r.Budgets[slo.Name] = -12_345.6
	}
	r.Stages = nil
	limits := model.Objectives{}
	for i := range 16 {
		stage := health.Stage{Name: long(i), Share: 0.0123 - float64(i)/1e5, P95: new(123.4)}
		r.Stages = append(r.Stages, stage)
		limits.Stages = append(limits.Stages, model.StageObjective{Stage: stage.Name, P95: 59*time.Minute + 59*time.Second})
	}
	return Health(rm, health.Verdict{
		Health: v1alpha1.HealthDegraded, DataAvailable: true, Reason: v1alpha1.ReasonStageLatencyHigh,
		Message:    "The 95th percentile of stage " + long(0) + " is above its objective of 59m59.999999s.",
		Bottleneck: &r.Stages[0],
	}, r, limits, now)
}

func TestStatusStaysSmall(t *testing.T) {
	rm := largest()
	var children []string
	for i := range 18 {
		children = append(children, fmt.Sprintf("ServiceMonitor %s/%s", rm.Namespace, long(i)))
	}
	elsewhere := NodeExporter{State: NodeExporterExternal, Running: true, Detail: "DaemonSet " + strings.Repeat("s", 63) + "/" + strings.Repeat("d", 253)}
	for name, outcome := range map[string]Outcome{
		"when all went well":                    {NodeMetrics: v1alpha1.NodeMetricsIfAvailable, NodeExporter: elsewhere},
		"when the name of every child is taken": {Conflicts: children, NodeMetrics: v1alpha1.NodeMetricsIfAvailable, NodeExporter: elsewhere},
		"when every child is refused at length": {Failures: []string{strings.Repeat("x", 1<<20)}, NodeExporter: elsewhere},
		"when the APIs are missing besides":     {MissingAPIs: []string{"ServiceMonitor", "PrometheusRule"}, Conflicts: children, NodeExporter: elsewhere},
		"when the spec is refused at length":    {Refused: &Refusal{v1alpha1.ReasonInvalidSpec, strings.Repeat("x", 1<<20)}},
	} {
		t.Run(name, func(t *testing.T) {
			objects, health := Objects(rm, outcome, now), largestHealth(rm)
			status := saying(rm, health).Status
			status.ObservedGeneration, status.Components = objects.ObservedGeneration, objects.Components
			status.Conditions = append(objects.Conditions, status.Conditions...)
			data, err := json.Marshal(status)
			if err != nil {
				t.Fatal(err)
			}
			if len(data) > maxStatus {
				t.Errorf("status has %d bytes, must have at most %d", len(data), maxStatus)
			}
		})
	}
}

func TestHealthOfASpecRefusedAtLengthStaysSmall(t *testing.T) {
	part := Health(largest(), health.InvalidSpec(strings.Repeat("x", 1<<20)), health.Readings{}, limits, now)
	data, err := json.Marshal(part)
	if err != nil {
		t.Fatal(err)
	}
	// Half of the status is for what concerns the objects.
	if len(data) > maxStatus/2 {
		t.Errorf("part has %d bytes, must have at most %d", len(data), maxStatus/2)
	}
}
