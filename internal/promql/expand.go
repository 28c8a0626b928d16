// Package promql turns expression templates into the PromQL of one RAGMonitor.
//
// A template is ordinary PromQL over names that are not metrics: signals
// ("requestDuration_bucket"), canonical series ("ragmonitor:requests:rate") and
// numbers ("objective"). Expand parses it, replaces the names in the syntax tree
// and prints the tree. No text of a user is ever joined to an expression, so
// none can change its meaning, and every selector carries the enforced matchers.
package promql

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Selector is one metric that a name of a template stands for.
type Selector struct {
	// Metric is the name of the metric.
	Metric string
	// Matchers narrow it, besides the enforced ones.
	Matchers []*labels.Matcher
	// Labels are the labels that the template groups by, each with the name the
	// metric gives it. Those with the same name may be left out.
	Labels map[string]string
}

// Scope is what the names of a template mean.
type Scope struct {
	// Enforced matchers are put on every selector.
	Enforced []*labels.Matcher
	// Resolve returns the metrics that a name stands for, as alternatives of
	// which the first that exists counts. None: the name is undefined.
	Resolve func(name string) []Selector
	// Numbers are names that stand for a number.
	Numbers map[string]float64
	// Window replaces every range of the template.
	Window time.Duration
}

// Equal matches label = value exactly.
func Equal(label, value string) *labels.Matcher {
	return labels.MustNewMatcher(labels.MatchEqual, label, value)
}

// OneOf matches label against any of values, each taken literally.
func OneOf(label string, values []string) *labels.Matcher {
	quoted := make([]string, 0, len(values))
	for _, value := range values {
		quoted = append(quoted, regexp.QuoteMeta(value))
	}
	return labels.MustNewMatcher(labels.MatchRegexp, label, strings.Join(quoted, "|"))
}

// Pattern matches label against a regular expression as a whole. The expression
// must be valid.
func Pattern(label, pattern string) *labels.Matcher {
	return labels.MustNewMatcher(labels.MatchRegexp, label, pattern)
}

// Expand replaces the names of template by what they mean in scope. ok is false
// when what remains is undefined: an operand of "or", and the right one of
// "unless", may be undefined and is then left out; any other part makes the whole
// undefined. An error means that the template itself is broken.
func Expand(template string, scope Scope) (expr string, ok bool, err error) {
	root, err := parser.ParseExpr(template)
	if err != nil {
		return "", false, fmt.Errorf("parse template %q: %w", template, err)
	}
	expanded, err := scope.expr(root)
	if err != nil {
		return "", false, fmt.Errorf("expand template %q: %w", template, err)
	}
	if expanded == nil {
		return "", false, nil
	}
	printed := expanded.String()
	if _, err := parser.ParseExpr(printed); err != nil {
		return "", false, fmt.Errorf("template %q expands to invalid %q: %w", template, printed, err)
	}
	return printed, true, nil
}

// Names lists the names that a template selects, sorted, each once.
func Names(template string) ([]string, error) {
	root, err := parser.ParseExpr(template)
	if err != nil {
		return nil, fmt.Errorf("parse template %q: %w", template, err)
	}
	seen := map[string]bool{}
	parser.Inspect(root, func(n parser.Node, _ []parser.Node) error {
		if selector, ok := n.(*parser.VectorSelector); ok {
			seen[selector.Name] = true
		}
		return nil
	})
	return slices.Sorted(maps.Keys(seen)), nil
}

// expr returns nil for what is undefined.
func (s Scope) expr(e parser.Expr) (parser.Expr, error) {
	switch e := e.(type) {
	case *parser.NumberLiteral, *parser.StringLiteral:
		return e, nil
	case *parser.VectorSelector:
		return s.instant(e), nil
	case *parser.Call:
		return s.call(e)
	case *parser.ParenExpr:
		return s.wrapped(e, &e.Expr)
	case *parser.UnaryExpr:
		return s.wrapped(e, &e.Expr)
	case *parser.AggregateExpr:
		return s.wrapped(e, &e.Expr)
	case *parser.BinaryExpr:
		return s.binary(e)
	default:
		return nil, fmt.Errorf("%T is not supported in templates", e)
	}
}

// wrapped expands the only operand of e in place.
func (s Scope) wrapped(e parser.Expr, operand *parser.Expr) (parser.Expr, error) {
	inner, err := s.expr(*operand)
	if err != nil || inner == nil {
		return nil, err
	}
	*operand = inner
	return e, nil
}

