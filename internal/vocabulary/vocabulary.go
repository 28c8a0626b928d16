// Package vocabulary is the catalogue of metric vocabularies: for each kind of
// RAG application, which of its metrics carry the signals that the rules need.
//
// A vocabulary is one YAML file under catalogue/; adding one needs no Go. The
// rules translate it once into the canonical series (package rules), and nothing
// after them knows what the application called its metrics.
package vocabulary

import (
	"maps"
	"slices"
	"strings"
)

// Unaccounted is the name under which the time that no stage explains is shown.
// No stage may have it.
const Unaccounted = "unaccounted"

// Custom is the name of the vocabulary that a RAGMonitor brings itself.
const Custom = "custom"

// Vocabulary says how one kind of application names its metrics.
type Vocabulary struct {
	// Name identifies the vocabulary in spec.components[].vocabulary.
	Name string `yaml:"name"`
	// Title says in a few words whose vocabulary it is.
	Title string `yaml:"title"`
	// Enable says how the metrics are switched on in the application.
	Enable string `yaml:"enable"`
	// Successors are the names of metrics that newer releases of the application
	// have instead, and that this vocabulary does not read yet.
	Successors []string `yaml:"successors,omitempty"`
	// SelfHosted says that the application runs the model itself, so that nobody
	// bills its tokens.
	SelfHosted bool `yaml:"selfHosted,omitempty"`
	// Signals are the signals that the vocabulary feeds. The entries of one
	// signal are alternatives: what an application exposes of them is used; those
	// of several protocols are added up.
	Signals map[Signal][]Series `yaml:"signals"`
}

// Series says which time series carry a signal.
type Series struct {
	// Type is the Prometheus type of the metric; that of the signal if it is not
	// given.
	Type MetricType `yaml:"type,omitempty"`
	// Field is which of its counters is meant where a histogram or summary carries
	// a signal that counts: "sum" or "count".
	Field string `yaml:"field,omitempty"`
	// Metrics are the names of the metric, as the application exposes it: the
	// usual one first, then other spellings. For a histogram, without suffix.
	Metrics []string `yaml:"metrics"`
	// Add are counters of the same target that are to be added.
	Add []string `yaml:"add,omitempty"`
	// Subtract are counters of the same target that are to be subtracted.
	Subtract []string `yaml:"subtract,omitempty"`
	// PartOf are metrics of the signal that this one is a part of, such as all
	// requests for those that failed, in whose every release the part is counted too.
	// Where they are there and the part is not, there is none of it yet, rather than
	// nobody who counts it. For a counter that begins with its first event.
	PartOf []string `yaml:"partOf,omitempty"`
	// Unit of the values; the base unit of the signal if it is not given.
	Unit Unit `yaml:"unit,omitempty"`
	// Match narrows the metric to the series whose labels have one of the given
	// values.
	Match map[string][]string `yaml:"match,omitempty"`
	// MatchPattern narrows the metric to the series whose labels match a regular
	// expression as a whole, such as "5..".
	MatchPattern map[string]string `yaml:"matchPattern,omitempty"`
	// Stage is the stage that the series measures. Only for staged signals.
	Stage string `yaml:"stage,omitempty"`
	// StageLabel is the label that names the stage, where one metric measures
	// them all. Only for staged signals, and instead of Stage.
	StageLabel string `yaml:"stageLabel,omitempty"`
	// Labels are the canonical labels that the series have, each with the name
	// that the application gives it.
	Labels map[string]string `yaml:"labels,omitempty"`
	// Protocol tells the series from those of the same signal that count what came by
	// another protocol: they are added up, and only those with the same protocol, or
	// with none, are alternatives.
	Protocol string `yaml:"protocol,omitempty"`
	// Buckets are the known upper bounds of a histogram, in the metric's own unit,
	// without +Inf.
	Buckets []float64 `yaml:"buckets,omitempty"`
}

// Factor is the number of base units of s in one unit of the series.
func (s Series) Factor(signal Signal) float64 {
	factor, _ := s.Unit.Factor(signal.Unit())
	return factor
}

