package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/promql"
	"k8s.io/utils/clock"
)

// Config of an Engine.
type Config struct {
	// Dir holds the samples. It exists, and is used by one Engine at a time. Where it
	// outlives the process, recorded series and pending alerts do too; of the
	// samples of targets, those that are in memory are lost.
	Dir    string
	Limits Limits
	// NativeHistograms are scraped too, beside classic ones, as by a Prometheus with
	// scrape_native_histograms and always_scrape_classic_histograms. By default they
	// are not, as in Prometheus.
	NativeHistograms bool
	// Allow says which addresses may be connected to, among those of targets;
	// PodAddress by default.
	Allow func(netip.Addr) bool
	// Logger takes what concerns the engine as a whole; none by default.
	Logger *slog.Logger
	// Tick is how often it is seen which rules are due and which targets are new,
	// 1 s by default.
	Tick time.Duration
	// Clock tells when rules are due; it must tell the true time, because scrapes do.
	Clock clock.WithTicker
}

// Engine is the embedded metric source. Its methods may be called at any time from
// any goroutine. It implements prometheus.Collector.
type Engine struct {
	config  Config
	metrics *metrics
	querier *promql.Engine
	changed chan struct{}
	opened  chan struct{}

	// forGrace is the shortest "for" of an alert whose state is restored.
	forGrace time.Duration

	mu      sync.Mutex
	running bool
	wanted  []Monitor
	members map[Key]member

	// storing is held for reading as long as store is used.
	storing sync.RWMutex
	store   *store
}

// New returns an Engine that does nothing until Run.
func New(c Config) (*Engine, error) {
	info, err := os.Stat(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("find the directory for samples: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("find the directory for samples: %s is a file", c.Dir)
	}
	c.Limits = c.Limits.withDefaults()
	set(&c.Tick, time.Second)
	if c.Allow == nil {
		c.Allow = PodAddress
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = clock.RealClock{}
	}
	return &Engine{
		config:   c,
		metrics:  newMetrics(),
		querier:  newQuerier(c.Limits.QuerySamples),
		changed:  make(chan struct{}, 1),
		opened:   make(chan struct{}),
		forGrace: 10 * time.Minute,
		members:  map[Key]member{},
	}, nil
}

// Register shows the engine's own metrics to a registry.
func (e *Engine) Register(r prometheus.Registerer) error { return r.Register(e) }

// Update sets all that is collected and evaluated from now on. It does not wait for
// that to happen. The monitors must not be changed any more.
func (e *Engine) Update(monitors []Monitor) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wanted = monitors
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

func (e *Engine) latest() []Monitor {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.wanted
}

// current are the RAGMonitors that are collected now.
func (e *Engine) current() map[Key]member {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.members)
}

// Problems are what is wrong now, of the RAGMonitors with problems.
func (e *Engine) Problems() map[Key]Problems {
	out := map[Key]Problems{}
	for key, m := range e.current() {
		if p := m.problems(); !p.none() {
			out[key] = p
		}
	}
	return out
}

// ProblemsOf are those of one RAGMonitor.
func (e *Engine) ProblemsOf(key Key) Problems {
	e.mu.Lock()
	m, ok := e.members[key]
	e.mu.Unlock()
	if !ok {
		return Problems{}
	}
	return m.problems()
}

// withStore calls f, if the engine runs.
func (e *Engine) withStore(f func(*store)) {
	e.storing.RLock()
	defer e.storing.RUnlock()
	if e.store != nil {
		f(e.store)
	}
}

// Run scrapes and evaluates until ctx ends. It returns an error when samples cannot
// be stored at all. It must not be called twice.
func (e *Engine) Run(ctx context.Context) error {
	e.mu.Lock()
	again := e.running
	e.running = true
	e.mu.Unlock()
	if again {
		return errors.New("the embedded metric source runs already")
	}
	s, err := openStore(e.config.Dir, e.config.Limits, e.config.Logger, e.metrics.reached)
	if err != nil {
		return err
	}
	e.storing.Lock()
	e.store = s
	e.storing.Unlock()
	close(e.opened)
	newRunner(ctx, e, s).run(ctx)
	e.storing.Lock()
	e.store = nil
	e.storing.Unlock()
	if err := s.close(); err != nil {
		return fmt.Errorf("close the databases: %w", err)
	}
	return nil
}
