package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// vocabulariesPage says which metrics of an application are understood.
func (s sources) vocabulariesPage() (string, error) {
	p := newPage("Vocabularies")
	p.block("A vocabulary says under which names one kind of application exposes what every RAG service has: requests, stages, cost. You name one for each component in `spec.components[].vocabulary`; your application stays as it is.")
	p.block("Where several metrics are given for one signal, they are spellings of the same thing, and the one that your application exposes is used; of two with the same labels, the first. Do not expose two with different labels: both would be counted. A signal that it does not expose is no error: the series, alerts and panels that need it do not show values, and everything else works.")
	p.block("To add a vocabulary, see [CONTRIBUTING.md](../CONTRIBUTING.md#add-a-vocabulary).")
	for _, name := range slices.Sorted(maps.Keys(s.vocabularies)) {
		p.vocabulary(s.vocabularies[name])
	}
	if err := p.whatSignalsGive(s.rules.Recordings); err != nil {
		return "", err
	}
	return p.String(), nil
}

func (p *page) vocabulary(v vocabulary.Vocabulary) {
	p.heading(2, code(v.Name))
	p.block("%s.", v.Title)
	p.block("How to enable it: %s", oneLine(v.Enable))
	var rows [][]string
	for _, signal := range slices.Sorted(maps.Keys(v.Signals)) {
		for _, series := range v.Signals[signal] {
			rows = append(rows, []string{
				code(string(signal)), series.Stage, codes(series.Metrics), string(series.Type), string(series.Unit),
				match(series.Match), renamed(series.Labels),
			})
		}
	}
	p.table([]string{"Signal", "Stage", "Metrics", "Type", "Unit", "Only series with", "Labels kept"}, rows)
	p.block("Histograms are named without suffix: `_bucket`, `_sum` and `_count` are read. They must be classic ones, with buckets; native histograms are not read.")
}

func match(m map[string][]string) string {
	var out []string
	for _, label := range slices.Sorted(maps.Keys(m)) {
		out = append(out, code(label+" = "+strings.Join(m[label], " or ")))
	}
	return strings.Join(out, ", ")
}

// renamed lists canonical labels, each with the application's name for it where
// that is another.
func renamed(labels map[string]string) string {
	var out []string
	for _, canonical := range slices.Sorted(maps.Keys(labels)) {
		text := code(canonical)
		if labels[canonical] != canonical {
			text += " from " + code(labels[canonical])
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// whatSignalsGive tells what is lost with a signal that an application lacks.
func (p *page) whatSignalsGive(recordings []rules.Recording) error {
	p.heading(2, "What each signal is for")
	p.block("The series that are recorded from it; [metrics.md](metrics.md) explains them.")
	given := map[vocabulary.Signal][]string{}
	for _, r := range recordings {
		signals, _, err := reads(r.Expr)
		if err != nil {
			return err
		}
		for _, signal := range signals {
			if !slices.Contains(given[signal], r.Record) {
				given[signal] = append(given[signal], r.Record)
			}
		}
	}
	var rows [][]string
	for _, signal := range slices.Sorted(maps.Keys(given)) {
		rows = append(rows, []string{code(string(signal)), codes(given[signal])})
	}
	p.table([]string{"Signal", "Recorded series"}, rows)
	return nil
}

// reads lists what the template of a recording rule reads: signals, without the
// suffixes of a histogram's series, and recorded series. Names that stand for a
// number are neither.
func reads(expr string) (signals []vocabulary.Signal, series []string, err error) {
	names, err := promql.Names(expr)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		signal := vocabulary.Signal(name)
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base := vocabulary.Signal(strings.TrimSuffix(name, suffix)); base.Known() {
				signal = base
			}
		}
		switch {
		case name == "up" || strings.HasPrefix(name, "ragmonitor:"):
			series = append(series, name)
		case signal.Known() && !slices.Contains(signals, signal):
			signals = append(signals, signal)
		}
	}
	return signals, series, nil
}
