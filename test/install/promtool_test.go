package install

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/internal/dashboards"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

// TestPromtoolAcceptsTheRules lets the real promtool check what the Prometheus
// Operator makes of every PrometheusRule of the goldens, and of the largest RAGMonitor.
func TestPromtoolAcceptsTheRules(t *testing.T) {
	children := map[string][]byte{"largest": largest(t)}
	goldens, err := filepath.Glob(filepath.Join(root(t), "internal/desired/testdata/*/*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range goldens {
		if filepath.Base(path) == "in.yaml" {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		children[filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path)] = data
	}
	if len(children) < 2 {
		t.Fatal("there are no goldens")
	}
	for name, documents := range children {
		t.Run(name, func(t *testing.T) { checkRules(t, decode(t, documents)) })
	}
}

// checkRules writes the rule files and has them checked. Two rules with the same
// name and labels, of which promtool only warns, are refused too.
func checkRules(t *testing.T, objects []*unstructured.Unstructured) {
	t.Helper()
	arguments := []string{"check", "rules"}
	for i, rule := range find[monitoringv1.PrometheusRule](t, objects, "PrometheusRule") {
		data, err := yaml.Marshal(rule.Spec)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), fmt.Sprintf("%d-%s.yaml", i, rule.Name))
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, file)
	}
	files := len(arguments) - 2
	if files == 0 {
		t.Fatal("there is no PrometheusRule")
	}
	output, err := run(t, "promtool", append(arguments, "--lint=all", "--lint-fatal")...)
	if err != nil {
		t.Fatal(err)
	}
	if found := strings.Count(string(output), "SUCCESS: "); found != files {
		t.Errorf("promtool accepts %d of %d files: %s", found, files, output)
	}
}

// largest are the children of the largest RAGMonitor, as YAML.
func largest(t *testing.T) []byte {
	t.Helper()
	board, err := dashboards.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	children, err := desired.Catalogue{Rules: fixture.Rules(t), Board: board}.Build(fixture.Monitor(t, fixture.Largest()))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, o := range children.Objects {
		data, err := yaml.Marshal(o.Config)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "---\n%s", data)
	}
	return []byte(out.String())
}