func (s Scope) binary(e *parser.BinaryExpr) (parser.Expr, error) {
	lhs, err := s.expr(e.LHS)
	if err != nil {
		return nil, err
	}
	rhs, err := s.expr(e.RHS)
	if err != nil {
		return nil, err
	}
	if e.Op == parser.LOR && lhs == nil {
		return rhs, nil
	}
	if (e.Op == parser.LOR || e.Op == parser.LUNLESS) && rhs == nil {
		return lhs, nil
	}
	if lhs == nil || rhs == nil {
		return nil, nil
	}
	e.LHS, e.RHS = lhs, rhs
	return e, nil
}

func (s Scope) call(e *parser.Call) (parser.Expr, error) {
	for i, arg := range e.Args {
		if ranged, ok := arg.(*parser.MatrixSelector); ok {
			return s.ranged(e, i, ranged)
		}
	}
	for i := range e.Args {
		inner, err := s.expr(e.Args[i])
		if err != nil || inner == nil {
			return nil, err
		}
		e.Args[i] = inner
	}
	return e, nil
}

func (s Scope) instant(e *parser.VectorSelector) parser.Expr {
	if n, ok := s.Numbers[e.Name]; ok {
		return &parser.NumberLiteral{Val: n}
	}
	var alternatives []parser.Expr
	for _, selector := range s.Resolve(e.Name) {
		alternatives = append(alternatives, relabelled(s.selector(selector), selector.Labels))
	}
	return firstOf(alternatives)
}

// ranged expands a call over a range. The alternatives are joined outside the
// call, because a range cannot be taken over "or".
func (s Scope) ranged(e *parser.Call, arg int, m *parser.MatrixSelector) (parser.Expr, error) {
	inner, ok := m.VectorSelector.(*parser.VectorSelector)
	if !ok {
		return nil, fmt.Errorf("range over %T is not supported in templates", m.VectorSelector)
	}
	var alternatives []parser.Expr
	for _, selector := range s.Resolve(inner.Name) {
		args := slices.Clone(e.Args)
		args[arg] = &parser.MatrixSelector{VectorSelector: s.selector(selector), Range: s.Window}
		alternatives = append(alternatives, relabelled(&parser.Call{Func: e.Func, Args: args}, selector.Labels))
	}
	return firstOf(alternatives), nil
}

func (s Scope) selector(selector Selector) *parser.VectorSelector {
	matchers := []*labels.Matcher{Equal(model.MetricNameLabel, selector.Metric)}
	matchers = append(matchers, s.Enforced...)
	matchers = append(matchers, selector.Matchers...)
	return &parser.VectorSelector{Name: selector.Metric, LabelMatchers: matchers}
}

// relabelled gives the labels of e their canonical names.
func relabelled(e parser.Expr, canonical map[string]string) parser.Expr {
	for _, label := range slices.Sorted(maps.Keys(canonical)) {
		if canonical[label] == label {
			continue
		}
		e = &parser.Call{Func: parser.Functions["label_replace"], Args: parser.Expressions{
			e,
			&parser.StringLiteral{Val: label},
			&parser.StringLiteral{Val: "$1"},
			&parser.StringLiteral{Val: canonical[label]},
			&parser.StringLiteral{Val: "(.*)"},
		}}
	}
	return e
}

// target are the labels that tell scrape targets apart.
var target = []string{"job", "instance"}

// firstOf takes from each target the first alternative that it has. Two spellings
// of one metric are thus never counted twice, whatever their labels, and a rollout
// from one to the other is counted in full.
func firstOf(alternatives []parser.Expr) parser.Expr {
	if len(alternatives) == 0 {
		return nil
	}
	joined := alternatives[0]
	if len(alternatives) == 1 {
		return joined
	}
	for i, next := range alternatives[1:] {
		for _, earlier := range alternatives[:i+1] {
			next = join(parser.LUNLESS, next, earlier, &parser.VectorMatching{
				Card: parser.CardManyToMany, On: true, MatchingLabels: target,
			})
		}
		joined = join(parser.LOR, joined, next, &parser.VectorMatching{Card: parser.CardManyToMany})
	}
	return &parser.ParenExpr{Expr: joined}
}

func join(op parser.ItemType, lhs, rhs parser.Expr, matching *parser.VectorMatching) parser.Expr {
	return &parser.BinaryExpr{Op: op, LHS: lhs, RHS: rhs, VectorMatching: matching}
}
