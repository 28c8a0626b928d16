package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/promql/parser"
)

// timeSeries is one line in the notation of promqltest.
type timeSeries struct {
	labels labels.Labels
	values []parser.SequenceValue
}

// parseSeries reads lines in the notation of promqltest. What a scrape adds is
// added: the labels of the component's one target, unless the line has them.
func parseSeries(t *testing.T, text, component string) []timeSeries {
	t.Helper()
	var out []timeSeries
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		metric, values, err := parser.ParseSeriesDesc(line)
		if err != nil {
			t.Fatalf("series %q: %v", line, err)
		}
		out = append(out, timeSeries{labels: scrapedFrom(metric, component), values: values})
	}
	return out
}

func scrapedFrom(metric labels.Labels, component string) labels.Labels {
	b := labels.NewBuilder(metric)
	if own := metric.Get("component"); own != "" {
		component = own
	}
	for name, value := range map[string]string{
		"namespace": "rag", "ragmonitor": "support-bot", "component": component, "job": component, "instance": "10.0.0.1:8000",
	} {
		if metric.Get(name) == "" {
			b.Set(name, value)
		}
	}
	return b.Labels()
}

// withUp adds "up" of a target that answers for every component, unless some
// series says how the targets are: all of them then.
func withUp(t *testing.T, all []timeSeries, components []string) []timeSeries {
	t.Helper()
	if slices.ContainsFunc(all, func(s timeSeries) bool { return s.labels.Get(model.MetricNameLabel) == "up" }) {
		return all
	}
	answers := make([]parser.SequenceValue, steps(all)+1)
	for i := range answers {
		answers[i].Value = 1
	}
	for _, component := range components {
		for _, up := range parseSeries(t, "up 1", component) {
			all = append(all, timeSeries{labels: up.labels, values: answers})
		}
	}
	return all
}

// steps is the number of steps until the last sample.
func steps(all []timeSeries) int {
	longest := 1
	for _, s := range all {
		longest = max(longest, len(s.values))
	}
	return longest - 1
}

// store appends series whose first sample is at start.
func (e engine) store(start, step time.Duration, all []timeSeries) {
	e.t.Helper()
	appender := e.storage.Appender(e.t.Context())
	for _, s := range all {
		for i, value := range s.values {
			if value.Omitted {
				continue
			}
			at := e.epoch.Add(start + time.Duration(i)*step)
			if _, err := appender.Append(0, s.labels, timestamp.FromTime(at), value.Value); err != nil {
				e.t.Fatalf("append %s: %v", s.labels, err)
			}
		}
	}
	if err := appender.Commit(); err != nil {
		e.t.Fatal(err)
	}
}

// restarted has the process restart after a third of the case, right after its
// counters were read.
func restarted(all []timeSeries) []timeSeries {
	return counting(all, func(values []float64) func(float64) float64 {
		restart := values[len(values)/3]
		return func(value float64) float64 {
			if value > restart {
				return value - restart
			}
			return value
		}
	})
}

// lived has it restart too, and nobody ask any more after two thirds.
func lived(all []timeSeries) []timeSeries {
	return restarted(counting(all, func(values []float64) func(float64) float64 {
		last := values[len(values)*2/3]
		return func(value float64) float64 { return min(value, last) }
	}))
}

// counting changes the values of all series that count.
func counting(all []timeSeries, how func(values []float64) func(float64) float64) []timeSeries {
	out := slices.Clone(all)
	for i, s := range out {
		if !s.grows() {
			continue
		}
		var before []float64
		for _, v := range s.values {
			before = append(before, v.Value)
		}
		change := how(before)
		out[i].values = slices.Clone(s.values)
		for j, v := range s.values {
			out[i].values[j].Value = change(v.Value)
		}
	}
	return out
}

// grows says whether the series counts something.
func (s timeSeries) grows() bool {
	return slices.ContainsFunc(s.values, func(v parser.SequenceValue) bool { return !v.Omitted && v.Value > s.values[0].Value })
}
