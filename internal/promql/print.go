package promql

import (
	"bytes"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Print is the text of an expression, the same as its String method gives.
//
// That method makes the text of every level anew: it took a quarter of the time in
// which the rules of a small RAGMonitor are made, half of that of the largest, and
// more than half of the memory. Print appends to one buffer. What is rare is left to the
// nodes.
func Print(e parser.Expr) string {
	buffer, _ := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	p := printer{out: (*buffer)[:0]}
	p.expr(e)
	*buffer = p.out
	return string(p.out)
}

// buffers keep the room that long expressions took: to grow it anew for each was a
// fifth of the memory that the rules of the largest RAGMonitor took.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// printer writes into out. It knows where there it wrote the last matchers, one by one
// and as a whole, and how the last range is written: most selectors of an expression
// share those that bind them, and their range.
type printer struct {
	out        []byte
	window     time.Duration
	windowText string
	written    [8]struct {
		matcher    *labels.Matcher
		start, end int
	}
	count int
	last  braces
}

// braces are where a list of matchers was written, none of which is about the name: how
// that is written depends on the metric.
type braces struct {
	matchers   []*labels.Matcher
	start, end int
}

// of says whether it is this very list, which selectors of several metrics share.
func (b braces) of(matchers []*labels.Matcher) bool {
	return len(matchers) > 0 && len(matchers) == len(b.matchers) && &matchers[0] == &b.matchers[0]
}

func (p *printer) text(text string) { p.out = append(p.out, text...) }

func (p *printer) expr(e parser.Expr) {
	switch e := e.(type) {
	case *parser.ParenExpr:
		p.text("(")
		p.expr(e.Expr)
		p.text(")")
	case *parser.UnaryExpr:
		p.text(e.ShortString())
		p.expr(e.Expr)
	case *parser.BinaryExpr:
		p.binary(e)
	case *parser.SubqueryExpr:
		p.expr(e.Expr)
		p.text(e.ShortString())
	case *parser.AggregateExpr:
		p.text(e.ShortString())
		p.text("(")
		if e.Op.IsAggregatorWithParam() {
			p.expr(e.Param)
			p.text(", ")
		}
		p.expr(e.Expr)
		p.text(")")
	case *parser.Call:
		p.text(e.Func.Name)
		p.text("(")
		for i, arg := range e.Args {
			if i > 0 {
				p.text(", ")
			}
			p.expr(arg)
		}
		p.text(")")
	default:
		p.leaf(e)
	}
}

// binary copies what it has printed where an operand comes back, as it does in
// "a or (b unless a)", which there is one of for each spelling of a metric.
func (p *printer) binary(e *parser.BinaryExpr) {
	start := len(p.out)
	p.expr(e.LHS)
	end := len(p.out)
	p.operator(e)
	rest, ok := e.RHS.(*parser.BinaryExpr)
	if !ok || rest.RHS != e.LHS {
		p.expr(e.RHS)
		return
	}
	p.expr(rest.LHS)
	p.operator(rest)
	p.out = append(p.out, p.out[start:end]...)
}

func (p *printer) operator(e *parser.BinaryExpr) {
	p.text(" ")
	p.text(e.Op.String())
	if e.ReturnBool {
		p.text(" bool")
	}
	p.matching(e.VectorMatching)
	p.text(" ")
}

func (p *printer) matching(v *parser.VectorMatching) {
	if v == nil {
		return
	}
	grouped := v.Card == parser.CardManyToOne || v.Card == parser.CardOneToMany
	switch {
	case v.On:
		p.labels(" on", v.MatchingLabels)
	case len(v.MatchingLabels) > 0 || grouped:
		p.labels(" ignoring", v.MatchingLabels)
	}
	if !grouped {
		return
	}
	side := " group_right"
	if v.Card == parser.CardManyToOne {
		side = " group_left"
	}
	p.labels(side, v.Include)
}

func (p *printer) labels(word string, names []string) {
	p.text(word)
	p.text(" (")
	for i, name := range names {
		if i > 0 {
			p.text(", ")
		}
		p.text(name)
	}
	p.text(")")
}

func (p *printer) leaf(e parser.Expr) {
	switch e := e.(type) {
	case *parser.StringLiteral:
		p.out = appendQuoted(p.out, e.Val)
	case *parser.VectorSelector:
		p.selector(e)
	case *parser.MatrixSelector:
		p.ranged(e)
	default:
		p.text(e.String())
	}
}

func (p *printer) ranged(e *parser.MatrixSelector) {
	inner, ok := e.VectorSelector.(*parser.VectorSelector)
	if !ok || modified(inner) || e.RangeExpr != nil {
		p.text(e.String())
		return
	}
	p.selector(inner)
	if e.Range != p.window {
		p.window, p.windowText = e.Range, "["+model.Duration(e.Range).String()+"]"
	}
	p.text(p.windowText)
}

func modified(s *parser.VectorSelector) bool {
	return s.OriginalOffset != 0 || s.OriginalOffsetExpr != nil || s.Timestamp != nil || s.StartOrEnd != 0 || s.Anchored || s.Smoothed
}

// usually is how many matchers a selector has at most: there may be more.
const usually = 16

// selector writes the matchers as they come, and again in the order of their texts where
// that is another.
func (p *printer) selector(s *parser.VectorSelector) {
	if modified(s) {
		p.text(s.String())
		return
	}
	p.text(s.Name)
	begin := len(p.out)
	if p.last.of(s.LabelMatchers) {
		p.out = append(p.out, p.out[p.last.start:p.last.end]...)
		return
	}
	ends := make([]int, 0, usually)
	named := false
	for _, m := range s.LabelMatchers {
		named = named || m.Name == model.MetricNameLabel
		if !isName(m, s.Name) {
			p.text(",")
			p.matcher(m)
			ends = append(ends, len(p.out))
		}
	}
	if len(ends) == 0 {
		return
	}
	p.sort(begin, ends)
	p.out[begin] = '{'
	p.text("}")
	if !named {
		p.last = braces{s.LabelMatchers, begin, len(p.out)}
	}
}

// sort puts what was written from begin on, and ends at ends, into the order of the
// texts. Each of them begins with the same character.
func (p *printer) sort(begin int, ends []int) {
	parts := make([][]byte, 0, usually)
	from := begin
	for _, end := range ends {
		parts = append(parts, p.out[from:end])
		from = end
	}
	if slices.IsSortedFunc(parts, bytes.Compare) {
		return
	}
	slices.SortFunc(parts, bytes.Compare)
	end := len(p.out)
	for _, part := range parts {
		p.out = append(p.out, part...)
	}
	copy(p.out[begin:], p.out[end:])
	p.out = p.out[:end]
	p.forget(begin)
}

// isName says whether a matcher is what stands before the braces already.
func isName(m *labels.Matcher, name string) bool {
	return name != "" && m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual && m.Value == name
}

func (p *printer) matcher(m *labels.Matcher) {
	for i := range p.written {
		if w := &p.written[i]; w.matcher == m {
			p.out = append(p.out, p.out[w.start:w.end]...)
			return
		}
	}
	w := &p.written[p.count%len(p.written)]
	p.count++
	w.matcher, w.start = m, len(p.out)
	if model.LegacyValidation.IsValidLabelName(m.Name) {
		p.text(m.Name)
		p.text(m.Type.String())
		p.out = appendQuoted(p.out, m.Value)
	} else {
		p.text(m.String())
	}
	w.end = len(p.out)
}

// forget what was written from start on, because it was moved.
func (p *printer) forget(start int) {
	for i := range p.written {
		if p.written[i].start >= start {
			p.written[i].matcher = nil
		}
	}
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
