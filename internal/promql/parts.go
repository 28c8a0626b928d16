package promql

import (
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
)

// meaning is what a name stands for: all of its parts, and of each the alternative that
// a target has.
func (s Scope) meaning(e *parser.VectorSelector, read func(Selector) parser.Expr) parser.Expr {
	all := s.Resolve(e.Name, e.LabelMatchers)
	if isOnePart(all) {
		return s.firstOf(all, read)
	}
	several := parts(all)
	joined := s.firstOf(several[0], read)
	for _, part := range several[1:] {
		joined = or(joined, s.firstOf(part, read))
	}
	return &parser.ParenExpr{Expr: joined}
}

// isOnePart says whether all alternatives are chosen between, as nearly all are.
func isOnePart(all []Alternative) bool {
	return !slices.ContainsFunc(all, func(a Alternative) bool { return a.mark() != all[0].mark() })
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
