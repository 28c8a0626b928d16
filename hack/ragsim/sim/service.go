package sim

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Numbers of the random sequences. Each user of random numbers has its own, so
// that questions from outside do not disturb the repeatable own traffic.
const (
	sequenceArrivals = iota + 1
	sequenceOwn
	sequenceAsked
)

// Service is one simulated RAG application. Its methods may be called from
// several goroutines. It starts none by itself: see Run.
type Service struct {
	cfg    Config
	log    *slog.Logger
	now    func() time.Time
	ledger *ledger
	pages  []page // one for each of cfg.Vocabularies

	arrivals *rand.Rand // used by Run alone
	own      *dealer
	asked    *dealer
	slots    chan struct{} // one for each own request in flight
	running  atomic.Bool
}

// New makes a service with metrics of its own. The error names the
// fields of cfg that cannot be used, and says what to write instead.
func New(cfg Config) (*Service, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("check configuration: %w", err)
	}
	s := &Service{
		cfg:      cfg,
		log:      cfg.Logger,
		now:      time.Now,
		arrivals: newRandom(cfg.Seed, sequenceArrivals),
		own:      &dealer{cfg: cfg, random: newRandom(cfg.Seed, sequenceOwn)},
		asked:    &dealer{cfg: cfg, random: newRandom(cfg.Seed, sequenceAsked)},
		slots:    make(chan struct{}, cfg.MaxInFlight),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.ledger = newLedger(cfg, s.now)
	for _, name := range cfg.Vocabularies {
		spoken := vocabularies[name]
		p := newPage(spoken.path)
		s.pages = append(s.pages, p)
		s.ledger.exporters = append(s.ledger.exporters, spoken.construct(promauto.With(p.registry), cfg, s.ledger))
	}
	return s, nil
}

func newRandom(seed, sequence uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, sequence)) //nolint:gosec // repeatable on purpose
}

// Ask runs one request through the stages. A request that fails is no error:
// see Outcome.ErrorType. The error is that of ctx when it ended first; such a
// request is in no metric.
func (s *Service) Ask(ctx context.Context) (Outcome, error) {
	return s.answer(ctx, s.asked.deal(), s.ledger.currentFaults())
}

func (s *Service) answer(ctx context.Context, d draw, f Faults) (Outcome, error) {
	out := foretell(s.cfg, d, f)
	s.ledger.start(out.Usage != nil)
	// Nobody can see the stages pass, so one sleep does for all of them.
	if err := sleep(ctx, seconds(out.Seconds*s.cfg.TimeScale)); err != nil {
		s.ledger.cancel()
		return Outcome{}, fmt.Errorf("answer a question: %w", err)
	}
	s.ledger.finish(&out)
	return out, nil
}

// SetFaults replaces all faults. The zero value clears them. On error, which is
// a FaultErrors, the present ones stay.
func (s *Service) SetFaults(f Faults) error {
	if err := f.validate(s.cfg); err != nil {
		return err
	}
	s.ledger.setFaults(f.clone())
	s.log.Info("faults replaced", "faults", f)
	return nil
}

// Faults returns a copy of the present faults.
func (s *Service) Faults() Faults { return s.ledger.currentFaults().clone() }

// Stats returns what has happened so far.
func (s *Service) Stats() Stats { return s.ledger.snapshot() }

// Gatherer gives in-process tests the metrics that are served for the first
// vocabulary.
func (s *Service) Gatherer() prometheus.Gatherer { return s.pages[0].registry }

// sleep returns the error of ctx when that ends first, or had ended already.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return ctx.Err()
	}
}

// seconds converts without overflow: what is longer than a Duration can hold
// becomes the longest one.
func seconds(s float64) time.Duration {
	if s >= time.Duration(math.MaxInt64).Seconds() {
		return math.MaxInt64
	}
	return time.Duration(s * float64(time.Second))
}
