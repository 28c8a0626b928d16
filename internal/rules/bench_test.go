package rules_test

import (
	"fmt"
	"testing"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
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
			size, rules := 0, 0
			for b.Loop() {
				made, err := c.Build(m)
				if err != nil {
					b.Fatal(err)
				}
				size, rules = 0, 0
				for _, g := range made.Groups {
					for _, r := range g.Rules {
						size += len(r.Expr)
						rules++
					}
				}
			}
			b.ReportMetric(float64(size), "bytes")
			b.ReportMetric(float64(rules), "rules")
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
