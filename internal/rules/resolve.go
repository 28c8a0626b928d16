package rules

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// Names in recording rules that are no signals.
const (
	nameUp         = "up"
	nameSamples    = "samples"
	nameArrivals   = "arrivals"
	nameSuccessors = "successors"
)

// Suffixes of signals that are distributions.
const (
	suffixSum    = "_sum"
	suffixCount  = "_count"
	suffixBucket = "_bucket"
	// suffixNative is the histogram itself, where it is native.
	suffixNative = "_native"
	// suffixQuantile is what a summary says of its quantiles.
	suffixQuantile = "_quantile"
	// suffixGauge is a score that stands alone.
	suffixGauge = "_gauge"
	// suffixJudged is what of a signal is counted where a part of it is counted too:
	// without a series of the part, the part is then nought.
	suffixJudged = "_judged"
)

var suffixes = []string{suffixSum, suffixCount, suffixBucket, suffixNative, suffixQuantile, suffixGauge}

// resolve finds the metrics behind a name in a recording rule's template.
func (p place) resolve(name string) []promql.Alternative {
	switch name {
	case nameUp:
		if p.existing() != nil {
			return nil
		}
		return []promql.Alternative{among(p.bindings, promql.Selector{Metric: nameUp})}
	case nameSamples:
		return p.any(p.vocabulary().Names())
	case nameArrivals:
		if p.existing() == nil {
			return nil
		}
		return p.any(p.vocabulary().Names())
	case nameSuccessors:
		return p.any(p.vocabulary().Successors)
	case namePods:
		return []promql.Alternative{among(p.bindings, promql.Selector{Metric: nameUp})}
	}
	if metric, ok := containerMetrics[name]; ok {
		return ofContainers(*p.monitor, metric)
	}
	return p.signal(name)
}

// signal finds the metrics that feed a signal, which a name stands for.
func (p place) signal(name string) []promql.Alternative {
	signal, suffix := splitSignal(name)
	known := p.series(signal)
	if whole, judged := strings.CutSuffix(name, suffixJudged); judged {
		signal, suffix = vocabulary.Signal(whole), ""
		known = p.judged(signal)
	}
	var out []promql.Alternative
	for _, series := range known {
		out = append(out, p.alternatives(signal, series, suffix, p.others(series)...)...)
	}
	return out
}

// judged are the series of a signal beside which a part of it is counted.
func (p place) judged(whole vocabulary.Signal) []vocabulary.Series {
	var out []vocabulary.Series
	for _, series := range p.series(whole) {
		for _, part := range p.series(whole.Part()) {
			for _, judged := range []vocabulary.Series{split(series, part), beside(series, part)} {
				known := func(s vocabulary.Series) bool {
					return slices.Equal(s.Metrics, judged.Metrics) && maps.Equal(s.MatchPattern, judged.MatchPattern)
				}
				if len(judged.Metrics) > 0 && !slices.ContainsFunc(out, known) {
					out = append(out, judged)
				}
			}
		}
	}
	return out
}

// split is the whole where its metric carries the part too, and says so: a request
// without a status may have failed for all that is known.
func split(whole, part vocabulary.Series) vocabulary.Series {
	out := whole
	out.Metrics = slices.DeleteFunc(slices.Clone(whole.Metrics), func(metric string) bool {
		return part.Field != whole.Field || !slices.Contains(part.Metrics, metric)
	})
	out.MatchPattern = telling(whole, part)
	return out
}

// beside is the whole where the part has a metric of its own, which begins with the
// first of it.
func beside(whole, part vocabulary.Series) vocabulary.Series {
	out := whole
	out.Metrics = slices.DeleteFunc(slices.Clone(whole.Metrics), func(metric string) bool { return !slices.Contains(part.PartOf, metric) })
	return out
}

// present is the pattern of a label that is there at all.
const present = ".+"

