package faults_test

import (
	"maps"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	ragmodel "github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// sentence is how an application says that something ended: a metric, counter or
// histogram, with labels.
type sentence struct {
	metric string
	labels map[string]string
	// bounds of a histogram, +Inf last; nil of a counter.
	bounds []float64
	// factor is the number of seconds in a unit of the metric.
	factor float64
}

// sentences are what a component says at the end of a subject. What several signals are
// read from is said once.
func sentences(c ragmodel.Component, about subject) []sentence {
	var out []sentence
	for _, s := range spoken(c.Vocabulary, about) {
		i := slices.IndexFunc(out, func(one sentence) bool { return one.agrees(s) })
		if i < 0 {
			i = len(out)
			out = append(out, sentence{metric: s.Metrics[0], labels: map[string]string{}})
		}
		out[i].say(s)
	}
	for _, one := range out {
		for _, s := range failures(c.Vocabulary, about.stage) {
			one.deny(s)
		}
	}
	return out
}

// said is a series of a vocabulary as the speaker needs it.
type said struct {
	vocabulary.Series
	factor float64
}

// spoken are the series that a vocabulary has of a subject, in their first spelling.
func spoken(v vocabulary.Vocabulary, about subject) []said {
	out := successes(v, about.stage)
	if about.failed {
		out = failures(v, about.stage)
	}
	if about.stage == "" {
		for _, s := range slices.Concat(first(v, vocabulary.Requests, ""), first(v, vocabulary.RequestDuration, "")) {
			if !isOfStages(v, s.Metrics[0]) {
				out = append(out, s)
			}
		}
		return out
	}
	out = append(out, first(v, vocabulary.StageCalls, about.stage)...)
	duration := first(v, vocabulary.StageDuration, about.stage)
	out = append(out, duration...)
	for _, s := range slices.Concat(first(v, vocabulary.Requests, ""), first(v, vocabulary.RequestDuration, "")) {
		if len(duration) > 0 && s.Metrics[0] == duration[0].Metrics[0] {
			out = append(out, s)
		}
	}
	return out
}

// successes are the counters of a vocabulary that failures can be told from by what is
// not in them. While nothing has failed there may be no other.
func successes(v vocabulary.Vocabulary, stage string) []said {
	errors := v.Signals[vocabulary.RequestErrors]
	if stage != "" {
		errors = v.Series(vocabulary.StageErrors, stage)
	}
	var out []said
	for _, s := range errors {
		for _, metric := range s.Subtract {
			out = append(out, said{vocabulary.Series{Type: vocabulary.Counter, Metrics: []string{metric}}, 1})
		}
	}
	return out
}

// failures are the series of a vocabulary that tell of the failures of a subject.
func failures(v vocabulary.Vocabulary, stage string) []said {
	var out []said
	if stage != "" {
		out = first(v, vocabulary.StageErrors, stage)
	}
	duration := first(v, vocabulary.StageDuration, stage)
	for _, s := range first(v, vocabulary.RequestErrors, "") {
		if stage == "" && !isOfStages(v, s.Metrics[0]) || len(duration) > 0 && s.Metrics[0] == duration[0].Metrics[0] {
			out = append(out, s)
		}
	}
	return out
}

// isOfStages says whether a metric measures stages. Where it is that of requests too,
// the application measures calls, and no requests around them.
func isOfStages(v vocabulary.Vocabulary, metric string) bool {
	return slices.ContainsFunc(v.Signals[vocabulary.StageDuration], func(s vocabulary.Series) bool { return s.Metrics[0] == metric })
}

// first returns the first of the series that feed a signal, of one stage where it has
// stages.
func first(v vocabulary.Vocabulary, signal vocabulary.Signal, stage string) []said {
	found := v.Series(signal, stage)
	if len(found) == 0 && signal.Staged() {
		found = v.Series(signal, "")
	}
	if len(found) == 0 || signal.Staged() && stage == "" {
		return nil
	}
	s := found[0]
	s.Match = maps.Clone(s.Match)
	if s.StageLabel != "" {
		if s.Match == nil {
			s.Match = map[string][]string{}
		}
		s.Match[s.StageLabel] = []string{stage}
	}
	if s.Type == "" {
		s.Type = signal.Type()
	}
	return []said{{s, s.Factor(signal)}}
}

// agrees says whether one sentence can say what s reads as well.
func (one sentence) agrees(s said) bool {
	if one.metric != s.Metrics[0] {
		return false
	}
	for label, matches := range matchers(s) {
		if value, fixed := one.labels[label]; fixed && !matches(value) {
			return false
		}
	}
	return true
}

// clientBounds are what Prometheus clients take when they are told none.
var clientBounds = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

func (one *sentence) say(s said) {
	for label, values := range s.Match {
		if _, fixed := one.labels[label]; !fixed {
			one.labels[label] = values[0]
		}
	}
	for label, pattern := range s.MatchPattern {
		if _, fixed := one.labels[label]; !fixed {
			one.labels[label] = matching(pattern)
		}
	}
	if s.Type == vocabulary.Counter {
		return
	}
	if s.Field == "" || one.bounds == nil {
		bounds := s.Buckets
		if bounds == nil {
			bounds = clientBounds
		}
		one.bounds, one.factor = append(slices.Clip(bounds), math.Inf(1)), 1
	}
	if s.Field == "" {
		one.factor = s.factor
	}
}

// deny sets the labels that tell failures to what they are without one, unless the
// sentence tells of a failure already.
func (one *sentence) deny(s said) {
	if one.metric != s.Metrics[0] {
		return
	}
	for label, matches := range matchers(s) {
		if _, fixed := one.labels[label]; fixed {
			continue
		}
		one.labels[label] = "ok"
		if matches("ok") {
			one.labels[label] = ""
		}
	}
}

func matchers(s said) map[string]func(string) bool {
	out := map[string]func(string) bool{}
	for label, values := range s.Match {
		out[label] = func(value string) bool { return slices.Contains(values, value) }
	}
	for label, pattern := range s.MatchPattern {
		out[label] = regexp.MustCompile("^(?:" + pattern + ")$").MatchString
	}
	return out
}

// matching returns the simplest text that a pattern matches.
func matching(pattern string) string {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		panic(err)
	}
	text := simplest(parsed)
	if !regexp.MustCompile("^(?:" + pattern + ")$").MatchString(text) {
		panic("no text found for the pattern " + pattern)
	}
	return text
}

// simplest takes the first of alternatives, one of what may be repeated, and nothing of
// what may be left out.
func simplest(re *syntax.Regexp) string {
	if re.Op == syntax.OpLiteral {
		return string(re.Rune)
	}
	if re.Op == syntax.OpCharClass {
		return string(re.Rune[0])
	}
	if re.Op == syntax.OpAnyChar || re.Op == syntax.OpAnyCharNotNL {
		return "0"
	}
	if re.Op == syntax.OpCapture || re.Op == syntax.OpAlternate || re.Op == syntax.OpPlus {
		return simplest(re.Sub[0])
	}
	var b strings.Builder
	if re.Op == syntax.OpConcat {
		for _, sub := range re.Sub {
			b.WriteString(simplest(sub))
		}
	}
	return b.String()
}
