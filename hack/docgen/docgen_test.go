package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
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
	for range 3 {
		if diff := cmp.Diff(first, loadPages(t)); diff != "" {
			t.Fatalf("pages (-first +later):\n%s", diff)
		}
	}
}

func TestPagesHoldAllThatTheyAreMadeFrom(t *testing.T) {
	from, pages := loadSources(t), loadPages(t)
	want := map[string][]string{
		"docs/api.md": {"`spec.components[].selector`", "`spec.components[].signals[]`", "`status.readings`", "| `errorRatio` |", "COST/DAY", "See [conditions.md]"},
	}
	for _, r := range from.rules.Recordings {
		want["docs/metrics.md"] = append(want["docs/metrics.md"], "| `"+r.Record+"` | "+r.Help, r.Unit, "\n`"+r.Record+"`")
	}
	for _, d := range rules.Derived {
		want["docs/metrics.md"] = append(want["docs/metrics.md"], "| `"+d.Record+"` | "+d.Help)
	}
	for _, a := range from.alerts() {
		want["docs/alerts.md"] = append(want["docs/alerts.md"],
			"\n### "+a.Alert+"\n", "| ["+a.Alert+"](runbooks/"+a.Alert+".md) |", a.Expr.String(), a.Description)
	}
	for _, s := range vocabulary.Signals() {
		want["docs/vocabularies.md"] = append(want["docs/vocabularies.md"], "| `"+string(s)+"` | "+s.Meaning())
	}
	for _, v := range from.vocabularies {
		want["docs/vocabularies.md"] = append(want["docs/vocabularies.md"], "\n### `"+v.Name+"`\n", "| [`"+v.Name+"`](#"+v.Name+") |", oneLine(v.Enable))
		for signal, alternatives := range v.Signals {
			for _, series := range alternatives {
				want["docs/vocabularies.md"] = append(want["docs/vocabularies.md"], "| `"+string(signal)+"` |", "| "+codes(series.Metrics))
			}
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
		if name != chartReadme && !strings.HasPrefix(page, header+"\n") {
			t.Errorf("%s does not begin with %q", name, header)
		}
	}
}

// TestWhatHasNoPlaceIsRefused: a page must not leave out what is new.
func TestWhatHasNoPlaceIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		edit func(*sources)
		page func(sources) (string, error)
		want string
	}{
		"a series that belongs to no section": {
			edit: func(s *sources) {
				s.rules.Recordings = append(s.rules.Recordings, rules.Recording{Record: "ragmonitor:news:rate", Quantile: &rules.Quantile{}})
			},
			page: sources.metricsPage,
			want: "series ragmonitor:news is in no section of the page: add it to seriesGroups",
		},
		"an objective whose field is not known": {
			edit: func(s *sources) {
				s.rules.Alerts = append(s.rules.Alerts, rules.Alert{Alert: "RAGNew", Objective: "news"})
			},
			page: sources.alertsPage,
			want: `alert RAGNew: objective "news" is not known to docgen: add its field to objectiveFields`,
		},
		"a threshold in a new unit": {
			edit: func(s *sources) {
				s.rules.Alerts = append(s.rules.Alerts, rules.Alert{Alert: "RAGNew", Threshold: &rules.Threshold{Unit: "parsecs"}})
			},
			page: sources.alertsPage,
			want: `alert RAGNew: unit "parsecs" is not known to docgen: add it to unitNames`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			from := loadSources(t)
			tc.edit(&from)
			if _, err := tc.page(from); fmt.Sprint(err) != tc.want {
				t.Errorf("error is %v, want %s", err, tc.want)
			}
		})
	}
}

func TestRunWritesWhatCheckMisses(t *testing.T) {
	dir := t.TempDir()
	contents := map[string]string{"docs/alerts.md": "edited"}
	for _, name := range []string{crdFile, fieldsFile, operatorAlertsFile, chartFolder + "/values.yaml", chartFolder + "/values.schema.json"} {
		contents[name] = read(t, name)
	}
	contents[chartReadme] = valuesBegin + "\nedited\n" + valuesEnd
	for name, content := range contents {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const stale = "out of date: charts/ragmonitor-operator/README.md, docs/alerts.md, docs/api.md, docs/metrics.md, docs/vocabularies.md: run `make generate`"
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
