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

// TestSchemaKnowsEveryValue compares values.yaml with the schema. What the README has,
// docgen makes of both.
func TestSchemaKnowsEveryValue(t *testing.T) {
	defaults := leaves(t, readFile(t, chartPath+"/values.yaml"))
	if diff := cmp.Diff(slices.Sorted(maps.Keys(defaults)), schemaLeaves(readSchema(t), "")); diff != "" {
		t.Errorf("values (-values.yaml +values.schema.json):\n%s", diff)
	}
}

// TestSchemaIsClosed: an object that takes any property takes typing errors.
func TestSchemaIsClosed(t *testing.T) {
	var document map[string]any
	if err := json.Unmarshal(readFile(t, chartPath+"/values.schema.json"), &document); err != nil {
		t.Fatal(err)
	}
	checkClosed(t, document, "")
}

func checkClosed(t *testing.T, part any, path string) {
	t.Helper()
	switch part := part.(type) {
	case []any:
		for _, element := range part {
			checkClosed(t, element, path)
		}
	case map[string]any:
		if _, divided := part["properties"]; divided && part["type"] == "object" && part["additionalProperties"] == nil {
			t.Errorf("%s takes any property", path)
		}
		for name, element := range part {
			checkClosed(t, element, join(path, name))
		}
	}
}

// TestSchemaSaysWhatTheCommentSays: editors show the one, the README the other.
func TestSchemaSaysWhatTheCommentSays(t *testing.T) {
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
	Description string            `json:"description"`
	Properties  map[string]schema `json:"properties"`
	Items       *schema           `json:"items"`
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
	s.Properties["affinity"] = schema{Description: s.Properties["affinity"].Description}
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

// markup is what a comment has for the README, and plain text has not.
var markup = strings.NewReplacer("`", "", "# ", "", "\n", " ")

var (
	inLink        = regexp.MustCompile(`\[([^]]*)\]\([^)]*\)`)
	firstSentence = regexp.MustCompile(`^.*?\.( [A-Z]|$)`)
)

// described is the first sentence of a comment.
func described(comment string) string {
	text := inLink.ReplaceAllString(markup.Replace(comment), "$1")
	return strings.TrimSuffix(strings.TrimRight(firstSentence.FindString(text), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), " ")
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
		// A heading of a section stands above some.
		comment := key.HeadComment[strings.LastIndex(key.HeadComment, "\n\n")+1:]
		if want := described(strings.TrimSpace(comment)); want == "" || want != property.Description {
			t.Errorf("%s: values.yaml begins with %q, the schema says %q", name, want, property.Description)
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
