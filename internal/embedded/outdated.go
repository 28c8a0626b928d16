package embedded

import (
	"time"

	"github.com/prometheus/prometheus/rules"
)

// outdated are the series that were last recorded before a failure, and since when: those
// of rules that fail, and of rules that read them. A rule comes before those that read it.
func (e *evaluator) outdated() map[string]time.Time {
	if len(e.failed) == 0 {
		return nil
	}
	out := map[string]time.Time{}
	for _, g := range e.groups {
		for _, r := range g.Rules() {
			if _, records := r.(*rules.RecordingRule); !records {
				continue
			}
			if since, failed := e.failed[idOfRule(g, r)]; failed {
				earliest(out, r.Name(), since)
			}
			for _, read := range readsOf(r.Query()) {
				for _, name := range namesOf(read.matchers) {
					if since, old := out[name]; old {
						earliest(out, r.Name(), since)
					}
				}
			}
		}
	}
	return out
}

func earliest(times map[string]time.Time, name string, at time.Time) {
	if known, ok := times[name]; !ok || at.Before(known) {
		times[name] = at
	}
}

// ruleID tells the rules of a RAGMonitor apart.
type ruleID struct{ group, name, labels string }

func idOfRule(g *group, r rules.Rule) ruleID {
	return ruleID{g.Name(), r.Name(), r.Labels().String()}
}
