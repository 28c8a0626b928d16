package install

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// TestValuesAreDocumented compares values.yaml with the schema and with the table
// in the chart's README: the same values, and the same defaults.
func TestValuesAreDocumented(t *testing.T) {
	defaults := leaves(t, readFile(t, chartPath+"/values.yaml"))
	if diff := cmp.Diff(slices.Sorted(maps.Keys(defaults)), schemaLeaves(readSchema(t), "")); diff != "" {
		t.Errorf("values (-values.yaml +values.schema.json):\n%s", diff)
	}
	if diff := cmp.Diff(defaults, tableRows(t)); diff != "" {
		t.Errorf("values and defaults (-values.yaml +README.md):\n%s", diff)
	}
}

// TestValuesAreExplained wants a comment above each value.
func TestValuesAreExplained(t *testing.T) {
	var document yamlv3.Node
	if err := yamlv3.Unmarshal(readFile(t, chartPath+"/values.yaml"), &document); err != nil {
		t.Fatal(err)
	}
	checkComments(t, document.Content[0], readSchema(t), "")
}

// TestValuesAreTested wants each value to be used by a rendering, with another
// value than the default.
func TestValuesAreTested(t *testing.T) {
	defaults := leaves(t, readFile(t, chartPath+"/values.yaml"))
	changed := map[string]bool{}
	for _, file := range valueFiles(t) {
		for path, value := range leaves(t, readFile(t, file)) {
			changed[path] = changed[path] || value != defaults[path]
		}
	}
	for path := range defaults {
		if !changed[path] {
			t.Errorf("%s is only rendered with its default", path)
		}
	}
}

// valueFiles are the files of values that renderings use, each of them one.
func valueFiles(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(os.DirFS(root(t)), "test/install/testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files of values: %v", len(files), err)
	}
	return files
}

// schema is a part of the values' JSON schema.
type schema struct {
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
}

func readSchema(t *testing.T) schema {
	t.Helper()
	var s schema
	if err := json.Unmarshal(readFile(t, chartPath+"/values.schema.json"), &s); err != nil {
		t.Fatal(err)
	}
	// Helm adds it; it is no value of ours.
	delete(s.Properties, "global")
	// What is in an affinity is the API's, not ours.
	s.Properties["affinity"] = schema{}
	return s
}

// schemaLeaves are the paths, sorted, of the values that have no properties of
// their own.
func schemaLeaves(s schema, path string) []string {
	if len(s.Properties) == 0 {
		return []string{path}
	}
	var found []string
	for name, property := range s.Properties {
		found = append(found, schemaLeaves(property, join(path, name))...)
	}
	slices.Sort(found)
	return found
}

// leaves are the values of a YAML file as JSON, by the paths that the schema
// knows. A map whose keys the schema does not name is a value.
func leaves(t *testing.T, content []byte) map[string]string {
	t.Helper()
	var values map[string]any
	if err := yaml.UnmarshalStrict(content, &values); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	addLeaves(t, found, values, readSchema(t), "")
	return found
}

func addLeaves(t *testing.T, found map[string]string, value any, s schema, path string) {
	t.Helper()
	if section, ok := value.(map[string]any); ok && len(s.Properties) > 0 {
		for name, member := range section {
			addLeaves(t, found, member, s.Properties[name], join(path, name))
		}
		return
	}
	content, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	found[path] = string(content)
}

var tableRow = regexp.MustCompile("^\\| `([^`]+)` \\| .+ \\| .+ \\| `([^`]+)` \\|$")

// tableRows are the defaults in the README's table, by path.
func tableRows(t *testing.T) map[string]string {
	t.Helper()
	rows := map[string]string{}
	for line := range strings.Lines(string(readFile(t, chartPath+"/README.md"))) {
		if row := tableRow.FindStringSubmatch(strings.TrimSpace(line)); row != nil {
			rows[row[1]] = row[2]
		}
	}
	return rows
}

func checkComments(t *testing.T, section *yamlv3.Node, s schema, path string) {
	t.Helper()
	for i := 0; i < len(section.Content); i += 2 {
		key, value := section.Content[i], section.Content[i+1]
		name := join(path, key.Value)
		property := s.Properties[key.Value]
		if len(property.Properties) > 0 {
			checkComments(t, value, property, name)
			continue
		}
		if key.HeadComment == "" {
			t.Errorf("values.yaml does not explain %s", name)
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
