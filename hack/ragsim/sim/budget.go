package sim

import "time"

// budget is what a model provider still accepts: at most perMinute requests,
// refilled continuously.
type budget struct {
	perMinute float64
	left      float64
	at        time.Time // when left was right
}

func newBudget(perMinute float64, now time.Time) budget {
	return budget{perMinute: perMinute, left: perMinute, at: now}
}

func (b *budget) remaining(now time.Time) float64 {
	refill := b.perMinute * now.Sub(b.at).Minutes()
	b.left, b.at = min(b.perMinute, b.left+refill), now
	return b.left
}

// take never goes below 0: requests beyond the budget are not refused.
func (b *budget) take(now time.Time) {
	b.left = max(0, b.remaining(now)-1)
}
