package embedded

import (
	"context"
	"hash/fnv"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/rules"
)

// evaluator evaluates the rules of one RAGMonitor, one after the other.
type evaluator struct {
	// offset spreads the evaluations of different RAGMonitors over the interval.
	offset  uint64
	options *rules.ManagerOptions
	metrics *metrics
	// restores the state of alerts from before a restart. Alerts are silent until
	// then, so that this is only done when there was something before.
	restores bool
	// next is the plan to go over to.
	next atomic.Pointer[plan]
	// busy is set for as long as somebody evaluates.
	busy atomic.Bool

	// What follows is used by the one who has set busy.
	groups []*group
	// retired have no rules, but series of rules that are gone.
	retired []*rules.Group
	retire  time.Time

	// failed are the rules that failed when they were last evaluated, by the first
	// evaluation that did after the last one that did not.
	failed map[ruleID]time.Time

	mu      sync.Mutex
	failing []RuleProblem
	// old is what outdated said.
	old map[string]time.Time
}

// group is one of Prometheus' rule groups, and when it was last evaluated.
type group struct {
	*rules.Group
	// last is the slot of the last evaluation, or the one before the first.
	last time.Time
	// evaluated counts evaluations up to restoreAfter.
	evaluated int
	restored  bool
}

// restoreAfter is the number of evaluations after which the state of alerts from
// before a restart is restored. As in Prometheus, it is not the first: what alerts
// read may not be recorded before it.
const restoreAfter = 2

func newEvaluator(key Key, options *rules.ManagerOptions, m *metrics, restores bool) *evaluator {
	hash := fnv.New64a()
	// It returns no errors.
	_, _ = hash.Write([]byte(key.Namespace + "/" + key.Name))
	return &evaluator{offset: hash.Sum64(), options: options, metrics: m, restores: restores}
}

// slot is the last time, at or before now, at which a group with this interval is
// due. All groups of a RAGMonitor are due together, so that those whose interval is
// a multiple of another's read what was recorded at the same time.
func (e *evaluator) slot(now time.Time, interval time.Duration) time.Time {
	offset := int64(e.offset % uint64(interval)) //nolint:gosec // less than interval
	since := now.UnixNano() - offset
	return time.Unix(0, since-since%int64(interval)+offset).UTC()
}

// due says whether there is something to do. The caller has set busy.
func (e *evaluator) due(now time.Time) bool {
	if e.next.Load() != nil {
		return true
	}
	for _, g := range e.groups {
		if e.slot(now, g.Interval()).After(g.last) {
			return true
		}
	}
	return false
}

// evaluate brings everything up to now. The caller has set busy.
func (e *evaluator) evaluate(ctx context.Context, now time.Time) {
	if next := e.next.Swap(nil); next != nil {
		e.adopt(next, now)
	}
	evaluated := false
	for _, g := range e.groups {
		if slot := e.slot(now, g.Interval()); slot.After(g.last) && ctx.Err() == nil {
			e.evaluateGroup(ctx, g, slot)
			evaluated = true
		}
	}
	if ctx.Err() != nil {
		return
	}
	if evaluated {
		e.noteFailures()
	}
	e.bury(ctx)
}

func (e *evaluator) evaluateGroup(ctx context.Context, g *group, slot time.Time) {
	if missed := int64(slot.Sub(g.last)/g.Interval()) - 1; missed > 0 && g.evaluated > 0 {
		e.metrics.skipped.Add(float64(missed))
	}
	g.last = slot
	rules.DefaultEvalIterationFunc(ctx, g.Group, slot)
	g.evaluated = min(g.evaluated+1, restoreAfter)
	if !g.restored && g.evaluated == restoreAfter {
		g.RestoreForState(slot)
		g.restored = true
	}
}

// adopt goes over to another plan. Groups keep the state of those that had their
// name, so that an alert that is pending stays so.
func (e *evaluator) adopt(next *plan, now time.Time) {
	first := e.groups == nil && e.retired == nil
	before := map[string]*group{}
	for _, g := range e.groups {
		before[g.Name()] = g
	}
	var groups []*group
	for _, planned := range next.groups {
		if len(planned.rules) == 0 {
			continue
		}
		old := before[planned.Name]
		delete(before, planned.Name)
		groups = append(groups, e.makeGroup(planned, old, first, now))
	}
	e.groups = groups
	for _, old := range before {
		e.retired = append(e.retired, e.emptied(old))
		e.retire = now
	}
}

func (e *evaluator) makeGroup(planned plannedGroup, old *group, first bool, now time.Time) *group {
	interval := time.Duration(planned.Interval)
	g := &group{restored: !first || !e.restores, last: e.slot(now, interval)}
	if old != nil {
		g.restored, g.evaluated = old.restored, old.evaluated
		if old.Interval() == interval {
			g.last = old.last
		}
	}
	g.Group = rules.NewGroup(rules.GroupOptions{
		Name:        planned.Name,
		Interval:    interval,
		Limit:       planned.Limit,
		Rules:       makeRules(planned, g.restored),
		Opts:        e.options,
		QueryOffset: (*time.Duration)(planned.QueryOffset),
	})
	if old != nil {
		g.CopyState(old.Group)
	}
	return g
}

// makeRules leaves out the annotations: nobody is notified from here, and they would
// be rendered at every evaluation.
func makeRules(planned plannedGroup, restored bool) []rules.Rule {
	out := make([]rules.Rule, 0, len(planned.rules))
	quiet := slog.New(slog.DiscardHandler)
	for _, r := range planned.rules {
		set := labels.FromMap(r.labels)
		if r.Alert == "" {
			out = append(out, rules.NewRecordingRule(r.Record, r.expr, set))
			continue
		}
		out = append(out, rules.NewAlertingRule(r.Alert, r.expr, time.Duration(r.For), time.Duration(r.KeepFiringFor),
			set, labels.EmptyLabels(), labels.EmptyLabels(), "", restored, quiet))
	}
	return out
}

// emptied has the series of a group as those of rules that are gone.
func (e *evaluator) emptied(old *group) *rules.Group {
	g := rules.NewGroup(rules.GroupOptions{Name: old.Name(), Interval: old.Interval(), Opts: e.options})
	g.CopyState(old.Group)
	return g
}

// bury marks the series of retired groups as stale, as of when they were retired.
// Every other group has then been evaluated since, so that a series which another
// group goes on recording has a later sample, and is not marked.
func (e *evaluator) bury(ctx context.Context) {
	for _, g := range e.groups {
		if !g.last.After(e.retire) {
			return
		}
	}
	for _, g := range e.retired {
		g.Eval(ctx, e.retire)
	}
	e.retired = nil
}

// end marks all series as stale. The caller has set busy, for good.
func (e *evaluator) end(ctx context.Context, now time.Time) {
	e.adopt(&plan{}, now)
	e.bury(ctx)
}

func (e *evaluator) noteFailures() {
	var failing []RuleProblem
	failed := map[ruleID]time.Time{}
	for _, g := range e.groups {
		for _, r := range g.Rules() {
			if err := r.LastError(); err != nil {
				failing = append(failing, RuleProblem{Group: g.Name(), Rule: r.Name(), Labels: r.Labels().Map(), Message: message(err)})
				id := idOfRule(g, r)
				if failed[id] = g.last; !e.failed[id].IsZero() {
					failed[id] = e.failed[id]
				}
			}
		}
	}
	e.metrics.ruleFailures.Add(float64(len(failing)))
	e.failed = failed
	old := e.outdated()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failing, e.old = failing, old
}

func (e *evaluator) failures() (failing []RuleProblem, outdated map[string]time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.failing, e.old
}
