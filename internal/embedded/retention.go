package embedded

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"
)

// margin is kept beyond what rules read: an evaluation may be late.
const margin = 10 * time.Minute

// leaveOut marks the rules that cannot be right. A rate over a month of which a week
// is kept would be the rate of the week, under the name of the month; and an alert
// that reads a series which is not recorded would be silent as if all were well.
func leaveOut(rules []*plannedRule, limits Limits) {
	for _, r := range rules {
		for _, read := range r.reads {
			if without := tooFar(read, limits); without != "" {
				r.without = without
			}
		}
	}
	recorders := map[string][]*plannedRule{}
	for _, r := range rules {
		if r.Record != "" {
			recorders[r.Record] = append(recorders[r.Record], r)
		}
	}
	for again := true; again; {
		again = false
		for _, r := range rules {
			if r.without == "" {
				r.without = readsLeftOut(r, recorders)
				again = again || r.without != ""
			}
		}
	}
}

func tooFar(r read, limits Limits) string {
	at := placeOf(r.matchers)
	switch {
	case at.scraped && r.span > limits.ScrapedRetention:
		return reachesBack(r.span, "scraped", limits.ScrapedRetention)
	case at.recorded && r.span > limits.RecordedRetention:
		return reachesBack(r.span, "recorded", limits.RecordedRetention)
	}
	return ""
}

func reachesBack(span time.Duration, what string, retention time.Duration) string {
	if span == forever {
		return fmt.Sprintf("reads a fixed time, and %s samples are kept for %s", what, model.Duration(retention))
	}
	return fmt.Sprintf("reads %s back, and %s samples are kept for %s", model.Duration(span), what, model.Duration(retention))
}

// readsLeftOut says which series the rule reads that only rules make which are left
// out; "" for none.
func readsLeftOut(r *plannedRule, recorders map[string][]*plannedRule) string {
	for _, read := range r.reads {
		for _, name := range namesOf(read.matchers) {
			left, kept := false, false
			for _, recorder := range recorders[name] {
				if matches(recorder.labels, read.matchers) {
					left = left || recorder.without != ""
					kept = kept || recorder.without == ""
				}
			}
			if left && !kept {
				return "reads " + name + ", which is left out"
			}
		}
	}
	return ""
}

// retention is how long samples are kept: as long as some rule reads them.
func retention(reads, most time.Duration) time.Duration {
	return min(plus(reads, margin), plus(most, margin))
}

// patience is for how long samples are kept that no rule reads any more: RAGMonitors
// may be known one after the other, and weeks of samples cannot be had again.
const patience = time.Hour

// keeping sets how long a database keeps its samples.
type keeping struct {
	database *database
	most     time.Duration
	now      time.Duration
	// since when less would do; zero when it would not.
	since time.Time
}

func (k *keeping) set(wanted time.Duration, at time.Time) error {
	if k.now == 0 {
		// The database begins with the longest time.
		k.now = retention(k.most, k.most)
	}
	switch {
	case wanted >= k.now:
		k.since = time.Time{}
	case k.since.IsZero():
		k.since = at
	}
	if wanted == k.now || wanted < k.now && at.Sub(k.since) < patience {
		return nil
	}
	k.now, k.since = wanted, time.Time{}
	return k.database.retain(wanted)
}
