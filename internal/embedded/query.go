package embedded

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
)

// queryTimeout bounds one query, and one rule.
const queryTimeout = 10 * time.Second

// errNotRunning is the answer to queries before Run and after it.
var errNotRunning = errors.New("the embedded metric source does not run")

func newQuerier(samples int) *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		MaxSamples:               samples,
		Timeout:                  queryTimeout,
		LookbackDelta:            lookback,
		EnableAtModifier:         true,
		EnableNegativeOffset:     true,
		NoStepSubqueryIntervalFn: func(int64) int64 { return defaultInterval.Milliseconds() },
	})
}

// Query evaluates expr now. An answer with warnings is an error: it may be partial,
// and missing data must not look like a verdict.
func (e *Engine) Query(ctx context.Context, expr string) (model.Vector, error) {
	select {
	case <-e.opened:
	case <-ctx.Done():
		return nil, fmt.Errorf("query %s: %w", expr, errNotRunning)
	}
	var vector model.Vector
	err := errNotRunning
	e.withStore(func(s *store) { vector, err = e.query(ctx, s, expr) })
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", expr, err)
	}
	return vector, nil
}

func (e *Engine) query(ctx context.Context, s *store, expr string) (model.Vector, error) {
	query, err := e.querier.NewInstantQuery(ctx, s, nil, expr, e.config.Clock.Now())
	if err != nil {
		return nil, err
	}
	defer query.Close()
	result := query.Exec(ctx)
	if result.Err != nil {
		return nil, result.Err
	}
	if warnings, _ := result.Warnings.AsStrings(expr, 0, 0); len(warnings) > 0 {
		return nil, fmt.Errorf("partial answer: %s", strings.Join(warnings, "; "))
	}
	vector, ok := result.Value.(promql.Vector)
	if !ok {
		return nil, fmt.Errorf("the answer is a %s, must be a vector", result.Value.Type())
	}
	return convert(vector)
}

func convert(vector promql.Vector) (model.Vector, error) {
	out := make(model.Vector, 0, len(vector))
	for _, sample := range vector {
		if sample.H != nil {
			return nil, errors.New("the answer holds a histogram, must hold numbers")
		}
		metric := make(model.Metric, sample.Metric.Len())
		sample.Metric.Range(func(l labels.Label) { metric[model.LabelName(l.Name)] = model.LabelValue(l.Value) })
		out = append(out, &model.Sample{Metric: metric, Value: model.SampleValue(sample.F), Timestamp: model.Time(sample.T)})
	}
	return out, nil
}
