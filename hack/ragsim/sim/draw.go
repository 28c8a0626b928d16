package sim

import (
	"math"
	"math/rand/v2"
	"sync"
)

// draw is every random value of one request. All are taken whether needed or
// not, so a fault changes what it is about and nothing else: the same seed
// still gives the same requests.
type draw struct {
	model                       Model
	overhead                    float64
	stages                      []stageDraw
	fail, cache                 float64 // compared with a ratio, 0..1
	inputTokens, outputTokens   float64
	relevance, contextPrecision float64
}

type stageDraw struct {
	seconds float64
	fail    float64 // compared with a ratio, 0..1
}

// dealer hands out draws, one at a time.
type dealer struct {
	cfg Config

	mu     sync.Mutex
	random *rand.Rand
}

func (d *dealer) deal() draw {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := draw{
		model:            chooseModel(d.cfg.Models, d.random.Float64()),
		overhead:         d.cfg.Overhead.Sample(d.random),
		fail:             d.random.Float64(),
		cache:            d.random.Float64(),
		inputTokens:      math.Ceil(d.cfg.InputTokens.Sample(d.random)),
		outputTokens:     math.Ceil(d.cfg.OutputTokens.Sample(d.random)),
		relevance:        d.cfg.Relevance.Sample(d.random),
		contextPrecision: d.cfg.ContextPrecision.Sample(d.random),
	}
	for _, stage := range d.cfg.Stages {
		out.stages = append(out.stages, stageDraw{seconds: stage.Seconds.Sample(d.random), fail: d.random.Float64()})
	}
	return out
}

// chooseModel spreads u (0..1) over the models in proportion to their shares.
func chooseModel(models []Model, u float64) Model {
	var total float64
	for _, m := range models {
		total += m.Share
	}
	left := u * total
	for _, m := range models {
		if left < m.Share {
			return m
		}
		left -= m.Share
	}
	// Rounding can leave a rest that belongs to the last one.
	return models[len(models)-1]
}
