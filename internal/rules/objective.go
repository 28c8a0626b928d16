package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	ragmodel "github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// Objective names one of the limits of a RAGMonitor.
type Objective string

// objectiveName stands for the number of the objective in an alert's expression.
const objectiveName = "objective"

// limit is the value of an objective, in base units, and how people read it.
type limit struct {
	value float64
	text  string
}

// objectives tells for each objective its value; stage is "" but for stageP95.
var objectives = map[Objective]func(o ragmodel.Objectives, stage string) (limit, bool){
	"latencyP95": func(o ragmodel.Objectives, _ string) (limit, bool) { return seconds(o.LatencyP95), true },
	"stageP95": func(o ragmodel.Objectives, stage string) (limit, bool) {
		d, ok := o.Stage(stage)
		return seconds(d), ok
	},
	"errorRatio":        func(o ragmodel.Objectives, _ string) (limit, bool) { return percent(o.ErrorRatio), true },
	"cacheHitRatio":     func(o ragmodel.Objectives, _ string) (limit, bool) { return percent(o.CacheHitRatio), true },
	"costPerDay":        func(o ragmodel.Objectives, _ string) (limit, bool) { return dollars(o.CostPerDay), true },
	"costPerRequestP95": func(o ragmodel.Objectives, _ string) (limit, bool) { return dollars(o.CostPerRequestP95), true },
	"relevanceP50":      func(o ragmodel.Objectives, _ string) (limit, bool) { return percent(o.RelevanceP50), true },
	"contextPrecisionP50": func(o ragmodel.Objectives, _ string) (limit, bool) {
		return percent(o.ContextPrecisionP50), true
	},
	"rateLimitRemaining": func(o ragmodel.Objectives, _ string) (limit, bool) { return count(o.RateLimitRemaining), true },
}

// of returns the limit, and whether there is one. What watches no objective has no
// use for one.
func (o Objective) of(in ragmodel.Objectives, stage string) (limit, bool) {
	if o == "" {
		return limit{}, true
	}
	return objectives[o](in, stage)
}

func seconds(d time.Duration) limit {
	return limit{d.Seconds(), model.Duration(d).String()}
}

func percent(ratio float64) limit {
	return limit{ratio, decimal(ratio*100) + " %"}
}

func dollars(usd float64) limit {
	return limit{usd, "$" + decimal(usd)}
}

func count(n float64) limit {
	return limit{n, decimal(n)}
}

// decimal prints at most six digits after the point: 0.07*100 is 7, not
// 7.000000000000001.
func decimal(f float64) string {
	text := fmt.Sprintf("%.6f", f)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// Threshold returns the value of an objective in base units, and whether there is
// one that does not depend on a stage.
func Threshold(name Objective, o ragmodel.Objectives) (float64, bool) {
	read, ok := objectives[name]
	if !ok {
		return 0, false
	}
	limit, ok := read(o, "")
	return limit.value, ok
}
