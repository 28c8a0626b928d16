package rules_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/teststorage"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

func BenchmarkBuild(b *testing.B) {
	for name, manifest := range map[string]string{
		"smallest":      fixture.Minimal,
		"sixteen alike": sixteenAlike(),
		"largest":       fixture.Largest(),
	} {
		b.Run(name, func(b *testing.B) {
			m := fixture.Monitor(b, manifest)
			c := fixture.Rules(b)
			size, count := 0, 0
			for b.Loop() {
				made, err := c.Build(m)
				if err != nil {
					b.Fatal(err)
				}
				size, count = 0, 0
				for _, g := range made.Groups {
					for _, r := range g.Rules {
						size += len(r.Expr)
						count++
					}
				}
			}
			b.ReportMetric(float64(size), "bytes")
			b.ReportMetric(float64(count), "rules")
		})
	}
}

// sixteenAlike speaks one vocabulary, and has SLOs.
func sixteenAlike() string {
	manifest := fixture.Minimal
	for i := range 15 {
		manifest += fmt.Sprintf("  - {name: c%02d, vocabulary: rag, selector: {matchLabels: {app: bot}}}\n", i)
	}
	return manifest + "  slos: [{name: a, objective: \"99.9\"}, {name: b, objective: \"99\", indicator: Latency, threshold: 2s}]\n"
}

// BenchmarkBudget adds up a whole period of five models, as every minute does.
func BenchmarkBudget(b *testing.B) {
	end := time.Date(2026, time.October, 31, 23, 59, 37, 0, time.UTC)
	stored := spentSince(b, end.Add(-745*time.Hour), end)
	engine := promqltest.NewTestEngineWithOpts(b, promql.EngineOpts{
		MaxSamples: 1_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, EnableAtModifier: true,
	})
	for _, period := range []string{"Day", "Week", "Month"} {
		b.Run(period, func(b *testing.B) {
			expr := expression(b, rules.BudgetSpent, fmt.Sprintf(
				"%s  objectives: {cost: {budget: {amountUSD: \"1000\", period: %s}}}\n", fixture.Minimal, period))
			for b.Loop() {
				query, err := engine.NewInstantQuery(b.Context(), stored, nil, expr, end)
				if err != nil {
					b.Fatal(err)
				}
				if vector, err := query.Exec(b.Context()).Vector(); err != nil || len(vector) != 1 {
					b.Fatal(vector, err)
				}
				query.Close()
			}
		})
	}
}

// spentSince are the samples that a sum of the cost reads, as often as they are
// recorded by default. The key is that of one period.
func spentSince(b *testing.B, from, until time.Time) storage.Queryable {
	b.Helper()
	stored := teststorage.New(b)
	b.Cleanup(func() { _ = stored.Close() })
	appender := stored.Appender(b.Context())
	store := func(metric, priced string, every time.Duration, value func(time.Time) float64) {
		series := labels.FromStrings(model.MetricNameLabel, metric, "namespace", "rag", "ragmonitor", "support-bot", "model", priced)
		for at := from; !at.After(until); at = at.Add(every) {
			if _, err := appender.Append(0, series, timestamp.FromTime(at), value(at)); err != nil {
				b.Fatal(err)
			}
		}
	}
	for i := range 5 {
		store("ragmonitor:cost_usd:rate", fmt.Sprint(i), 30*time.Second, func(at time.Time) float64 { return float64(at.Unix()%977) * 0.00137 })
	}
	store("ragmonitor:evaluation:timestamp_seconds", "", 30*time.Second, func(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 })
	store(rules.BudgetPeriod, "", time.Minute, func(time.Time) float64 { return 1 })
	if err := appender.Commit(); err != nil {
		b.Fatal(err)
	}
	return stored
}

// expression is what a rule of the RAGMonitor records.
func expression(b *testing.B, record, manifest string) string {
	b.Helper()
	made, err := fixture.Rules(b).Build(fixture.Monitor(b, manifest))
	if err != nil {
		b.Fatal(err)
	}
	for _, g := range made.Groups {
		for _, rule := range g.Rules {
			if rule.Record == record {
				return rule.Expr
			}
		}
	}
	b.Fatalf("nothing records %s", record)
	return ""
}
