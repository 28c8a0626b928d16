package controller

import (
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
)

func TestJudged(t *testing.T) {
	for name, tc := range map[string]struct {
		status             string
		accepted, rejected string
	}{
		"nothing is said": {},
		"it is accepted": {
			status:   `{bindings: [{resource: alertmanagers, namespace: a, name: b, conditions: [{type: Accepted, status: "True", observedGeneration: 3}]}]}`,
			accepted: "a/b",
		},
		"it is rejected": {
			status:   `{bindings: [{resource: alertmanagers, namespace: a, name: b, conditions: [{type: Accepted, status: "False", message: no Secret, observedGeneration: 3}]}]}`,
			rejected: "a/b: no Secret",
		},
		"of several the first is told of": {
			status: `{bindings: [{resource: alertmanagers, namespace: a, name: b, conditions: [{type: Accepted, status: "True"}]},
				{resource: alertmanagers, namespace: c, name: d, conditions: [{type: Accepted, status: "False", message: why}]},
				{resource: alertmanagers, namespace: e, name: f, conditions: [{type: Accepted, status: "True"}]}]}`,
			accepted: "a/b", rejected: "c/d: why",
		},
		"an older generation was rejected": {
			status: `{bindings: [{resource: alertmanagers, namespace: a, name: b, conditions: [{type: Accepted, status: "False", message: why, observedGeneration: 2}]}]}`,
		},
		"something else is said":     {status: `{bindings: [{resource: alertmanagers, namespace: a, name: b, conditions: [{type: Known, status: "True"}]}]}`},
		"of somebody else":           {status: `{bindings: [{resource: prometheuses, namespace: a, name: b, conditions: [{type: Accepted, status: "True"}]}]}`},
		"it is not known":            {status: `{bindings: [{resource: alertmanagers, namespace: a, name: b, conditions: [{type: Accepted, status: Unknown}]}]}`},
		"it has another form":        {status: `{bindings: yes}`},
		"a form that nobody foresaw": {status: `{bindings: [{resource: {a: b}}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			child := object(desired.AlertmanagerConfig)
			child.SetGeneration(3)
			var status map[string]any
			if err := yaml.Unmarshal([]byte(tc.status), &status); err != nil {
				t.Fatal(err)
			}
			child.Object["status"] = status
			accepted, rejected := judged(child)
			if accepted != tc.accepted || rejected != tc.rejected {
				t.Errorf("accepted %q, rejected %q; want %q, %q", accepted, rejected, tc.accepted, tc.rejected)
			}
		})
	}
}
