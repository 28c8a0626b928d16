package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/calendar"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// The limits that the CRD sets on a RAGMonitor.
const (
	maxComponents = 16
	maxSLOs       = 8
	maxCustom     = 16
	maxSignals    = 64
	maxSpellings  = 8
)

// count is how many series the recording rules of a RAGMonitor make.
type count struct {
	// fixed series do not depend on what the application does, other than being
	// there or not; prices are those of them that hold the price of a token.
	fixed, prices int
	// each is how many there are for each value of some labels, by those labels.
	each map[string]int
}

// String is a sum, such as "24 + 3 for each `model`".
func (c count) String() string {
	terms := []string{fmt.Sprint(c.fixed)}
	if c.prices > 0 {
		terms = append(terms, fmt.Sprintf("%d prices", c.prices))
	}
	for _, label := range slices.Sorted(maps.Keys(c.each)) {
		terms = append(terms, fmt.Sprintf("%d for each `%s`", c.each[label], label))
	}
	return strings.Join(terms, " + ")
}

// counts says what a RAGMonitor costs in Prometheus.
func (p *page) counts(s sources) error {
	p.part("metrics-counts")
	var rows [][]string
	for _, size := range []struct {
		what string
		m    model.Monitor
	}{
		{"one component of `rag`, the smallest manifest", s.monitorOf("rag")},
		{"`rag`, `vllm` and `qdrant` as stages, one SLO", s.typical()},
		{"one component of `openllmetry`, whose cost is computed from tokens", s.monitorOf("openllmetry")},
		{fmt.Sprintf("%d components of the largest vocabularies, %d SLOs, a budget, every alert in BurnIn and %d of your own", maxComponents, maxSLOs, maxCustom), s.largest()},
		{fmt.Sprintf("the same with %d components of `custom`, each with %d entries of %d metrics: the most that the API accepts", maxComponents, maxSignals, maxSpellings), s.legal()},
	} {
		c, err := countSeries(s.rules, size.m)
		if err != nil {
			return err
		}
		rows = append(rows, []string{size.what, c.String()})
	}
	p.table([]string{"RAGMonitor", "Series at most"}, rows)
	p.block("By vocabulary, for a RAGMonitor with one component and nothing else, and `nodeMetrics: \"Off\"`:")
	rows = nil
	for _, name := range slices.Sorted(maps.Keys(s.vocabularies)) {
		m := s.monitorOf(name)
		m.NodeMetrics = false
		c, err := countSeries(s.rules, m)
		if err != nil {
			return err
		}
		rows = append(rows, []string{code(name), c.String()})
	}
	p.table([]string{"Vocabulary", "Series at most"}, rows)
	return nil
}

func countSeries(c rules.Catalogue, m model.Monitor) (count, error) {
	built, err := c.Build(m)
	if err != nil {
		return count{}, fmt.Errorf("make the rules of %d components: %w", len(m.Components), err)
	}
	known := shapes{}
	out := count{each: map[string]int{}}
	for _, rule := range recordingsOf(built) {
		series, err := known.record(rule.Record, rule.Expr, rule.Labels)
		if err != nil {
			return count{}, err
		}
		for _, s := range series {
			out.add(rule.Record, s)
		}
	}
	return out, nil
}

// recordingsOf are the recording rules, after those that they read. Only the group of
// SLOs reads others: of alerts in BurnIn too, which themselves are one series each,
// whatever they read.
func recordingsOf(built rules.Rules) []rulefmt.Rule {
	var first, last []rulefmt.Rule
	for _, g := range built.Groups {
		for _, rule := range g.Rules {
			switch {
			case rule.Record == "":
			case strings.HasPrefix(g.Name, "ragmonitor.slos"):
				last = append(last, rule)
			default:
				first = append(first, rule)
			}
		}
	}
	return append(first, last...)
}

func (c *count) add(record string, s shape) {
	switch labels := s.anyOf(); {
	case len(labels) > 0:
		c.each[strings.Join(labels, ", ")]++
	case record == rules.TokenPrice:
		c.prices++
	default:
		c.fixed++
	}
}

