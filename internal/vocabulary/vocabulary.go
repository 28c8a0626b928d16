// Package vocabulary is the catalogue of metric vocabularies: for each kind of
// RAG application, which of its metrics carry the signals that the rules need.
//
// A vocabulary is one YAML file under catalogue/; adding one needs no Go. The
// rules translate it once into the canonical series (package rules), and nothing
// after them knows what the application called its metrics.
package vocabulary

import (
	"slices"
	"strings"
)

// Unaccounted is the name under which the time that no stage explains is shown.
// No stage may have it.
const Unaccounted = "unaccounted"

// Vocabulary says how one kind of application names its metrics.
type Vocabulary struct {
	// Name identifies the vocabulary in spec.components[].vocabulary.
	Name string `yaml:"name"`
	// Title says in a few words whose vocabulary it is.
	Title string `yaml:"title"`
	// Enable says how the metrics are switched on in the application.
	Enable string `yaml:"enable"`
	// Signals are the signals that the vocabulary feeds. The entries of one
	// signal are alternatives: what an application exposes of them is used.
	Signals map[Signal][]Series `yaml:"signals"`
}

// Series says which time series carry a signal.
type Series struct {
	// Type is the Prometheus type of the metric.
	Type MetricType `yaml:"type"`
	// Metrics are the names of the metric, as the application exposes it: the
	// usual one first, then other spellings. For a histogram, without suffix.
	Metrics []string `yaml:"metrics"`
	// Unit of the values.
	Unit Unit `yaml:"unit"`
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
}

// Series returns the alternatives that feed s for one stage. stage is "" unless s is
// staged, and for the series that name their stages by a label.
func (v Vocabulary) Series(s Signal, stage string) []Series {
	var found []Series
	for _, series := range v.Signals[s] {
		if series.Stage == stage {
			found = append(found, series)
		}
	}
	return found
}

// Stages are the stages whose duration the vocabulary measures, in the order of
// the catalogue file, which is that of the pipeline. "" stands for those that a
// label names.
func (v Vocabulary) Stages() []string {
	var stages []string
	for _, series := range v.Signals[StageDuration] {
		if !slices.Contains(stages, series.Stage) {
			stages = append(stages, series.Stage)
		}
	}
	return stages
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
