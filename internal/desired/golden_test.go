package desired_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/internal/dashboards"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// catalogue is the built-in one.
func catalogue(tb testing.TB) desired.Catalogue {
	tb.Helper()
	board, err := dashboards.Builtin()
	if err != nil {
		tb.Fatal(err)
	}
	nodes, err := dashboards.Nodes()
	if err != nil {
		tb.Fatal(err)
	}
	return desired.Catalogue{Rules: fixture.Rules(tb), Board: board, Nodes: nodes}
}

// build makes the children of the RAGMonitor in a manifest.
func build(t *testing.T, manifest string) []desired.Object {
	t.Helper()
	children, err := catalogue(t).Build(fixture.Monitor(t, manifest))
	if err != nil {
		t.Fatal(err)
	}
	return children.Objects
}

// document is an object as people read it.
func document(t *testing.T, o desired.Object) []byte {
	t.Helper()
	data, err := yaml.Marshal(o.Config)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// documents are the objects in their order, in one YAML stream.
func documents(t *testing.T, objects []desired.Object) []byte {
	t.Helper()
	var all [][]byte
	for _, o := range objects {
		all = append(all, document(t, o))
	}
	return bytes.Join(all, []byte("---\n"))
}

// monitorOf is the RAGMonitor of a case.
func monitorOf(t *testing.T, name string) model.Monitor {
	t.Helper()
	return fixture.Monitor(t, cases(t)[name])
}

func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got); go test ./internal/desired -update writes it anew:\n%s", file, d)
	}
}

// cases are the manifests under testdata by the name of their folder.
func cases(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/*/in.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("manifests: %v, %v", files, err)
	}
	out := map[string]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(filepath.Dir(file))] = string(data)
	}
	return out
}

func TestBuild(t *testing.T) {
	for name, manifest := range cases(t) {
		t.Run(name, func(t *testing.T) {
			compare(t, filepath.Join("testdata", name, "out.yaml"), documents(t, build(t, manifest)))
		})
	}
}

func TestBuildIsDeterministic(t *testing.T) {
	for name, manifest := range cases(t) {
		t.Run(name, func(t *testing.T) {
			first := documents(t, build(t, manifest))
			for range 10 {
				if again := documents(t, build(t, manifest)); !bytes.Equal(first, again) {
					t.Fatalf("objects (-first +again):\n%s", cmp.Diff(string(first), string(again)))
				}
			}
		})
	}
}

// TestKeysNameTheirConfigurations: pruning and conflicts go by the keys, the API
// server by the configurations.
func TestKeysNameTheirConfigurations(t *testing.T) {
	all := agents(t, catalogue(t), nil)
	for _, manifest := range cases(t) {
		all = append(all, build(t, manifest)...)
	}
	for _, o := range all {
		data, err := json.Marshal(o.Config)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			APIVersion, Kind string
			Metadata         struct{ Name, Namespace string }
		}
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if got.APIVersion != o.Kind.GroupVersion().String() || got.Kind != o.Kind.Kind || got.Metadata.Name != o.Name || got.Metadata.Namespace != o.Namespace {
			t.Errorf("key %s %s/%s is of %+v", o.Kind, o.Namespace, o.Name, got)
		}
	}
}
