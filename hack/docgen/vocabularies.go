package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// signalColumns are the columns of the table of vocabularies. Every signal belongs
// to one of them.
var signalColumns = []struct {
	title   string
	signals []vocabulary.Signal
}{
	{"Requests", []vocabulary.Signal{vocabulary.Requests}},
	{"Failures", []vocabulary.Signal{vocabulary.RequestErrors}},
	{"Errors by type", []vocabulary.Signal{vocabulary.Errors}},
	{"Duration", []vocabulary.Signal{vocabulary.RequestDuration}},
	{"Stages", []vocabulary.Signal{vocabulary.StageDuration, vocabulary.StageCalls, vocabulary.StageErrors}},
	{"First token", []vocabulary.Signal{vocabulary.TimeToFirstToken, vocabulary.TimePerOutputToken}},
	{"In flight, queue", []vocabulary.Signal{vocabulary.InFlight, vocabulary.QueueLength, vocabulary.PoolQueueLength}},
	{"Tokens", []vocabulary.Signal{vocabulary.InputTokens, vocabulary.OutputTokens, vocabulary.CachedInputTokens}},
	{"Cost", []vocabulary.Signal{vocabulary.Cost, vocabulary.CostPerRequest}},
	{"Cache", []vocabulary.Signal{vocabulary.CacheLookups, vocabulary.CacheHits, vocabulary.CacheHitRatio}},
	{"Inference cache", []vocabulary.Signal{vocabulary.KVCacheUsage, vocabulary.PrefixCacheLookups, vocabulary.PrefixCacheHits, vocabulary.PrefixCacheHitRatio}},
	{"Rate limit", []vocabulary.Signal{vocabulary.RateLimitRemaining}},
	{"Quality", []vocabulary.Signal{vocabulary.Relevance, vocabulary.ContextPrecision, vocabulary.ContextRecall, vocabulary.Faithfulness}},
	{"Retrieval", []vocabulary.Signal{vocabulary.Retrievals, vocabulary.EmptyRetrievals, vocabulary.DocumentsRetrieved, vocabulary.AnswerLength}},
	{"Tools, prompts", []vocabulary.Signal{vocabulary.ToolCalls, vocabulary.ToolErrors, vocabulary.ToolDuration, vocabulary.PipelineRuns, vocabulary.PipelineErrors, vocabulary.PipelineDuration, vocabulary.PromptRuns, vocabulary.PromptErrors, vocabulary.Prompts, vocabulary.Pipelines}},
	{"Users", []vocabulary.Signal{vocabulary.ActiveUsers, vocabulary.Connections}},
	{"Machine", []vocabulary.Signal{vocabulary.CPUUsage, vocabulary.MemoryUsage, vocabulary.DiskUsage, vocabulary.ProcessCPU, vocabulary.ResidentMemory, vocabulary.OpenFileDescriptors}},
}

// vocabulariesPage says which metrics of an application are understood.
func (s sources) vocabulariesPage() (string, error) {
	p := newPage("Vocabularies")
	p.part("vocabularies-intro")
	if err := p.vocabularyTable(s.vocabularies); err != nil {
		return "", err
	}
	p.part("vocabularies-signals")
	p.signalTable(s)
	p.part("vocabularies-custom")
	p.part("vocabularies-contribute")
	p.fields(s.fields.vocabulary)
	p.block("Each series under `signals`. The fields of a component with the vocabulary `custom` mean the same; their form, and which of them there are, stands in [api.md](api.md#speccomponentssignals).")
	p.fields(s.fields.series)
	p.heading(2, "Each vocabulary")
	p.part("vocabularies-each")
	for _, name := range slices.Sorted(maps.Keys(s.vocabularies)) {
		p.vocabulary(s.vocabularies[name])
	}
	return p.String(), nil
}

// vocabularyTable shows which vocabularies feed which groups of signals.
func (p *page) vocabularyTable(c vocabulary.Catalogue) error {
	known := vocabulary.Signals()
	columns := []string{"Vocabulary", "Of"}
	for _, column := range signalColumns {
		columns = append(columns, column.title)
		known = slices.DeleteFunc(known, func(s vocabulary.Signal) bool { return slices.Contains(column.signals, s) })
	}
	if len(known) > 0 {
		return fmt.Errorf("signal %s has no column in the table of vocabularies: add it to signalColumns", known[0])
	}
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(c)) {
		row := []string{fmt.Sprintf("[`%s`](#%s)", name, name), c[name].Title}
		for _, column := range signalColumns {
			row = append(row, mark(slices.ContainsFunc(column.signals, func(s vocabulary.Signal) bool { return c[name].Feeds(s) })))
		}
		rows = append(rows, row)
	}
	p.table(columns, rows)
	return nil
}

