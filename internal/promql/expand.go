package promql

import (
	"fmt"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// expr returns nil for what is undefined. It never changes e, which belongs to a
// template that is expanded again.
func (s Scope) expr(e parser.Expr) (parser.Expr, error) {
	switch e := e.(type) {
	case *parser.NumberLiteral, *parser.StringLiteral:
		return e, nil
	case *parser.VectorSelector:
		return s.instant(e), nil
	case *parser.Call:
		return s.call(e)
	case *parser.ParenExpr:
		return operand(s, e.Expr, func(inner parser.Expr) parser.Expr { return &parser.ParenExpr{Expr: inner} })
	case *parser.UnaryExpr:
		return operand(s, e.Expr, func(inner parser.Expr) parser.Expr { return &parser.UnaryExpr{Op: e.Op, Expr: inner} })
	case *parser.SubqueryExpr:
		return operand(s, e.Expr, func(inner parser.Expr) parser.Expr {
			out := *e
			out.Expr = inner
			return &out
		})
	case *parser.AggregateExpr:
		return s.aggregate(e)
	case *parser.BinaryExpr:
		return s.binary(e)
	default:
		return nil, fmt.Errorf("%T is not supported in templates", e)
	}
}

// operand expands the only operand of an expression and makes the whole anew.
func operand(s Scope, e parser.Expr, whole func(parser.Expr) parser.Expr) (parser.Expr, error) {
	inner, err := s.expr(e)
	if err != nil || inner == nil {
		return nil, err
	}
	return whole(inner), nil
}

func (s Scope) aggregate(e *parser.AggregateExpr) (parser.Expr, error) {
	return operand(s, e.Expr, func(inner parser.Expr) parser.Expr {
		out := *e
		out.Expr = inner
		out.Grouping = s.unfixed(e.Grouping)
		return &out
	})
}

// unfixed leaves out the labels that are the same everywhere.
func (s Scope) unfixed(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(label string) bool { return slices.Contains(s.Fixed, label) })
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
	switch {
	case e.Op == parser.LOR && lhs == nil:
		return rhs, nil
	case (e.Op == parser.LOR || e.Op == parser.LUNLESS) && rhs == nil, e.Op == parser.MUL && isOne(rhs):
		return lhs, nil
	case lhs == nil || rhs == nil:
		return nil, nil
	}
	return s.joined(e, lhs, rhs), nil
}

func isOne(e parser.Expr) bool {
	n, ok := e.(*parser.NumberLiteral)
	return ok && n.Val == 1
}

// joined is e with other operands.
func (s Scope) joined(e *parser.BinaryExpr, lhs, rhs parser.Expr) parser.Expr {
	out := *e
	out.LHS, out.RHS = lhs, rhs
	if e.VectorMatching != nil {
		matching := *e.VectorMatching
		matching.MatchingLabels = s.unfixed(e.VectorMatching.MatchingLabels)
		out.VectorMatching = &matching
	}
	return &out
}

func (s Scope) call(e *parser.Call) (parser.Expr, error) {
	for i, arg := range e.Args {
		if ranged, ok := arg.(*parser.MatrixSelector); ok {
			return s.ranged(e, i, ranged)
		}
	}
	args := make(parser.Expressions, len(e.Args))
	for i := range e.Args {
		inner, err := s.expr(e.Args[i])
		if err != nil || inner == nil {
			return nil, err
		}
		args[i] = inner
	}
	return &parser.Call{Func: e.Func, Args: args}, nil
}

func (s Scope) instant(e *parser.VectorSelector) parser.Expr {
	if n, ok := s.Numbers[e.Name]; ok {
		return &parser.NumberLiteral{Val: n}
	}
	return s.meaning(e, func(selector Selector) parser.Expr { return selected(e, selector) })
}

// ranged expands a call over a range. The alternatives are joined outside the
// call, because a range cannot be taken over "or".
func (s Scope) ranged(e *parser.Call, arg int, m *parser.MatrixSelector) (parser.Expr, error) {
	inner, ok := m.VectorSelector.(*parser.VectorSelector)
	if !ok {
		return nil, fmt.Errorf("range over %T is not supported in templates", m.VectorSelector)
	}
	window := m.Range
	if s.Window > 0 {
		window = s.Window
	}
	return s.meaning(inner, func(selector Selector) parser.Expr {
		args := slices.Clone(e.Args)
		args[arg] = &parser.MatrixSelector{VectorSelector: selected(inner, selector), Range: window}
		return &parser.Call{Func: e.Func, Args: args}
	}), nil
}

