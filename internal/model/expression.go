package model

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	promparser "github.com/prometheus/prometheus/promql/parser"

	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
)

// identity are the namespace and name of a RAGMonitor.
type identity struct{ namespace, name string }

// furthest is how far back a user's expression may look: one that reads months of
// samples at every evaluation would be paid for by everybody.
const furthest = 7 * 24 * time.Hour

// mostSelectors is how many selectors a user's expression may have: each one grows by
// the matchers that bind it, and the rules must fit into an object.
const mostSelectors = 16

// bind parses a user's expression and binds every selector to a namespace, and
// those of canonical series to one RAGMonitor.
func bind(text string, of identity) (string, error) {
	expr, err := promparser.ParseExpr(text)
	if err != nil {
		return "", fmt.Errorf("write PromQL: %w", err)
	}
	if expr.Type() != promparser.ValueTypeVector {
		return "", fmt.Errorf("it is a %s, write an expression that gives an instant vector, such as \"max(x) > 0.9\"", expr.Type())
	}
	if err := checkNodes(expr); err != nil {
		return "", err
	}
	bound := promql.Bind(expr, func(metric string) []*labels.Matcher {
		matchers := []*labels.Matcher{promql.Equal("namespace", of.namespace)}
		if strings.HasPrefix(metric, "ragmonitor:") {
			matchers = append(matchers, promql.Equal("ragmonitor", of.name))
		}
		return matchers
	})
	if _, err := promparser.ParseExpr(bound); err != nil {
		return "", fmt.Errorf("it cannot be bound to the namespace: %w", err)
	}
	return bound, nil
}

// checkNodes refuses selectors without a metric, and what reads too much.
func checkNodes(expr promparser.Expr) error {
	selectors := 0
	err := inspect(expr, func(n promparser.Node, path []promparser.Node) error {
		switch n := n.(type) {
		case *promparser.VectorSelector:
			selectors++
			if promql.MetricOf(n) == "" {
				return fmt.Errorf("name the metric that you mean in %s", n)
			}
			return affordable(n, path)
		case *promparser.SubqueryExpr:
			return affordable(n, path)
		}
		return nil
	})
	if err == nil && selectors > mostSelectors {
		return fmt.Errorf("it selects %d metrics, at most %d are allowed: record what you need first", selectors, mostSelectors)
	}
	if err == nil && selectors == 0 {
		return errors.New("it selects no metric, so it says nothing about the service")
	}
	return err
}

const (
	// mostSteps is the largest number of points that Prometheus itself gives a graph.
	mostSteps = 11_000
	// usualStep is what a subquery without a step takes at the finest: the interval
	// at which Prometheus evaluates rules.
	usualStep = 15 * time.Second
)

// affordable adds up how far back a node reads with all that is around it, and
// multiplies the steps of the subqueries.
func affordable(n promparser.Node, path []promparser.Node) error {
	back, steps := time.Duration(0), 1.0
	for _, around := range slices.Concat(path, []promparser.Node{n}) {
		switch around := around.(type) {
		case *promparser.VectorSelector:
			back += around.OriginalOffset.Abs()
		case *promparser.MatrixSelector:
			back += around.Range
		case *promparser.SubqueryExpr:
			back += around.Range + around.OriginalOffset.Abs()
			steps *= float64(around.Range / cmp.Or(around.Step, usualStep))
		}
		if back < 0 || back > furthest {
			return fmt.Errorf("it reaches back further than %s, all ranges and offsets taken together", model.Duration(furthest))
		}
	}
	if steps > mostSteps {
		return fmt.Errorf("its subqueries take %.0f steps, at most %d are allowed: write a longer step, such as [1d:5m]", steps, mostSteps)
	}
	return nil
}

func inspect(expr promparser.Expr, check func(promparser.Node, []promparser.Node) error) error {
	var found error
	promparser.Inspect(expr, func(n promparser.Node, path []promparser.Node) error {
		if found == nil && n != nil {
			found = check(n, path)
		}
		return nil
	})
	return found
}
