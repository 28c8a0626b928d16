package model

import (
	"errors"
	"fmt"
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
	return promql.Bind(expr, func(metric string) []*labels.Matcher {
		bound := []*labels.Matcher{promql.Equal("namespace", of.namespace)}
		if strings.HasPrefix(metric, "ragmonitor:") {
			bound = append(bound, promql.Equal("ragmonitor", of.name))
		}
		return bound
	}), nil
}

func checkNodes(expr promparser.Expr) error {
	selectors := 0
	err := inspect(expr, func(n promparser.Node) error {
		switch n := n.(type) {
		case *promparser.VectorSelector:
			selectors++
			if promql.MetricOf(n) == "" {
				return fmt.Errorf("%s selects every metric, name the one that you mean", n)
			}
			return reach(n.OriginalOffset)
		case *promparser.MatrixSelector:
			return reach(n.Range)
		case *promparser.SubqueryExpr:
			return errors.Join(reach(n.Range), reach(n.OriginalOffset), resolution(n))
		}
		return nil
	})
	if err == nil && selectors == 0 {
		return errors.New("it selects no metric, so it says nothing about the service")
	}
	return err
}

func reach(back time.Duration) error {
	if back.Abs() > furthest {
		return fmt.Errorf("it reaches back %s, at most %s is allowed", model.Duration(back), model.Duration(furthest))
	}
	return nil
}

// steps is the largest number of points that Prometheus itself gives a graph.
const steps = 11_000

func resolution(n *promparser.SubqueryExpr) error {
	if n.Step > 0 && n.Range/n.Step > steps {
		return fmt.Errorf("its subquery takes %d steps, at most %d are allowed: make the step longer", n.Range/n.Step, steps)
	}
	return nil
}

func inspect(expr promparser.Expr, check func(promparser.Node) error) error {
	var found error
	promparser.Inspect(expr, func(n promparser.Node, _ []promparser.Node) error {
		if found == nil && n != nil {
			found = check(n)
		}
		return nil
	})
	return found
}
