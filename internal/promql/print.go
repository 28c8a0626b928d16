package promql

import (
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
	*buffer = printer{}.expr((*buffer)[:0], e)
	return string(*buffer)
}

// buffers keep the room that long expressions took: to grow it anew for each was a
// fifth of the memory that the rules of the largest RAGMonitor took.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// printer remembers the text of matchers: in a long expression most selectors share
// those that bind them.
type printer map[*labels.Matcher]string

func (p printer) expr(out []byte, e parser.Expr) []byte {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return append(p.expr(append(out, '('), e.Expr), ')')
	case *parser.UnaryExpr:
		return p.expr(append(out, e.ShortString()...), e.Expr)
	case *parser.BinaryExpr:
		out = append(p.expr(out, e.LHS), ' ')
		out = append(append(out, e.ShortString()...), ' ')
		return p.expr(out, e.RHS)
	case *parser.SubqueryExpr:
		return append(p.expr(out, e.Expr), e.ShortString()...)
	case *parser.AggregateExpr:
		out = append(append(out, e.ShortString()...), '(')
		if e.Op.IsAggregatorWithParam() {
			out = append(p.expr(out, e.Param), ", "...)
		}
		return append(p.expr(out, e.Expr), ')')
	case *parser.Call:
		out = append(append(out, e.Func.Name...), '(')
		for i, arg := range e.Args {
			if i > 0 {
				out = append(out, ", "...)
			}
			out = p.expr(out, arg)
		}
		return append(out, ')')
	default:
		return p.leaf(out, e)
	}
}

func (p printer) leaf(out []byte, e parser.Expr) []byte {
	switch e := e.(type) {
	case *parser.StringLiteral:
		return strconv.AppendQuote(out, e.Val)
	case *parser.VectorSelector:
		return p.selector(out, e)
	case *parser.MatrixSelector:
		return p.ranged(out, e)
	default:
		return append(out, e.String()...)
	}
}

func (p printer) ranged(out []byte, e *parser.MatrixSelector) []byte {
	inner, ok := e.VectorSelector.(*parser.VectorSelector)
	if !ok || modified(inner) || e.RangeExpr != nil {
		return append(out, e.String()...)
	}
	out = append(p.selector(out, inner), '[')
	return append(append(out, model.Duration(e.Range).String()...), ']')
}

func modified(s *parser.VectorSelector) bool {
	return s.OriginalOffset != 0 || s.OriginalOffsetExpr != nil || s.Timestamp != nil || s.StartOrEnd != 0 || s.Anchored || s.Smoothed
}

func (p printer) selector(out []byte, s *parser.VectorSelector) []byte {
	if modified(s) {
		return append(out, s.String()...)
	}
	out = append(out, s.Name...)
	texts := make([]string, 0, 16)
	for _, m := range s.LabelMatchers {
		if !isName(m, s.Name) {
			texts = append(texts, p.matcher(m))
		}
	}
	if len(texts) == 0 {
		return out
	}
	slices.Sort(texts)
	before := byte('{')
	for _, text := range texts {
		out = append(append(out, before), text...)
		before = ','
	}
	return append(out, '}')
}

// isName says whether a matcher is what stands before the braces already.
func isName(m *labels.Matcher, name string) bool {
	return name != "" && m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual && m.Value == name
}

func (p printer) matcher(m *labels.Matcher) string {
	text, ok := p[m]
	if !ok {
		text = textOf(m)
		p[m] = text
	}
	return text
}

// textOf quotes what needs no escape by itself, because that is usual and looking
// for escapes rune by rune takes long.
func textOf(m *labels.Matcher) string {
	if !model.LegacyValidation.IsValidLabelName(m.Name) || !verbatim(m.Value) {
		return m.String()
	}
	return m.Name + m.Type.String() + `"` + m.Value + `"`
}

func verbatim(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
