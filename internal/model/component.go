package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

func resolveComponents(in []v1alpha1.Component, catalogue Catalogue) ([]Component, error) {
	out := make([]Component, 0, len(in))
	for i, c := range in {
		field := fmt.Sprintf("spec.components[%d]", i)
		v, err := resolveVocabulary(field, c, catalogue.Vocabularies)
		if err != nil {
			return nil, err
		}
		if c.Existing != nil {
			v = v.Collected()
		}
		if c.Stage != "" {
			v = v.As(c.Stage)
		}
		component := Component{
			Name:       c.Name,
			Vocabulary: v,
			Stage:      c.Stage,
			Endpoint:   Endpoint{Port: c.Endpoint.Port, Path: c.Endpoint.Path, Interval: c.Endpoint.Interval.Duration},
		}
		if c.Existing != nil {
			component.Existing, err = resolveExisting(field+".existing", *c.Existing, catalogue.Namespaces)
			if err != nil {
				return nil, err
			}
		} else if c.Selector != nil {
			component.Selector = resolveSelector(*c.Selector)
		}
		out = append(out, component)
	}
	return out, nil
}

func resolveVocabulary(field string, c v1alpha1.Component, known vocabulary.Catalogue) (vocabulary.Vocabulary, error) {
	if c.Vocabulary == vocabulary.Custom {
		return resolveSignals(field+".signals", c.Signals)
	}
	v, ok := known[c.Vocabulary]
	if !ok {
		return vocabulary.Vocabulary{}, &InvalidSpecError{
			Reason: v1alpha1.ReasonUnknownVocabulary,
			Message: fmt.Sprintf("%s.vocabulary is %q, which is not in the catalogue: write one of %s, or %s with signals of your own",
				field, c.Vocabulary, known.Names(), vocabulary.Custom),
		}
	}
	return v, nil
}

// resolveSignals makes a vocabulary of the signals of one component.
func resolveSignals(field string, in []v1alpha1.SignalSeries) (vocabulary.Vocabulary, error) {
	var p parser
	v := vocabulary.Vocabulary{Name: vocabulary.Custom, Signals: map[vocabulary.Signal][]vocabulary.Series{}}
	for i, s := range in {
		at := fmt.Sprintf("%s[%d].", field, i)
		signal := vocabulary.Signal(s.Signal)
		if !signal.Known() {
			p.found = append(p.found, fmt.Sprintf("%ssignal is %q, which is no signal: docs/vocabularies.md lists them", at, s.Signal))
			continue
		}
		series, problems := vocabulary.Check(signal, p.series(at, s))
		for _, problem := range problems {
			p.found = append(p.found, at+path(problem.Field)+": "+problem.Message)
		}
		v.Signals[signal] = append(v.Signals[signal], series)
	}
	p.parts(field, in, v)
	return v, p.err()
}

// parts looks for the wholes of parts, once all are known.
func (p *parser) parts(field string, in []v1alpha1.SignalSeries, v vocabulary.Vocabulary) {
	before := map[vocabulary.Signal]int{}
	for i, s := range in {
		signal := vocabulary.Signal(s.Signal)
		if !signal.Known() {
			continue
		}
		for _, problem := range v.CheckPart(signal, before[signal]) {
			p.found = append(p.found, fmt.Sprintf("%s[%d].%s: %s", field, i, path(problem.Field), problem.Message))
		}
		before[signal]++
	}
}

// path writes the way to what is wrong as the spec is written: metrics[0].
func path(field []any) string {
	var out strings.Builder
	for i, step := range field {
		switch {
		case i == 0:
			fmt.Fprint(&out, step)
		case isIndex(step):
			fmt.Fprintf(&out, "[%d]", step)
		default:
			fmt.Fprintf(&out, ".%v", step)
		}
	}
	return out.String()
}

func isIndex(step any) bool {
	_, ok := step.(int)
	return ok
}

func (p *parser) series(field string, in v1alpha1.SignalSeries) vocabulary.Series {
	out := vocabulary.Series{
		Type:       vocabulary.MetricType(in.Type),
		Field:      in.Field,
		Unit:       vocabulary.Unit(in.Unit),
		Match:      map[string][]string{},
		Stage:      in.Stage,
		StageLabel: string(in.StageLabel),
		Labels:     plain(in.Labels),
		PartOf:     slices.Clone(in.PartOf),
	}
	for _, name := range in.Metrics {
		out.Metrics = append(out.Metrics, string(name))
	}
	for _, m := range in.Match {
		for _, value := range m.Values {
			out.Match[string(m.Label)] = append(out.Match[string(m.Label)], string(value))
		}
	}
	for i, bound := range in.Buckets {
		out.Buckets = append(out.Buckets, p.decimal(fmt.Sprintf("%sbuckets[%d]", field, i), string(bound)))
	}
	return out
}

func resolveSelector(in v1alpha1.ServiceSelector) Selector {
	out := Selector{Labels: plain(in.MatchLabels)}
	for _, r := range in.MatchExpressions {
		requirement := Requirement{Key: r.Key, Operator: string(r.Operator)}
		for _, value := range r.Values {
			requirement.Values = append(requirement.Values, string(value))
		}
		out.Requirements = append(out.Requirements, requirement)
	}
	return out
}

// resolveExisting refuses labels that hold the namespace: a user who writes one means
// to choose it, and it is not theirs to choose.
func resolveExisting(field string, in v1alpha1.SeriesSelector, namespaces Namespaces) (*Existing, error) {
	var p parser
	for _, label := range slices.Sorted(maps.Keys(in.MatchLabels)) {
		if namespaces.holds(label) {
			p.found = append(p.found, fmt.Sprintf("%s.matchLabels[%q] is %q, but series are always those of the RAGMonitor's own namespace: "+
				"leave the label out, and write others such as job", field, label, in.MatchLabels[label]))
		}
	}
	return &Existing{Labels: plain(in.MatchLabels), Namespaces: namespaces}, p.err()
}

func plain[V ~string](in map[string]V) map[string]string {
	out := make(map[string]string, len(in))
	for key, value := range in {
		out[key] = string(value)
	}
	return out
}
