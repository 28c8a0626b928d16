package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const someValues = `# About the file.

## Names

# Name of it.
# Default: none.
name: ""

## Pods

nested:
  # How many.
  count: 1
  # Whether so.
  on: true

# When.
policy: Always
# Which.
affinity: {}
`

const someSchema = `{
  "properties": {
    "name": {"$ref": "#/definitions/name"},
    "nested": {"properties": {"count": {"type": "integer", "minimum": 0, "maximum": 9}, "on": {"type": "boolean"}}},
    "policy": {"enum": ["Always", "Never"]},
    "affinity": {"title": "affinity", "properties": {"node": {}}}
  },
  "definitions": {"name": {"title": "DNS label"}}
}`

const someTables = `
### Names

| Value | Meaning | Form | Default |
|---|---|---|---|
| ` + "`name` | Name of it. Default: none. | DNS label | `\"\"` |" + `

### Pods

| Value | Meaning | Form | Default |
|---|---|---|---|
| ` + "`nested.count` | How many. | 0 to 9 | `1` |" + `
| ` + "`nested.on` | Whether so. | boolean | `true` |" + `
| ` + "`policy` | When. | `Always`, `Never` | `\"Always\"` |" + `
| ` + "`affinity` | Which. | affinity | `{}` |" + `

`

func chartOf(t *testing.T, readme, values, schema string) chart {
	t.Helper()
	c := chart{readme: readme, values: values}
	if err := json.Unmarshal([]byte(schema), &c.schema); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestValuesStandBetweenTheirMarks(t *testing.T) {
	c := chartOf(t, "before\n"+valuesBegin+"\nold\n"+valuesEnd+"\nafter\n", someValues, someSchema)
	got, err := c.page()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("before\n"+valuesBegin+"\n"+someTables+valuesEnd+"\nafter\n", got); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
}

func TestValuesThatAreNotExplainedAreRefused(t *testing.T) {
	marks := valuesBegin + valuesEnd
	for name, tc := range map[string]struct{ readme, values, schema, want string }{
		"a README without marks":        {"", someValues, someSchema, "does not hold"},
		"a value without a comment":     {marks, strings.Replace(someValues, "  # How many.\n", "", 1), someSchema, "the value nested.count needs a comment"},
		"a value without a form":        {marks, someValues, strings.Replace(someSchema, `"DNS label"`, `""`, 1), "the value name needs a comment"},
		"a value that is not in schema": {marks, someValues + "# More.\nmore: 1\n", someSchema, "does not know the value more"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := chartOf(t, tc.readme, tc.values, tc.schema).page()
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}
