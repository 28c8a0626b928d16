package dashboards

import (
	"encoding/json"
	"fmt"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

const (
	gridColumns   = 24
	schemaVersion = 39
	// budgetAmount stands in queries for the amount of the budget, in US dollars.
	budgetAmount = "budgetAmount"

	timeseries = "timeseries"
)

// refIDs name the queries of a panel.
const refIDs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// prometheus lets the viewer choose the data source, by a variable of the board.
var prometheus = datasource{Type: "prometheus", UID: "${datasource}"}

// Render returns the board of m as JSON; alerts are those whose limits are drawn,
// recorded the series that it may read. An error means that the catalogue is broken.
func (c Catalogue) Render(m model.Monitor, alerts rules.Catalogue, recorded rules.Recorded) (string, error) {
	panels, err := c.panels(m, alerts, readable(m, alerts, recorded))
	if err != nil {
		return "", err
	}
	return marshal(dashboard{
		UID:         naming.DashboardUID(m.Namespace, m.Name),
		Title:       m.Namespace + " / " + m.Name,
		Description: "Made by the RAGMonitor operator from RAGMonitor " + m.Namespace + "/" + m.Name + ". Changes are put back.",
		Panels:      panels,
	})
}

// RenderNodes returns the board of the cluster's nodes as JSON; alerts are those whose
// limits are drawn, namespace is the one in which their figures are recorded. An error
// means that the catalogue is broken.
func (c Catalogue) RenderNodes(alerts rules.Catalogue, namespace string) (string, error) {
	panels, err := c.panels(model.Monitor{}, alerts, alerts.NodeReadScope(namespace))
	if err != nil {
		return "", err
	}
	return marshal(dashboard{
		UID:         naming.NodeBoardUID,
		Title:       "Nodes",
		Description: "Made by the RAGMonitor operator. Changes are put back.",
		Panels:      panels,
	})
}

// marshal fills in what all boards have in common.
func marshal(d dashboard) (string, error) {
	d.Tags = []string{"ragmonitor"}
	d.SchemaVersion = schemaVersion
	d.Refresh = "30s"
	d.Time = timeRange{From: "now-1h", To: "now"}
	d.Templating = templating{List: []variable{{Name: "datasource", Label: "Data source", Type: "datasource", Query: "prometheus"}}}
	d.Annotations = emptyListing{List: []struct{}{}}
	flow(d.Panels)
	board, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return "", fmt.Errorf("render the board: %w", err)
	}
	return string(board) + "\n", nil
}

// readable is the scope of the board's queries. What is recorded of nodes is the
// cluster's, and the same for all.
func readable(m model.Monitor, alerts rules.Catalogue, recorded rules.Recorded) promql.Scope {
	scope := rules.ReadScope(m, recorded)
	own, ofNodes := scope.Resolve, alerts.NodeReadScope("").Resolve
	scope.Resolve = func(name string, matchers []*labels.Matcher) []promql.Alternative {
		if found := own(name, matchers); found != nil || !m.NodeMetrics {
			return found
		}
		return ofNodes(name, matchers)
	}
	if m.Objectives.Budget != nil {
		scope.Numbers = map[string]float64{budgetAmount: m.Objectives.Budget.Amount}
	}
	return scope
}

// panels renders the panels that have data, and one that names the others.
func (c Catalogue) panels(m model.Monitor, alerts rules.Catalogue, scope promql.Scope) ([]panel, error) {
	var out []panel
	var rest absent
	for _, p := range c {
		shown, err := p.shown(scope)
		if err != nil {
			return nil, err
		}
		if len(shown) == 0 {
			rest.add(p, m)
			continue
		}
		out = append(out, p.render(shown, limits{m, alerts}))
	}
	if !rest.none() {
		out = append(out, rest.panel())
	}
	return out, nil
}

// shownQuery is a query whose series are recorded, as PromQL.
type shownQuery struct {
	Query
	refID, expr string
}

func (p Panel) shown(scope promql.Scope) ([]shownQuery, error) {
	var out []shownQuery
	for _, q := range p.Queries {
		expr, ok, err := q.Expr.Expand(scope)
		if err != nil {
			return nil, fmt.Errorf("panel %q: %w", p.Title, err)
		}
		if ok {
			out = append(out, shownQuery{Query: q, refID: refIDs[len(out) : len(out)+1], expr: expr})
		}
	}
	return out, nil
}

func (p Panel) render(shown []shownQuery, l limits) panel {
	defaults := fieldDefaults{Unit: p.Unit, Thresholds: l.ofPanel(p, shown)}
	if !p.Signed {
		defaults.Min = new(0.0)
	}
	if p.Max != 0 {
		defaults.Max = &p.Max
	}
	if p.Type == timeseries {
		defaults.Custom = p.custom(defaults.Thresholds)
	}
	return panel{
		ID:          p.ID,
		Type:        p.Type,
		Title:       p.Title,
		Description: p.Description,
		GridPos:     gridPos{W: p.Width, H: p.Height},
		Datasource:  &prometheus,
		Targets:     p.targets(shown),
		FieldConfig: &fieldConfig{Defaults: defaults, Overrides: ownAxes(shown, l)},
		Options:     p.options(),
	}
}

func (p Panel) targets(shown []shownQuery) []target {
	out := make([]target, 0, len(shown))
	for _, q := range shown {
		overTime := p.Type == timeseries
		out = append(out, target{
			RefID:        q.refID,
			Datasource:   prometheus,
			Expr:         q.expr,
			LegendFormat: q.Legend,
			Instant:      !overTime,
			Range:        overTime,
		})
	}
	return out
}

func (p Panel) options() any {
	if p.Type == timeseries {
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
