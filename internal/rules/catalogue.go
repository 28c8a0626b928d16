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
	"slices"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// Scope says for what a rule exists once.
type Scope string

// The scopes of rules.
const (
	ScopeMonitor   Scope = "monitor"
	ScopeComponent Scope = "component"
	ScopeStage     Scope = "stage"
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
	// Window is "rate", "cost", or "" for an expression without a range.
	Window string `yaml:"window"`
	// Labels are put on the series besides namespace, ragmonitor, component, stage.
	Labels map[string]string `yaml:"labels"`
	// Requires are signals without which there is no rule, although Expr could do
	// without them.
	Requires []vocabulary.Signal `yaml:"requires"`
	// Expr is a template of package promql.
	Expr string `yaml:"expr"`
}

// Alert describes one alert.
type Alert struct {
	// Alert is the name of the alert.
	Alert string `yaml:"alert"`
	// Objective is the objective that the alert watches, or "".
	Objective Objective `yaml:"objective"`
	// Scope says for what there is one rule.
	Scope Scope `yaml:"scope"`
	// Expr is a template of package promql, in which "objective" is a number.
	Expr string `yaml:"expr"`
	// For is how long the expression must hold before the alert fires.
	For model.Duration `yaml:"for"`
	// Severity is "critical", "warning" or "info".
	Severity string `yaml:"severity"`
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
}

// AlertNames lists the names of the alerts, in the order of the catalogue.
func (c Catalogue) AlertNames() []string {
	names := make([]string, 0, len(c.Alerts))
	for _, a := range c.Alerts {
		names = append(names, a.Alert)
	}
	return names
}

var (
	//go:embed canonical.yaml
	canonicalYAML []byte
	//go:embed alerts.yaml
	alertsYAML []byte
)

// Builtin returns the catalogue that is compiled into the operator. It fails
// only when one of its files is broken, which the tests of this package refuse.
func Builtin() (Catalogue, error) {
	var c Catalogue
	if err := decode("canonical.yaml", canonicalYAML, &c.Recordings); err != nil {
		return Catalogue{}, err
	}
	if err := decode("alerts.yaml", alertsYAML, &c.Alerts); err != nil {
		return Catalogue{}, err
	}
	return c, c.check()
}

func decode(file string, data []byte, into any) error {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func (c Catalogue) check() error {
	for _, r := range c.Recordings {
		if !slices.Contains([]Scope{ScopeMonitor, ScopeComponent, ScopeStage}, r.Scope) {
			return fmt.Errorf("canonical.yaml: scope of %s is %q", r.Record, r.Scope)
		}
		if !slices.Contains([]string{"", windowRate, windowCost}, r.Window) {
			return fmt.Errorf("canonical.yaml: window of %s is %q", r.Record, r.Window)
		}
		if err := c.checkNames("canonical.yaml", r.Record, r.Expr, isRecordable); err != nil {
			return err
		}
	}
	for _, a := range c.Alerts {
		if _, ok := objectives[a.Objective]; !ok && a.Objective != "" {
			return fmt.Errorf("alerts.yaml: objective of %s is %q", a.Alert, a.Objective)
		}
		isObjective := func(name string) bool { return name == objectiveName }
		if err := c.checkNames("alerts.yaml", a.Alert, a.Expr, isObjective); err != nil {
			return err
		}
	}
	return nil
}

// checkNames refuses a template that selects something that does not exist.
func (c Catalogue) checkNames(file, rule, expr string, allowed func(string) bool) error {
	names, err := promql.Names(expr)
	if err != nil {
		return fmt.Errorf("%s: %s: %w", file, rule, err)
	}
	for _, name := range names {
		if !allowed(name) && !c.records(name) {
			return fmt.Errorf("%s: %s reads %q, which is neither a signal nor a canonical series", file, rule, name)
		}
	}
	return nil
}

func (c Catalogue) records(name string) bool {
	return slices.ContainsFunc(c.Recordings, func(r Recording) bool { return r.Record == name })
}
