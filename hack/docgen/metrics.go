package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// seriesGroups are the sections of the page, each with the stems of its series:
// what follows "ragmonitor:" in the name. Every series belongs to one of them.
var seriesGroups = []struct {
	title string
	stems []string
}{
	{"What is there", []string{"evaluation", "targets", "vocabulary_metrics", "vocabulary_successors"}},
	{"Requests", []string{"requests", "request_errors", "requests_in_flight", "queue_length", "request_duration_seconds", "request_seconds", "request_timings", "time_to_first_token_seconds", "time_per_output_token_seconds", "errors"}},
	{"Stages", []string{"stage_duration_seconds", "stage_calls", "stage_errors", "stage_seconds", "stage_timings", "stage_share"}},
	{"Tokens and cost", []string{"tokens", "billed_tokens", "unpriced_tokens", "token_price_usd", "token_cost_usd", "component_cost_usd", "cost_usd", "cost_per_request_usd", "cost_day", "cost_today_usd", "cost_month", "cost_month_usd"}},
	{"Cost budget", []string{"budget_period", "budget_spent_usd", "budget_forecast_usd", "budget_spent", "budget_forecast"}},
	{"Caches and limits", []string{"cache_lookups", "cache_hits", "prefix_cache_hits", "kv_cache_usage", "rate_limit_remaining"}},
	{"Quality and retrieval", []string{"relevance_score", "context_precision", "context_recall", "faithfulness", "retrievals", "empty_retrievals", "documents_retrieved", "answer_length"}},
	{"Tools, prompts and pipelines", []string{"tool_calls", "tool_errors", "tool_duration_seconds", "pipeline_runs", "pipeline_errors", "pipeline_duration_seconds", "prompt_runs", "prompt_errors", "prompts", "pipelines", "active_users", "connections"}},
	{"Machine and process", []string{"cpu_usage", "memory_usage", "disk_usage", "process_cpu", "process_resident_memory_bytes", "process_open_fds"}},
	{"Pods and containers", []string{"pods", "pod_node", "container_cpu", "container_cpu_usage", "container_cpu_throttled", "container_memory_bytes", "container_memory_usage", "container_processes", "container_start", "container_restarts", "pod_network_received_bytes", "pod_network_sent_bytes", "pod_network_errors"}},
	{"SLOs", []string{"fast_requests", "slo_requests", "slo_bad_requests", "slo_errors", "slo_burn_rate", "slo_error_budget_remaining"}},
	{"Alerts", []string{"alert_inputs", "burn_in_condition", "burn_in_firing", "burn_in_pages"}},
}

// windows are the fields that set the window of a series.
var windows = map[string]string{"": "", "rate": "`window`", "cost": "`costWindow`", "hour": "1h"}

// metricsPage lists the canonical series.
func (s sources) metricsPage() (string, error) {
	p := newPage("Recorded series")
	p.part("metrics-intro")
	rows, err := s.seriesRows()
	if err != nil {
		return "", err
	}
	for _, g := range seriesGroups {
		var table [][]string
		for _, stem := range g.stems {
			table = append(table, rows[stem]...)
			delete(rows, stem)
		}
		p.heading(3, g.title)
		p.table([]string{"Series", "Meaning", "Unit", "Labels", "Window", "Fed by"}, table)
	}
	if len(rows) > 0 {
		return "", fmt.Errorf("series ragmonitor:%s is in no section of the page: add it to seriesGroups", slices.Sorted(maps.Keys(rows))[0])
	}
	if err := p.nodeSeries(s.rules.NodeRecordings); err != nil {
		return "", err
	}
	p.part("metrics-labels")
	if err := p.counts(s); err != nil {
		return "", err
	}
	p.part("metrics-how")
	for _, r := range s.rules.Recordings {
		p.recording(r)
	}
	if err := p.operatorMetrics(); err != nil {
		return "", err
	}
	return p.String(), nil
}

// nodeSeries lists what is recorded of the cluster's nodes.
func (p *page) nodeSeries(recordings []rules.Recording) error {
	p.heading(3, "Nodes")
	p.part("metrics-nodes")
	known := shapes{}
	var rows [][]string
	for _, r := range recordings {
		series, err := known.record(r.Record, r.Expr.String(), nil)
		if err != nil {
			return err
		}
		labels := map[string]string{}
		for _, s := range series {
			for label := range s.labels {
				labels[label] = ""
			}
		}
		var metrics []string
		for _, name := range r.Expr.Names() {
			metrics = append(metrics, code(name))
		}
		rows = append(rows, []string{code(r.Record), r.Help, r.Unit, strings.Join(labelCodes(labels), ", "), strings.Join(metrics, ", ")})
	}
	p.table([]string{"Series", "Meaning", "Unit", "Labels", "Fed by"}, rows)
	return nil
}