// monitorOf is a RAGMonitor with one component for each vocabulary. Numbers and names
// in it do not matter: they do not change how many rules there are.
func (s sources) monitorOf(names ...string) model.Monitor {
	m := model.Monitor{
		Name: "support-bot", Namespace: "rag",
		Evaluation: model.Evaluation{Interval: 30 * time.Second, Window: 5 * time.Minute, CostWindow: time.Hour},
		Alerts:     model.Alerts{Labels: map[string]string{}},
		// As it is by default.
		NodeMetrics: true, Namespaces: model.Namespaces{Labels: []string{"namespace"}},
		Objectives: model.Objectives{Stages: []model.StageObjective{{Stage: "retrieval", P95: time.Second}, {Stage: "generation", P95: time.Second}}},
	}
	for _, name := range names {
		m.Components = append(m.Components, model.Component{
			Name: name, Vocabulary: s.vocabularies[name], Endpoint: model.Endpoint{Interval: 30 * time.Second},
		})
	}
	return m
}

func (s sources) typical() model.Monitor {
	m := s.monitorOf("rag", "vllm", "qdrant")
	for i, stage := range []string{"", "generation", "retrieval"} {
		c := &m.Components[i]
		c.Stage = stage
		if stage != "" {
			c.Vocabulary = c.Vocabulary.As(stage)
		}
	}
	m.SLOs = slos(1)
	return m
}

// largest has everything that can be asked for, with the vocabularies that have
// most metrics.
func (s sources) largest() model.Monitor {
	names := slices.SortedFunc(maps.Keys(s.vocabularies), func(a, b string) int {
		if d := len(s.vocabularies[b].Names()) - len(s.vocabularies[a].Names()); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return s.withEverything(s.monitorOf(names[:maxComponents]...))
}

// legal has components that feed every signal under as many names as they may.
func (s sources) legal() model.Monitor {
	m := s.monitorOf()
	for i := range maxComponents {
		m.Components = append(m.Components, model.Component{Name: fmt.Sprintf("component-%d", i), Vocabulary: everySignal(i)})
	}
	return s.withEverything(m)
}

func (s sources) withEverything(m model.Monitor) model.Monitor {
	m.SLOs = slos(maxSLOs)
	m.Objectives.CostSource = model.CostFromTokens
	m.Objectives.Budget = &model.Budget{Amount: 100, Period: calendar.Month, Zone: time.UTC}
	m.Alerts.Mode = model.BurnIn
	for i := range maxCustom {
		m.Alerts.Custom = append(m.Alerts.Custom, model.CustomAlert{
			Name: fmt.Sprintf("Custom%d", i), Expr: "up > 2", Mode: model.BurnIn,
		})
	}
	return m
}

// slos are half of errors and half of latency.
func slos(n int) []model.SLO {
	var out []model.SLO
	for i := range n {
		slo := model.SLO{Name: fmt.Sprintf("slo-%d", i), ErrorBudget: 0.001, Period: 30 * 24 * time.Hour}
		if i%2 == 1 {
			slo.Latency = time.Second
		}
		out = append(out, slo)
	}
	return out
}

// everySignal is the largest custom vocabulary: every signal once, and stages with
// what is left.
func everySignal(component int) vocabulary.Vocabulary {
	v := vocabulary.Vocabulary{Name: vocabulary.Custom, Signals: map[vocabulary.Signal][]vocabulary.Series{}}
	add := func(signal vocabulary.Signal, stage string) {
		series := vocabulary.Series{Labels: map[string]string{}}
		for i := range maxSpellings {
			series.Metrics = append(series.Metrics, fmt.Sprintf("m%d_%s_%s_%d", component, signal, stage, i))
		}
		for _, label := range signal.Labels() {
			series.Labels[label] = label
		}
		if signal.Staged() {
			series.Stage = stage
		}
		series, _ = vocabulary.Check(signal, series)
		v.Signals[signal] = append(v.Signals[signal], series)
	}
	for _, signal := range vocabulary.Signals() {
		add(signal, "stage-0")
	}
	for i := len(vocabulary.Signals()); i < maxSignals; i++ {
		add(vocabulary.StageDuration, fmt.Sprintf("stage-%d", i))
	}
	return v
}
