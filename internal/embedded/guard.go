package embedded

import (
	"sync"
	"sync/atomic"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// guard counts the series that a database holds in memory, and refuses more than
// its limits. It implements tsdb.SeriesLifecycleCallback. Two scrapes that create
// series at the same moment may exceed a limit by one series each.
type guard struct {
	all, each *LimitError
	reached   func(Limit)
	exempt    func(name string) bool
	refuses   atomic.Bool
	mu        sync.Mutex
	total     int
	byMonitor map[Key]int
}

func newGuard(all, each LimitError, exempt func(string) bool, reached func(Limit)) *guard {
	return &guard{all: &all, each: &each, exempt: exempt, reached: reached, byMonitor: map[Key]int{}}
}

// PreCreation implements tsdb.SeriesLifecycleCallback. Nothing is refused while the
// database is being opened: the log of what was held before must be readable.
func (g *guard) PreCreation(series labels.Labels) error {
	if !g.refuses.Load() || g.exempt(series.Get(labelName)) {
		return nil
	}
	key := monitorOf(series)
	g.mu.Lock()
	defer g.mu.Unlock()
	var err *LimitError
	switch {
	case g.total >= g.all.Max:
		err = g.all
	case g.byMonitor[key] >= g.each.Max:
		err = g.each
	default:
		return nil
	}
	g.reached(err.Limit)
	return err
}

// PostCreation implements tsdb.SeriesLifecycleCallback.
func (g *guard) PostCreation(series labels.Labels) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.total++
	g.byMonitor[monitorOf(series)]++
}

// PostDeletion implements tsdb.SeriesLifecycleCallback.
func (g *guard) PostDeletion(deleted map[chunks.HeadSeriesRef]labels.Labels) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, series := range deleted {
		key := monitorOf(series)
		g.total--
		if g.byMonitor[key]--; g.byMonitor[key] <= 0 {
			delete(g.byMonitor, key)
		}
	}
}

func (g *guard) held() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.total
}

func monitorOf(series labels.Labels) Key {
	return Key{series.Get(labelNamespace), series.Get(naming.LabelRAGMonitor)}
}
