package controller

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/util/teststorage"

	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

// engineSource answers queries with Prometheus' own engine over series that a spec
// loads: what a Prometheus would answer that had recorded them.
type engineSource struct {
	mu      sync.Mutex
	engine  *promql.Engine
	storage *teststorage.TestStorage
	fails   bool
	asked   int
}

// loadedAt is the time of the loaded samples and of every query.
var loadedAt = time.Unix(0, 0)

func newEngineSource() *engineSource {
	return &engineSource{engine: promql.NewEngine(promql.EngineOpts{MaxSamples: 100_000, Timeout: time.Minute})}
}

// reader reads it as the operator reads its sources, but for the time, which stands
// still.
func (s *engineSource) reader() Source {
	return source.NewReader("prometheus", s, source.Options{Interval: interval, MaxClockSkew: 1<<63 - 1})
}

// load replaces all series. Each line is a series and its value.
func (s *engineSource) load(lines ...string) {
	GinkgoHelper()
	loaded := promqltest.LoadedStorage(GinkgoTB(), "load 1m\n  "+strings.Join(lines, "\n  "))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = false
	s.discard()
	s.storage = loaded
}

// close removes the series that were loaded last.
func (s *engineSource) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.discard()
}

func (s *engineSource) discard() {
	if s.storage != nil {
		Expect(s.storage.Close()).To(Succeed())
		s.storage = nil
	}
}

// fail makes every query an error until series are loaded.
func (s *engineSource) fail() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = true
}

// queries counts the queries so far.
func (s *engineSource) queries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// Query implements source.Querier.
func (s *engineSource) Query(ctx context.Context, expr string) (prommodel.Vector, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.fails {
		return nil, errors.New("connection refused")
	}
	if s.storage == nil {
		return nil, nil
	}
	query, err := s.engine.NewInstantQuery(ctx, s.storage, nil, expr, loadedAt)
	if err != nil {
		return nil, err
	}
	defer query.Close()
	vector, err := query.Exec(ctx).Vector()
	if err != nil {
		return nil, err
	}
	out := make(prommodel.Vector, 0, len(vector))
	for _, sample := range vector {
		metric := prommodel.Metric{}
		for name, value := range sample.Metric.Map() {
			metric[prommodel.LabelName(name)] = prommodel.LabelValue(value)
		}
		out = append(out, &prommodel.Sample{Metric: metric, Value: prommodel.SampleValue(sample.F), Timestamp: prommodel.Time(sample.T)})
	}
	return out, nil
}

// healthy are the series of a service that meets every objective.
func healthy(namespace, name string) map[string]float64 {
	return map[string]float64{
		series("evaluation:timestamp_seconds", namespace, name, ``):                                 0,
		series("targets:up", namespace, name, `component="api"`):                                    2,
		series("targets:total", namespace, name, `component="api"`):                                 2,
		series("requests:rate", namespace, name, `component="api"`):                                 12,
		series("request_errors:rate", namespace, name, `component="api"`):                           0.096,
		series("request_duration_seconds:mean", namespace, name, `component="api"`):                 0.8,
		series("request_duration_seconds:p95", namespace, name, `component="api"`):                  1.42,
		series("stage_share:ratio", namespace, name, `stage="retrieval"`):                           0.13,
		series("stage_share:ratio", namespace, name, `stage="generation"`):                          0.81,
		series("stage_duration_seconds:p95", namespace, name, `component="api",stage="generation"`): 1.3,
		series("stage_duration_seconds:p95", namespace, name, `component="api",stage="retrieval"`):  0.2,
		series("cost_usd:rate", namespace, name, `model="a"`):                                       0.0003,
		series("cost_usd:rate", namespace, name, `model="b"`):                                       0.0002,
		series("cache_hits:ratio", namespace, name, `component="api"`):                              0.413,
	}
}

func series(record, namespace, name, more string) string {
	return fmt.Sprintf(`ragmonitor:%s{namespace=%q,ragmonitor=%q,%s}`, record, namespace, name, more)
}

func lines(values map[string]float64) []string {
	var out []string
	for name, value := range values {
		out = append(out, fmt.Sprintf("%s %g", strings.Replace(name, ",}", "}", 1), value))
	}
	return out
}
