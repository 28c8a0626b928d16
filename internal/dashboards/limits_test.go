package dashboards_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

// lines are the limits that a panel draws, as "axis: value color", where the axis is
// "" for that of the panel, or the id of a query.
func lines(t *testing.T, p panel) []string {
	t.Helper()
	var out []string
	add := func(axis string, all thresholds) {
		for _, step := range all.Steps {
			if step.Value != nil {
				out = append(out, fmt.Sprintf("%s%g %s", axis, *step.Value, step.Color))
			}
		}
	}
	add("", p.FieldConfig.Defaults.Thresholds)
	for _, o := range p.FieldConfig.Overrides {
		for _, property := range o.Properties {
			if property.ID != "thresholds" {
				continue
			}
			var own thresholds
			if err := json.Unmarshal(property.Value, &own); err != nil {
				t.Fatal(err)
			}
			add(o.Matcher.Options+": ", own)
		}
	}
	return out
}

func TestLimitsAreThoseOfTheAlerts(t *testing.T) {
	const alerts = everything + `  alerts: {overrides: [`
	for name, tc := range map[string]struct {
		manifest string
		panel    int
		want     []string
	}{
		"an objective":                           {everything, 1, []string{"2 red"}},
		"an objective that is a lower limit":     {everything, 5, []string{"0.3 green"}},
		"the objectives of the stages":           {everything, 12, []string{"0.5 red", "5 red"}},
		"an objective, on an axis of its own":    {everything, 4, []string{"100 red", "D: 0.1 red"}},
		"a number of the alert's own":            {everything, 16, []string{"0.1 red"}},
		"two such numbers, each on its axis":     {everything, 15, []string{"50 red", "B: 0.9 red"}},
		"several such numbers on one axis":       {everything, 18, []string{"0.8 red", "0.85 red", "0.9 red"}},
		"the same number of two alerts":          {everything, 20, []string{"1 red"}},
		"the burn rates at which SLOs alert":     {everything, 19, []string{"1 red", "3 red", "6 red", "14.4 red"}},
		"no number to compare with":              {everything, 13, nil},
		"a number that is relative to something": {everything, 2, nil},
		"a number that is overridden": {
			alerts + `{alert: RAGQueueBacklog, threshold: "7"}]}`, 15, []string{"7 red", "B: 0.9 red"},
		},
		"a number of an alert that is switched off": {
			alerts + `{alert: RAGKVCacheSaturated, mode: "Off"}]}`, 15, []string{"50 red"},
		},
		"an objective whose alert is overridden or off stays": {
			alerts + `{alert: RAGStageLatencyHigh, threshold: "9"}, {alert: RAGCostPerDayHigh, mode: "Off"}, {alert: RAGLatencyHigh, threshold: "9"}]}`,
			4,
			[]string{"100 red", "D: 0.1 red"},
		},
		"a stage's objective whose alert is overridden stays": {
			alerts + `{alert: RAGStageLatencyHigh, threshold: "9"}]}`, 12, []string{"0.5 red", "5 red"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := lines(t, render(t, fixture.Monitor(t, tc.manifest)).panelOf(t, tc.panel))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoLimitIsDrawnOfWhatIsNotMeasured(t *testing.T) {
	const cacheOnly = `
metadata: {name: support-bot, namespace: rag}
spec:
  components:
  - name: api
    vocabulary: custom
    selector: {matchLabels: {app: own}}
    signals: [{signal: kvCacheUsage, metrics: [own_cache_usage]}]
`
	got := lines(t, render(t, fixture.Monitor(t, cacheOnly)).panelOf(t, 15))
	if diff := cmp.Diff([]string{"A: 0.9 red"}, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestAlertsOfQueriesExist(t *testing.T) {
	known := fixture.Rules(t).Overridable()
	for _, a := range fixture.Rules(t).NodeAlerts {
		known[a.Alert] = true
	}
	for _, p := range slices.Concat(builtin(t), nodes(t)) {
		for _, q := range p.Queries {
			if _, ok := known[q.Alert]; q.Alert != "" && !ok {
				t.Errorf("panel %q draws the limits of %s, which is no alert", p.Title, q.Alert)
			}
			// What is above one limit is bad, and above the other good.
			if q.Alert != "" && p.Good == "above" {
				t.Errorf("panel %q, where higher is better, draws the limits of %s", p.Title, q.Alert)
			}
		}
	}
}

func TestUnitsOfTheirOwnHaveAnAxisOfTheirOwn(t *testing.T) {
	p := render(t, fixture.Monitor(t, everything)).panelOf(t, 19)
	got := map[string]string{}
	for _, o := range p.FieldConfig.Overrides {
		for _, property := range o.Properties {
			got[o.Matcher.ID+" "+o.Matcher.Options+" "+property.ID] = string(property.Value)
		}
	}
	want := map[string]string{
		"byFrameRefID B unit": `"percentunit"`, "byFrameRefID B custom.axisPlacement": `"right"`,
		"byFrameRefID C unit": `"percentunit"`, "byFrameRefID C custom.axisPlacement": `"right"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("overrides (-want +got):\n%s", diff)
	}
}

func TestOnlyWhatMayBeNegativeHasNoMinimum(t *testing.T) {
	for _, p := range render(t, fixture.Monitor(t, everything)).Panels {
		if got, want := p.FieldConfig.Defaults.Min == nil, p.Title == "SLOs"; got != want {
			t.Errorf("panel %q has no minimum: %t, want %t", p.Title, got, want)
		}
	}
}
