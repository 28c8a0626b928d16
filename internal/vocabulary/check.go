package vocabulary

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
)

// Names with dots are those of OpenTelemetry, as they arrive without translation.
var (
	metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:.]*$`)
	labelName  = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_.]*$`)
	stageName  = regexp.MustCompile(`^[a-zA-Z0-9]([-_.a-zA-Z0-9]*[a-zA-Z0-9])?$`)
)

// A Problem is something that is wrong with a series.
type Problem struct {
	// Field is the path to what is wrong, of keys and indexes, such as
	// "metrics", 0.
	Field []any
	// Message names the value and what to write instead.
	Message string
}

// Check completes a series by the defaults of its signal and returns what is
// wrong with it. signal must be known.
func Check(signal Signal, s Series) (Series, []Problem) {
	s = s.withDefaults(signal)
	c := seriesChecker{signal: signal, series: s}
	c.kind()
	c.names()
	c.stage()
	c.selection()
	c.labels()
	c.buckets()
	c.part()
	return s, c.found
}

type seriesChecker struct {
	signal Signal
	series Series
	found  []Problem
}

func (c *seriesChecker) fail(at []any, format string, args ...any) {
	c.found = append(c.found, Problem{Field: at, Message: fmt.Sprintf(format, args...)})
}

func at(path ...any) []any { return path }

func (c *seriesChecker) kind() {
	s := c.series
	types := readable[c.signal.Type()]
	if !slices.Contains(types, s.Type) {
		c.fail(at("type"), "type of %s is %q, must be one of %s", c.signal, s.Type, list(types))
		return
	}
	counts := c.signal.Type() == Counter && s.Type != Counter
	if field := []string{FieldSum, FieldCount}; counts && !slices.Contains(field, s.Field) {
		c.fail(at("field"), "field of %s is %q, must be one of %s: a %s has two counters", c.signal, s.Field, list(field), s.Type)
	}
	if !counts && s.Field != "" {
		c.fail(at("field"), "field of %s is %q, must be left out: only a histogram or summary that carries a counter has it", c.signal, s.Field)
	}
	if units := convertible(c.signal.Unit()); !slices.Contains(units, string(s.Unit)) {
		c.fail(at("unit"), "unit of %s is %q, must be one of %s", c.signal, s.Unit, list(units))
	}
}

func (c *seriesChecker) names() {
	if len(c.series.Metrics) == 0 {
		c.fail(at("metrics"), "metrics of %s is empty: name the metric", c.signal)
	}
	for field, names := range map[string][]string{"metrics": c.series.Metrics, "add": c.series.Add, "subtract": c.series.Subtract} {
		for i, name := range names {
			if !metricName.MatchString(name) || strings.HasPrefix(name, "ragmonitor:") {
				c.fail(at(field, i), "metric %q is not the name of an application's metric", name)
			}
		}
	}
	if operands := len(c.series.Add) + len(c.series.Subtract); operands > 0 && c.signal.Type() != Counter {
		c.fail(at("add"), "%s is no counter: add and subtract must be left out", c.signal)
	}
}

func (c *seriesChecker) stage() {
	s := c.series
	if !c.signal.Staged() {
		if s.Stage != "" || s.StageLabel != "" {
			c.fail(at("stage"), "%s is not measured by stage: remove stage", c.signal)
		}
		return
	}
	switch {
	case s.StageLabel != "" && s.Stage != "":
		c.fail(at("stageLabel"), "%s has both stage and stageLabel: write one", c.signal)
	case s.StageLabel != "":
		c.label(at("stageLabel"), s.StageLabel)
	case s.Stage == Unaccounted:
		c.fail(at("stage"), "stage %q is the name of the time that no stage explains: use another", Unaccounted)
	case !stageName.MatchString(s.Stage):
		c.fail(at("stage"), "stage of %s is %q, must be the name of a stage, such as \"retrieval\"", c.signal, s.Stage)
	}
}

func (c *seriesChecker) selection() {
	for label, values := range c.series.Match {
		c.label(at("match", label), label)
		if len(values) == 0 {
			c.fail(at("match", label), "match of label %q must have at least one value", label)
		}
	}
	for label, pattern := range c.series.MatchPattern {
		c.label(at("matchPattern", label), label)
		if _, err := regexp.Compile(pattern); err != nil {
			c.fail(at("matchPattern", label), "matchPattern of label %q is %q, must be a regular expression", label, pattern)
		}
	}
}

