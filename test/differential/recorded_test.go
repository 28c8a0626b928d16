package differential_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

// steady is watched slowly enough for two sources and one small machine: there are many,
// and a scrape that waits for a processor counts what happened meanwhile.
const steady = `
metadata: {name: support-bot, namespace: rag}
spec:
  components:
  - name: api
    vocabulary: rag
    selector: {matchLabels: {app: support-bot}}
    endpoint: {interval: 5s}
  evaluation: {interval: 10s, window: 30s, costWindow: 50s}
  slos:
  - {name: availability, objective: "95", period: 7d, indicator: Errors, minimumRequests: 0}
`

const (
	// steadyInterval is that between two evaluations.
	steadyInterval = 10 * time.Second
	// settled are the evaluations after which rates rest on whole windows, and cost on
	// a window of rates.
	settled = 5
	// holding is how long verdicts must stay as they are.
	holding = 2 * steadyInterval
)

func TestRecordedScrapesAreJudgedAlike(t *testing.T) {
	c := newCatalogue(t, steady, pace{interval: steadyInterval, wait: 2 * time.Second})
	all := recordings(t, c.names.Vocabularies)
	address := replay(t, all)
	var watches []watch
	for _, r := range all {
		watches = append(watches, c.watch(t, r.name, r.vocabulary.Name, "/"+r.name, address))
	}
	both := startPair(t, watches)
	both.evaluated(t, settled)
	both.forget()
	before := both.agree(t)
	both.hold(t, before)
	both.agree(t)
	t.Log(verdictsOf(before))
}

// evaluated waits until both sources have evaluated the rules of all RAGMonitors so often.
func (p pair) evaluated(t *testing.T, times int) {
	t.Helper()
	begun := time.Now()
	eventually(t, func() string {
		evaluations, err := p.evaluations(t.Context())
		if err != nil {
			return err.Error()
		}
		for i, eye := range p.eyes {
			for _, key := range sorted(eye.watched) {
				if have := evaluations[i][key]; have < times {
					return fmt.Sprintf("%s has evaluated %s %d of %d times", sources[i], key.Name, have, times)
				}
			}
		}
		return ""
	})
	t.Logf("Both sources evaluated all rules %d times within %s.", times, time.Since(begun).Round(100*time.Millisecond))
}

// evaluations are how often each source evaluated the rules of each RAGMonitor.
func (p pair) evaluations(ctx context.Context) (out [2]map[health.Key]int, err error) {
	const query = `count_over_time(ragmonitor:evaluation:timestamp_seconds{ragmonitor!=""}[1h])`
	for i, eye := range p.eyes {
		vectors, err := eye.reader.Read(ctx, []string{query})
		if err != nil {
			return out, err
		}
		out[i] = map[health.Key]int{}
		for _, s := range vectors[0] {
			out[i][keyOf(s.Metric)] = int(s.Value)
		}
	}
	return out, nil
}

// agree waits until both have said the same of each RAGMonitor, and returns what that
// was by name.
func (p pair) agree(t *testing.T) map[health.Key]sight {
	t.Helper()
	begun := time.Now()
	agreed := map[health.Key]sight{}
	eventually(t, func() string {
		seen, err := p.look(t.Context())
		if err != nil {
			return err.Error()
		}
		var unlike []string
		for _, key := range sorted(seen[0]) {
			if _, ok := agreed[key]; ok {
				continue
			}
			if diff := differences(seen[0][key], seen[1][key]); diff != "" {
				unlike = append(unlike, key.Name+": "+diff)
				continue
			}
			agreed[key] = seen[0][key]
		}
		return strings.Join(unlike, "\n")
	})
	t.Logf("Both sources agreed on %d RAGMonitors within %s.", len(agreed), time.Since(begun).Round(100*time.Millisecond))
	return agreed
}

// hold waits until no verdict has turned for a while. One that turns because a source got
// no processor for longer than data may be old turns back; one that flaps never holds.
func (p pair) hold(t *testing.T, agreed map[health.Key]sight) {
	t.Helper()
	turns := map[string]int{}
	held := time.Now()
	eventually(t, func() string {
		looked, err := p.look(t.Context())
		if err != nil {
			return err.Error()
		}
		for i, seen := range looked {
			for key, s := range seen {
				if was, is := agreed[key].summary(), s.summary(); was != is {
					turns[fmt.Sprintf("%s by %s: from %s to %s", key.Name, sources[i], was, is)]++
					held = time.Now()
				}
			}
		}
		if time.Since(held) >= holding {
			return ""
		}
		return fmt.Sprintf("nothing had changed, and these turned, in so many looks:\n%v", turns)
	})
	t.Logf("No verdict turned for %s, after %d that did.", holding, len(turns))
}

// verdictsOf says how many RAGMonitors, series and alerts there are of each verdict:
// little would be proven if it were the same one for all.
func verdictsOf(seen map[health.Key]sight) string {
	type count struct{ names, series, alerts int }
	counts := map[string]count{}
	for _, s := range seen {
		c := counts[s.summary()]
		counts[s.summary()] = count{c.names + 1, c.series + len(s.series), c.alerts + len(s.alerts)}
	}
	var out strings.Builder
	fmt.Fprintf(&out, "\n%5s %7s %7s  verdict by both sources\n", "", "series", "alerts")
	for _, verdict := range slices.Sorted(maps.Keys(counts)) {
		c := counts[verdict]
		fmt.Fprintf(&out, "%5d %7d %7d  %s\n", c.names, c.series, c.alerts, verdict)
	}
	return out.String()
}
