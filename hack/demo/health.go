package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

const (
	// healthyWithin is for the first scrapes, the windows of the sample's rules and
	// the first look of the operator.
	healthyWithin = 90 * time.Second
	// noticedWithin is for the slow requests to outweigh the fast ones in those
	// windows.
	noticedWithin = 120 * time.Second
	// slowStage is the stage that the fault makes slow.
	slowStage = "generation"
)

func (d *demo) awaitHealthy(ctx context.Context) error {
	d.step("waiting for the row to say Healthy")
	if err := d.awaitStatus(ctx, "the healthy row", healthyWithin, missingForHealthy); err != nil {
		return err
	}
	d.step("healthy")
	return d.table(ctx)
}

// slowDown breaks the service and waits until the operator says what is wrong.
func (d *demo) slowDown(ctx context.Context) error {
	d.step("making generation ten times as slow: PUT %s/faults %s", d.ragsim, slowGeneration)
	if err := d.setFault(ctx, slowGeneration); err != nil {
		return err
	}
	begun := time.Now()
	if err := d.awaitStatus(ctx, "the bottleneck", noticedWithin, missingForSlow); err != nil {
		return err
	}
	d.step("the operator names %s after %.0fs", slowStage, time.Since(begun).Seconds())
	if err := d.awaitStatus(ctx, "the alert", noticedWithin, missingForAlert); err != nil {
		return err
	}
	d.step("an alert fires after %.0fs", time.Since(begun).Seconds())
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
	}
	return failure{err: err, log: d.path("logs/operator.log")}
}

// missingForHealthy names what keeps the row from being healthy and complete.
func missingForHealthy(status v1alpha1.RAGMonitorStatus) error {
	if status.Health != v1alpha1.HealthHealthy {
		return fmt.Errorf("health is %q", status.Health)
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
	if readings.Targets != "1/1" {
		return fmt.Errorf("targets up are %q, want 1/1", readings.Targets)
	}
	return nil
}

// missingForSlow says what the operator has not noticed yet.
func missingForSlow(status v1alpha1.RAGMonitorStatus) error {
	if status.Bottleneck == nil {
		return fmt.Errorf("no bottleneck is named, and health is %q", status.Health)
	}
	if status.Bottleneck.Stage != slowStage {
		return fmt.Errorf("the bottleneck is %q, want %q", status.Bottleneck.Stage, slowStage)
	}
	if status.Health == v1alpha1.HealthHealthy {
		return errors.New("health is still Healthy")
	}
	return nil
}

func missingForAlert(status v1alpha1.RAGMonitorStatus) error {
	if firing := status.Readings.FiringAlerts; firing == nil || *firing == 0 {
		return errors.New("no alert fires")
	}
	return nil
}

// conditions are one line each.
func conditions(status v1alpha1.RAGMonitorStatus) string {
	var lines []string
	for _, c := range status.Conditions {
		lines = append(lines, fmt.Sprintf("%s=%s (%s): %s", c.Type, c.Status, c.Reason, c.Message))
	}
	if len(lines) == 0 {
		return "none"
	}
	return strings.Join(lines, "\n")
}