// seriesRows are the rows of the tables, by stem.
func (s sources) seriesRows() (map[string][][]string, error) {
	out := map[string][][]string{}
	for _, r := range s.rules.Recordings {
		labels, err := labelsOf(r)
		if err != nil {
			return nil, err
		}
		row := []string{code(r.Record), r.Help, r.Unit, strings.Join(labels, ", "), windows[r.Window], fedBy(r)}
		out[stem(r.Record)] = append(out[stem(r.Record)], row)
	}
	for _, d := range rules.Derived {
		row := []string{code(d.Record), d.Help, d.Unit, codes(d.Labels), "", codes(d.From)}
		out[stem(d.Record)] = append(out[stem(d.Record)], row)
	}
	return out, nil
}

func stem(record string) string {
	_, rest, _ := strings.Cut(record, ":")
	stem, _, _ := strings.Cut(rest, ":")
	return stem
}

// labelsOf are the labels of a series besides namespace and ragmonitor, as code.
func labelsOf(r rules.Recording) ([]string, error) {
	fixed := map[string]string{}
	if r.Scope != rules.ScopeMonitor {
		fixed["component"] = ""
	}
	if r.Scope == rules.ScopeStage {
		fixed["stage"] = ""
	}
	if r.Roles {
		fixed["role"] = ""
	}
	if r.Roles && r.Scope == rules.ScopeStage {
		fixed["parent"] = ""
	}
	if r.Quantile != nil {
		for _, label := range r.Quantile.By {
			fixed[label] = ""
		}
		return labelCodes(fixed), nil
	}
	series, err := shapes{}.record(r.Record, r.Expr.String(), fixed)
	for _, s := range series {
		for label := range s.labels {
			fixed[label] = ""
		}
	}
	maps.Copy(fixed, r.Labels)
	return labelCodes(fixed), err
}

// labelCodes lists labels; those whose value is known have it.
func labelCodes(labels map[string]string) []string {
	var out []string
	for _, label := range slices.Sorted(maps.Keys(labels)) {
		text := label
		if labels[label] != "" {
			text = fmt.Sprintf("%s=%q", label, labels[label])
		}
		out = append(out, code(text))
	}
	return out
}

// fedBy lists what a series is made from: signals and other series.
func fedBy(r rules.Recording) string {
	signals, series := reads(r)
	var out []string
	for _, signal := range signals {
		out = append(out, code(string(signal)))
	}
	for _, name := range series {
		if !strings.Contains(name, " ") {
			name = code(name)
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

// recording shows the template of a series.
func (p *page) recording(r rules.Recording) {
	name := strings.Join(append([]string{code(r.Record)}, labelCodes(r.Labels)...), " with ")
	if r.Quantile == nil {
		p.block("%s", name)
		p.code("", r.Expr.String())
		return
	}
	text := fmt.Sprintf("%s: the %s-quantile of `%s` by %s", name, number(r.Quantile.Q), r.Quantile.Of, codes(r.Quantile.By))
	if r.Quantile.AtLeast > 0 {
		text += fmt.Sprintf(", from %d observations in the window on", r.Quantile.AtLeast)
	}
	p.block("%s.", text)
}

// words are names in templates that are neither signals nor series.
var words = map[string]string{
	"up":         "up",
	"samples":    "every metric of the vocabulary",
	"arrivals":   "every metric of the vocabulary",
	"successors": "successors of the vocabulary",
	"pods":       "scrapes of the component's pods",
}

// reads lists what a series is made from: signals, without the suffixes of the
// series that carry them, and other series. Names that stand for a number are
// neither.
func reads(r rules.Recording) (signals []vocabulary.Signal, series []string) {
	if r.Quantile != nil {
		return []vocabulary.Signal{r.Quantile.Of}, nil
	}
	for _, name := range r.Expr.Names() {
		signal := vocabulary.Signal(name)
		for _, suffix := range []string{"_sum", "_count", "_judged"} {
			if base := vocabulary.Signal(strings.TrimSuffix(name, suffix)); base.Known() {
				signal = base
			}
		}
		word, isWord := words[name]
		if metric := rules.ContainerMetric(name); metric != "" {
			word, isWord = metric, true
		}
		switch {
		case strings.HasPrefix(name, "ragmonitor:"):
			series = append(series, name)
		case isWord && !slices.Contains(series, word):
			series = append(series, word)
		case signal.Known() && !slices.Contains(signals, signal):
			signals = append(signals, signal)
		}
	}
	return signals, series
}
