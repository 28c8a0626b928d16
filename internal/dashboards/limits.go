package dashboards

import (
	"slices"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// limits knows the lines to draw: what m asks for, and what alerts compare with.
type limits struct {
	monitor model.Monitor
	alerts  rules.Catalogue
}

// ofPanel are the lines on the axis of the panel: its objective, and those of the
// queries that are drawn there.
func (l limits) ofPanel(p Panel, shown []shownQuery) *thresholds {
	var values []float64
	if value, ok := rules.ValueOf(p.Objective, l.monitor.Objectives); ok {
		values = append(values, value)
	}
	for _, q := range shown {
		if q.Unit == "" {
			values = append(values, l.alerts.ThresholdsOf(q.Alert, l.monitor)...)
		}
	}
	return steps(values, p.Good == "above")
}

// steps colours what is better and worse than the values, which need not be sorted;
// nil without values.
func steps(values []float64, higherIsBetter bool) *thresholds {
	if len(values) == 0 {
		return nil
	}
	below, above := "green", "red"
	if higherIsBetter {
		below, above = above, below
	}
	slices.Sort(values)
	out := &thresholds{Mode: "absolute", Steps: []thresholdStep{{Color: below}}}
	for _, value := range slices.Compact(values) {
		out.Steps = append(out.Steps, thresholdStep{Color: above, Value: &value})
	}
	return out
}

// ownAxes gives the queries with a unit of their own an axis at the right, and
// their limits there.
func ownAxes(shown []shownQuery, l limits) []override {
	out := []override{}
	for _, q := range shown {
		if q.Unit == "" {
			continue
		}
		properties := []property{{ID: "unit", Value: q.Unit}, {ID: "custom.axisPlacement", Value: "right"}}
		if lines := steps(l.alerts.ThresholdsOf(q.Alert, l.monitor), false); lines != nil {
			properties = append(properties,
				property{ID: "thresholds", Value: lines},
				property{ID: "custom.thresholdsStyle", Value: thresholdStyle{Mode: "line"}})
		}
		out = append(out, override{Matcher: matcher{ID: "byFrameRefID", Options: q.refID}, Properties: properties})
	}
	return out
}
