package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
)

const (
	chartFolder = "charts/ragmonitor-operator"
	chartReadme = chartFolder + "/README.md"
	// valuesBegin and valuesEnd stand around the tables of values in chartReadme.
	valuesBegin = "<!-- Made from values.yaml and values.schema.json by make generate. -->"
	valuesEnd   = "<!-- End of the values. -->"
)

// chart is what the tables of the chart's values are made from.
type chart struct {
	readme, values string
	schema         valueSchema
}

// valueSchema is the part of a JSON schema that says which form a value has.
type valueSchema struct {
	Title      string                 `json:"title"`
	Type       any                    `json:"type"`
	Enum       []any                  `json:"enum"`
	Minimum    *int64                 `json:"minimum"`
	Maximum    *int64                 `json:"maximum"`
	Ref        string                 `json:"$ref"`
	Properties map[string]valueSchema `json:"properties"`
	// Definitions are those of the whole schema.
	Definitions map[string]valueSchema `json:"definitions"`
}

// value is one row.
type value struct {
	section, path, meaning, form, preset string
}

func readChart(root string) (chart, error) {
	var texts [3]string
	for i, name := range []string{"README.md", "values.yaml", "values.schema.json"} {
		data, err := os.ReadFile(filepath.Join(root, chartFolder, name))
		if err != nil {
			return chart{}, fmt.Errorf("read the chart: %w", err)
		}
		texts[i] = string(data)
	}
	c := chart{readme: texts[0], values: texts[1]}
	if err := json.Unmarshal([]byte(texts[2]), &c.schema); err != nil {
		return chart{}, fmt.Errorf("read the schema of the values: %w", err)
	}
	return c, nil
}

// page is the README with tables of the present values, one for each section of
// values.yaml.
func (c chart) page() (string, error) {
	before, rest, ok := strings.Cut(c.readme, valuesBegin)
	_, after, ended := strings.Cut(rest, valuesEnd)
	if !ok || !ended {
		return "", fmt.Errorf("%s does not hold %q and, below, %q", chartReadme, valuesBegin, valuesEnd)
	}
	values, err := c.rows()
	if err != nil {
		return "", err
	}
	p := &page{}
	var section string
	var rows [][]string
	flush := func() {
		if len(rows) > 0 {
			p.heading(3, section)
			p.table([]string{"Value", "Meaning", "Form", "Default"}, rows)
		}
		rows = nil
	}
	for _, v := range values {
		if v.section != section {
			flush()
			section = v.section
		}
		rows = append(rows, []string{code(v.path), v.meaning, v.form, code(v.preset)})
	}
	flush()
	return before + valuesBegin + "\n" + p.String() + "\n" + valuesEnd + after, nil
}

// rows are the values in their order in values.yaml.
func (c chart) rows() ([]value, error) {
	var document yamlv3.Node
	if err := yamlv3.Unmarshal([]byte(c.values), &document); err != nil {
		return nil, fmt.Errorf("read values.yaml: %w", err)
	}
	lines := strings.Split(c.values, "\n")
	var rows []value
	err := c.walk(document.Content[0], c.schema, "", func(key, node *yamlv3.Node, path string, s valueSchema) error {
		var preset any
		if err := node.Decode(&preset); err != nil {
			return fmt.Errorf("read the value %s: %w", path, err)
		}
		text, err := json.Marshal(preset)
		if err != nil {
			return fmt.Errorf("write the value %s: %w", path, err)
		}
		meaning := commentAbove(lines, key.Line)
		form := c.form(s)
		if meaning == "" || form == "" {
			return fmt.Errorf("the value %s needs a comment in values.yaml, and a form in values.schema.json: a title, where its type does not say it", path)
		}
		rows = append(rows, value{sectionAbove(lines, key.Line), path, meaning, form, string(text)})
		return nil
	})
	return rows, err
}

// walk visits each value that the schema does not divide further.
func (c chart) walk(node *yamlv3.Node, s valueSchema, path string, visit func(key, node *yamlv3.Node, path string, s valueSchema) error) error {
	for i := 0; i < len(node.Content); i += 2 {
		key, child := node.Content[i], node.Content[i+1]
		inner := strings.TrimPrefix(path+"."+key.Value, ".")
		property, ok := s.Properties[key.Value]
		if !ok {
			return fmt.Errorf("values.schema.json does not know the value %s", inner)
		}
		next := func() error { return visit(key, child, inner, property) }
		// A title says that what is below is somebody else's form.
		if len(property.Properties) > 0 && property.Title == "" {
			next = func() error { return c.walk(child, property, inner, visit) }
		}
		if err := next(); err != nil {
			return err
		}
	}
	return nil
}

// form says which form a value has, "" when the schema does not tell people.
func (c chart) form(s valueSchema) string {
	switch {
	case s.Title != "":
		return s.Title
	case s.Ref != "":
		return c.form(c.schema.Definitions[s.Ref[strings.LastIndex(s.Ref, "/")+1:]])
	case len(s.Enum) > 0:
		var words []string
		for _, word := range s.Enum {
			words = append(words, code(fmt.Sprint(word)))
		}
		return strings.Join(words, ", ")
	case s.Type == "boolean":
		return "boolean"
	case s.Type == "integer" && s.Minimum != nil && s.Maximum != nil:
		return fmt.Sprintf("%d to %d", *s.Minimum, *s.Maximum)
	default:
		return ""
	}
}

// commentAbove is the comment right above a line, which is counted from 1, as one line.
func commentAbove(lines []string, line int) string {
	first := line - 1
	for first > 0 && strings.HasPrefix(strings.TrimSpace(lines[first-1]), "# ") {
		first--
	}
	var words []string
	for _, text := range lines[first : line-1] {
		words = append(words, strings.TrimPrefix(strings.TrimSpace(text), "# "))
	}
	return strings.Join(words, " ")
}

// sectionAbove is the title of the section that a line is in: a line of its own that
// begins with "## ".
func sectionAbove(lines []string, line int) string {
	for i := line - 2; i >= 0; i-- {
		if title, ok := strings.CutPrefix(lines[i], "## "); ok {
			return title
		}
	}
	return ""
}
