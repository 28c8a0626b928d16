package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// shape is what an expression says of the labels of one of its series, or of many
// that differ in a label whose values the application decides.
type shape struct {
	// labels holds the value of each label; one that begins with "*" stands for any
	// that the label named after it has.
	labels map[string]string
	// open says that it has all the labels of an application's metric as well.
	open bool
}

// shapes are those of the recorded series that are known so far, by name.
type shapes map[string][]shape

const anyValue = "*"

// of returns the shapes of the series that an expression gives. by are the labels
// that whoever reads them groups by: others need not be told apart.
func (known shapes) of(e parser.Expr, by []string) []shape {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return known.selected(e, by)
	case *parser.MatrixSelector:
		return known.of(e.VectorSelector, by)
	case *parser.SubqueryExpr:
		return known.of(e.Expr, by)
	case *parser.ParenExpr:
		return known.of(e.Expr, by)
	case *parser.UnaryExpr:
		return known.of(e.Expr, by)
	case *parser.AggregateExpr:
		return only(known.of(e.Expr, e.Grouping), e.Grouping)
	case *parser.BinaryExpr:
		return known.binary(e, by)
	case *parser.Call:
		return known.call(e, by)
	default:
		return nil
	}
}

// selected are the shapes of a recorded series, or of an application's metric.
func (known shapes) selected(e *parser.VectorSelector, by []string) []shape {
	recorded, ok := known[e.Name]
	if !ok {
		recorded = []shape{{open: true}}
	}
	var out []shape
	for _, s := range recorded {
		out = append(out, narrowed(s, e.LabelMatchers, by)...)
	}
	return out
}

// narrowed splits a shape by the values that matchers allow, where it matters.
func narrowed(s shape, matchers []*labels.Matcher, by []string) []shape {
	out := []shape{s}
	for _, m := range matchers {
		value, told := s.labels[m.Name]
		if told && !strings.HasPrefix(value, anyValue) {
			if !m.Matches(value) {
				return nil
			}
			continue
		}
		allowed := literals(m)
		if len(allowed) == 0 || !slices.Contains(by, m.Name) {
			continue
		}
		var split []shape
		for _, before := range out {
			for _, value := range allowed {
				split = append(split, before.with(m.Name, value))
			}
		}
		out = split
	}
	return out
}

// literals are the values that a matcher lists, or nil if it matches by a pattern.
func literals(m *labels.Matcher) []string {
	if m.Type == labels.MatchEqual {
		return []string{m.Value}
	}
	if m.Type != labels.MatchRegexp {
		return nil
	}
	var out []string
	for text := range strings.SplitSeq(m.Value, "|") {
		if strings.ContainsAny(strings.ReplaceAll(text, `\.`, ""), `\.*+?()[]{}^$`) {
			return nil
		}
		out = append(out, strings.ReplaceAll(text, `\.`, "."))
	}
	return out
}

func (s shape) with(label, value string) shape {
	out := shape{labels: map[string]string{}, open: s.open}
	maps.Copy(out.labels, s.labels)
	out.labels[label] = value
	return out
}

// only keeps some labels, and each shape once.
func only(in []shape, by []string) []shape {
	var out []shape
	for _, s := range in {
		kept := shape{labels: map[string]string{}}
		for _, label := range by {
			value, told := s.labels[label]
			if !told && s.open {
				value, told = anyValue+label, true
			}
			if told {
				kept.labels[label] = value
			}
		}
		out = append(out, kept)
	}
	return unique(out)
}

func unique(in []shape) []shape {
	seen := map[string]bool{}
	var out []shape
	for _, s := range in {
		if key := fmt.Sprint(s); !seen[key] {
			seen[key] = true
			out = append(out, s)
		}
	}
	return out
}

func (known shapes) binary(e *parser.BinaryExpr, by []string) []shape {
	if e.VectorMatching != nil {
		by = slices.Concat(by, e.VectorMatching.MatchingLabels)
	}
	left, right := known.of(e.LHS, by), known.of(e.RHS, by)
	switch {
	case e.Op == parser.LOR:
		return unique(slices.Concat(left, right))
	case e.LHS.Type() == parser.ValueTypeScalar:
		return right
	case e.VectorMatching == nil || e.Op.IsSetOperator() || e.VectorMatching.Card == parser.CardManyToOne:
		return left
	case e.VectorMatching.Card == parser.CardOneToMany:
		return right
	case e.VectorMatching.On:
		return only(left, e.VectorMatching.MatchingLabels)
	default:
		return left
	}
}

// call passes labels on from the first argument that has some.
func (known shapes) call(e *parser.Call, by []string) []shape {
	if e.Func.Name == "vector" {
		return []shape{{labels: map[string]string{}}}
	}
	if e.Func.Name == "label_replace" {
		return known.relabelled(e, by)
	}
	for _, arg := range e.Args {
		if t := arg.Type(); t == parser.ValueTypeVector || t == parser.ValueTypeMatrix {
			inner := known.of(arg, by)
			if e.Func.Name == "histogram_quantile" {
				inner = without(inner, "le")
			}
			return inner
		}
	}
	return nil
}

func without(in []shape, label string) []shape {
	out := make([]shape, 0, len(in))
	for _, s := range in {
		kept := maps.Clone(s.labels)
		delete(kept, label)
		out = append(out, shape{labels: kept, open: s.open})
	}
	return unique(out)
}

// relabelled follows label_replace, whose pattern is taken to match: a value that
// comes from another label adds no series to those of that label.
func (known shapes) relabelled(e *parser.Call, by []string) []shape {
	text := func(i int) string { return e.Args[i].(*parser.StringLiteral).Val }
	label, replacement, source := text(1), text(2), text(3)
	constant := !strings.Contains(strings.ReplaceAll(replacement, "$$", ""), "$")
	var out []shape
	for _, s := range known.of(e.Args[0], append(slices.Clone(by), source)) {
		value, told := s.labels[source]
		switch {
		case constant:
			value = strings.ReplaceAll(replacement, "$$", "$")
		case !told && s.open:
			value = anyValue + label
		}
		out = append(out, s.with(label, value))
	}
	return out
}

// record remembers the shapes of a rule's series, and returns them. An error means
// that labels of the application get into the series that nothing bounds.
func (known shapes) record(name, expr string, fixed map[string]string) ([]shape, error) {
	root, err := parser.ParseExpr(expr)
	if err != nil {
		return nil, fmt.Errorf("parse %q: %w", expr, err)
	}
	var out []shape
	for _, s := range known.of(root, nil) {
		if s.open {
			return nil, fmt.Errorf("%s keeps every label of the application: %s", name, expr)
		}
		for label, value := range fixed {
			s = s.with(label, value)
		}
		delete(s.labels, model.MetricNameLabel)
		out = append(out, s)
	}
	out = unique(out)
	known[name] = append(known[name], out...)
	return out, nil
}

// anyOf are the labels whose values the application decides, sorted.
func (s shape) anyOf() []string {
	var out []string
	for _, value := range s.labels {
		if label, ok := strings.CutPrefix(value, anyValue); ok {
			out = append(out, label)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
