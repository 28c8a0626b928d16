package pricing

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// The limits of a table. They keep the rules that are made of it small enough for
// Prometheus, whoever wrote it.
const (
	maxModels  = 400
	maxAliases = 32
	maxName    = 128
	maxSource  = 256
)

// Parse reads a price table. The error names file, line, field and value of
// everything that is wrong, and what to write instead; name is the file's name in
// it. There is no table when there is an error.
func Parse(name string, data []byte) (Table, error) {
	root, err := document(name, data)
	if err != nil {
		return Table{}, err
	}
	p := parser{file: name, lines: map[string]int{}}
	table := p.table(root)
	if len(p.found) > 0 {
		return Table{}, errors.Join(p.found...)
	}
	return table, nil
}

// document is the content of a file that holds exactly one YAML document.
func document(file string, data []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	switch err := decoder.Decode(&first); {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%s:1: the file is empty: write asOf, source and models", file)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, fmt.Errorf("%s:%d: a second document begins: write one price table in a file", file, max(second.Line, 1))
	case !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return first.Content[0], nil
}

// parser collects what is wrong with one file, each with its line.
type parser struct {
	file  string
	found []error
	// lines are where the names were written, by normalised name.
	lines map[string]int
}

func (p *parser) table(root *yaml.Node) Table {
	f := p.fields(root, "the price table", "asOf", "source", "unit", "models")
	if f == nil {
		return Table{}
	}
	table := Table{AsOf: p.date(f["asOf"], root), Source: p.source(f["source"], root)}
	table.Models = p.models(f["models"], root, p.unit(f["unit"]))
	sortByName(table.Models)
	return table
}

func (p *parser) date(n, parent *yaml.Node) time.Time {
	const want = "the day of the prices, such as 2026-11-01"
	if n == nil {
		p.fail(parent, "asOf is missing: write %s", want)
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, n.Value)
	if err != nil {
		p.fail(n, "asOf is %s, must be %s", shown(n), want)
	}
	return day
}

func (p *parser) source(n, parent *yaml.Node) string {
	if n == nil {
		p.fail(parent, "source is missing: write where the prices are from")
		return ""
	}
	if !isText(n) || !isLine(n.Value, maxSource) {
		p.fail(n, "source is %s, must be a text of 1 to %d characters without control characters", shown(n), maxSource)
	}
	return n.Value
}

// unit is the number of tokens that the prices are for.
func (p *parser) unit(n *yaml.Node) *big.Rat {
	if n == nil {
		return big.NewRat(1_000_000, 1)
	}
	if !slices.Contains([]string{"1", "1000", "1000000"}, n.Value) {
		p.fail(n, "unit is %s, must be the number of tokens that the prices are for: 1, 1000 or 1000000", shown(n))
		return nil
	}
	unit, _ := new(big.Rat).SetString(n.Value)
	return unit
}

func (p *parser) models(n, parent *yaml.Node, unit *big.Rat) []Model {
	const want = "a list of models, each with model and input"
	switch {
	case n == nil:
		p.fail(parent, "models is missing: write %s", want)
		return nil
	case n.Kind != yaml.SequenceNode || len(n.Content) == 0:
		p.fail(n, "models is %s, must be %s", shown(n), want)
		return nil
	case len(n.Content) > maxModels:
		p.fail(n, "models has %d entries, must have %d at most: leave out what is not used", len(n.Content), maxModels)
		return nil
	}
	models := make([]Model, 0, len(n.Content))
	for _, entry := range n.Content {
		models = append(models, p.model(resolved(entry), unit))
	}
	return models
}

// fields are the values of a mapping by their names; nil when n is none.
func (p *parser) fields(n *yaml.Node, what string, known ...string) map[string]*yaml.Node {
	n = resolved(n)
	if n.Kind != yaml.MappingNode {
		p.fail(n, "%s is %s, must have the fields %s", what, shown(n), strings.Join(known, ", "))
		return nil
	}
	values := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := resolved(n.Content[i]), resolved(n.Content[i+1])
		switch {
		case !slices.Contains(known, key.Value):
			p.fail(key, "field %s of %s is unknown, must be one of %s", shown(key), what, strings.Join(known, ", "))
		case values[key.Value] != nil:
			p.fail(key, "field %s of %s is written twice: remove one", shown(key), what)
		default:
			values[key.Value] = value
		}
	}
	return values
}

func (p *parser) fail(n *yaml.Node, format string, args ...any) {
	p.found = append(p.found, fmt.Errorf("%s:%d: %s", p.file, max(n.Line, 1), fmt.Sprintf(format, args...)))
}

// resolved is what a YAML alias stands for, and any other node itself.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// isText says whether n holds a single value that somebody wrote.
func isText(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null"
}

// isLine says whether s has 1 to limit characters, none of them a control character.
func isLine(s string, limit int) bool {
	length := utf8.RuneCountInString(s)
	return utf8.ValidString(s) && 1 <= length && length <= limit && !strings.ContainsFunc(s, unicode.IsControl)
}

// shown is n in the words of an error, cut where it would not end.
func shown(n *yaml.Node) string {
	const limit = 64
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return fmt.Sprintf("a list of %d", len(n.Content))
	case !isText(n):
		return "empty"
	case utf8.RuneCountInString(n.Value) > limit:
		return fmt.Sprintf("%q...", string([]rune(n.Value)[:limit]))
	}
	return fmt.Sprintf("%q", n.Value)
}