// telling are the patterns of the whole, and that the labels are there which tell the
// part; but for those that are only there in the part.
func telling(whole, part vocabulary.Series) map[string]string {
	out := map[string]string{}
	maps.Copy(out, whole.MatchPattern)
	require := func(label string) {
		if _, matched := whole.Match[label]; !matched && out[label] == "" {
			out[label] = present
		}
	}
	for label := range part.Match {
		require(label)
	}
	for label, pattern := range part.MatchPattern {
		if pattern != present {
			require(label)
		}
	}
	return out
}

// any selects all metrics of these names.
func (p place) any(names []string) []promql.Alternative {
	if len(names) == 0 {
		return nil
	}
	return []promql.Alternative{among(p.bound(promql.OneOf(prommodel.MetricNameLabel, names)), promql.Selector{})}
}

// others keeps the stages that have rules of their own out of those that a label
// names.
func (p place) others(s vocabulary.Series) []*labels.Matcher {
	if s.StageLabel == "" {
		return nil
	}
	named := slices.DeleteFunc(p.vocabulary().Stages(), func(stage string) bool { return stage == "" })
	if len(named) == 0 {
		return nil
	}
	return []*labels.Matcher{promql.NoneOf(s.StageLabel, named)}
}

// bound are the bindings of the place with more matchers.
func (p place) bound(more ...*labels.Matcher) [][]*labels.Matcher {
	if len(more) == 0 {
		return p.bindings
	}
	out := make([][]*labels.Matcher, 0, len(p.bindings))
	for _, matchers := range p.bindings {
		out = append(out, slices.Concat(matchers, more))
	}
	return out
}

// among selects the same within each of the bindings, which the selectors share.
func among(bindings [][]*labels.Matcher, selectors ...promql.Selector) promql.Alternative {
	out := make(promql.Alternative, 0, len(selectors)*len(bindings))
	for _, selector := range selectors {
		for _, matchers := range bindings {
			selector.Matchers = matchers
			out = append(out, selector)
		}
	}
	return out
}

func bindings(m model.Monitor, p place) [][]*labels.Matcher {
	existing := p.existing()
	if existing == nil {
		return [][]*labels.Matcher{p.own}
	}
	var theirs []*labels.Matcher
	for label, value := range existing.Labels {
		theirs = append(theirs, promql.Equal(label, value))
	}
	return inNamespace(existing.Namespaces, m.Namespace, theirs)
}

// inNamespace binds series that somebody else collects, and that match theirs, to a
// namespace: by the first of its labels that a series has.
func inNamespace(by model.Namespaces, namespace string, theirs []*labels.Matcher) [][]*labels.Matcher {
	var out [][]*labels.Matcher
	var without []*labels.Matcher
	for _, label := range by.Labels {
		out = append(out, slices.Concat(without, []*labels.Matcher{promql.Equal(label, namespace)}, theirs))
		without = append(without, promql.Equal(label, ""))
	}
	if by.Unlabelled {
		out = append(out, slices.Concat(without, theirs))
	}
	return out
}

// alternatives say how a series is read under one of the names of its signal: for each
// name of its metric, the selectors that make it up.
func (p place) alternatives(signal vocabulary.Signal, s vocabulary.Series, suffix string, more ...*labels.Matcher) []promql.Alternative {
	if suffix != "" && !carries[s.Type][suffix] {
		return nil
	}
	own, others := p.bound(append(matchers(s), more...)...), p.bound(more...)
	base := promql.Selector{Labels: canonicalLabels(s), Factor: s.Factor(signal), Mark: s.Protocol}
	added := among(others, operands(s, base)...)
	out := make([]promql.Alternative, 0, len(s.Metrics))
	for _, base.Metric = range s.Metrics {
		out = append(out, append(among(own, read(s, base, suffix)...), added...))
	}
	return out
}

// read are the selectors of one metric of a series.
func read(s vocabulary.Series, base promql.Selector, suffix string) []promql.Selector {
	switch suffix {
	case "":
		return counter(s, base)
	case suffixSum:
		return field(s, base, vocabulary.FieldSum)
	case suffixCount:
		return field(s, base, vocabulary.FieldCount)
	case suffixBucket:
		base.Metric += suffixBucket
		fallthrough
	case suffixNative:
		// The bounds cannot be converted, so the quantile is.
		base.Factor = 1
	}
	return []promql.Selector{base}
}

