package faults_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	ragmodel "github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// speaker exposes calls in the words of the vocabularies of its components, by the
// first spelling of each signal.
type speaker struct {
	components []ragmodel.Component
	targets    []labels.Labels
	// cells are what a component counts of a subject; made when they are first needed,
	// as applications make the series of a label.
	cells []map[subject][]cell
	// series have the values at the same place.
	series []labels.Labels
	values []float64
	index  map[uint64]int
}

// subject is what a counter may tell of: a stage, or requests where that is "", and how
// they ended.
type subject struct {
	stage  string
	failed bool
}

// cell is one metric with one set of labels.
type cell struct {
	// bounds are of a histogram, in units of factor seconds; its values are those of
	// the buckets, the sum and the count. A counter has one value.
	bounds []float64
	factor float64
	places []int
}

func newSpeaker(m ragmodel.Monitor) *speaker {
	out := &speaker{components: m.Components, index: map[uint64]int{}}
	for i, c := range m.Components {
		out.cells = append(out.cells, map[subject][]cell{})
		out.targets = append(out.targets, labels.FromStrings("namespace", m.Namespace, "ragmonitor", m.Name,
			"component", c.Name, "job", c.Name, "instance", fmt.Sprintf("10.0.0.%d:8000", i+1)))
	}
	return out
}

// fork returns a speaker with the same past.
func (s *speaker) fork() *speaker {
	out := *s
	out.series, out.values, out.index = slices.Clone(s.series), slices.Clone(s.values), maps.Clone(s.index)
	out.cells = slices.Clone(s.cells)
	for i, cells := range s.cells {
		out.cells[i] = maps.Clone(cells)
	}
	return &out
}

// tell counts the calls of one request in every component that knows of them: the
// stages and the whole in those that serve users, and in the others the calls of their
// stage and its parts.
func (s *speaker) tell(calls []call) {
	for i, component := range s.components {
		for _, c := range calls {
			switch {
			case component.Serves() && c.part == "":
				s.count(i, subject{c.stage, c.failed}, c.seconds)
			case component.Stage == c.stage && c.part != "":
				s.count(i, subject{c.part, c.failed}, c.seconds)
			case component.Stage == c.stage && c.stage != "":
				s.count(i, subject{c.stage, c.failed}, c.seconds)
			}
		}
	}
}

func (s *speaker) count(component int, about subject, seconds float64) {
	cells, ok := s.cells[component][about]
	if !ok {
		for _, one := range sentences(s.components[component], about) {
			cells = append(cells, s.cell(s.targets[component], one))
		}
		s.cells[component][about] = cells
	}
	for _, c := range cells {
		c.count(s.values, seconds)
	}
}

func (c cell) count(values []float64, seconds float64) {
	if c.bounds == nil {
		values[c.places[0]]++
		return
	}
	value := seconds / c.factor
	buckets := c.places[:len(c.bounds)]
	for i := len(buckets) - 1; i >= 0 && value <= c.bounds[i]; i-- {
		values[buckets[i]]++
	}
	values[c.places[len(buckets)]] += value
	values[c.places[len(buckets)+1]]++
}

func (s *speaker) cell(target labels.Labels, one sentence) cell {
	out := cell{bounds: one.bounds, factor: one.factor}
	b := labels.NewBuilder(target)
	for name, value := range one.labels {
		b.Set(name, value)
	}
	place := func(name string) {
		series := b.Set(model.MetricNameLabel, name).Labels()
		out.places = append(out.places, s.place(series))
	}
	if one.bounds == nil {
		place(one.metric)
		return out
	}
	for _, bound := range one.bounds {
		b.Set("le", formatBound(bound))
		place(one.metric + "_bucket")
	}
	b.Del("le")
	place(one.metric + "_sum")
	place(one.metric + "_count")
	return out
}

func formatBound(bound float64) string {
	if math.IsInf(bound, 1) {
		return "+Inf"
	}
	if bound == math.Trunc(bound) && math.Abs(bound) < 1e6 {
		return strconv.FormatFloat(bound, 'f', 1, 64)
	}
	return strconv.FormatFloat(bound, 'g', -1, 64)
}

func (s *speaker) place(series labels.Labels) int {
	if i, ok := s.index[series.Hash()]; ok {
		return i
	}
	s.index[series.Hash()] = len(s.series)
	s.series, s.values = append(s.series, series), append(s.values, 0)
	return len(s.series) - 1
}

// scrape returns what Prometheus would store of one scrape.
func (s *speaker) scrape() []sample {
	out := make([]sample, 0, len(s.series)+len(s.targets))
	for i, series := range s.series {
		out = append(out, sample{series, s.values[i]})
	}
	for _, target := range s.targets {
		out = append(out, sample{labels.NewBuilder(target).Set(model.MetricNameLabel, "up").Labels(), 1})
	}
	return out
}
