package install

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// testDist makes what a release is made of, and installs the one file as a user would:
// with kubectl, once on its own and once over itself.
func testDist(t *testing.T, s *server) {
	t.Helper()
	if _, err := execute(t, "make", "--silent", "dist"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root(t), "dist", "install.yaml")
	for _, how := range [][]string{{"apply", "--server-side", "--force-conflicts"}, {"apply"}} {
		arguments := slices.Concat(how, []string{"--kubeconfig", s.kubeconfig, "--filename", file})
		if _, err := run(t, "kubectl", arguments...); err != nil {
			t.Errorf("%v: %v", how, err)
		}
	}
	s.waitForCRD(t, crdName)
	deployment := &appsv1.Deployment{}
	if err := s.Get(t.Context(), client.ObjectKey{Namespace: systemNamespace, Name: operatorName}, deployment); err != nil {
		t.Fatal(err)
	}
	var chart struct {
		AppVersion string `json:"appVersion"`
		Version    string `json:"version"`
	}
	if err := yaml.Unmarshal(readFile(t, chartPath+"/Chart.yaml"), &chart); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("ghcr.io/ragmonitor/ragmonitor-operator:"+chart.AppVersion, deployment.Spec.Template.Spec.Containers[0].Image); diff != "" {
		t.Errorf("image (-want +got):\n%s", diff)
	}
	if _, err := helm(t, "lint", "--strict", filepath.Join(root(t), "dist", "ragmonitor-operator-"+chart.Version+".tgz")); err != nil {
		t.Errorf("the packaged chart: %v", err)
	}
}