// carries says under which suffixes a metric of a type can be read.
var carries = map[vocabulary.MetricType]map[string]bool{
	vocabulary.Gauge:     {suffixGauge: true},
	vocabulary.Summary:   {suffixQuantile: true, suffixSum: true, suffixCount: true},
	vocabulary.Histogram: {suffixBucket: true, suffixNative: true, suffixSum: true, suffixCount: true},
}

// counter reads what counts: a counter, a gauge, or one of the two counters of a
// distribution.
func counter(s vocabulary.Series, base promql.Selector) []promql.Selector {
	if s.Field == "" {
		return []promql.Selector{base}
	}
	return field(s, base, s.Field)
}

// field reads one of the counters of a histogram or summary. A histogram may be
// classic or native, which the application does not decide; one that is both has
// the same labels twice, of which "or" takes one.
func field(s vocabulary.Series, base promql.Selector, name string) []promql.Selector {
	if name == vocabulary.FieldCount {
		base.Factor = 1
	}
	classic := base
	classic.Metric += "_" + name
	if s.Type == vocabulary.Summary {
		return []promql.Selector{classic}
	}
	native := base
	native.Func = "histogram_" + name
	return []promql.Selector{classic, native}
}

// operands are the counters that are added to or subtracted from a series. What tells
// its own metric from others says nothing of them.
func operands(s vocabulary.Series, base promql.Selector) []promql.Selector {
	var out []promql.Selector
	for _, base.Metric = range s.Add {
		out = append(out, operand(read(s, base, ""), base.Metric, 1)...)
	}
	for _, base.Metric = range s.Subtract {
		out = append(out, operand(read(s, base, ""), base.Metric, -1)...)
	}
	return out
}

func operand(selectors []promql.Selector, mark string, sign float64) []promql.Selector {
	for i := range selectors {
		selectors[i].Mark = mark
		selectors[i].Factor *= sign
	}
	return selectors
}

// matchers are in no order: that of a selector does not depend on it once printed.
func matchers(s vocabulary.Series) []*labels.Matcher {
	out := make([]*labels.Matcher, 0, len(s.Match)+len(s.MatchPattern))
	for label, values := range s.Match {
		out = append(out, promql.OneOf(label, values))
	}
	for label, pattern := range s.MatchPattern {
		out = append(out, promql.Pattern(label, pattern))
	}
	return out
}

// canonicalLabels are the labels that rules keep, each with the series' name for it.
func canonicalLabels(s vocabulary.Series) map[string]string {
	if s.StageLabel == "" {
		return s.Labels
	}
	out := map[string]string{labelStage: s.StageLabel}
	maps.Copy(out, s.Labels)
	return out
}

// splitSignal separates the suffix of a distribution from the signal.
func splitSignal(name string) (vocabulary.Signal, string) {
	for _, suffix := range suffixes {
		signal := vocabulary.Signal(strings.TrimSuffix(name, suffix))
		if strings.HasSuffix(name, suffix) && signal.Type() == vocabulary.Histogram {
			return signal, suffix
		}
	}
	return vocabulary.Signal(name), ""
}

func isRecordable(name string) bool {
	signal, _ := splitSignal(strings.TrimSuffix(name, suffixJudged))
	return signal.Known() || ContainerMetric(name) != "" || slices.Contains([]string{
		nameUp, nameSamples, nameArrivals, nameSuccessors, namePods, enoughEvaluations, expectedTargets, factorName, floorName,
	}, name)
}

func isCanonical(name string) bool { return strings.HasPrefix(name, canonicalPrefix) }

// spellings are the ways in which exposition formats write a number in a label.
func spellings(f float64) []string {
	f = rounded(f)
	shortest := strconv.FormatFloat(f, 'g', -1, 64)
	plain := strconv.FormatFloat(f, 'f', -1, 64)
	out := []string{plain}
	if !strings.Contains(plain, ".") {
		out = append(out, plain+".0")
	}
	if shortest != plain {
		out = append(out, shortest)
	}
	return out
}
