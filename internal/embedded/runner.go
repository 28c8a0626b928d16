package embedded

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"golang.org/x/sync/semaphore"
)

// runner is an Engine that runs. Its methods are called by one goroutine.
type runner struct {
	engine  *Engine
	store   *store
	slots   *slots
	workers *semaphore.Weighted
	options *rules.ManagerOptions
	// restores says that rules recorded something before this run.
	restores bool
	tasks    sync.WaitGroup
	// keeping is how long samples are kept.
	keeping [2]keeping
	// leaving are RAGMonitors that are gone, but for their series.
	leaving []member
	turn    int
}

// member is a RAGMonitor that is collected. It is not changed, but replaced.
type member struct {
	monitor    Monitor
	turn       int
	plan       *plan
	unreadable string
	admission  admission
	collector  *collector
	evaluator  *evaluator
	stop       context.CancelFunc
}

func newRunner(ctx context.Context, e *Engine, s *store) *runner {
	workers := runtime.GOMAXPROCS(0)
	return &runner{
		engine:   e,
		store:    s,
		slots:    newSlots(e.config.Limits.Scrapes),
		workers:  semaphore.NewWeighted(int64(workers)),
		restores: s.recorded.guard.held() > 0 || len(s.recorded.Blocks()) > 0,
		keeping: [2]keeping{
			{database: s.scraped, most: e.config.Limits.ScrapedRetention},
			{database: s.recorded, most: e.config.Limits.RecordedRetention},
		},
		options: &rules.ManagerOptions{
			Context:    ctx,
			QueryFunc:  rules.EngineQueryFunc(e.querier, s),
			NotifyFunc: func(context.Context, string, ...*rules.Alert) {},
			Appendable: recorder{s.recorded, e.metrics},
			Queryable:  s,
			// What it would log is in the state of the rules; users write some of it.
			Logger:          slog.New(slog.DiscardHandler),
			OutageTolerance: time.Hour,
			ForGracePeriod:  e.forGrace,
			ResendDelay:     time.Minute,
			Metrics:         rules.NewGroupMetrics(nil),
		},
	}
}

func (r *runner) run(ctx context.Context) {
	ticker := r.engine.config.Clock.NewTicker(r.engine.config.Tick)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-r.engine.changed:
			r.reconcile(ctx, r.engine.latest())
		case <-ticker.C():
			r.tick(ctx)
		}
	}
	r.tasks.Wait()
	r.slots.drain(ctx)
}

// reconcile goes over to what is wanted.
func (r *runner) reconcile(ctx context.Context, wanted []Monitor) {
	before := r.engine.current()
	since := make(map[Key]int, len(before))
	for key, m := range before {
		since[key] = m.turn
	}
	admitted := admit(wanted, since, r.engine.config.Limits)
	after := make(map[Key]member, len(wanted))
	for _, monitor := range wanted {
		key := monitor.Key()
		old, ok := before[key]
		if !ok {
			var err error
			if old, err = r.join(ctx, key); err != nil {
				r.engine.config.Logger.Error("A RAGMonitor cannot be collected", "namespace", key.Namespace, "ragmonitor", key.Name, "err", err)
				continue
			}
		}
		delete(before, key)
		after[key] = r.change(old, monitor, admitted[key])
	}
	for _, m := range before {
		m.stop()
		r.leaving = append(r.leaving, m)
	}
	r.engine.mu.Lock()
	r.engine.members = after
	r.engine.mu.Unlock()
	r.retain(after)
}

// join begins to collect a RAGMonitor, of which nothing is known yet.
func (r *runner) join(ctx context.Context, key Key) (member, error) {
	c := r.engine.config
	collector, err := newCollector(key, collectorConfig{
		limits: c.Limits, native: c.NativeHistograms, allow: c.Allow, reload: c.Tick, clock: c.Clock,
		slots: r.slots, scraped: r.store.scraped, metrics: r.engine.metrics, logger: c.Logger,
	})
	if err != nil {
		return member{}, err
	}
	ctx, stop := context.WithCancel(ctx)
	r.tasks.Go(func() { collector.run(ctx) })
	r.turn++
	return member{turn: r.turn, plan: &plan{keep: &keepList{}}, collector: collector, evaluator: newEvaluator(key, r.options, r.engine.metrics, r.restores), stop: stop}, nil
}

