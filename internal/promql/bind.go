package promql

import (
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Bind puts matchers on every selector of an expression that somebody else wrote,
// in place of its own on the same labels, and prints it. bind returns them for the
// name of a metric, which is empty for a selector that does not fix it.
func Bind(expr parser.Expr, bind func(metric string) []*labels.Matcher) string {
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		selector, ok := n.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		bound := bind(MetricOf(selector))
		theirs := slices.DeleteFunc(selector.LabelMatchers, func(m *labels.Matcher) bool {
			return slices.ContainsFunc(bound, func(b *labels.Matcher) bool { return b.Name == m.Name })
		})
		selector.LabelMatchers = slices.Concat(theirs, bound)
		return nil
	})
	return Print(expr)
}

// MetricOf is the name of the metric that a selector fixes, wherever it is
// written, and empty if it may select several.
func MetricOf(s *parser.VectorSelector) string {
	if s.Name != "" {
		return s.Name
	}
	for _, m := range s.LabelMatchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return ""
}