func (c *seriesChecker) labels() {
	kept := signals[c.signal].labels
	for canonical, label := range c.series.Labels {
		if !slices.Contains(kept, canonical) {
			c.fail(at("labels", canonical), "label %q of %s is not kept by any rule, must be one of %s", canonical, c.signal, list(kept))
		}
		c.label(at("labels", canonical), label)
	}
}

func (c *seriesChecker) label(field []any, name string) {
	if !labelName.MatchString(name) || name == model.MetricNameLabel {
		c.fail(field, "label %q is not a Prometheus label name", name)
	}
}

func (c *seriesChecker) buckets() {
	for i, bound := range c.series.Buckets {
		if bound < 0 || i > 0 && bound <= c.series.Buckets[i-1] {
			c.fail(at("buckets", i), "bucket %v must be positive and larger than the one before", bound)
		}
	}
	if len(c.series.Buckets) > 0 && c.series.Type != Histogram {
		c.fail(at("buckets"), "%s is read from a %s, which has no buckets: remove them", c.signal, c.series.Type)
	}
}

func (c *seriesChecker) part() {
	if c.signal.Whole() == "" && len(c.series.PartOf) > 0 {
		c.fail(at("partOf"), "%s is no part of another signal: remove partOf", c.signal)
	}
}

// checker collects what is wrong with one file, each with its line.
type checker struct {
	file  string
	root  *yaml.Node
	found []error
}

func (c *checker) vocabulary(v Vocabulary) {
	if want := strings.TrimSuffix(path.Base(c.file), ".yaml"); v.Name != want || v.Name == Custom {
		c.fail(at("name"), "name is %q, must be %q like the file, and not %q", v.Name, want, Custom)
	}
	if v.Title == "" {
		c.fail(at("title"), "title is missing: say in a few words whose vocabulary it is")
	}
	if len(v.Signals) == 0 {
		c.fail(at("signals"), "signals is empty: a vocabulary must feed one signal at least")
	}
	for _, signal := range slices.Sorted(maps.Keys(v.Signals)) {
		if !signal.Known() {
			c.fail(at("signals", string(signal)), "signal %q is unknown, must be one of %s", signal, list(Signals()))
			continue
		}
		for i, series := range v.Signals[signal] {
			if first := v.Signals[signal][0].Protocol; (series.Protocol == "") != (first == "") {
				c.fail(at("signals", string(signal), i, "protocol"),
					"protocol of %s is %q, and that of its first entry %q: name that of each, or of none", signal, series.Protocol, first)
			}
			_, problems := Check(signal, series)
			for _, p := range problems {
				c.fail(append(at("signals", string(signal), i), p.Field...), "%s", p.Message)
			}
			for _, p := range v.CheckPart(signal, i) {
				c.fail(append(at("signals", string(signal), i), p.Field...), "%s", p.Message)
			}
		}
	}
}

// CheckPart returns what is wrong with the whole that the series i of a signal names: a
// part is read beside it, and would never be found beside another metric.
func (v Vocabulary) CheckPart(signal Signal, i int) []Problem {
	part, whole := v.Signals[signal][i], signal.Whole()
	if whole == "" {
		return nil
	}
	var metrics []string
	for _, series := range v.Series(whole, part.Stage) {
		metrics = append(metrics, series.Metrics...)
	}
	var found []Problem
	for j, metric := range part.PartOf {
		if !slices.Contains(metrics, metric) {
			found = append(found, Problem{
				Field:   at("partOf", j),
				Message: fmt.Sprintf("partOf of %s is %q, must be one of the metrics of %s: %s", signal, metric, whole, list(metrics)),
			})
		}
	}
	return found
}

func (c *checker) fail(at []any, format string, args ...any) {
	c.found = append(c.found, fmt.Errorf("%s:%d: %s", c.file, line(c.root, at), fmt.Sprintf(format, args...)))
}

func list[S ~string](names []S) string {
	out := make([]string, 0, len(names))
	for _, name := range names {
		out = append(out, string(name))
	}
	return strings.Join(out, ", ")
}
