package promql

import (
	"bytes"
	"slices"
	"strconv"
	"sync"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Print is the text of an expression, the same as its String method gives.
//
// That method makes the text of every level anew: it took a quarter of the time in
// which the rules of a small RAGMonitor are made, half of that of the largest, and
// more than half of the memory. Print appends to one buffer. What a node says besides
// its operands is left to the node, and so is all that is rare.
func Print(e parser.Expr) string {
	buffer, _ := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	*buffer = appendExpr((*buffer)[:0], e)
	return string(*buffer)
}

// buffers keep the room that long expressions took: to grow it anew for each was a
// fifth of the memory that the rules of the largest RAGMonitor took.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

func appendExpr(out []byte, e parser.Expr) []byte {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return append(appendExpr(append(out, '('), e.Expr), ')')
	case *parser.UnaryExpr:
		return appendExpr(append(out, e.ShortString()...), e.Expr)
	case *parser.BinaryExpr:
		return appendBinary(out, e)
	case *parser.SubqueryExpr:
		return append(appendExpr(out, e.Expr), e.ShortString()...)
	case *parser.AggregateExpr:
		out = append(append(out, e.ShortString()...), '(')
		if e.Op.IsAggregatorWithParam() {
			out = append(appendExpr(out, e.Param), ", "...)
		}
		return append(appendExpr(out, e.Expr), ')')
	case *parser.Call:
		out = append(append(out, e.Func.Name...), '(')
		for i, arg := range e.Args {
			if i > 0 {
				out = append(out, ", "...)
			}
			out = appendExpr(out, arg)
		}
		return append(out, ')')
	default:
		return appendLeaf(out, e)
	}
}

// appendBinary copies what it has printed where an operand comes back, as it does in
// "a or (b unless a)", which there is one of for each spelling of a metric.
func appendBinary(out []byte, e *parser.BinaryExpr) []byte {
	start := len(out)
	out = appendExpr(out, e.LHS)
	end := len(out)
	out = appendOperator(out, e)
	rest, ok := e.RHS.(*parser.BinaryExpr)
	if !ok || rest.RHS != e.LHS {
		return appendExpr(out, e.RHS)
	}
	out = appendOperator(appendExpr(out, rest.LHS), rest)
	return append(out, out[start:end]...)
}

func appendOperator(out []byte, e *parser.BinaryExpr) []byte {
	out = append(append(out, ' '), e.Op.String()...)
	if e.ReturnBool {
		out = append(out, " bool"...)
	}
	return append(appendMatching(out, e.VectorMatching), ' ')
}

func appendMatching(out []byte, v *parser.VectorMatching) []byte {
	if v == nil {
		return out
	}
	grouped := v.Card == parser.CardManyToOne || v.Card == parser.CardOneToMany
	switch {
	case v.On:
		out = appendLabels(append(out, " on"...), v.MatchingLabels)
	case len(v.MatchingLabels) > 0 || grouped:
		out = appendLabels(append(out, " ignoring"...), v.MatchingLabels)
	}
	if !grouped {
		return out
	}
	side := " group_right"
	if v.Card == parser.CardManyToOne {
		side = " group_left"
	}
	return appendLabels(append(out, side...), v.Include)
}

func appendLabels(out []byte, names []string) []byte {
	out = append(out, " ("...)
	for i, name := range names {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = append(out, name...)
	}
	return append(out, ')')
}

func appendLeaf(out []byte, e parser.Expr) []byte {
	switch e := e.(type) {
	case *parser.StringLiteral:
		return appendQuoted(out, e.Val)
	case *parser.VectorSelector:
		return appendSelector(out, e)
	case *parser.MatrixSelector:
		return appendRanged(out, e)
	default:
		return append(out, e.String()...)
	}
}

func appendRanged(out []byte, e *parser.MatrixSelector) []byte {
	inner, ok := e.VectorSelector.(*parser.VectorSelector)
	if !ok || modified(inner) || e.RangeExpr != nil {
		return append(out, e.String()...)
	}
	out = append(appendSelector(out, inner), '[')
	return append(append(out, model.Duration(e.Range).String()...), ']')
}

func modified(s *parser.VectorSelector) bool {
	return s.OriginalOffset != 0 || s.OriginalOffsetExpr != nil || s.Timestamp != nil || s.StartOrEnd != 0 || s.Anchored || s.Smoothed
}

// usually is how many matchers a selector has at most, and shortly how many characters:
// there may be more.
const (
	usually = 16
	shortly = 1024
)

// appendSelector writes the matchers as they come, and again in the order of their texts
// where that is another.
func appendSelector(out []byte, s *parser.VectorSelector) []byte {
	if modified(s) {
		return append(out, s.String()...)
	}
	out = append(out, s.Name...)
	begin := len(out)
	ends := make([]int, 0, usually)
	for _, m := range s.LabelMatchers {
		if !isName(m, s.Name) {
			out = appendMatcher(append(out, ','), m)
			ends = append(ends, len(out)-begin)
		}
	}
	if len(ends) == 0 {
		return out
	}
	inOrder(out[begin:], ends)
	out[begin] = '{'
	return append(out, '}')
}

// inOrder sorts what ends at ends, each part of which begins with the same character.
func inOrder(list []byte, ends []int) {
	parts := make([][]byte, 0, usually)
	begin := 0
	for _, end := range ends {
		parts = append(parts, list[begin:end])
		begin = end
	}
	if slices.IsSortedFunc(parts, bytes.Compare) {
		return
	}
	slices.SortFunc(parts, bytes.Compare)
	sorted := make([]byte, 0, shortly)
	for _, part := range parts {
		sorted = append(sorted, part...)
	}
	copy(list, sorted)
}

// isName says whether a matcher is what stands before the braces already.
func isName(m *labels.Matcher, name string) bool {
	return name != "" && m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual && m.Value == name
}

func appendMatcher(out []byte, m *labels.Matcher) []byte {
	if !model.LegacyValidation.IsValidLabelName(m.Name) {
		return append(out, m.String()...)
	}
	return appendQuoted(append(append(out, m.Name...), m.Type.String()...), m.Value)
}

// appendQuoted is strconv.AppendQuote, which looks at every rune for long: nearly all
// texts are names and patterns over them.
func appendQuoted(out []byte, text string) []byte {
	start := len(out)
	out = append(out, '"')
	done := 0
	for i := range len(text) {
		switch spelling[text[i]] {
		case escaped:
			out = append(append(out, text[done:i]...), '\\')
			done = i
		case other:
			return strconv.AppendQuote(out[:start], text)
		}
	}
	return append(append(out, text[done:]...), '"')
}

// How a byte stands between quotes.
const (
	plain = iota
	escaped
	other
)

var spelling = func() (out [256]uint8) {
	for c := range out {
		switch {
		case c < ' ' || c > '~':
			out[c] = other
		case c == '"' || c == '\\':
			out[c] = escaped
		}
	}
	return out
}()
