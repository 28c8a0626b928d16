package alertmanager_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"sigs.k8s.io/yaml"
)

// definition is the schema of AlertmanagerConfigs in the CRD of this version.
func definition(t *testing.T) *apiextensions.CustomResourceValidation {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/prometheus-operator/prometheus-operator").Output()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "example", "prometheus-operator-crd", "monitoring.coreos.com_alertmanagerconfigs.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := yaml.Unmarshal(data, crd); err != nil {
		t.Fatal(err)
	}
	out := &apiextensions.CustomResourceValidation{}
	if err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(crd.Spec.Versions[0].Schema, out, nil); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestOlderCRDsTakeOurs: an API server refuses to apply a field that its CRD lacks.
func TestOlderCRDsTakeOurs(t *testing.T) {
	var object map[string]any
	if err := yaml.Unmarshal(documents(t, "AlertmanagerConfig")[0], &object); err != nil {
		t.Fatal(err)
	}
	crd := definition(t)
	validator, _, err := validation.NewSchemaValidator(crd.OpenAPIV3Schema)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range validation.ValidateCustomResource(nil, object, validator) {
		t.Error(problem)
	}
	structural, err := schema.NewStructural(crd.OpenAPIV3Schema)
	if err != nil {
		t.Fatal(err)
	}
	unknown := pruning.PruneWithOptions(object, structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	if len(unknown) > 0 {
		t.Errorf("the CRD has no %s", strings.Join(unknown, ", no "))
	}
}
