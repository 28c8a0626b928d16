package install

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestChartAndKustomizationAreAlike compares all that both make, and all of it but
// the labels and annotations. The one difference by intention is node-exporter,
// which the kustomization leaves out by default.
func TestChartAndKustomizationAreAlike(t *testing.T) {
	for kustomize, values := range map[string]string{
		"kustomize default": "nodeExporter.enabled=false",
		"kustomize with every component": "nodeExporter.enabled=false,replicas=2,networkPolicy.enabled=true," +
			"metrics.serviceMonitor.enabled=true,metrics.prometheusRule.enabled=true",
	} {
		fromChart := byName(chart(operatorName, systemNamespace, "--set", values).objects(t))
		fromKustomize := byName(renderings()[kustomize].objects(t))
		// helm makes the namespace by itself, from a flag.
		delete(fromKustomize, "Namespace "+systemNamespace)

		names := maps.Clone(fromKustomize)
		maps.Copy(names, fromChart)
		for name := range names {
			t.Run(kustomize+"/"+name, func(t *testing.T) {
				if diff := cmp.Diff(fromKustomize[name], fromChart[name]); diff != "" {
					t.Errorf("object (-kustomize +chart):\n%s", diff)
				}
			})
		}
	}
}

// TestEveryComponentIsCompared keeps a new one from being left out above.
func TestEveryComponentIsCompared(t *testing.T) {
	components, err := fs.Glob(os.DirFS(root(t)), "config/components/*/kustomization.yaml")
	if err != nil || len(components) == 0 {
		t.Fatalf("%d components: %v", len(components), err)
	}
	overlay := string(readFile(t, "test/install/testdata/overlay/kustomization.yaml"))
	for _, component := range components {
		if !strings.Contains(overlay, "/"+path.Dir(component)+"\n") {
			t.Errorf("the overlay of the tests leaves out %s", path.Dir(component))
		}
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

// byName is all of the objects but their labels and annotations, by kind and name. The
// labels that select pods are compared where they are used; the one annotation that is
// left is how a Secret says whose token it holds.
func byName(objects []*unstructured.Unstructured) map[string]map[string]any {
	named := map[string]map[string]any{}
	for _, object := range objects {
		o := object.DeepCopy()
		o.SetLabels(nil)
		annotations := o.GetAnnotations()
		maps.DeleteFunc(annotations, func(name, _ string) bool { return name != corev1.ServiceAccountNameKey })
		o.SetAnnotations(annotations)
		named[o.GetKind()+" "+o.GetName()] = o.Object
	}
	return named
}
