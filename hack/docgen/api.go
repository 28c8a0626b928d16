package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

type schema = apiextensionsv1.JSONSchemaProps

// described elsewhere: a page of its own says more than the schema.
var elsewhere = map[string]string{
	"status.conditions[]": "See [conditions.md](conditions.md).",
}

// apiPage lists every field of the kind.
func (s sources) apiPage() string {
	p := newPage("The RAGMonitor API")
	p.block("Group `monitoring.ragmonitor.io`, version `%s`, kind `RAGMonitor`; `ragmon` for short. It is namespaced, and acts only in its own namespace.", s.version.Name)
	p.block("Amounts and shares are decimals in quotes (`\"0.05\"`), because Kubernetes APIs hold no floating-point numbers. Whatever breaks a rule below is refused when you apply it, with the message given here: there is no webhook behind it that could be down.")
	p.block("`kubectl explain ragmonitor.spec --recursive` shows the same from your cluster.")
	root := s.version.Schema.OpenAPIV3Schema
	for _, v := range root.XValidations {
		p.block("Rule for the whole object: %s.", v.Message)
	}
	p.columns(s.version.AdditionalPrinterColumns)
	p.object(2, "spec", root.Properties["spec"])
	p.object(2, "status", root.Properties["status"])
	return p.String()
}

func (p *page) columns(columns []apiextensionsv1.CustomResourceColumnDefinition) {
	p.heading(2, "Columns of `kubectl get ragmonitors`")
	var rows [][]string
	for _, c := range columns {
		shown := "always"
		if c.Priority > 0 {
			shown = "with `-o wide`"
		}
		rows = append(rows, []string{strings.ToUpper(c.Name), c.Description, code(c.JSONPath), shown})
	}
	p.table([]string{"Column", "Meaning", "Field", "Shown"}, rows)
}

// object writes a section for an object, and then one for each object in it.
func (p *page) object(level int, path string, o schema) {
	p.heading(level, code(path))
	p.block("%s", oneLine(o.Description))
	var list []string
	for _, v := range o.XValidations {
		list = append(list, fmt.Sprintf("- Rule%s: %s.", at(v.FieldPath), oneLine(v.Message)))
	}
	if len(list) > 0 {
		p.block("%s", strings.Join(list, "\n"))
	}
	names := fieldNames(o)
	var rows [][]string
	for _, name := range names {
		rows = append(rows, fieldRow(name, o.Properties[name], slices.Contains(o.Required, name)))
	}
	p.table([]string{"Field", "Type", "Default", "Meaning"}, rows)
	for _, name := range names {
		inner, innerPath := element(path+"."+name, o.Properties[name])
		if text, ok := elsewhere[innerPath]; ok {
			p.heading(3, code(innerPath))
			p.block("%s", text)
			continue
		}
		if len(inner.Properties) > 0 {
			p.object(3, innerPath, inner)
		}
	}
}

// fieldNames lists the fields of an object, the required ones first.
func fieldNames(o schema) []string {
	return slices.SortedFunc(maps.Keys(o.Properties), func(a, b string) int {
		if needA, needB := slices.Contains(o.Required, a), slices.Contains(o.Required, b); needA != needB {
			if needA {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
}

func fieldRow(name string, field schema, required bool) []string {
	value := defaultOf(field)
	if required {
		value = "required"
	}
	meaning := []string{oneLine(field.Description)}
	for _, v := range rowRules(field) {
		meaning = append(meaning, "Rule: "+oneLine(v.Message)+".")
	}
	return []string{code(name), typeOf(field), value, strings.Join(meaning, "<br>")}
}

// rowRules are the rules of a field and of the text in it, if it is a list or map.
// Those of an object stand in the object's own section.
func rowRules(field schema) []apiextensionsv1.ValidationRule {
	if len(field.Properties) > 0 {
		return nil
	}
	inner, path := element("", field)
	if path == "" || len(inner.Properties) > 0 {
		return field.XValidations
	}
	return slices.Concat(field.XValidations, inner.XValidations)
}

// element returns what a field holds: the items of a list, the values of a map, or
// the field itself, with its path.
func element(path string, field schema) (inner schema, innerPath string) {
	switch {
	case field.Items != nil && field.Items.Schema != nil:
		return *field.Items.Schema, path + "[]"
	case field.AdditionalProperties != nil && field.AdditionalProperties.Schema != nil:
		return *field.AdditionalProperties.Schema, path + "{}"
	default:
		return field, path
	}
}

func typeOf(field schema) string {
	inner, _ := element("", field)
	switch {
	case field.Type == "array":
		return "list of " + inner.Type + "s" + between(" items", field.MinItems, field.MaxItems)
	case field.AdditionalProperties != nil:
		return "map of " + inner.Type + "s" + between(" entries", nil, field.MaxProperties)
	case len(field.Enum) > 0:
		return enum(field.Enum)
	case field.Type == "string":
		return "string" + between(" characters", field.MinLength, field.MaxLength)
	default:
		return field.Type + numbers(field.Minimum, field.Maximum)
	}
}

func enum(values []apiextensionsv1.JSON) string {
	var out []string
	for _, v := range values {
		out = append(out, code(string(v.Raw)))
	}
	return strings.Join(out, ", ")
}

func between(what string, low, high *int64) string {
	switch {
	case low != nil && high != nil:
		return fmt.Sprintf(", %d to %d%s", *low, *high, what)
	case high != nil:
		return fmt.Sprintf(", at most %d%s", *high, what)
	default:
		return ""
	}
}

func numbers(low, high *float64) string {
	switch {
	case low != nil && high != nil:
		return fmt.Sprintf(", %.0f to %.0f", *low, *high)
	case low != nil:
		return fmt.Sprintf(", from %.0f on", *low)
	default:
		return ""
	}
}

// defaultOf is empty for an object, whose fields have defaults of their own.
func defaultOf(field schema) string {
	if field.Default == nil || string(field.Default.Raw) == "{}" {
		return ""
	}
	return code(string(field.Default.Raw))
}

func at(fieldPath string) string {
	if fieldPath == "" {
		return ""
	}
	return " for " + code(strings.TrimPrefix(fieldPath, "."))
}
