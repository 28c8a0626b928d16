package source

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"k8s.io/utils/clock"
)

const (
	// maxQueries bounds one round.
	maxQueries = 12
	// defaultInterval is that of the operator's flag.
	defaultInterval = 30 * time.Second
	// leastSkew and leastRound are the defaults for short intervals.
	leastSkew  = time.Minute
	leastRound = 30 * time.Second
)

// ErrOpen says that a source was not asked, because it failed before and its pause
// has not ended.
var ErrOpen = errors.New("not asked")

// Querier answers instant PromQL queries at the present time.
type Querier interface {
	Query(ctx context.Context, expr string) (model.Vector, error)
}

// Options say how a Reader reads. The zero value has all defaults.
type Options struct {
	// Interval is the time between two rounds. It is the first pause of a source
	// that fails. Default: 30s.
	Interval time.Duration
	// MaxClockSkew is how far the time of an answer may be from Clock. Default:
	// three intervals, 1m at least.
	MaxClockSkew time.Duration
	// RoundTimeout bounds all queries of a round together. Default: the interval,
	// 30s at least.
	RoundTimeout time.Duration
	// Metrics count the queries. Default: some that nobody reads.
	Metrics *Metrics
	// Clock is the operator's. Default: the real one.
	Clock clock.PassiveClock
	// Random is from 0 to 1, and shortens pauses. Default: a random number.
	Random func() float64
}

func (o Options) withDefaults() Options {
	if o.Interval <= 0 {
		o.Interval = defaultInterval
	}
	if o.MaxClockSkew <= 0 {
		o.MaxClockSkew = max(3*o.Interval, leastSkew)
	}
	if o.RoundTimeout <= 0 {
		o.RoundTimeout = max(o.Interval, leastRound)
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics()
	}
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	return o
}

// Reader asks a source in rounds, and leaves it alone for a while when rounds fail.
// It is safe for concurrent use.
type Reader struct {
	name    string
	querier Querier
	options Options

	mu      sync.Mutex
	breaker breaker
	// last is the failure that the breaker is open for.
	last error
}

// NewReader returns a Reader of a source, which name stands for in errors and
// metrics.
func NewReader(name string, querier Querier, options Options) *Reader {
	options = options.withDefaults()
	options.Metrics.add(name)
	return &Reader{
		name: name, querier: querier, options: options,
		breaker: breaker{first: options.Interval, random: options.Random},
	}
}

// Name returns the name that the source was given.
func (r *Reader) Name() string { return r.name }

// Read runs the queries of one round, 1 to 12, and returns a vector for each, in
// their order. It returns all of them or an error: of the first query that failed,
// with the others not sent, or ErrOpen when none was, with the reason of the last
// failure. The end of ctx by its caller does not count as a failure of the source.
func (r *Reader) Read(ctx context.Context, queries []string) ([]model.Vector, error) {
	if n := len(queries); n == 0 || n > maxQueries {
		return nil, fmt.Errorf("source %s: a round has %d queries, must have 1 to %d", r.name, n, maxQueries)
	}
	if err := r.begin(); err != nil {
		return nil, fmt.Errorf("source %s: %w", r.name, err)
	}
	vectors, err := r.round(ctx, queries)
	r.end(ctx, err)
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", r.name, err)
	}
	return vectors, nil
}

func (r *Reader) begin() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.options.Clock.Now()
	if r.breaker.begin(now) {
		return nil
	}
	wait := max(rounded(r.breaker.retry.Sub(now)), 0)
	return fmt.Errorf("%w: it failed %d times in a row, the next try is in %s; the last failure: %w", ErrOpen, r.breaker.failures, wait, r.last)
}

func (r *Reader) round(ctx context.Context, queries []string) ([]model.Vector, error) {
	ctx, cancel := context.WithTimeout(ctx, r.options.RoundTimeout)
	defer cancel()
	vectors := make([]model.Vector, 0, len(queries))
	samples := 0
	for _, expr := range queries {
		vector, err := r.query(ctx, expr)
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, vector)
		samples += len(vector)
	}
	r.options.Metrics.success(r.name, r.options.Clock.Now(), samples)
	return vectors, nil
}

func (r *Reader) query(ctx context.Context, expr string) (model.Vector, error) {
	started := r.options.Clock.Now()
	vector, err := r.querier.Query(ctx, expr)
	ended := r.options.Clock.Now()
	if err == nil {
		err = checkTime(vector, started, ended, r.options.MaxClockSkew)
	}
	if canceled(ctx) {
		return nil, context.Cause(ctx)
	}
	r.options.Metrics.query(r.name, ended.Sub(started), err)
	return vector, err
}

// canceled tells the end of the operator from that of its patience.
func canceled(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }

func (r *Reader) end(ctx context.Context, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.breaker.succeeded()
		r.last = nil
	case canceled(ctx):
		r.breaker.abandoned()
	default:
		r.breaker.failed(r.options.Clock.Now())
		r.last = err
	}
	r.options.Metrics.breaker(r.name, r.breaker.open())
}
