package source

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// play runs a breaker through steps, and returns what it said to each: "ok" and
// "bad" are rounds that end so at once, "gone" is one that is abandoned, "begin" one
// that does not end, and a duration passes.
func play(b *breaker, steps ...string) []string {
	now := time.Unix(1_700_000_000, 0)
	var said []string
	for _, step := range steps {
		if d, err := time.ParseDuration(step); err == nil {
			now = now.Add(d)
			continue
		}
		if !b.begin(now) {
			said = append(said, "refused")
			continue
		}
		said = append(said, step)
		switch step {
		case "ok":
			b.succeeded()
		case "bad":
			b.failed(now)
		case "gone":
			b.abandoned()
		}
	}
	return said
}

func TestBreaker(t *testing.T) {
	for name, tc := range map[string]struct{ steps, want []string }{
		"stays closed while rounds succeed": {
			steps: []string{"ok", "ok", "ok"}, want: []string{"ok", "ok", "ok"},
		},
		"passes over one failure": {
			steps: []string{"bad", "ok", "bad", "ok", "bad", "ok"}, want: []string{"bad", "ok", "bad", "ok", "bad", "ok"},
		},
		"opens after two in a row": {
			steps: []string{"bad", "bad", "ok"}, want: []string{"bad", "bad", "refused"},
		},
		"is open for an interval": {
			steps: []string{"bad", "bad", "29s", "ok", "1s", "ok", "ok"}, want: []string{"bad", "bad", "refused", "ok", "ok"},
		},
		"is open for twice as long after each try": {
			steps: []string{"bad", "bad", "30s", "bad", "59s", "ok", "1s", "bad", "119s", "ok", "1s", "bad", "239s", "ok", "1s", "ok"},
			want:  []string{"bad", "bad", "bad", "refused", "bad", "refused", "bad", "refused", "ok"},
		},
		"is open for 5 minutes at most": {
			steps: []string{"bad", "bad", "30s", "bad", "1m", "bad", "2m", "bad", "4m", "bad", "299s", "ok", "1s", "bad", "299s", "ok", "1s", "ok"},
			want:  []string{"bad", "bad", "bad", "bad", "bad", "bad", "refused", "bad", "refused", "ok"},
		},
		"begins anew after a success": {
			steps: []string{"bad", "bad", "30s", "bad", "1m", "ok", "bad", "bad", "29s", "ok", "1s", "ok"},
			want:  []string{"bad", "bad", "bad", "ok", "bad", "bad", "refused", "ok"},
		},
		"allows a single try at a time": {
			steps: []string{"bad", "bad", "30s", "begin", "ok", "10m", "ok"}, want: []string{"bad", "bad", "begin", "refused", "refused"},
		},
		"allows another after one that was abandoned": {
			steps: []string{"bad", "bad", "30s", "gone", "ok", "ok"}, want: []string{"bad", "bad", "gone", "ok", "ok"},
		},
		"does not count what was abandoned": {
			steps: []string{"bad", "gone", "gone", "ok", "bad", "gone", "bad", "ok"},
			want:  []string{"bad", "gone", "gone", "ok", "bad", "gone", "bad", "refused"},
		},
		"allows rounds side by side while closed": {
			steps: []string{"begin", "begin", "bad", "ok"}, want: []string{"begin", "begin", "bad", "ok"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := &breaker{first: 30 * time.Second, random: func() float64 { return 0 }}
			if d := cmp.Diff(tc.want, play(b, tc.steps...)); d != "" {
				t.Errorf("rounds (-want +got):\n%s", d)
			}
		})
	}
}

func TestPausesAreShortenedAtRandom(t *testing.T) {
	for _, tc := range []struct {
		first    time.Duration
		failures int
		random   float64
		want     time.Duration
	}{
		{30 * time.Second, 2, 0, 30 * time.Second},
		{30 * time.Second, 2, 0.5, 22500 * time.Millisecond},
		{30 * time.Second, 2, 1, 15 * time.Second},
		{30 * time.Second, 3, 1, 30 * time.Second},
		{30 * time.Second, 6, 0, 5 * time.Minute},
		{30 * time.Second, 6, 1, 150 * time.Second},
		{30 * time.Second, 1 << 40, 0, 5 * time.Minute},
		{time.Second, 2, 0, time.Second},
		{time.Second, 10, 0, 256 * time.Second},
		{time.Second, 11, 0, 5 * time.Minute},
		// A source is not asked more often than if it did not fail.
		{time.Hour, 2, 0, time.Hour},
		{time.Hour, 20, 0, time.Hour},
	} {
		t.Run(fmt.Sprint(tc.first, tc.failures, tc.random), func(t *testing.T) {
			b := &breaker{first: tc.first, failures: tc.failures, random: func() float64 { return tc.random }}
			if got := b.pause(); got != tc.want {
				t.Errorf("pause is %s, must be %s", got, tc.want)
			}
		})
	}
}
