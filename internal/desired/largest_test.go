package desired_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// largestRuleFile is what the Prometheus Operator takes: half of what a Secret may
// hold, counted in the YAML of the PrometheusRule's spec. It refuses the whole object
// otherwise.
const largestRuleFile = 512 << 10

// paging is the largest RAGMonitor with alerts instead of what is recorded while they
// burn in, each with as many labels as there may be.
func paging(t *testing.T) string {
	t.Helper()
	var labels []string
	for i := range 8 {
		labels = append(labels, fmt.Sprintf("%s%d: %s", strings.Repeat("l", 62), i, strings.Repeat("v", 128)))
	}
	manifest := strings.Replace(fixture.Largest(), "mode: BurnIn", "mode: Notify", 1) + "    overrides:\n"
	for _, alert := range slices.Sorted(maps.Keys(fixture.Rules(t).Overridable())) {
		manifest += fmt.Sprintf("    - {alert: %s, labels: {%s}}\n", alert, strings.Join(labels, ", "))
	}
	return manifest
}

func TestRuleFilesAreNotTooLarge(t *testing.T) {
	for name, manifest := range map[string]string{"smallest": fixture.Minimal, "largest": fixture.Largest(), "largest that pages": paging(t)} {
		t.Run(name, func(t *testing.T) {
			objects := build(t, manifest)
			total := 0
			for i, file := range ruleFiles(t, objects) {
				t.Logf("rule file %d has %d bytes", i+1, len(file))
				total += len(file)
				if len(file) > largestRuleFile {
					t.Errorf("rule file %d has %d bytes, must have at most %d", i+1, len(file), largestRuleFile)
				}
			}
			t.Logf("all have %d bytes", total)
			for _, o := range objects {
				if size := len(document(t, o)); o.Kind == desired.ConfigMap && size > largestRuleFile {
					t.Errorf("the board has %d bytes, must have at most %d", size, largestRuleFile)
				}
			}
			groups(t, objects)
		})
	}
}

func TestRulesThatDoNotFitAreRefused(t *testing.T) {
	labels := []string{}
	for i := range 8 {
		labels = append(labels, fmt.Sprintf("%s%02d: %s", strings.Repeat("n", 126), i, strings.Repeat("v", 128)))
	}
	existing := strings.Join(labels, ", ")
	components := []string{"{name: api, vocabulary: rag, selector: {matchLabels: {app: bot}}}"}
	for i := range 15 {
		components = append(components, fmt.Sprintf("{name: c%02d, vocabulary: otel-genai, existing: {matchLabels: {%s}}}", i, existing))
	}
	manifest := "metadata: {name: bot, namespace: rag, uid: a}\nspec: {components: [" + strings.Join(components, ", ") + "]}"
	_, err := catalogue(t).Build(fixture.Monitor(t, manifest))
	invalid, ok := model.AsInvalidSpec(err)
	if !ok || invalid.Reason != v1alpha1.ReasonRulesTooLarge || !strings.Contains(invalid.Message, "existing.matchLabels") {
		t.Errorf("error is %v, must be that the rules are too large, and what to do", err)
	}
}