// selected is the selector of a template with another metric: matchers, offset and
// @ of the template stay.
func selected(e *parser.VectorSelector, selector Selector) *parser.VectorSelector {
	out := *e
	out.Name = selector.Metric
	// Most templates have no matchers of their own, and those of a Selector are shared.
	out.LabelMatchers = slices.Clip(selector.Matchers)
	if selector.Metric != "" && !model.LegacyValidation.IsValidMetricName(selector.Metric) {
		// Such a name cannot stand before the braces.
		out.Name = ""
		out.LabelMatchers = append(out.LabelMatchers, Equal(model.MetricNameLabel, selector.Metric))
	}
	for _, m := range e.LabelMatchers {
		if m.Name != model.MetricNameLabel {
			out.LabelMatchers = append(out.LabelMatchers, m)
		}
	}
	return &out
}

// target are the labels that tell apart who counts: scrape targets, and the services
// for which one target speaks, such as an OpenTelemetry Collector. It says of each what
// its job and instance are, which scrapes rename unless they honour such labels.
var target = []string{"job", "instance", "exported_job", "exported_instance"}

// firstOf takes from each target the first alternative that it has. Two spellings
// of one metric are thus never counted twice, whatever their labels, and a rollout
// from one to the other is counted in full.
func (s Scope) firstOf(alternatives []Alternative, read func(Selector) parser.Expr) parser.Expr {
	var joined parser.Expr
	for _, alternative := range slices.Backward(alternatives) {
		joined = firstThen(together(alternative, read), joined)
	}
	return joined
}

// firstThen is first, and for the targets that do not have it, what is in rest. It
// is built from the last alternative on, so that each occurs twice at most.
func firstThen(first, rest parser.Expr) parser.Expr {
	if rest == nil {
		return first
	}
	others := join(parser.LUNLESS, rest, first, onTarget)
	return &parser.ParenExpr{Expr: or(first, others)}
}

// together is the union of the selectors of one alternative.
func together(alternative Alternative, read func(Selector) parser.Expr) parser.Expr {
	var joined parser.Expr
	for _, selector := range alternative {
		next := marked(scaled(through(relabelled(read(selector), selector.Labels), selector.Func), selector.Factor), selector.Mark)
		if joined == nil {
			joined = next
			continue
		}
		joined = or(joined, next)
	}
	if len(alternative) < 2 {
		return joined
	}
	return &parser.ParenExpr{Expr: joined}
}

// relabelled gives the labels of e their canonical names.
func relabelled(e parser.Expr, canonical map[string]string) parser.Expr {
	var renamed []string
	for label, theirs := range canonical {
		if theirs != label {
			renamed = append(renamed, label)
		}
	}
	slices.Sort(renamed)
	for _, label := range renamed {
		e = labelReplace(e, label, "$1", canonical[label], "(.*)")
	}
	return e
}

func marked(e parser.Expr, mark string) parser.Expr {
	if mark == "" {
		return e
	}
	return labelReplace(e, "operand", mark, "", "")
}

func labelReplace(e parser.Expr, label, replacement, source, pattern string) parser.Expr {
	texts := [...]parser.StringLiteral{{Val: label}, {Val: replacement}, {Val: source}, {Val: pattern}}
	return &parser.Call{
		Func: parser.Functions["label_replace"],
		Args: parser.Expressions{e, &texts[0], &texts[1], &texts[2], &texts[3]},
	}
}

func through(e parser.Expr, function string) parser.Expr {
	if function == "" {
		return e
	}
	return &parser.Call{Func: parser.Functions[function], Args: parser.Expressions{e}}
}

func scaled(e parser.Expr, factor float64) parser.Expr {
	if factor == 0 || factor == 1 {
		return e
	}
	return &parser.ParenExpr{Expr: &parser.BinaryExpr{Op: parser.MUL, LHS: e, RHS: &parser.NumberLiteral{Val: factor}}}
}

func or(lhs, rhs parser.Expr) parser.Expr {
	return join(parser.LOR, lhs, rhs, onAll)
}

// What the operands of "or" and "unless" are matched by, which all trees share.
var (
	onAll    = &parser.VectorMatching{Card: parser.CardManyToMany}
	onTarget = &parser.VectorMatching{Card: parser.CardManyToMany, On: true, MatchingLabels: target}
)

func join(op parser.ItemType, lhs, rhs parser.Expr, matching *parser.VectorMatching) parser.Expr {
	return &parser.BinaryExpr{Op: op, LHS: lhs, RHS: rhs, VectorMatching: matching}
}
