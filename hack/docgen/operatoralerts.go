package main

import (
	"fmt"
	"os"
	"path/filepath"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"sigs.k8s.io/yaml"
)

const operatorAlertsFile = "config/components/monitoring/prometheusrule.yaml"

// operatorAlert is one on the operator itself.
type operatorAlert struct {
	name, expr, wait, severity, description string
}

// readOperatorAlerts reads the alerts that the chart and the kustomization install.
func readOperatorAlerts(root string) ([]operatorAlert, error) {
	data, err := os.ReadFile(filepath.Join(root, operatorAlertsFile))
	if err != nil {
		return nil, fmt.Errorf("read the alerts on the operator: %w", err)
	}
	var rule monitoringv1.PrometheusRule
	if err := yaml.UnmarshalStrict(data, &rule); err != nil {
		return nil, fmt.Errorf("read %s: %w", operatorAlertsFile, err)
	}
	var out []operatorAlert
	for _, group := range rule.Spec.Groups {
		for _, r := range group.Rules {
			if r.Alert == "" || r.For == nil {
				return nil, fmt.Errorf("read %s: a rule has no name, or does not say how long it must hold", operatorAlertsFile)
			}
			out = append(out, operatorAlert{r.Alert, r.Expr.String(), string(*r.For), r.Labels["severity"], r.Annotations["description"]})
		}
	}
	return out, nil
}

func (p *page) operatorTable(alerts []operatorAlert) {
	var rows [][]string
	for _, a := range alerts {
		rows = append(rows, []string{fmt.Sprintf("[%s](runbooks/%s.md)", a.name, a.name), a.severity, a.wait, a.description})
	}
	p.table([]string{"Alert", "Severity", "Must hold for", "Says"}, rows)
}

func (p *page) operatorAlert(a operatorAlert) {
	p.heading(3, a.name)
	p.block("Fires when this holds for %s:", a.wait)
	p.code("promql", a.expr)
	p.block("It says: %s", code(a.description))
	p.block("What to do: [runbook](runbooks/%s.md).", a.name)
}
