package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// These take seconds. The bounds are for a busy machine.
const (
	// noticedWithin is for what is broken to outweigh what was right in the window
	// of the rules, and for the operator to look at them.
	noticedWithin = 2 * time.Minute
	// recoveredWithin is for requests that began in the fault to end, and for the
	// window to forget them.
	recoveredWithin = 4 * time.Minute
)

// fault is something that breaks, and what the operator is to say of it.
type fault struct {
	name string
	// says it to whoever watches; put is what ragsim is told.
	says, put string
	want      verdict
	// events are the reasons of those that are to be told.
	events []string
	// alert says that one is to fire: those of other faults wait for minutes.
	alert bool
}

var faults = []fault{
	{
		name: "slow reranker", says: "the reranker takes 40 times as long",
		put:    `{"slow":{"reranking":40}}`,
		want:   verdict{health: v1alpha1.HealthDegraded, reason: v1alpha1.ReasonLatencyHigh, bottleneck: "reranking"},
		events: []string{"HealthChanged", "BottleneckChanged"},
		alert:  true,
	},
	{
		name: "errors", says: "a third of the requests fails",
		put:    `{"errorRatio":0.33}`,
		want:   verdict{health: v1alpha1.HealthCritical, reason: v1alpha1.ReasonErrorRatioHigh},
		events: []string{"HealthChanged"},
	},
	{
		name: "cache collapse", says: "the caches lose nearly all they had",
		put:    `{"cacheHitRatio":0.02}`,
		want:   verdict{health: v1alpha1.HealthDegraded, reason: v1alpha1.ReasonCacheHitRatioLow},
		events: []string{"HealthChanged"},
	},
}

// breakThings shows one fault after the other.
func (d *demo) breakThings(ctx context.Context) error {
	for i, f := range faults {
		d.step("fault %d of %d, %s: %s; PUT %s/faults %s", i+1, len(faults), f.name, f.says, d.ragsim, f.put)
		if err := d.showFault(ctx, f); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

// showFault breaks the service, waits until the operator says what is wrong, and
// puts it right.
func (d *demo) showFault(ctx context.Context, f fault) error {
	began := time.Now()
	if err := d.setFault(ctx, f.put); err != nil {
		return err
	}
	if err := d.awaitStatus(ctx, "the verdict", noticedWithin, f.want.missing); err != nil {
		return err
	}
	d.measure(f.name+": "+f.want.String(), began)
	if f.alert {
		if err := d.awaitStatus(ctx, "the alert", noticedWithin, missingForAlert); err != nil {
			return err
		}
		d.measure(f.name+": an alert fires", began)
	}
	if err := d.report(ctx, f.events, began); err != nil {
		return err
	}
	return d.recover(ctx, f)
}

// report prints what the operator says.
func (d *demo) report(ctx context.Context, reasons []string, since time.Time) error {
	events, err := d.awaitEvents(ctx, reasons, since)
	if err != nil {
		return err
	}
	if err := d.table(ctx); err != nil {
		return err
	}
	monitor, err := d.monitor(ctx)
	if err != nil {
		return err
	}
	d.block("its condition:", conditions(monitor.Status, v1alpha1.ConditionHealthy))
	d.block("its events:", lines(events))
	return nil
}

func (d *demo) recover(ctx context.Context, f fault) error {
	began := time.Now()
	d.step("clearing it: DELETE %s/faults", d.ragsim)
	if err := d.clearFault(ctx); err != nil {
		return err
	}
	if err := d.awaitStatus(ctx, "the recovery", recoveredWithin, missingForHealthy); err != nil {
		return err
	}
	d.measure(f.name+": Healthy after clearing it", began)
	return nil
}

func (d *demo) setFault(ctx context.Context, fault string) error {
	if err := send(ctx, http.MethodPut, d.ragsim+"/faults", fault); err != nil {
		return fmt.Errorf("inject the fault: %w", err)
	}
	return nil
}

func (d *demo) clearFault(ctx context.Context) error {
	if err := send(ctx, http.MethodDelete, d.ragsim+"/faults", ""); err != nil {
		return fmt.Errorf("clear the fault: %w", err)
	}
	return nil
}
