package rules

import (
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
)

// The canonical series of what was usual in the last day.
const (
	// StageBaseline is what a call of a stage took.
	StageBaseline = "ragmonitor:stage_duration_seconds:baseline"
	// RequestBaseline is what a request took.
	RequestBaseline = "ragmonitor:request_duration_seconds:baseline"
)

const (
	// baselineWindow is long enough for the hours of a day to be in it, which differ.
	baselineWindow = 24 * time.Hour
	// leastBaseline is how much of it there must be. A service that has just started
	// is slow until its caches and connections are there.
	leastBaseline = 30 * time.Minute
)

// baselines are medians, because the fault that they are compared with is soon part of
// the window: half a day of it goes unnoticed.
var baselines = []struct {
	record string
	median promql.Template
}{
	{StageBaseline, medianOf("ragmonitor:stage_duration_seconds:mean")},
	{RequestBaseline, medianOf("ragmonitor:request_duration_seconds:mean")},
}

func medianOf(series string) promql.Template {
	return promql.MustParse(fmt.Sprintf("quantile_over_time(0.5, %[1]s[1d]) and count_over_time(%[1]s[1d]) >= enough", series))
}

func baselineRules(m model.Monitor, recorded Recorded) ([]rulefmt.Rule, error) {
	scope := ReadScope(m, recorded)
	scope.Window = baselineWindow
	scope.Numbers = map[string]float64{"enough": float64(leastBaseline / m.Evaluation.Interval)}
	var out []rulefmt.Rule
	for _, b := range baselines {
		expr, ok, err := b.median.Expand(scope)
		if err != nil {
			return nil, err
		}
		if ok {
			rule := rulefmt.Rule{Record: b.record, Expr: expr, Labels: identity(m)}
			recorded.add(rule)
			out = append(out, rule)
		}
	}
	return out, nil
}
