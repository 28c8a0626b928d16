// Package dashboards renders the Grafana board of a RAGMonitor: panels that stand
// as data in board.yaml, as typed values, as JSON. A board reads the same
// canonical series as the alerts, so that the two never disagree.
package dashboards

import (
	"bytes"
	_ "embed"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// Panel describes one panel of the board.
type Panel struct {
	// ID identifies the panel in the links of alerts.
	ID int `yaml:"id"`
	// Title and Description are what people read.
	Title       string `yaml:"title"`
	Description string `yaml:"description"`
	// Type is one of Grafana's panel types: timeseries, stat, gauge, piechart.
	Type string `yaml:"type"`
	// Unit is one of Grafana's units.
	Unit string `yaml:"unit"`
	// Width and Height are in Grafana's grid of 24 columns.
	Width  int `yaml:"width"`
	Height int `yaml:"height"`
	// Max of the scale; 0 leaves it to Grafana.
	Max float64 `yaml:"max"`
	// Signed says that values may be negative: the scale need not begin at 0.
	Signed bool `yaml:"signed"`
	// Stacked series are drawn on top of each other.
	Stacked bool `yaml:"stacked"`
	// Objective is the limit to draw; Good is "above" where higher is better.
	Objective rules.Objective `yaml:"objective"`
	Good      string          `yaml:"good"`
	// Needs is the field of the spec without which the panel has nothing to show,
	// or "".
	Needs string `yaml:"needs"`
	// Queries are what the panel shows.
	Queries []Query `yaml:"queries"`
}

// Query is one expression of a panel.
type Query struct {
	// Expr is a template of package promql over canonical series.
	Expr promql.Template `yaml:"expr"`
	// Legend is a template of Grafana.
	Legend string `yaml:"legend"`
	// Unit is one of Grafana's units, for a query with an axis of its own; "" draws
	// it on that of the panel.
	Unit string `yaml:"unit"`
	// Alert is the name of the alert whose limits are drawn, or "".
	Alert string `yaml:"alert"`
}

// Catalogue holds the panels of the board, in their order.
type Catalogue []Panel

var (
	//go:embed board.yaml
	boardYAML []byte
	//go:embed nodes.yaml
	nodesYAML []byte
)

// panelTypes are the types that this package knows how to render.
var panelTypes = map[string]bool{"timeseries": true, "stat": true, "gauge": true, "piechart": true}

// needed says of each field that a panel may need whether m has it.
var needed = map[string]func(m model.Monitor) bool{
	"slos":                   func(m model.Monitor) bool { return len(m.SLOs) > 0 },
	"objectives.cost.budget": func(m model.Monitor) bool { return m.Objectives.Budget != nil },
	"nodeMetrics":            func(m model.Monitor) bool { return m.NodeMetrics },
}

// Builtin returns the board that is compiled into the operator. It fails only
// when its file is broken, which the tests of this package refuse.
func Builtin() (Catalogue, error) { return read("board.yaml", boardYAML) }

// Nodes returns the board of the cluster's nodes, which is compiled in too.
func Nodes() (Catalogue, error) { return read("nodes.yaml", nodesYAML) }

func read(file string, data []byte) (Catalogue, error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	var c Catalogue
	if err := d.Decode(&c); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	ids := map[int]bool{}
	for _, p := range c {
		if ids[p.ID] {
			return nil, fmt.Errorf("%s: panel %q has the id %d of another", file, p.Title, p.ID)
		}
		ids[p.ID] = true
		if !panelTypes[p.Type] {
			return nil, fmt.Errorf("%s: panel %q has the unknown type %q", file, p.Title, p.Type)
		}
		if p.Needs != "" && needed[p.Needs] == nil {
			return nil, fmt.Errorf("%s: panel %q needs the unknown field %q", file, p.Title, p.Needs)
		}
	}
	return c, nil
}
