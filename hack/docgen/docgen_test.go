package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// root is the repository.
const root = "../.."

func loadSources(t *testing.T) sources {
	t.Helper()
	from, err := load(root)
	if err != nil {
		t.Fatal(err)
	}
	return from
}

func loadPages(t *testing.T) map[string]string {
	t.Helper()
	pages, err := loadSources(t).pages()
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func TestPagesAreTheSameEveryTime(t *testing.T) {
	first := loadPages(t)
	for range 5 {
		if diff := cmp.Diff(first, loadPages(t)); diff != "" {
			t.Fatalf("pages (-first +later):\n%s", diff)
		}
	}
}

func TestPagesHoldAllThatTheyAreMadeFrom(t *testing.T) {
	from, pages := loadSources(t), loadPages(t)
	want := map[string][]string{
		"docs/api.md": {"`spec.components[].selector`", "`status.readings`", "| `errorRatio` |", "COST/DAY", "See [conditions.md]"},
	}
	for _, r := range from.rules.Recordings {
		want["docs/metrics.md"] = append(want["docs/metrics.md"], r.Record, r.Help)
	}
	for _, a := range from.rules.Alerts {
		want["docs/alerts.md"] = append(want["docs/alerts.md"], "## "+a.Alert, "runbooks/"+a.Alert+".md", a.Expr)
	}
	for _, v := range from.vocabularies {
		for signal, series := range v.Signals {
			want["docs/vocabularies.md"] = append(want["docs/vocabularies.md"], "| `"+string(signal)+"` |", series[0].Metrics[0])
		}
	}
	for name, texts := range want {
		for _, text := range texts {
			if !strings.Contains(pages[name], text) {
				t.Errorf("%s does not hold %q", name, text)
			}
		}
	}
	for name, page := range pages {
		if !strings.HasPrefix(page, header+"\n") {
			t.Errorf("%s does not begin with %q", name, header)
		}
	}
}

func TestRunWritesWhatCheckMisses(t *testing.T) {
	dir := t.TempDir()
	crd, err := os.ReadFile(filepath.Join(root, crdFile))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{crdFile: string(crd), "docs/alerts.md": "edited"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const stale = "out of date: docs/alerts.md, docs/api.md, docs/metrics.md, docs/vocabularies.md: run `make generate`"
	if err := run(dir, true); err == nil || err.Error() != stale {
		t.Errorf("-check: error %v, want %q", err, stale)
	}
	if err := run(dir, false); err != nil {
		t.Fatal(err)
	}
	if err := run(dir, true); err != nil {
		t.Errorf("-check after a run: %v", err)
	}
}

func TestGrouping(t *testing.T) {
	for name, tc := range map[string]struct {
		expr string
		want []string
	}{
		"a sum of all has none":                   {expr: `sum(rate(a[5m])) or 0 * sum(b)`},
		"a sum by a label keeps it":               {expr: `sum by (model) (rate(a[5m]))`, want: []string{"model"}},
		"a quantile takes le away":                {expr: `histogram_quantile(0.5, sum by (le, x) (a)) and sum(b) > 0`, want: []string{"x"}},
		"of one side with many, its labels count": {expr: `sum by (model) (a) / on () group_left () sum(b)`, want: []string{"model"}},
		"also when it is the right one":           {expr: `sum(b) * on () group_right () (sum by (model) (a))`, want: []string{"model"}},
		"a number has none":                       {expr: `vector(time())`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := grouping(tc.expr)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, append([]string(nil), got...)); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFieldsAreDescribed(t *testing.T) {
	rules := apiextensionsv1.ValidationRules{{Message: "must be\nsmall"}}
	for name, tc := range map[string]struct {
		field    schema
		required bool
		want     string
	}{
		"text with limits, a default and a rule": {
			field: schema{
				Type: "string", MinLength: new(int64(1)), MaxLength: new(int64(9)),
				Default: &apiextensionsv1.JSON{Raw: []byte(`"a|b"`)}, Description: "It\nis.", XValidations: rules,
			},
			want: "| `f` | string, 1 to 9 characters | `\"a\\|b\"` | It is.<br>Rule: must be small. |",
		},
		"a required choice": {
			field:    schema{Type: "string", Enum: []apiextensionsv1.JSON{{Raw: []byte(`"On"`)}, {Raw: []byte(`"Off"`)}}},
			required: true,
			want:     "| `f` | `\"On\"`, `\"Off\"` | required |  |",
		},
		"a map, whose values have a rule": {
			field: schema{Type: "object", MaxProperties: new(int64(2)), AdditionalProperties: &apiextensionsv1.JSONSchemaPropsOrBool{
				Schema: &schema{Type: "string", XValidations: rules},
			}},
			want: "| `f` | map of strings, at most 2 entries |  | <br>Rule: must be small. |",
		},
		"an object, whose rules stand in its own section": {
			field: schema{Type: "object", Default: &apiextensionsv1.JSON{Raw: []byte(`{}`)}, Properties: map[string]schema{"g": {}}, XValidations: rules},
			want:  "| `f` | object |  |  |",
		},
		"a number with limits": {
			field: schema{Type: "integer", Minimum: new(0.0), Maximum: new(1e9)},
			want:  "| `f` | integer, 0 to 1000000000 |  |  |",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, row(fieldRow("f", tc.field, tc.required))); diff != "" {
				t.Errorf("row (-want +got):\n%s", diff)
			}
		})
	}
}
