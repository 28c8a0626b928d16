package main

import (
	"fmt"
	"io/fs"
	"strings"

	"sigs.k8s.io/yaml"
)

// tokens stand in the chart's copy for the names that config/ has and that a release
// chooses. No name of Kubernetes holds an underscore, so none can be taken for one.
var tokens = strings.NewReplacer("ragmonitor-operator-metrics", "__job__", "ragmonitor-system", "__namespace__")

// addAlerts copies the groups of the alerts on the operator.
func addAlerts(want map[string][]byte, repository fs.FS) error {
	content, err := fs.ReadFile(repository, alertsFile)
	if err != nil {
		return fmt.Errorf("read the alerts: %w", err)
	}
	var object struct {
		Spec struct {
			Groups []map[string]any `json:"groups"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(content, &object); err != nil {
		return fmt.Errorf("read %s: %w", alertsFile, err)
	}
	if len(object.Spec.Groups) == 0 {
		return fmt.Errorf("no groups in %s", alertsFile)
	}
	groups, err := yaml.Marshal(object.Spec)
	if err != nil {
		return fmt.Errorf("write the alerts: %w", err)
	}
	want["operator-alerts.yaml"] = withHeader(alertsFile, []byte(tokens.Replace(string(groups))))
	return nil
}
