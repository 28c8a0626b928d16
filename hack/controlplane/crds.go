package controlplane

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// prometheusOperatorModule holds the CustomResourceDefinitions of the Prometheus
// Operator; hack/tools/prometheus-operator/go.mod pins its version.
const prometheusOperatorModule = "github.com/prometheus-operator/prometheus-operator"

// PrometheusOperatorKinds are the plural names of the Prometheus Operator's kinds
// that a RAGMonitor's children are of, or may stand beside.
var PrometheusOperatorKinds = []string{"prometheuses", "servicemonitors", "podmonitors", "prometheusrules", "alertmanagerconfigs", "alertmanagers"}

// CRDPaths are the CustomResourceDefinitions that the operator works with: our own
// and those of PrometheusOperatorKinds. root is the repository, see Root.
func CRDPaths(ctx context.Context, root string) ([]string, error) {
	dir, err := PrometheusOperatorCRDs(ctx, root)
	if err != nil {
		return nil, err
	}
	paths := []string{OwnCRDs(root)}
	for _, plural := range PrometheusOperatorKinds {
		paths = append(paths, PrometheusOperatorCRD(dir, plural))
	}
	return paths, nil
}

// OwnCRDs is the folder of our own CustomResourceDefinitions.
func OwnCRDs(root string) string {
	return filepath.Join(root, "config", "crd", "bases")
}

// PrometheusOperatorCRD is the file that defines the kind with this plural name,
// in the folder that PrometheusOperatorCRDs returns.
func PrometheusOperatorCRD(dir, plural string) string {
	return filepath.Join(dir, "monitoring.coreos.com_"+plural+".yaml")
}

// PrometheusOperatorCRDs is the folder of the Prometheus Operator's
// CustomResourceDefinitions, one file for each kind.
func PrometheusOperatorCRDs(ctx context.Context, root string) (string, error) {
	return PinnedCRDs(ctx, filepath.Join(root, "hack", "tools", "prometheus-operator"))
}

// PinnedCRDs are those of the version that the go.mod in tools pins. They are
// downloaded with the Go module when they are not in the module cache yet.
func PinnedCRDs(ctx context.Context, tools string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", prometheusOperatorModule)
	cmd.Dir = tools
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
	// The reason of a failure is in the JSON, so the exit code alone says nothing.
	out, runErr := cmd.Output()

	var module struct{ Dir, Error string }
	if err := json.Unmarshal(out, &module); err != nil {
		return "", fmt.Errorf("download module %s: %w", prometheusOperatorModule, cmp.Or(runErr, err))
	}
	if module.Error != "" {
		return "", fmt.Errorf("download module %s: %s", prometheusOperatorModule, module.Error)
	}
	return filepath.Join(module.Dir, "example", "prometheus-operator-crd"), nil
}
