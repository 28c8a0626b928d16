// Package promql turns expression templates into the PromQL of one RAGMonitor.
//
// A template is ordinary PromQL over names that are not metrics: signals
// ("requests"), canonical series ("ragmonitor:requests:rate") and numbers
// ("threshold"). Expand replaces the names in the syntax tree and prints the tree.
// No text of a user is ever joined to an expression, so none can change its
// meaning, and every selector carries the matchers that its Selector demands.
package promql

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Template is an expression over names that a Scope explains. The zero value is
// of no use: make one by Parse, or by decoding text.
type Template struct {
	text string
	root parser.Expr
}

// Parse reads a template.
func Parse(text string) (Template, error) {
	root, err := parser.ParseExpr(text)
	if err != nil {
		return Template{}, fmt.Errorf("parse template %q: %w", text, err)
	}
	return Template{text: text, root: root}, nil
}

// MustParse reads a template that is part of the program, and panics if it is
// broken.
func MustParse(text string) Template {
	t, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return t
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Template) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*t = parsed
	return nil
}

// String returns the text of the template.
func (t Template) String() string { return t.text }

// Names lists the names that the template selects, sorted, each once.
func (t Template) Names() []string {
	seen := map[string]bool{}
	parser.Inspect(t.root, func(n parser.Node, _ []parser.Node) error {
		if selector, ok := n.(*parser.VectorSelector); ok {
			seen[selector.Name] = true
		}
		return nil
	})
	return slices.Sorted(maps.Keys(seen))
}

// Scope is what the names of a template mean.
type Scope struct {
	// Resolve returns the meanings of a name, of which the first that exists
	// counts, for each scrape target and mark. None: the name is undefined. matchers are
	// those of the template, which are put on every meaning. What it returns is not
	// changed.
	Resolve func(name string, matchers []*labels.Matcher) []Alternative
	// Numbers are names that stand for a number.
	Numbers map[string]float64
	// Window replaces every range of the template, unless it is 0.
	Window time.Duration
	// Foreign says that some text in the scope is a user's. What is printed is then
	// parsed again, to be sure that it is still PromQL; where every text is the name
	// of a Kubernetes object or from the catalogue, tests have seen to that.
	Foreign bool
	// Fixed are labels that have one value for the whole expression, because the
	// rule sets them: nothing is grouped by them or joined on them.
	Fixed []string
}

// Scoped is a template and what its names mean.
type Scoped struct {
	Template
	Scope
}

// Expand replaces the names of the template by what they mean in scope. ok is false
// when what remains is undefined: an operand of "or", and the right one of
// "unless", may be undefined and is then left out; any other part makes the whole
// undefined. An error means that the template itself is broken.
func (t Template) Expand(scope Scope) (expr string, ok bool, err error) {
	return Or(Scoped{t, scope})
}

// Or expands templates and joins those that are defined by "or".
func Or(alternatives ...Scoped) (expr string, ok bool, err error) {
	var joined parser.Expr
	foreign := false
	for _, a := range alternatives {
		foreign = foreign || a.Foreign
		expanded, err := a.expr(a.root)
		if err != nil {
			return "", false, fmt.Errorf("expand template %q: %w", a.text, err)
		}
		switch {
		case expanded == nil:
		case joined == nil:
			joined = expanded
		default:
			joined = or(joined, expanded)
		}
	}
	if joined == nil {
		return "", false, nil
	}
	printed := Print(joined)
	if !foreign {
		return printed, true, nil
	}
	if _, err := parser.ParseExpr(printed); err != nil {
		return "", false, fmt.Errorf("a template expands to invalid %q: %w", printed, err)
	}
	return printed, true, nil
}

// Alternatives lists the names that the template selects, as sets: of those in a
// set, which "or" joins, one is enough; of all sets one name each is needed. An
// operand of "or" is stood for by what it needs first. What stands right of "unless"
// is not needed at all.
func (t Template) Alternatives() [][]string { return alternatives(t.root) }

func alternatives(e parser.Expr) [][]string {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return [][]string{{e.Name}}
	case *parser.BinaryExpr:
		switch e.Op {
		case parser.LUNLESS:
			return alternatives(e.LHS)
		case parser.LOR:
			lhs, rhs := alternatives(e.LHS), alternatives(e.RHS)
			if len(lhs) == 0 || len(rhs) == 0 {
				return nil
			}
			return [][]string{slices.Concat(lhs[0], rhs[0])}
		}
	}
	var out [][]string
	for child := range parser.ChildrenIter(e) {
		if expr, ok := child.(parser.Expr); ok {
			out = append(out, alternatives(expr)...)
		}
	}
	return out
}
