// Package rules turns a model.Monitor into Prometheus rules: recording rules that
// translate the vocabularies of its components into the canonical series, and
// alerts and SLO rules that read only those.
//
// What the rules are stands in canonical.yaml and alerts.yaml; the code only
// expands them for one RAGMonitor.
package rules

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"github.com/ragmonitor/ragmonitor-operator/internal/pricing"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// Scope says for what a rule exists once.
type Scope string

// The scopes of rules.
const (
	ScopeMonitor   Scope = "monitor"
	ScopeEach      Scope = "each"
	ScopeComponent Scope = "component"
	ScopeStage     Scope = "stage"
	ScopeSLO       Scope = "slo"
)

// Recording describes one canonical series.
type Recording struct {
	// Record is the name of the series.
	Record string `yaml:"record"`
	// Help says what the values mean; Unit is their unit.
	Help string `yaml:"help"`
	Unit string `yaml:"unit"`
	// Scope says for what there is one rule.
	Scope Scope `yaml:"scope"`
	// Window is "rate", "cost", "hour", or "" for an expression without a range.
	Window string `yaml:"window"`
	// Labels are put on the series besides namespace, ragmonitor, component, stage.
	Labels map[string]string `yaml:"labels"`
	// Roles says whether the series carry the role of their component.
	Roles bool `yaml:"roles"`
	// Only says when the series is made: "money" or "tokens", by where cost comes
	// from; "nodes" where figures of nodes and containers are asked for; "" always.
	Only string `yaml:"only"`
	// Priced says whether the series carry the name under which their model is
	// priced.
	Priced bool `yaml:"priced"`
	// Requires are signals without which there is no rule, although Expr could do
	// without them.
	Requires []vocabulary.Signal `yaml:"requires"`
	// Expr is a template of package promql; Quantile stands instead of it.
	Expr     promql.Template `yaml:"expr"`
	Quantile *Quantile       `yaml:"quantile"`
}

// Alert describes one alert.
type Alert struct {
	// Alert is the name of the alert.
	Alert string `yaml:"alert"`
	// Objective is the objective that the alert watches, or "".
	Objective Objective `yaml:"objective"`
	// Threshold is what an alert without an objective compares with, or nil.
	Threshold *Threshold `yaml:"threshold"`
	// Only says when the alert is asked for: "budget" with a cost budget, "tokens"
	// when cost comes from tokens, "nodes" with figures of nodes and containers, ""
	// always.
	Only string `yaml:"only"`
	// Scope says for what there is one rule.
	Scope Scope `yaml:"scope"`
	// Expr is a template of package promql, in which "threshold" is a number.
	Expr promql.Template `yaml:"expr"`
	// For is how long the expression must hold before the alert fires.
	For model.Duration `yaml:"for"`
	// Severity is "critical", "warning" or "info".
	Severity string `yaml:"severity"`
	// Signal is what the alert is about. A critical one makes the others with the same
	// signal superfluous.
	Signal string `yaml:"signal"`
	// Panel is the id of the panel of the board that shows what the alert is about.
	Panel int `yaml:"panel"`
	// Summary and Description are Prometheus templates.
	Summary     string `yaml:"summary"`
	Description string `yaml:"description"`
}

// Catalogue holds every rule that can be made.
type Catalogue struct {
	Recordings []Recording
	Alerts     []Alert
	// NodeRecordings and NodeAlerts are about the cluster's nodes, and belong to no
	// RAGMonitor.
	NodeRecordings []Recording
	NodeAlerts     []Alert
	// prices of tokens as PromQL, by direction.
	prices map[string]string
	// grafana is the URL of Grafana, or "".
	grafana string
	// needed are the signals of each alert.
	needed map[string][]need
	// containers are, of each alert, the series that are made of cAdvisor's metrics.
	containers map[string]map[string]string
}

var (
	//go:embed canonical.yaml
	canonicalYAML []byte
	//go:embed alerts.yaml
	alertsYAML []byte
)

// Builtin returns the catalogue that is compiled into the operator, with a table of
// prices. It fails only when one of its files is broken, which the tests of this
// package refuse.
func Builtin(prices pricing.Table) (Catalogue, error) {
	var c Catalogue
	if err := decode("canonical.yaml", canonicalYAML, &c.Recordings); err != nil {
		return Catalogue{}, err
	}
	if err := decode("alerts.yaml", alertsYAML, &c.Alerts); err != nil {
		return Catalogue{}, err
	}
	c, err := c.withNodes()
	if err != nil {
		return Catalogue{}, err
	}
	c = c.WithPrices(prices)
	for i, r := range c.Recordings {
		if r.Priced {
			c.Recordings[i].Expr = priced(r.Expr)
		}
	}
	if err := c.check(); err != nil {
		return Catalogue{}, err
	}
	c.needed, c.containers = map[string][]need{}, map[string]map[string]string{}
	for _, a := range c.Alerts {
		c.needed[a.Alert], c.containers[a.Alert] = c.needs(a.Expr), c.measured(a.Expr)
	}
	return c, nil
}

// WithPrices is the catalogue with another table of prices.
func (c Catalogue) WithPrices(prices pricing.Table) Catalogue {
	c.prices = constants(prices)
	return c
}

// WithGrafana is the catalogue for a Grafana at this URL, to which alerts link. "" is
// none, and no link.
func (c Catalogue) WithGrafana(url string) Catalogue {
	c.grafana = strings.TrimRight(url, "/")
	return c
}

// Overridable says of each alert that a RAGMonitor can override whether it has a
// threshold.
func (c Catalogue) Overridable() map[string]bool {
	out := map[string]bool{}
	for _, a := range c.Alerts {
		out[a.Alert] = a.Objective != "" || a.Threshold != nil
	}
	return out
}

func decode(file string, data []byte, into any) error {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
