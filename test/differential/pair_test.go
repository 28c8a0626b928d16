package differential_test

import (
	"context"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/embedded"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

// pair are the two sources, who are told of the same RAGMonitors.
type pair struct {
	prometheus prometheus
	embedded   *embedded.Engine
	eyes       [2]*eye
}

// sources names those of a pair, in its order.
var sources = [2]string{"Prometheus", "embedded"}

func startPair(t *testing.T, watches []watch) pair {
	t.Helper()
	begun := time.Now()
	p := pair{prometheus: startPrometheus(t, watches), embedded: startEmbedded(t)}
	p.embedded.Update(collected(watches))
	p.eyes[0] = newEye(sources[0], p.prometheus.querier(t), watches)
	p.eyes[1] = newEye(sources[1], p.embedded, watches)
	t.Logf("Both sources watch %d RAGMonitors after %s.", len(watches), time.Since(begun).Round(100*time.Millisecond))
	return p
}

// tell has both watch these and nothing else. What is judged remains.
func (p pair) tell(t *testing.T, watches []watch) {
	t.Helper()
	p.embedded.Update(collected(watches))
	p.prometheus.tell(t, watches)
}

// look is what both say now.
func (p pair) look(ctx context.Context) (out [2]map[health.Key]sight, err error) {
	for i, eye := range p.eyes {
		if out[i], err = eye.look(ctx); err != nil {
			return out, err
		}
	}
	return out, nil
}

// forget has both judge the next time as if it were the first one.
func (p pair) forget() {
	for _, eye := range p.eyes {
		eye.forget()
	}
}
