package rules_test

import (
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// TestBaselineOfAStage: samples of the mean are five minutes apart, and the rules
// say that they are recorded as often.
func TestBaselineOfAStage(t *testing.T) {
	const mean = `ragmonitor:stage_duration_seconds:mean{namespace="rag",ragmonitor="support-bot",component="api",stage="retrieval"} `
	for name, tc := range map[string]struct {
		means string
		at    time.Duration
		want  *band
	}{
		"is the median of the last day":                      {means: "1x143 2x143 9", at: 24 * time.Hour, want: exactly(2)},
		"does not follow a fault of some hours":              {means: "1x240 10x48", at: 24 * time.Hour, want: exactly(1)},
		"follows when the fault has become what is usual":    {means: "1x100 10x188", at: 24 * time.Hour, want: exactly(10)},
		"forgets what is more than a day old":                {means: "5x288 1x288", at: 48 * time.Hour, want: exactly(1)},
		"is there once there is half an hour to take it of":  {means: "3x5", at: 25 * time.Minute, want: exactly(3)},
		"is not there before":                                {means: "3x4", at: 25 * time.Minute},
		"counts the time in which the stage was called only": {means: "3x2 _x60 3x2", at: 325 * time.Minute, want: exactly(3)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			manifest := fixture.Minimal + "\n  evaluation: {interval: 5m, window: 10m}"
			e := newEngine(t, manifest, "load 5m\n"+mean+tc.means)
			e.runAt(tc.at)
			e.expect(read{rules.StageBaseline: tc.want}, tc.at)
		})
	}
}

func TestBaselineOfARequest(t *testing.T) {
	t.Parallel()
	manifest := fixture.Minimal + "\n  evaluation: {interval: 5m, window: 10m}"
	e := newEngine(t, manifest, `load 5m
	ragmonitor:request_duration_seconds:mean{namespace="rag",ragmonitor="support-bot",component="api"} 1x100 5x40`)
	e.runAt(11 * time.Hour)
	e.expect(read{rules.RequestBaseline + `{component="api"}`: exactly(1)}, 11*time.Hour)
}
