package promql

import (
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
)

// meaning is what a name stands for: all of its parts, and of each the alternative that
// a target has.
func (s Scope) meaning(e *parser.VectorSelector, read func(Selector) parser.Expr) parser.Expr {
	all := parts(s.Resolve(e.Name, e.LabelMatchers))
	if len(all) == 0 {
		return nil
	}
	joined := s.firstOf(all[0], read)
	if len(all) == 1 {
		return joined
	}
	for _, part := range all[1:] {
		joined = or(joined, s.firstOf(part, read))
	}
	return &parser.ParenExpr{Expr: joined}
}

// parts separates alternatives that are added up from those that are chosen between,
// which have the same mark.
func parts(all []Alternative) [][]Alternative {
	var out [][]Alternative
	for _, alternative := range all {
		i := slices.IndexFunc(out, func(part []Alternative) bool { return part[0].mark() == alternative.mark() })
		if i < 0 {
			i, out = len(out), append(out, nil)
		}
		out[i] = append(out[i], alternative)
	}
	return out
}