// change goes over from what a RAGMonitor was.
func (r *runner) change(m member, monitor Monitor, a admission) member {
	rulesChanged := m.monitor.Version != monitor.Version || m.monitor.Key() != monitor.Key()
	if rulesChanged {
		m.unreadable = ""
		next, err := makePlan(monitor.Groups, r.engine.config.Limits)
		if err != nil {
			m.unreadable = message(err)
		} else {
			m.plan = next
			m.evaluator.next.Store(next)
		}
	}
	for component, err := range a.refused {
		if m.admission.refused[component] == nil {
			r.engine.metrics.reached(err.Limit)
		}
	}
	if rulesChanged || !(Monitor{Jobs: a.jobs}).equal(Monitor{Jobs: m.admission.jobs}) {
		m.collector.update(a.jobs, m.plan.keep)
	}
	m.monitor, m.admission = monitor, a
	return m
}

// retain keeps samples for as long as some rule reads them.
func (r *runner) retain(members map[Key]member) {
	var scraped, recorded time.Duration
	for _, m := range members {
		scraped, recorded = max(scraped, m.plan.scraped), max(recorded, m.plan.recorded)
	}
	now := r.engine.config.Clock.Now()
	for i, reads := range []time.Duration{scraped, recorded} {
		if err := r.keeping[i].set(retention(reads, r.keeping[i].most), now); err != nil {
			r.engine.config.Logger.Error("The time that samples are kept cannot be set", "err", err)
		}
	}
}

// tick evaluates what is due. A RAGMonitor that is still being evaluated, or waits
// for it, is passed over.
func (r *runner) tick(ctx context.Context) {
	now := r.engine.config.Clock.Now()
	members := r.engine.current()
	r.retain(members)
	for _, m := range members {
		m.collector.states.readmit()
		if !m.evaluator.busy.CompareAndSwap(false, true) {
			continue
		}
		if !m.evaluator.due(now) {
			m.evaluator.busy.Store(false)
			continue
		}
		r.task(ctx, func() {
			defer m.evaluator.busy.Store(false)
			start := r.engine.config.Clock.Now()
			m.evaluator.evaluate(ctx, start)
			r.engine.metrics.evaluations.Observe(r.engine.config.Clock.Since(start).Seconds())
		})
	}
	leaving := r.leaving
	r.leaving = nil
	for _, m := range leaving {
		if !m.evaluator.busy.CompareAndSwap(false, true) {
			r.leaving = append(r.leaving, m)
			continue
		}
		r.task(ctx, func() { m.evaluator.end(ctx, r.engine.config.Clock.Now()) })
	}
}

// task runs f when a worker is free, unless ctx ends before.
func (r *runner) task(ctx context.Context, f func()) {
	r.tasks.Go(func() {
		if err := r.workers.Acquire(ctx, 1); err != nil {
			return
		}
		defer r.workers.Release(1)
		f()
	})
}

func (m member) problems() Problems {
	p := Problems{Components: map[string]*ComponentProblems{}, LeftOut: m.plan.leftOut, Unreadable: m.unreadable}
	p.Failing, p.Outdated = m.evaluator.failures()
	for component, err := range m.admission.refused {
		p.Components[component] = &ComponentProblems{NotScraped: message(err)}
	}
	m.collector.states.report(p.Components)
	return p
}

// recorder stores what rules record.
type recorder struct {
	database *database
	metrics  *metrics
}

// Appender implements storage.Appendable.
func (r recorder) Appender(ctx context.Context) storage.Appender {
	return &recordAppender{Appender: r.database.Appender(ctx), metrics: r.metrics}
}
