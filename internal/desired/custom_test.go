package desired_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

// TestCustomAlertsCannotForgeTheirOrigin: an expression can give its result any
// labels, but those of the rule win, by which alerts are routed.
func TestCustomAlertsCannotForgeTheirOrigin(t *testing.T) {
	const series = `load 1m
  queue_length{namespace="rag",pod="a",forged="other"} 1x10
  queue_length{namespace="other",pod="b",forged="other"} 1x10
`
	for name, expression := range map[string]string{
		"by label_replace": `label_replace(label_replace(label_replace(queue_length, "namespace", "other", "", ""), "ragmonitor", "other", "", ""), "severity", "critical", "", "")`,
		"of its signal":    `label_replace(label_replace(queue_length, "signal", "requestErrors", "", ""), "forged", "other", "", "")`,
		"by label_join":    `label_join(label_join(label_join(queue_length, "namespace", "", "forged"), "ragmonitor", "", "forged"), "alertname", "", "forged")`,
		"by group_left": `queue_length * on (pod) group_left (namespace, ragmonitor) ` +
			`label_replace(label_replace(queue_length, "namespace", "other", "", ""), "ragmonitor", "other", "", "")`,
		"by count_values": `count_values by (pod, forged) ("namespace", queue_length)`,
		"by a matcher":    `queue_length{namespace=~".*"} or queue_length{namespace="other"}`,
	} {
		t.Run(name, func(t *testing.T) {
			objects := build(t, fixture.Minimal+fmt.Sprintf("  alerts: {custom: [{name: Forged, expression: '%s > 0', summary: x}]}\n", expression))
			var got []map[string]string
			for _, alert := range firing(t, objects, series, time.Unix(300, 0)) {
				if alert.Annotations.Get("runbook_url") == "" {
					got = append(got, alert.Labels.Map())
				}
			}
			want := []map[string]string{{"alertname": "Forged", "namespace": "rag", "ragmonitor": "support-bot", "severity": "warning", "signal": "Forged", "pod": "a", "forged": "other"}}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("alerts (-want +got):\n%s", d)
			}
		})
	}
}
