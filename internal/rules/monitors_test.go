package rules_test

import (
	"strings"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

const week = 7 * 24 * time.Hour

// speaking is a manifest with one component, that speaks a vocabulary, and whose
// rules are evaluated every minute. more is added to the spec.
func speaking(vocabulary string, more ...string) string {
	manifest := strings.Replace(fixture.Minimal, "vocabulary: rag", "vocabulary: "+vocabulary, 1) + strings.Join(more, "")
	if !strings.Contains(manifest, "evaluation:") {
		manifest += "\n  evaluation: {interval: 1m}"
	}
	return manifest + "\n"
}

// inferenceServer is a second component, that is a stage of the first.
const inferenceServer = "  - {name: llm, vocabulary: vllm, stage: generation, selector: {matchLabels: {app: llm}}}\n"

// tenMinutesOfCost is a cost window short enough to see its end.
const tenMinutesOfCost = "  evaluation: {interval: 1m, costWindow: 10m}"

// quarterOfAnHour is a window that is longer than alerts wait.
const quarterOfAnHour = "  evaluation: {interval: 1m, window: 15m}"

// pushingServer is the same, collected by somebody else: nobody scrapes it.
const pushingServer = "  - {name: llm, vocabulary: vllm, stage: generation, existing: {matchLabels: {service_name: llm}}}\n"

// withoutNodes asks for nothing about nodes and containers.
const withoutNodes = "  nodeMetrics: \"Off\"\n"
