package dashboards

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

const (
	gridColumns   = 24
	schemaVersion = 39
	// day is the range of every query that has one.
	day = 24 * time.Hour
	// unmeasuredID is the id of the text panel, far from those of the catalogue.
	unmeasuredID = 1000
)

// refIDs name the queries of a panel.
const refIDs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// prometheus lets the viewer choose the data source, by a variable of the board.
var prometheus = datasource{Type: "prometheus", UID: "${datasource}"}

// Render returns the board of m as JSON; recorded are the series it may read. An
// error means that the catalogue is broken.
func (c Catalogue) Render(m model.Monitor, recorded rules.Recorded) (string, error) {
	panels, unmeasured, err := c.panels(m, recorded)
	if err != nil {
		return "", err
	}
	if len(unmeasured) > 0 {
		panels = append(panels, unmeasuredPanel(unmeasured))
	}
	flow(panels)
	board, err := json.MarshalIndent(dashboard{
		UID:           naming.DashboardUID(m.Namespace, m.Name),
		Title:         m.Namespace + " / " + m.Name,
		Description:   "Made by the RAGMonitor operator from RAGMonitor " + m.Namespace + "/" + m.Name + ". Changes are put back.",
		Tags:          []string{"ragmonitor"},
		SchemaVersion: schemaVersion,
		Refresh:       "30s",
		Time:          timeRange{From: "now-1h", To: "now"},
		Templating:    templating{List: []variable{{Name: "datasource", Label: "Data source", Type: "datasource", Query: "prometheus"}}},
		Annotations:   emptyListing{List: []struct{}{}},
		Panels:        panels,
	}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("render the board: %w", err)
	}
	return string(board) + "\n", nil
}

// panels renders the panels that have data, and lists the titles of the others.
func (c Catalogue) panels(m model.Monitor, recorded rules.Recorded) (panels []panel, unmeasured []string, err error) {
	scope := rules.ReadScope(m, recorded)
	scope.Window = day
	for _, p := range c {
		targets, err := p.targets(scope)
		if err != nil {
			return nil, nil, err
		}
		if len(targets) == 0 {
			unmeasured = append(unmeasured, p.Title)
			continue
		}
		panels = append(panels, p.render(targets, m.Objectives))
	}
	return panels, unmeasured, nil
}

func (p Panel) targets(scope promql.Scope) ([]target, error) {
	var out []target
	for _, q := range p.Queries {
		expr, ok, err := q.Expr.Expand(scope)
		if err != nil {
			return nil, fmt.Errorf("panel %q: %w", p.Title, err)
		}
		if !ok {
			continue
		}
		overTime := p.Type == "timeseries"
		out = append(out, target{
			RefID:        refIDs[len(out) : len(out)+1],
			Datasource:   prometheus,
			Expr:         expr,
			LegendFormat: q.Legend,
			Instant:      !overTime,
			Range:        overTime,
		})
	}
	return out, nil
}

func (p Panel) render(targets []target, o model.Objectives) panel {
	zero := 0.0
	defaults := fieldDefaults{Unit: p.Unit, Min: &zero, Thresholds: p.thresholds(o)}
	if p.Max != 0 {
		defaults.Max = &p.Max
	}
	if p.Type == "timeseries" {
		defaults.Custom = p.custom(defaults.Thresholds)
	}
	return panel{
		ID:          p.ID,
		Type:        p.Type,
		Title:       p.Title,
		Description: p.Description,
		GridPos:     gridPos{W: p.Width, H: p.Height},
		Datasource:  &prometheus,
		Targets:     targets,
		FieldConfig: &fieldConfig{Defaults: defaults, Overrides: []struct{}{}},
		Options:     p.options(),
	}
}

func (p Panel) options() any {
	if p.Type == "timeseries" {
		return timeseriesOptions{
			Legend:  legend{DisplayMode: "list", Placement: "bottom", ShowLegend: true},
			Tooltip: tooltip{Mode: "multi"},
		}
	}
	return reduceOptions{ReduceOptions: reduce{Calcs: []string{"lastNotNull"}}}
}

func (p Panel) custom(t *thresholds) *custom {
	out := &custom{FillOpacity: 5, ShowPoints: "never"}
	if p.Stacked {
		out.FillOpacity = 60
		out.Stacking = &stacking{Mode: "normal", Group: "A"}
	}
	if t != nil {
		out.ThresholdsStyle = &thresholdStyle{Mode: "line"}
	}
	return out
}

func (p Panel) thresholds(o model.Objectives) *thresholds {
	value, ok := rules.ValueOf(p.Objective, o)
	if !ok {
		return nil
	}
	below, above := "green", "red"
	if p.Good == "above" {
		below, above = "red", "green"
	}
	return &thresholds{Mode: "absolute", Steps: []thresholdStep{{Color: below}, {Color: above, Value: &value}}}
}

func unmeasuredPanel(titles []string) panel {
	return panel{
		ID:      unmeasuredID,
		Type:    "text",
		Title:   "Not measured",
		GridPos: gridPos{W: gridColumns, H: 4},
		Options: textOptions{
			Mode: "markdown",
			Content: "No component of this RAGMonitor exposes a metric for: " + strings.Join(titles, ", ") + ".\n\n" +
				"docs/vocabularies.md says which metrics each vocabulary knows and how to switch them on.",
		},
	}
}

// flow places panels from left to right, and begins a new row where one does not
// fit.
func flow(panels []panel) {
	x, y, height := 0, 0, 0
	for i := range panels {
		at := &panels[i].GridPos
		if x+at.W > gridColumns {
			x, y, height = 0, y+height, 0
		}
		at.X, at.Y = x, y
		x, height = x+at.W, max(height, at.H)
	}
}
