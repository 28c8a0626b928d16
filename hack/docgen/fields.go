package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
)

// fieldsFile declares what may stand in a vocabulary's file.
const fieldsFile = "internal/vocabulary/vocabulary.go"

// field is a field of a YAML file, as its Go type says.
type field struct{ name, kind, meaning string }

// vocabularyFields are those of a vocabulary, and those of each of its series.
type vocabularyFields struct{ vocabulary, series []field }

// readFields reads them from the Go types, whose comments are for contributors.
func readFields(file string) (vocabularyFields, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return vocabularyFields{}, fmt.Errorf("read the fields of a vocabulary: %w", err)
	}
	structs := map[string][]field{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok {
			if s, ok := spec.Type.(*ast.StructType); ok {
				structs[spec.Name.Name] = fieldsOf(s)
			}
		}
		return true
	})
	out := vocabularyFields{vocabulary: structs["Vocabulary"], series: structs["Series"]}
	if len(out.vocabulary) == 0 || len(out.series) == 0 {
		return out, fmt.Errorf("read the fields of a vocabulary: %s declares no Vocabulary or no Series", fieldsFile)
	}
	return out, nil
}

func fieldsOf(s *ast.StructType) []field {
	var out []field
	for _, f := range s.Fields.List {
		if f.Tag == nil {
			continue
		}
		tag, err := strconv.Unquote(f.Tag.Value)
		if err != nil {
			continue
		}
		name, _, _ := strings.Cut(reflect.StructTag(tag).Get("yaml"), ",")
		if name == "" {
			continue
		}
		meaning := oneLine(f.Doc.Text())
		for _, goName := range f.Names {
			meaning = strings.Replace(meaning, goName.Name+" ", code(name)+" ", 1)
		}
		out = append(out, field{name: name, kind: kindOf(f.Type), meaning: meaning})
	}
	return out
}

// kindOf is a type in the words of YAML.
func kindOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.ArrayType:
		return "list of " + kindOf(e.Elt)
	case *ast.MapType:
		return "map to " + kindOf(e.Value)
	case *ast.Ident:
		switch e.Name {
		case "bool":
			return "boolean"
		case "float64":
			return "number"
		case "Series":
			return "series"
		}
	}
	return "text"
}

func (p *page) fields(fields []field) {
	var rows [][]string
	for _, f := range fields {
		rows = append(rows, []string{code(f.name), f.kind, f.meaning})
	}
	p.table([]string{"Field", "Form", "Meaning"}, rows)
}
