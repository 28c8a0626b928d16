package model

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

var modes = map[v1alpha1.AlertMode]AlertMode{
	v1alpha1.AlertsNotify: Notify,
	v1alpha1.AlertsBurnIn: BurnIn,
	v1alpha1.AlertsOff:    Off,
}

func resolveAlerts(in v1alpha1.Alerts, known map[string]bool, of identity) (Alerts, error) {
	out := Alerts{Mode: modes[in.Mode], Labels: plain(in.Labels), Overrides: map[string]Override{}}
	var p parser
	for i, o := range in.Overrides {
		hasThreshold, ok := known[o.Alert]
		if !ok {
			return Alerts{}, &InvalidSpecError{
				Reason: v1alpha1.ReasonUnknownAlert,
				Message: fmt.Sprintf("spec.alerts.overrides[%d].alert is %q, which is no alert: write one of %s",
					i, o.Alert, strings.Join(slices.Sorted(maps.Keys(known)), ", ")),
			}
		}
		if o.Threshold != "" && !hasThreshold {
			p.found = append(p.found, fmt.Sprintf("spec.alerts.overrides[%d].threshold is %q, but %s has no threshold: leave it out", i, o.Threshold, o.Alert))
		}
		out.Overrides[o.Alert] = p.override(fmt.Sprintf("spec.alerts.overrides[%d].", i), o)
	}
	for i, c := range in.Custom {
		out.Custom = append(out.Custom, p.custom(fmt.Sprintf("spec.alerts.custom[%d].", i), c, out.Mode, of))
	}
	return out, p.err()
}

func (p *parser) override(field string, in v1alpha1.AlertOverride) Override {
	out := Override{Severity: string(in.Severity), Labels: plain(in.Labels)}
	if mode, ok := modes[in.Mode]; ok {
		out.Mode = &mode
	}
	if in.For != nil {
		out.For = &in.For.Duration
	}
	if in.Threshold != "" {
		threshold := p.decimal(field+"threshold", string(in.Threshold))
		out.Threshold = &threshold
	}
	return out
}

func (p *parser) custom(field string, in v1alpha1.CustomAlert, mode AlertMode, of identity) CustomAlert {
	expr, err := bind(in.Expression, of)
	if err != nil {
		// Not the expression itself: what is wrong with it would be cut off.
		p.found = append(p.found, fmt.Sprintf("%sexpression cannot be used: %s", field, err))
	}
	out := CustomAlert{
		Name:     in.Name,
		Expr:     expr,
		Severity: string(in.Severity),
		Signal:   cmp.Or(in.Signal, in.Name),
		Summary:  in.Summary,
		Mode:     mode,
		Labels:   plain(in.Labels),
	}
	if in.For != nil {
		out.For = in.For.Duration
	}
	if own, ok := modes[in.Mode]; ok {
		out.Mode = own
	}
	return out
}
