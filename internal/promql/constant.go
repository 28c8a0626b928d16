package promql

import (
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Constant is a vector of one sample with these labels.
func Constant(value float64, values map[string]string) parser.Expr {
	return labelled(vector(value), values)
}

// Missing is a vector of one sample with these labels while no series of the
// metric matches, and empty otherwise.
func Missing(metric string, matchers []*labels.Matcher, values map[string]string) parser.Expr {
	selector := &parser.VectorSelector{Name: metric, LabelMatchers: matchers}
	return labelled(join(parser.LUNLESS, vector(1), selector, &parser.VectorMatching{Card: parser.CardManyToMany, On: true}), values)
}

// Union is everything that some of exprs has, or nil of none. It is a balanced
// tree: every "or" looks at all that its operands hold.
func Union(exprs []parser.Expr) parser.Expr {
	switch len(exprs) {
	case 0:
		return nil
	case 1:
		return exprs[0]
	}
	half := len(exprs) / 2
	return &parser.ParenExpr{Expr: or(Union(exprs[:half]), Union(exprs[half:]))}
}

// Holds is PromQL for 1 while an expression has a result, and 0 otherwise. printed is
// what Print made of the expression: it is complete, and no part of it ends what is
// put around it, so that it need not be read again.
func Holds(printed string) string {
	return "clamp_max(count(" + printed + "), 1) or vector(0)"
}

func vector(value float64) parser.Expr {
	return &parser.Call{Func: parser.Functions["vector"], Args: parser.Expressions{&parser.NumberLiteral{Val: value}}}
}

// labelled doubles "$", which would begin a reference to a capture group.
func labelled(e parser.Expr, values map[string]string) parser.Expr {
	for _, label := range slices.Sorted(maps.Keys(values)) {
		e = labelReplace(e, label, strings.ReplaceAll(values[label], "$", "$$"), "", "")
	}
	return e
}
