package rules

import (
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
)

// StageBaseline is what a call of a stage took in the middle of the last day.
const StageBaseline = "ragmonitor:stage_duration_seconds:baseline"

const (
	// baselineWindow is long enough for the hours of a day to be in it, which differ.
	baselineWindow = 24 * time.Hour
	// leastBaseline is how much of it there must be. A service that has just started
	// is slow until its caches and connections are there.
	leastBaseline = 30 * time.Minute
)

// stageBaseline is a median, because the fault that it is compared with is soon part
// of the window: half a day of it goes unnoticed.
var stageBaseline = promql.MustParse(`quantile_over_time(0.5, ragmonitor:stage_duration_seconds:mean[1d]) ` +
	`and count_over_time(ragmonitor:stage_duration_seconds:mean[1d]) >= enough`)

func baselineRules(m model.Monitor, recorded Recorded) ([]rulefmt.Rule, error) {
	scope := ReadScope(m, recorded)
	scope.Window = baselineWindow
	scope.Numbers = map[string]float64{"enough": float64(leastBaseline / m.Evaluation.Interval)}
	expr, ok, err := stageBaseline.Expand(scope)
	if err != nil || !ok {
		return nil, err
	}
	rule := rulefmt.Rule{Record: StageBaseline, Expr: expr, Labels: identity(m)}
	recorded.add(rule)
	return []rulefmt.Rule{rule}, nil
}