// Names are the names of all time series that an application exposes for s, but
// for buckets. A native histogram has the name without suffix.
func (s Series) Names() []string {
	out := make([]string, 0, 2*(len(s.Metrics)+len(s.Add)+len(s.Subtract)))
	for _, metrics := range [...][]string{s.Metrics, s.Add, s.Subtract} {
		for _, metric := range metrics {
			if s.Type == Histogram || s.Type == Summary {
				out = append(out, metric+"_count")
			}
			if s.Type != Summary {
				out = append(out, metric)
			}
		}
	}
	return out
}

// Series returns the alternatives that feed s for one stage. stage is "" unless s is
// staged, and for the series that name their stages by a label.
func (v Vocabulary) Series(s Signal, stage string) []Series {
	var found []Series
	for i, series := range v.Signals[s] {
		switch {
		case series.Stage != stage:
		case found == nil:
			// Most are alone: nothing is copied.
			found = v.Signals[s][i : i+1 : i+1]
		default:
			found = append(found, series)
		}
	}
	return found
}

// Feeds says whether the vocabulary feeds all of these signals.
func (v Vocabulary) Feeds(all ...Signal) bool {
	return !slices.ContainsFunc(all, func(s Signal) bool { return len(v.Signals[s]) == 0 })
}

// Stages are the stages that the vocabulary measures, in the order of the
// catalogue file, which is that of the pipeline. "" stands for those that a label
// names.
func (v Vocabulary) Stages() []string {
	var stages []string
	for _, signal := range []Signal{StageDuration, StageErrors, StageCalls} {
		for _, series := range v.Signals[signal] {
			if !slices.Contains(stages, series.Stage) {
				stages = append(stages, series.Stage)
			}
		}
	}
	return stages
}

// Names are the names of all time series that the vocabulary reads, but for
// buckets, sorted.
func (v Vocabulary) Names() []string {
	var out []string
	for _, alternatives := range v.Signals {
		for _, series := range alternatives {
			out = append(out, series.Names()...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// As is the vocabulary of an application that is one stage of a pipeline: its
// requests are calls of that stage. The stages that it measures inside are kept.
func (v Vocabulary) As(stage string) Vocabulary {
	out := v
	out.Signals = maps.Clone(v.Signals)
	// Requests in flight are not those of the service.
	delete(out.Signals, InFlight)
	for signal, staged := range asStage {
		delete(out.Signals, signal)
		var whole []Series
		for _, series := range v.Signals[signal] {
			series.Stage = stage
			if series.Unit == signals[signal].unit {
				series.Unit = signals[staged].unit
			}
			whole = append(whole, series)
		}
		if all := slices.Concat(whole, v.Signals[staged]); len(all) > 0 {
			out.Signals[staged] = all
		}
	}
	return out
}

// labelEndpoint is what a Prometheus Operator puts the name of a port into, of targets
// that are not ours. A label of the application with that name is moved out of its way.
const labelEndpoint = "endpoint"

// Collected returns the vocabulary for series that somebody else collects: a label that
// narrows a metric may have another name there.
func (v Vocabulary) Collected() Vocabulary {
	out := v
	out.Signals = make(map[Signal][]Series, len(v.Signals))
	for signal, series := range v.Signals {
		var all []Series
		for _, s := range series {
			all = append(all, s)
			if moved, ok := s.moved(labelEndpoint); ok {
				all = append(all, moved)
			}
		}
		out.Signals[signal] = all
	}
	return out
}

// moved is s where the label has the prefix that Prometheus gives to labels in its way.
func (s Series) moved(label string) (Series, bool) {
	values, listed := s.Match[label]
	pattern, matched := s.MatchPattern[label]
	if !listed && !matched {
		return s, false
	}
	s.Match, s.MatchPattern = maps.Clone(s.Match), maps.Clone(s.MatchPattern)
	if listed {
		delete(s.Match, label)
		s.Match["exported_"+label] = values
	}
	if matched {
		delete(s.MatchPattern, label)
		s.MatchPattern["exported_"+label] = pattern
	}
	return s, true
}

// asStage says what the signals of a request are where the request is a call of a
// stage.
var asStage = map[Signal]Signal{
	Requests:        StageCalls,
	RequestErrors:   StageErrors,
	RequestDuration: StageDuration,
}

// Catalogue holds vocabularies by name.
type Catalogue map[string]Vocabulary

// Names lists the vocabularies of the catalogue, sorted and joined by commas,
// for messages to users.
func (c Catalogue) Names() string {
	names := make([]string, 0, len(c))
	for name := range c {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
