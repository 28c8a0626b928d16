package rules_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// custom is a spec with one alert of the user's own, that fires as soon as its
// expression has a result.
func custom(expression string) string {
	return fmt.Sprintf(`  alerts: {custom: [{name: OfMyOwn, expression: %q, for: 0s, summary: Look}]}`, expression)
}

func TestCustomAlerts(t *testing.T) {
	for name, tc := range map[string]struct {
		spec string
		load string
		// want is how often the alert fires at the end.
		want int
	}{
		"one fires while its expression has a result": {
			spec: custom(`rag_active_requests > 5`),
			load: `rag_active_requests 6x5`,
			want: 1,
		},
		"one is silent while it has none": {
			spec: custom(`rag_active_requests > 5`),
			load: `rag_active_requests 5x5`,
		},
		"one fires for every result": {
			spec: custom(`max by (instance) (rag_active_requests) > 5`),
			load: `rag_active_requests 6x5
			       rag_active_requests{instance="b"} 7x5
			       rag_active_requests{instance="c"} 5x5`,
			want: 2,
		},
		"one waits for five minutes when nothing is said": {
			spec: `  alerts: {custom: [{name: OfMyOwn, expression: rag_active_requests > 5, summary: Look}]}`,
			load: `rag_active_requests 6x4`,
		},
		"one fires when five minutes are over": {
			spec: `  alerts: {custom: [{name: OfMyOwn, expression: rag_active_requests > 5, summary: Look}]}`,
			load: `rag_active_requests 6x5`,
			want: 1,
		},
		"one sees nothing of another namespace": {
			spec: custom(`rag_active_requests > 5`),
			load: `rag_active_requests{namespace="other"} 6x5`,
		},
		"one that asks for another namespace gets its own": {
			spec: custom(`sum(rag_active_requests{namespace="other"}) == 7`),
			load: `rag_active_requests{namespace="other"} 6x5
			       rag_active_requests 7x5`,
			want: 1,
		},
		"one that asks for every namespace gets its own": {
			spec: custom(`sum(rag_active_requests{namespace=~".+"} or rag_active_requests{namespace!="rag"}) == 7`),
			load: `rag_active_requests{namespace="other"} 6x5
			       rag_active_requests 7x5`,
			want: 1,
		},
		"one may read metrics of the namespace that are no RAGMonitor's": {
			spec: custom(`max(vector_store_fill_ratio) > 0.9`),
			load: `vector_store_fill_ratio{ragmonitor="none"} 0.95x5`,
			want: 1,
		},
		"one reads the canonical series of its own RAGMonitor only": {
			spec: custom(`count(ragmonitor:requests_in_flight:sum) == 1`),
			load: `rag_active_requests 6x5
			       ragmonitor:requests_in_flight:sum{ragmonitor="other"} 6x5`,
			want: 1,
		},
		"one that is off does not exist": {
			spec: `  alerts: {custom: [{name: OfMyOwn, expression: rag_active_requests > 5, for: 0s, summary: Look, mode: "Off"}]}`,
			load: `rag_active_requests 6x5`,
		},
		"one that notifies does so where all others are off": {
			spec: `  alerts: {mode: "Off", custom: [{name: OfMyOwn, expression: rag_active_requests > 5, for: 0s, summary: Look, mode: Notify}]}`,
			load: `rag_active_requests 6x5`,
			want: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := alertCases{monitor: speaking("rag", tc.spec)}.play(t, tc.load, nil)
			if got := len(p.engine.firing()); got != tc.want {
				t.Errorf("%d alerts fire, must %d: %v", got, tc.want, p.engine.firing())
			}
		})
	}
}

func TestCustomAlertsSayWhatTheUserWrote(t *testing.T) {
	p := alertCases{monitor: speaking("rag", custom(`rag_active_requests > 5`))}.play(t, `rag_active_requests 6x5`, nil)
	active := p.alerts[p.end]["OfMyOwn"]
	if len(active) != 1 {
		t.Fatalf("%d alerts are active", len(active))
	}
	annotations := active[0].Annotations.Map()
	if annotations["__dashboardUid__"] == "" {
		t.Error("no board is linked")
	}
	delete(annotations, "__dashboardUid__")
	if diff := cmp.Diff(map[string]string{
		"summary": "Look", "description": "The expression of this alert of rag/support-bot has the value 6.",
	}, annotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
}

// TestNoLabelsAreLikeNone: who makes a model.Monitor by hand may leave out what
// Resolve always makes.
func TestNoLabelsAreLikeNone(t *testing.T) {
	none := understood(t, speaking("rag", custom(`rag_active_requests > 5`)))
	left := none
	left.Alerts.Labels, left.Alerts.Overrides = nil, nil
	left.Alerts.Custom = []model.CustomAlert{none.Alerts.Custom[0]}
	left.Alerts.Custom[0].Labels = nil
	want, err := readOnce(t).rules.Build(none)
	if err != nil {
		t.Fatal(err)
	}
	got, err := readOnce(t).rules.Build(left)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Groups, got.Groups); diff != "" {
		t.Errorf("rules (-with no labels +without labels):\n%s", diff)
	}
}