func mark(yes bool) string {
	if yes {
		return "✓"
	}
	return ""
}

// signalTable explains every signal: what it is, who feeds it, what comes of it.
func (p *page) signalTable(s sources) {
	given := seriesBySignal(s.rules.Recordings)
	var rows [][]string
	for _, signal := range vocabulary.Signals() {
		var feeding []string
		for _, name := range slices.Sorted(maps.Keys(s.vocabularies)) {
			if s.vocabularies[name].Feeds(signal) {
				feeding = append(feeding, name)
			}
		}
		rows = append(rows, []string{
			code(string(signal)), meaning(signal), string(signal.Type()), string(signal.Unit()),
			codes(signal.Labels()), strings.Join(feeding, ", "), codes(given[signal]),
		})
	}
	p.table([]string{"Signal", "Meaning", "Type", "Unit", "Labels kept", "Fed by the vocabularies", "Gives the series"}, rows)
}

func meaning(s vocabulary.Signal) string {
	if s.Staged() {
		return s.Meaning() + ", by stage"
	}
	return s.Meaning()
}

// seriesBySignal are the series that are made from each signal directly.
func seriesBySignal(recordings []rules.Recording) map[vocabulary.Signal][]string {
	given := map[vocabulary.Signal][]string{}
	for _, r := range recordings {
		signals, _ := reads(r)
		for _, signal := range signals {
			if !slices.Contains(given[signal], r.Record) {
				given[signal] = append(given[signal], r.Record)
			}
		}
	}
	return given
}

func (p *page) vocabulary(v vocabulary.Vocabulary) {
	p.heading(3, code(v.Name))
	p.block("%s. [Its file](../internal/vocabulary/catalogue/%s.yaml) notes what to beware of.", v.Title, v.Name)
	p.block("How to enable it: %s", oneLine(v.Enable))
	if v.SelfHosted {
		p.block("Self-hosted: nobody bills its tokens, so they cost nothing here.")
	}
	if len(v.Successors) > 0 {
		p.block("Known names of newer releases, which are not read yet: %s.", codes(v.Successors))
	}
	var rows [][]string
	for _, signal := range slices.Sorted(maps.Keys(v.Signals)) {
		for _, series := range v.Signals[signal] {
			rows = append(rows, []string{
				code(string(signal)), stageOf(series), metrics(series), carrier(series), string(series.Unit),
				selection(series), renamed(series.Labels), bounds(series.Buckets),
			})
		}
	}
	p.table([]string{"Signal", "Stage", "Metrics", "Type", "Unit", "Only series with", "Labels kept", "Buckets"}, rows)
}

func stageOf(s vocabulary.Series) string {
	if s.StageLabel != "" {
		return "label " + code(s.StageLabel)
	}
	return s.Stage
}

// metrics lists the spellings of a metric, what is added and subtracted, what tells that
// it has not begun, and the protocol whose requests it counts.
func metrics(s vocabulary.Series) string {
	out := codes(s.Metrics)
	if len(s.Add) > 0 {
		out += " plus " + codes(s.Add)
	}
	if len(s.Subtract) > 0 {
		out += " minus " + codes(s.Subtract)
	}
	if len(s.PartOf) > 0 {
		out += ", none while there is only " + codes(s.PartOf)
	}
	if s.Protocol != "" {
		out += ", by " + s.Protocol
	}
	return out
}

// carrier is the type of a metric, with the counter that is read of it.
func carrier(s vocabulary.Series) string {
	if s.Field == "" {
		return string(s.Type)
	}
	return s.Field + " of " + string(s.Type)
}

func selection(s vocabulary.Series) string {
	var out []string
	for _, label := range slices.Sorted(maps.Keys(s.Match)) {
		out = append(out, code(label+" = "+strings.Join(s.Match[label], " or ")))
	}
	for _, label := range slices.Sorted(maps.Keys(s.MatchPattern)) {
		out = append(out, code(label+" =~ "+s.MatchPattern[label]))
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

// bounds shows the buckets of a histogram: all that are known, for who chooses a
// threshold.
func bounds(buckets []float64) string {
	out := make([]string, 0, len(buckets))
	for _, bound := range buckets {
		out = append(out, number(bound))
	}
	return strings.Join(out, " ")
}
