package rules

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// Quantile describes a series that is a quantile of a signal.
type Quantile struct {
	// Of is the signal, a distribution.
	Of vocabulary.Signal `yaml:"of"`
	// Q is the quantile, between 0 and 1.
	Q float64 `yaml:"q"`
	// By are the labels that the series keeps.
	By []string `yaml:"by"`
	// AtLeast is the number of observations in the window below which there is no
	// value. A gauge, which does not count them, is taken as it is.
	AtLeast int `yaml:"atLeast"`

	// variants are the ways in which a distribution can be carried.
	variants []promql.Template
}

const (
	// factorName stands for the number of base units in one unit of the metric.
	factorName = "factor"
	// floorName stands for the least value that is known, in base units.
	floorName = "floor"
)

// UnmarshalYAML implements yaml.Unmarshaler: it makes the templates once.
func (q *Quantile) UnmarshalYAML(decode func(any) error) error {
	type plain Quantile
	if err := decode((*plain)(q)); err != nil {
		return err
	}
	for _, v := range []struct{ suffix, format string }{
		{suffixBucket, "histogram_quantile(%[1]v, sum by (le, %[2]s) (rate(%[3]s_bucket[5m]))) * factor >= floor"},
		{suffixNative, "histogram_quantile(%[1]v, sum by (%[2]s) (rate(%[3]s_native[5m]))) * factor >= 0"},
		{suffixQuantile, "max by (%[2]s) (%[3]s_quantile) >= 0"},
		{suffixGauge, "quantile by (%[2]s) (%[1]v, %[3]s_gauge) >= 0"},
	} {
		by := strings.Join(q.By, ", ")
		text := fmt.Sprintf(v.format, q.Q, by, q.Of)
		if q.AtLeast > 0 && v.suffix != suffixGauge {
			text += fmt.Sprintf(" and on (%s) sum by (%s) (increase(%s_count[5m])) >= %d", by, by, q.Of, q.AtLeast)
		}
		template, err := promql.Parse(text)
		if err != nil {
			return err
		}
		q.variants = append(q.variants, template)
	}
	return nil
}

// scoped has a template for each variant that the place may have, and for each
// unit: buckets of different units cannot be added up.
func (q *Quantile) scoped(scope promql.Scope, p place, o model.Objectives) []promql.Scoped {
	var out []promql.Scoped
	for _, factor := range p.factors(q.Of) {
		narrowed := q.ofSummary(p.narrowed(scope, q.Of, factor))
		narrowed.Numbers = maps.Clone(scope.Numbers)
		narrowed.Numbers[factorName] = factor
		narrowed.Numbers[floorName] = p.floor(q.Of, factor, limitOf(q.Of, p.stage, o))
		for _, v := range q.variants {
			out = append(out, promql.Scoped{Template: v, Scope: narrowed})
		}
	}
	return out
}

// ofSummary takes of a summary the one quantile that is wanted.
func (q *Quantile) ofSummary(scope promql.Scope) promql.Scope {
	whole := scope.Resolve
	scope.Resolve = func(name string, matchers []*labels.Matcher) []promql.Alternative {
		found := whole(name, matchers)
		if _, suffix := splitSignal(name); suffix != suffixQuantile {
			return found
		}
		wanted := promql.OneOf("quantile", spellings(q.Q))
		out := make([]promql.Alternative, 0, len(found))
		for _, alternative := range found {
			out = append(out, having(alternative, wanted))
		}
		return out
	}
	return scope
}

// having is an alternative with one more matcher.
func having(a promql.Alternative, more *labels.Matcher) promql.Alternative {
	out := slices.Clone(a)
	for i := range out {
		out[i].Matchers = slices.Concat(out[i].Matchers, []*labels.Matcher{more})
	}
	return out
}

// factors are the units in which the place has a signal, in base units.
func (p place) factors(s vocabulary.Signal) []float64 {
	var out []float64
	for _, series := range p.series(s) {
		if f := series.Factor(s); !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// limitOf is what a signal is compared with, in base units; 0 for nothing.
func limitOf(s vocabulary.Signal, stage string, o model.Objectives) float64 {
	ofStage, ok := o.Stage(stage)
	if !ok {
		ofStage = o.LatencyP95
	}
	limits := map[vocabulary.Signal]time.Duration{
		vocabulary.RequestDuration:  o.LatencyP95,
		vocabulary.StageDuration:    ofStage,
		vocabulary.TimeToFirstToken: o.TimeToFirstTokenP95,
	}
	return limits[s].Seconds()
}

// floor is the end of the first bucket, where that is above the limit: within a bucket
// a quantile is drawn by a straight line, from nought in the first, and would miss a
// limit in there by nothing but that line. Buckets that are not known have none.
func (p place) floor(s vocabulary.Signal, factor, limit float64) float64 {
	floor := math.Inf(1)
	for _, series := range p.series(s) {
		if series.Type == vocabulary.Histogram && series.Factor(s) == factor {
			floor = min(floor, firstBound(series.Buckets)*factor)
		}
	}
	if limit <= 0 || floor <= limit || math.IsInf(floor, 1) {
		return 0
	}
	return floor
}

func firstBound(buckets []float64) float64 {
	for _, bound := range buckets {
		if bound > 0 {
			return bound
		}
	}
	return 0
}

// narrowed is scope with a signal in one of its units only.
func (p place) narrowed(scope promql.Scope, s vocabulary.Signal, factor float64) promql.Scope {
	var only []string
	for _, series := range p.series(s) {
		if series.Factor(s) == factor {
			only = append(only, series.Metrics...)
		}
	}
	whole := scope.Resolve
	scope.Resolve = func(name string, matchers []*labels.Matcher) []promql.Alternative {
		signal, suffix := splitSignal(name)
		if signal != s {
			return whole(name, matchers)
		}
		return slices.DeleteFunc(slices.Clone(whole(name, matchers)), func(a promql.Alternative) bool {
			return !slices.Contains(only, strings.TrimSuffix(a[0].Metric, suffix)) && !slices.Contains(only, a[0].Metric)
		})
	}
	return scope
}
