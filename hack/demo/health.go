package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// healthyWithin is for the first scrapes, the windows of the rules and the first
// look of the operator.
const healthyWithin = 3 * time.Minute

// verdict is what the status is to say of a fault.
type verdict struct {
	health v1alpha1.Health
	// reason is that of the condition Healthy.
	reason string
	// bottleneck is a stage; "" when none is to be named.
	bottleneck string
}

// healthy is what the status is to say of no fault.
var healthy = verdict{health: v1alpha1.HealthHealthy, reason: v1alpha1.ReasonObjectivesMet}

func (v verdict) String() string {
	if v == (verdict{}) {
		return "nothing"
	}
	text := fmt.Sprintf("%s, %s", v.health, v.reason)
	if v.bottleneck != "" {
		text += ", bottleneck " + v.bottleneck
	}
	return text
}

// missing says what the status does not say yet.
func (v verdict) missing(status v1alpha1.RAGMonitorStatus) error {
	if got := verdictOf(status); got != v {
		return fmt.Errorf("the status says %s, want %s", got, v)
	}
	return nil
}

func verdictOf(status v1alpha1.RAGMonitorStatus) verdict {
	v := verdict{health: status.Health}
	if c := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionHealthy); c != nil {
		v.reason = c.Reason
	}
	if status.Bottleneck != nil {
		v.bottleneck = status.Bottleneck.Stage
	}
	return v
}

func (d *demo) awaitHealthy(ctx context.Context) error {
	d.step("waiting for the row to say Healthy")
	if err := d.awaitStatus(ctx, "the health", healthyWithin, healthy.missing); err != nil {
		return err
	}
	d.measure("Healthy after kubectl apply", d.applied)
	// There is no cost before the first window is nearly over.
	if err := d.awaitStatus(ctx, "the healthy row", healthyWithin, missingForHealthy); err != nil {
		return err
	}
	d.measure("every column filled after kubectl apply", d.applied)
	return d.table(ctx)
}

// awaitStatus waits until missing finds nothing. When it does not come to that, it
// prints all that there is to find out why.
func (d *demo) awaitStatus(ctx context.Context, what string, atMost time.Duration, missing func(v1alpha1.RAGMonitorStatus) error) error {
	err := await(ctx, what, 250*time.Millisecond, atMost, func(ctx context.Context) error {
		monitor, err := d.monitor(ctx)
		if err != nil {
			return err
		}
		return missing(monitor.Status)
	})
	if err == nil || ctx.Err() != nil {
		return err
	}
	if tableErr := d.table(ctx); tableErr != nil {
		d.block("the row cannot be read:", tableErr.Error())
	}
	if monitor, monitorErr := d.monitor(ctx); monitorErr == nil {
		d.block("its conditions:", conditions(monitor.Status))
		d.block("what is not scraped as it should be:", targetProblems(monitor.Status))
	}
	return d.explained(err)
}

// explained has the operator's log shown with an error.
func (d *demo) explained(err error) error {
	return failure{err: err, log: d.path("logs/operator.log")}
}

// missingForHealthy names what keeps the row from being healthy and complete.
func missingForHealthy(status v1alpha1.RAGMonitorStatus) error {
	if err := healthy.missing(status); err != nil {
		return err
	}
	readings := status.Readings
	for _, column := range []struct{ name, value string }{
		{"P95", readings.LatencyP95},
		{"ERRORS", readings.ErrorRatio},
		{"COST/DAY", readings.CostPerDay},
		{"CACHE", readings.CacheHitRatio},
	} {
		if column.value == "" {
			return fmt.Errorf("column %s is empty", column.name)
		}
	}
	if readings.Targets != sampleTargets {
		return fmt.Errorf("targets up are %q, want %s", readings.Targets, sampleTargets)
	}
	return nil
}

func missingForAlert(status v1alpha1.RAGMonitorStatus) error {
	if firing := status.Readings.FiringAlerts; firing == nil || *firing == 0 {
		return errors.New("no alert fires")
	}
	return nil
}

// conditions are one line each: those of these kinds, or all.
func conditions(status v1alpha1.RAGMonitorStatus, kinds ...string) string {
	var out []string
	for _, c := range status.Conditions {
		if len(kinds) == 0 || slices.Contains(kinds, c.Type) {
			out = append(out, fmt.Sprintf("%s=%s (%s): %s", c.Type, c.Status, c.Reason, c.Message))
		}
	}
	return lines(out)
}

func targetProblems(status v1alpha1.RAGMonitorStatus) string {
	var out []string
	for _, p := range status.TargetProblems {
		out = append(out, fmt.Sprintf("%s (%s): %s", p.Component, p.Reason, p.Message))
	}
	return lines(out)
}

// lines says also that there are none.
func lines(of []string) string {
	if len(of) == 0 {
		return "none"
	}
	return strings.Join(of, "\n")
}
