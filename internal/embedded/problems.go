package embedded

import (
	"net/netip"
	"time"
)

// Problems are what is wrong with one RAGMonitor. Texts are at most 300 bytes of
// printable characters; parts of them come from targets.
type Problems struct {
	// Components with problems, by name.
	Components map[string]*ComponentProblems
	// Rules that are not evaluated, because they read further back than samples are
	// kept, or what such a rule would have recorded.
	LeftOut []RuleProblem
	// Failing are the rules that failed when they were last evaluated.
	Failing []RuleProblem
	// Outdated are the series whose last samples are from before a failure, by name, and
	// since when they fail: of rules in Failing, and of rules that read those. It must not
	// be changed.
	Outdated map[string]time.Time
	// Unreadable says why the rule groups cannot be read at all; those before them
	// are still evaluated. "" when they can.
	Unreadable string
}

func (p Problems) none() bool {
	return len(p.Components) == 0 && len(p.LeftOut) == 0 && len(p.Failing) == 0 && p.Unreadable == ""
}

// ComponentProblems are those of one component.
type ComponentProblems struct {
	// NotScraped says why none of its targets is scraped, or is "".
	NotScraped string
	// Down are the targets whose last scrape failed, by address.
	Down []DownTarget
}

// DownTarget is a target whose last scrape failed.
type DownTarget struct {
	Address netip.AddrPort
	// Since is the first scrape that failed after the last one that did not.
	Since   time.Time
	Reason  Reason
	Message string
}

// RuleProblem is that of one rule.
type RuleProblem struct {
	Group string
	// Rule is the name of the alert or of the series that is recorded.
	Rule    string
	Labels  map[string]string
	Message string
}
