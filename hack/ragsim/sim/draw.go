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
	fail                        float64 // compared with a ratio, 0..1
	inputTokens, outputTokens   float64
	relevance, contextPrecision float64 // which quantile of the score, 0..1
	endpoint                    Endpoint
	prompt, user                int // numbered from 1
	tools                       []toolDraw
}

type stageDraw struct {
	seconds float64
	fail    float64   // compared with a ratio, 0..1
	caches  []float64 // likewise, one for each of the stage's
}

type toolDraw struct {
	seconds    float64
	call, fail float64 // compared with a ratio, 0..1
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
		model:            choose(d.cfg.Models, d.random.Float64()),
		overhead:         d.cfg.Overhead.Sample(d.random),
		fail:             d.random.Float64(),
		inputTokens:      math.Ceil(d.cfg.InputTokens.Sample(d.random)),
		outputTokens:     math.Ceil(d.cfg.OutputTokens.Sample(d.random)),
		relevance:        d.random.Float64(),
		contextPrecision: d.random.Float64(),
	}
	for _, stage := range d.cfg.Stages {
		drawn := stageDraw{seconds: stage.Seconds.Sample(d.random), fail: d.random.Float64()}
		for range stage.Caches {
			drawn.caches = append(drawn.caches, d.random.Float64())
		}
		out.stages = append(out.stages, drawn)
	}
	out.endpoint = choose(d.cfg.Endpoints, d.random.Float64())
	out.prompt = numbered(d.random.Float64(), d.cfg.Prompts, 2)
	out.user = numbered(d.random.Float64(), d.cfg.Users, 1)
	for _, tool := range d.cfg.Tools {
		out.tools = append(out.tools, toolDraw{seconds: tool.Seconds.Sample(d.random), call: d.random.Float64(), fail: d.random.Float64()})
	}
	return out
}

// numbered spreads u (0..1, without 1) over the numbers from 1 to count. The
// higher the exponent, the more go to the low numbers; 1 treats all alike.
func numbered(u float64, count int, exponent float64) int {
	return 1 + int(math.Pow(u, exponent)*float64(count))
}

// weighted is chosen in proportion to its weight, above 0.
type weighted interface{ weight() float64 }

func (m Model) weight() float64 { return m.Share }

func (e Endpoint) weight() float64 { return e.Share }

// choose spreads u (0..1) over the items in proportion to their weights.
func choose[T weighted](items []T, u float64) T {
	var total float64
	for _, item := range items {
		total += item.weight()
	}
	left := u * total
	for _, item := range items {
		if left < item.weight() {
			return item
		}
		left -= item.weight()
	}
	// Rounding can leave a rest that belongs to the last one.
	return items[len(items)-1]
}
