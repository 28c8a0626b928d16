package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// metricsPage lists the canonical series.
func (s sources) metricsPage() (string, error) {
	p := newPage("Recorded series")
	p.block("The operator translates whatever your application calls its metrics into the series below, once, by recording rules. Alerts, the board, error budgets and the health in `kubectl get` read only these, so that they speak of the same numbers; and you can use them in rules and boards of your own, which then work for every vocabulary.")
	p.block("Every series has the labels `namespace` and `ragmonitor`. Values are in base units: seconds, US dollars, ratios from 0 to 1. The window is not part of the name, because it is set in the RAGMonitor: *rate* is `spec.evaluation.window` (5m by default), *cost* is `spec.evaluation.costWindow` (1h by default).")
	p.block("*Absent without requests* means what it says: a ratio or percentile of nothing is not recorded as zero, so that an idle service looks neither perfect nor broken.")
	if err := p.recordings(s.rules.Recordings); err != nil {
		return "", err
	}
	if err := p.counts(s); err != nil {
		return "", err
	}
	p.heading(2, "How each is computed")
	p.block("These are templates: signals such as `requests` stand for the metrics of a [vocabulary](vocabularies.md), ranges for the window. What runs in your cluster is in the PrometheusRule: `kubectl get prometheusrule <name>-rules -o yaml`.")
	for _, r := range s.rules.Recordings {
		p.block("%s%s", code(r.Record), labelled(r.Labels))
		p.code("", r.Expr)
	}
	return p.String(), nil
}

func (p *page) recordings(recordings []rules.Recording) error {
	var rows [][]string
	for _, r := range recordings {
		labels, err := labelsOf(r)
		if err != nil {
			return err
		}
		from, err := fedBy(r.Expr)
		if err != nil {
			return err
		}
		rows = append(rows, []string{code(r.Record), r.Help, r.Unit, strings.Join(labels, ", "), r.Window, "each " + string(r.Scope), from})
	}
	rows = append(rows, []string{
		code(rules.BudgetRemaining),
		"Share of the error budget of an SLO that is left: 1 untouched, 0 spent, negative overspent; absent without requests.",
		"ratio, 1 or less", code("slo"), "`slos[].period`", "each SLO",
		code("ragmonitor:request_errors:rate") + ", " + code("ragmonitor:requests:rate"),
	})
	p.table([]string{"Series", "Meaning", "Unit", "Labels", "Window", "One for", "Fed by"}, rows)
	return nil
}

// labelsOf are the labels of a series besides namespace and ragmonitor.
func labelsOf(r rules.Recording) ([]string, error) {
	var out []string
	if r.Scope != rules.ScopeMonitor {
		out = append(out, code("component"))
	}
	if r.Scope == rules.ScopeStage {
		out = append(out, code("stage"))
	}
	for _, label := range slices.Sorted(maps.Keys(r.Labels)) {
		out = append(out, code(fmt.Sprintf("%s=%q", label, r.Labels[label])))
	}
	kept, err := grouping(r.Expr)
	for _, label := range kept {
		out = append(out, code(label))
	}
	return out, err
}

func fedBy(expr string) (string, error) {
	signals, series, err := reads(expr)
	if err != nil {
		return "", err
	}
	var names []string
	for _, signal := range signals {
		names = append(names, string(signal))
	}
	return codes(append(names, series...)), nil
}

func labelled(labels map[string]string) string {
	var out []string
	for _, label := range slices.Sorted(maps.Keys(labels)) {
		out = append(out, fmt.Sprintf("%s=%q", label, labels[label]))
	}
	if len(out) == 0 {
		return ""
	}
	return " with " + codes(out)
}
