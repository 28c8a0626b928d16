package embedded

import "github.com/prometheus/prometheus/model/labels"

// keepList says which scraped series are kept: those that some rule reads. An
// application exposes ten times as many.
type keepList struct {
	// all are kept where a rule does not say which metrics it reads.
	all      bool
	names    map[string]bool
	patterns []*labels.Matcher
}

func (k *keepList) add(matchers []*labels.Matcher) {
	names := namesOf(matchers)
	for _, name := range names {
		k.names[name] = true
	}
	if len(names) > 0 {
		return
	}
	for _, m := range matchers {
		if m.Name == labelName && m.Type == labels.MatchRegexp {
			k.patterns = append(k.patterns, m)
			return
		}
	}
	k.all = true
}

// has says whether series of a metric that a target exposes are kept.
func (k *keepList) has(name string) bool {
	if isRecorded(name) {
		return false
	}
	if k.all || k.names[name] {
		return true
	}
	for _, p := range k.patterns {
		if p.Matches(name) {
			return true
		}
	}
	return false
}
