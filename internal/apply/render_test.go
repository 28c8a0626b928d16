package apply

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
)

// object reads YAML into the types that a cache holds.
func object(t *testing.T, text string) map[string]any {
	t.Helper()
	fields := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &fields); err != nil {
		t.Fatal(err)
	}
	fields["kind"] = "K"
	data, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	out := &unstructured.Unstructured{}
	if err := out.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	return out.Object
}

func TestContains(t *testing.T) {
	for name, tc := range map[string]struct {
		present, want string
		contained     bool
	}{
		"the same":                          {present: `{a: x, b: [1, 2], c: {d: true}}`, want: `{a: x, b: [1, 2], c: {d: true}}`, contained: true},
		"a field of others":                 {present: `{a: x, b: y}`, want: `{a: x}`, contained: true},
		"a field of others, deeper":         {present: `{a: {b: x, c: y}}`, want: `{a: {b: x}}`, contained: true},
		"a field of others in a list":       {present: `{a: [{b: x, c: y}]}`, want: `{a: [{b: x}]}`, contained: true},
		"a value that was changed":          {present: `{a: y}`, want: `{a: x}`},
		"a value that was changed, deeper":  {present: `{a: {b: [{c: y}]}}`, want: `{a: {b: [{c: x}]}}`},
		"a key that was removed":            {present: `{b: y}`, want: `{a: x}`},
		"a key that was removed, deeper":    {present: `{a: {}}`, want: `{a: {b: x}}`},
		"a map that was removed":            {present: `{b: y}`, want: `{a: {b: x}}`},
		"a map that was emptied":            {present: `{b: y}`, want: `{a: {}}`},
		"a list that was removed":           {present: `{b: y}`, want: `{a: [x]}`},
		"a list with an element less":       {present: `{a: [x]}`, want: `{a: [x, y]}`},
		"a list with an element more":       {present: `{a: [x, y]}`, want: `{a: [x]}`},
		"a list in another order":           {present: `{a: [y, x]}`, want: `{a: [x, y]}`},
		"an element that was changed":       {present: `{a: [x, z]}`, want: `{a: [x, y]}`},
		"a list where a map is wanted":      {present: `{a: [x]}`, want: `{a: {b: x}}`},
		"a map where a list is wanted":      {present: `{a: {b: x}}`, want: `{a: [x]}`},
		"a map where a word is wanted":      {present: `{a: {b: x}}`, want: `{a: x}`},
		"a list where a word is wanted":     {present: `{a: [x]}`, want: `{a: x}`},
		"a number where a word is wanted":   {present: `{a: 1}`, want: `{a: "1"}`},
		"another number":                    {present: `{a: 9100}`, want: `{a: 9101}`},
		"the same number":                   {present: `{a: 9100, b: 0.5}`, want: `{a: 9100, b: 0.5}`, contained: true},
		"false where true is wanted":        {present: `{a: false}`, want: `{a: true}`},
		"nothing where false is wanted":     {present: `{}`, want: `{a: false}`},
		"nothing where zero is wanted":      {present: `{}`, want: `{a: 0}`},
		"nothing wanted":                    {present: `{a: x}`, want: `{}`, contained: true},
		"an empty list where one is wanted": {present: `{a: []}`, want: `{a: []}`, contained: true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := contains(object(t, tc.present), object(t, tc.want)); got != tc.contained {
				t.Errorf("%s contains %s: %t", tc.present, tc.want, got)
			}
		})
	}
}

// configMap is a desired object whose one value is text.
func configMap(text string) desired.Object {
	return desired.Object{
		Kind: desired.ConfigMap, Namespace: "rag", Name: "x",
		Config: corev1ac.ConfigMap("x", "rag").
			WithLabels(map[string]string{"b": "2", "a": "1"}).
			WithData(map[string]string{"key": text}),
	}
}

func rendered(t *testing.T, o desired.Object) *unstructured.Unstructured {
	t.Helper()
	out, err := render(o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRenderAddsTheHash(t *testing.T) {
	got := rendered(t, configMap("text"))
	hash := got.GetAnnotations()[HashAnnotation]
	if len(hash) != 16 {
		t.Errorf("hash is %q", hash)
	}
	want := map[string]any{
		"apiVersion": "v1",
		"kind":       "ConfigMap",
		"metadata": map[string]any{
			"name": "x", "namespace": "rag",
			"labels":      map[string]any{"a": "1", "b": "2"},
			"annotations": map[string]any{HashAnnotation: hash},
		},
		"data": map[string]any{"key": "text"},
	}
	if d := cmp.Diff(want, got.Object); d != "" {
		t.Errorf("object (-want +got):\n%s", d)
	}
}

func TestRenderKeepsAnnotations(t *testing.T) {
	o := configMap("text")
	o.Config.(*corev1ac.ConfigMapApplyConfiguration).WithAnnotations(map[string]string{"folder": "RAG"})
	annotations := rendered(t, o).GetAnnotations()
	if annotations["folder"] != "RAG" || len(annotations) != 2 {
		t.Errorf("annotations are %v", annotations)
	}
}

func TestHashFollowsTheConfiguration(t *testing.T) {
	hash := func(o desired.Object) string { return rendered(t, o).GetAnnotations()[HashAnnotation] }
	first := hash(configMap("text"))
	for range 20 {
		if again := hash(configMap("text")); again != first {
			t.Fatalf("hash of the same is %s, then %s", first, again)
		}
	}
	moved := configMap("text")
	moved.Config.(*corev1ac.ConfigMapApplyConfiguration).WithLabels(map[string]string{"a": "other"})
	for name, other := range map[string]desired.Object{"another value": configMap("texts"), "another label": moved} {
		if hash(other) == first {
			t.Errorf("%s has the same hash", name)
		}
	}
}

func TestRenderLeavesTheDesiredObjectAlone(t *testing.T) {
	o := configMap("text")
	before, err := json.Marshal(o.Config)
	if err != nil {
		t.Fatal(err)
	}
	got := rendered(t, o)
	// The answer of the server is written into what was sent.
	got.SetResourceVersion("7")
	got.SetLabels(map[string]string{"a": "edited"})
	got.Object["data"].(map[string]any)["key"] = "edited"
	after, err := json.Marshal(o.Config)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(before), string(after)); d != "" {
		t.Errorf("configuration (-before +after):\n%s", d)
	}
}

// broken is an apply configuration that cannot be rendered.
type broken struct {
	corev1ac.ConfigMapApplyConfiguration
	text string
}

func (b *broken) MarshalJSON() ([]byte, error) { return []byte(b.text), nil }

func TestRenderNamesTheObjectThatIsBroken(t *testing.T) {
	for name, text := range map[string]string{"no JSON": `{`, "no object": `[]`, "no kind": `{"data":{}}`} {
		t.Run(name, func(t *testing.T) {
			o := configMap("")
			o.Config = &broken{text: text}
			_, err := render(o)
			if err == nil || !strings.Contains(err.Error(), "render ConfigMap rag/x: ") {
				t.Errorf("error is %v", err)
			}
		})
	}
}
