package install

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
)

const (
	// operatorName and systemNamespace are what the kustomizations call the
	// operator and its namespace, and the names that the manual gives a release.
	operatorName    = "ragmonitor-operator"
	systemNamespace = "ragmonitor-system"
	chartPath       = "charts/ragmonitor-operator"
)

// rendering is one way to install the operator.
type rendering struct {
	// namespace is where the operator goes.
	namespace string
	objects   func(t *testing.T) []*unstructured.Unstructured
	// hooks are what helm makes at times, and does not keep.
	hooks func(t *testing.T) []*unstructured.Unstructured
}

// renderings are all the ways to install the operator that are tested.
func renderings() map[string]rendering {
	return map[string]rendering{
		"chart with default values": chart(operatorName, systemNamespace),
		"chart with every option":   chart("everything", "rag-everything", "--values", "test/install/testdata/everything.yaml"),
		"chart with all switched off": chart("nothing", "rag-nothing",
			"--values", "test/install/testdata/nothing.yaml"),
		"chart with one Prometheus":          chart(operatorName, systemNamespace, "--values", "test/install/testdata/prometheus.yaml"),
		"chart with an operated Prometheus":  chart(operatorName, systemNamespace, "--values", "test/install/testdata/operated.yaml"),
		"chart with a claim for the samples": chart(operatorName, systemNamespace, "--values", "test/install/testdata/claim.yaml"),
		"chart with the longest name":        chart(strings.Repeat("l", 53), "rag-long"),
		"kustomize default":                  kustomization("config/default"),
		"kustomize node-exporter":            kustomization("config/node-exporter"),
		"kustomize with every component":     kustomization("test/install/testdata/overlay"),
	}
}

func chart(release, namespace string, arguments ...string) rendering {
	of := func(hooks bool) func(t *testing.T) []*unstructured.Unstructured {
		return func(t *testing.T) []*unstructured.Unstructured {
			t.Helper()
			output, err := helm(t, slices.Concat([]string{"template", release, chartPath, "--namespace", namespace}, arguments)...)
			if err != nil {
				t.Fatal(err)
			}
			return slices.DeleteFunc(decode(t, output), func(o *unstructured.Unstructured) bool {
				return isHook(o) != hooks
			})
		}
	}
	return rendering{namespace: namespace, objects: of(false), hooks: of(true)}
}

func isHook(o *unstructured.Unstructured) bool { return o.GetAnnotations()["helm.sh/hook"] != "" }

func kustomization(folder string) rendering {
	none := func(*testing.T) []*unstructured.Unstructured { return nil }
	return rendering{namespace: systemNamespace, hooks: none, objects: func(t *testing.T) []*unstructured.Unstructured {
		t.Helper()
		output, err := run(t, "kubectl", "kustomize", folder)
		if err != nil {
			t.Fatal(err)
		}
		return decode(t, output)
	}}
}

// helm runs with folders of its own, so that nothing of the user's plays a part.
func helm(t *testing.T, arguments ...string) ([]byte, error) {
	t.Helper()
	cmd := command(t, tool(t, "helm"), arguments...)
	cmd.Env = os.Environ()
	for _, variable := range []string{"HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"} {
		cmd.Env = append(cmd.Env, variable+"="+t.TempDir())
	}
	return output(cmd)
}

// run returns what a tool of bin/ prints, started in the repository. Its error
// holds what the tool says about a failure.
func run(t *testing.T, name string, arguments ...string) ([]byte, error) {
	t.Helper()
	return execute(t, tool(t, name), arguments...)
}

// tool is the path of a tool of bin/.
func tool(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(root(t), "bin", name)
	if _, err := os.Stat(path); err != nil {
		t.Errorf("%v: run `make tools`", err)
	}
	return path
}

func execute(t *testing.T, path string, arguments ...string) ([]byte, error) {
	t.Helper()
	return output(command(t, path, arguments...))
}

func output(cmd *exec.Cmd) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(cmd.Path), cmd.Args[1], err, &stdout, &stderr)
	}
	return stdout.Bytes(), nil
}

// command is to be started in the repository, and ends with the test.
func command(t *testing.T, path string, arguments ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, arguments...)
	cmd.Dir = root(t)
	return cmd
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// decode reads all documents. A key that is there twice is an error.
func decode(t *testing.T, manifest []byte) []*unstructured.Unstructured {
	t.Helper()
	var objects []*unstructured.Unstructured
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(manifest)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var content map[string]any
		if err := yaml.UnmarshalStrict(document, &content); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		if len(content) > 0 {
			objects = append(objects, &unstructured.Unstructured{Object: content})
		}
	}
	if len(objects) == 0 {
		t.Fatal("nothing was rendered")
	}
	return objects
}

// find returns the objects of a kind as T.
func find[T any](t *testing.T, objects []*unstructured.Unstructured, kind string) []T {
	t.Helper()
	var found []T
	for _, object := range objects {
		if object.GetKind() != kind {
			continue
		}
		var typed T
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &typed); err != nil {
			t.Fatalf("%s %s: %v", kind, object.GetName(), err)
		}
		found = append(found, typed)
	}
	return found
}

// only returns the one object of a kind.
func only[T any](t *testing.T, objects []*unstructured.Unstructured, kind string) T {
	t.Helper()
	found := find[T](t, objects, kind)
	if len(found) != 1 {
		t.Fatalf("%d objects of kind %s, want 1", len(found), kind)
	}
	return found[0]
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := fs.ReadFile(os.DirFS(root(t)), path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
