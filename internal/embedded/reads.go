package embedded

import (
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// lookback is how old a sample may be to be the present one; Prometheus' default.
const lookback = 5 * time.Minute

// forever is the span of what reads a fixed point in time.
const forever = time.Duration(math.MaxInt64)

// read is one selector of an expression.
type read struct {
	matchers []*labels.Matcher
	// span is how far back from the time of evaluation it reads.
	span time.Duration
}

// readsOf are the selectors of an expression.
func readsOf(expr parser.Expr) []read {
	var out []read
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			out = append(out, read{selector.LabelMatchers, span(selector, path)})
		}
		return nil
	})
	return out
}

// span adds what the selector reads to what its subqueries go back. An "@" sets the
// time anew, so that what is around it does not count.
func span(selector *parser.VectorSelector, path []parser.Node) time.Duration {
	if selector.Timestamp != nil || selector.OriginalOffsetExpr != nil {
		return forever
	}
	total := lookback
	if i := len(path) - 1; i >= 0 {
		if m, ok := path[i].(*parser.MatrixSelector); ok {
			if total = m.Range; m.RangeExpr != nil {
				return forever
			}
		}
	}
	total = plus(total, selector.OriginalOffset)
	fixed := selector.StartOrEnd != 0
	for i := len(path) - 1; i >= 0 && !fixed; i-- {
		sub, ok := path[i].(*parser.SubqueryExpr)
		if !ok {
			continue
		}
		if sub.Timestamp != nil || sub.RangeExpr != nil || sub.OriginalOffsetExpr != nil {
			return forever
		}
		total = plus(total, plus(sub.Range, sub.OriginalOffset))
		fixed = sub.StartOrEnd != 0
	}
	return total
}

// plus does not overflow: users write the durations.
func plus(a, b time.Duration) time.Duration {
	if b > 0 && a > forever-b {
		return forever
	}
	return max(a+b, 0)
}
