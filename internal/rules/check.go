package rules

import (
	"fmt"
	"slices"

	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
)

// check refuses a catalogue that cannot be expanded.
func (c Catalogue) check() error {
	for _, r := range c.Recordings {
		if err := c.checkRecording(r); err != nil {
			return fmt.Errorf("canonical.yaml: %s %w", r.Record, err)
		}
	}
	for _, a := range c.Alerts {
		if a.Signal == "" {
			return fmt.Errorf("alerts.yaml: %s has no signal: say in one word what it is about", a.Alert)
		}
		if err := c.checkAlert(a); err != nil {
			return fmt.Errorf("alerts.yaml: %s %w", a.Alert, err)
		}
	}
	return nil
}

func (c Catalogue) checkRecording(r Recording) error {
	switch {
	case !slices.Contains([]Scope{ScopeMonitor, ScopeEach, ScopeComponent, ScopeStage}, r.Scope):
		return fmt.Errorf("has the unknown scope %q", r.Scope)
	case !slices.Contains([]string{"", windowRate, windowCost, windowHour}, r.Window):
		return fmt.Errorf("has the unknown window %q", r.Window)
	case wishes[r.Only] == nil:
		return fmt.Errorf("exists only %q, which is unknown", r.Only)
	}
	for _, t := range r.templates() {
		if err := c.checkNames(t, isRecordable); err != nil {
			return err
		}
	}
	return nil
}

func (c Catalogue) checkAlert(a Alert) error {
	_, known := objectives[a.Objective]
	switch {
	case !slices.Contains([]Scope{ScopeMonitor, ScopeStage, ScopeSLO}, a.Scope):
		return fmt.Errorf("has the unknown scope %q", a.Scope)
	case a.Objective != "" && !known:
		return fmt.Errorf("watches %q, which is no objective", a.Objective)
	case a.Objective != "" && a.Threshold != nil:
		return fmt.Errorf("has an objective and a threshold: write one")
	case a.Threshold != nil && units[a.Threshold.Unit] == nil:
		return fmt.Errorf("has a threshold of the unknown unit %q", a.Threshold.Unit)
	case wishes[a.Only] == nil:
		return fmt.Errorf("exists only %q, which is unknown", a.Only)
	}
	return c.checkNames(a.Expr, func(name string) bool {
		return name == thresholdName || name == windowName || a.Scope == ScopeSLO && slices.Contains(burnNames, name)
	})
}

// checkNames refuses a template that selects something that does not exist.
func (c Catalogue) checkNames(expr promql.Template, allowed func(string) bool) error {
	for _, name := range expr.Names() {
		if !allowed(name) && !c.records(name) && !isDerived(name) {
			return fmt.Errorf("reads %q, which is neither a signal nor a canonical series", name)
		}
	}
	return nil
}

func (c Catalogue) records(name string) bool {
	return slices.ContainsFunc(c.Recordings, func(r Recording) bool { return r.Record == name })
}
