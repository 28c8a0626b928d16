package install

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestChartAndKustomizationAreAlike compares all that both make, and all of it but
// the labels and annotations. The one difference by intention is node-exporter,
// which the kustomization leaves out by default.
func TestChartAndKustomizationAreAlike(t *testing.T) {
	fromChart := byName(chart(operatorName, systemNamespace, "--set", "nodeExporter.enabled=false").objects(t))
	fromKustomize := byName(renderings()["kustomize default"].objects(t))
	// helm makes the namespace by itself, from a flag.
	delete(fromKustomize, "Namespace "+systemNamespace)

	names := maps.Clone(fromKustomize)
	maps.Copy(names, fromChart)
	for name := range names {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(fromKustomize[name], fromChart[name]); diff != "" {
				t.Errorf("object (-kustomize +chart):\n%s", diff)
			}
		})
	}
}

func TestDefaultsDifferByNodeExporterOnly(t *testing.T) {
	arguments := func(rendering string) []string {
		t.Helper()
		deployment := only[appsv1.Deployment](t, renderings()[rendering].objects(t), "Deployment")
		return deployment.Spec.Template.Spec.Containers[0].Args
	}
	common := arguments("kustomize default")
	if last := common[len(common)-1]; last != "--node-exporter=false" {
		t.Fatalf("last argument %s, want --node-exporter=false", last)
	}
	common = common[:len(common)-1]
	for name, want := range map[string][]string{
		"kustomize node-exporter": {"--node-exporter=true"},
		"chart with default values": {
			"--node-exporter=true", "--node-exporter-image=quay.io/prometheus/node-exporter:v1.12.1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(slices.Concat(common, want), arguments(name)); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
		})
	}
}

// byName is all of the objects but their labels and annotations, by kind and name.
// The labels that select pods are compared where they are used.
func byName(objects []*unstructured.Unstructured) map[string]map[string]any {
	named := map[string]map[string]any{}
	for _, object := range objects {
		o := object.DeepCopy()
		o.SetLabels(nil)
		o.SetAnnotations(nil)
		named[o.GetKind()+" "+o.GetName()] = o.Object
	}
	return named
}
