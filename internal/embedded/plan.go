package embedded

import (
	"fmt"
	"maps"
	"time"

	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// plan is what follows from the rule groups of one RAGMonitor. It is not changed
// once it is made.
type plan struct {
	groups []plannedGroup
	keep   *keepList
	// leftOut are the rules that are not in groups.
	leftOut []RuleProblem
	// scraped and recorded are how far back the groups read.
	scraped, recorded time.Duration
}

// defaultInterval is that of a group which does not say; the Prometheus Operator's.
const defaultInterval = 30 * time.Second

type plannedGroup struct {
	rulefmt.RuleGroup
	rules []*plannedRule
}

type plannedRule struct {
	rulefmt.Rule
	group  string
	expr   parser.Expr
	reads  []read
	labels map[string]string
	// without says why the rule is left out, or is empty.
	without string
}

// name of what the rule makes.
func (r *plannedRule) name() string { return r.Record + r.Alert }

// makePlan reads the groups. The error names the rule that cannot be read.
func makePlan(groups []rulefmt.RuleGroup, limits Limits) (*plan, error) {
	p := &plan{keep: &keepList{names: map[string]bool{}}}
	var all []*plannedRule
	for _, group := range groups {
		set(&group.Interval, promconfig.Duration(defaultInterval))
		planned := plannedGroup{RuleGroup: group}
		for _, rule := range group.Rules {
			r, err := planRule(group, rule)
			if err != nil {
				return nil, err
			}
			planned.rules = append(planned.rules, r)
		}
		all = append(all, planned.rules...)
		p.groups = append(p.groups, planned)
	}
	leaveOut(all, limits)
	for i := range p.groups {
		p.groups[i].rules = p.kept(p.groups[i].rules)
	}
	return p, nil
}

func planRule(group rulefmt.RuleGroup, rule rulefmt.Rule) (*plannedRule, error) {
	expr, err := parser.ParseExpr(rule.Expr)
	if err != nil {
		return nil, fmt.Errorf("read rule %s of group %s: %w", rule.Record+rule.Alert, group.Name, err)
	}
	all := maps.Clone(group.Labels)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, rule.Labels)
	return &plannedRule{Rule: rule, group: group.Name, expr: expr, reads: readsOf(expr), labels: all}, nil
}

// kept are the rules that are evaluated; what they read is noted.
func (p *plan) kept(rules []*plannedRule) []*plannedRule {
	var out []*plannedRule
	for _, r := range rules {
		if r.without != "" {
			p.leftOut = append(p.leftOut, RuleProblem{Group: r.group, Rule: r.name(), Labels: r.labels, Message: r.without})
			continue
		}
		out = append(out, r)
		for _, read := range r.reads {
			p.note(read)
		}
	}
	return out
}

func (p *plan) note(r read) {
	at := placeOf(r.matchers)
	if at.scraped {
		p.keep.add(r.matchers)
		p.scraped = max(p.scraped, r.span)
	}
	if at.recorded {
		p.recorded = max(p.recorded, r.span)
	}
}

// matches says whether the series of a rule with these labels may match.
func matches(fixed map[string]string, matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if value, ok := fixed[m.Name]; ok && !m.Matches(value) {
			return false
		}
	}
	return true
}
