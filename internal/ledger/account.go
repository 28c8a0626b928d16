package ledger

import "time"

// account adds up one day from the sums of a source that may lose its samples. Its
// total never falls.
type account struct {
	// seen is the sum of the source, and base what it no longer has, in US dollars.
	base, seen float64
	// seenAt is when seen was read, and rate the one of that time, in US dollars a
	// second.
	seenAt time.Time
	rate   float64
	// known says that the total is no mere absence of readings.
	known bool
	// unconfirmed says that base is from the status, and no sum was read since.
	unconfirmed bool
	// low is the least sum since lowSince, when they began to be far below seen.
	low      float64
	lowSince time.Time
}

const (
	// complete is how much of the figure in the status a source must have to be
	// taken for one that lost nothing. It should have all of it. But replicas of a
	// source differ by the minute or so that lies between their evaluations.
	complete = 0.95
	// headroom is by how much spending may exceed both its present rate and the mean
	// of the day before a step is put down to the source.
	headroom = 2
	// jitter is by how much the ages of two readings can differ.
	jitter = 5 * time.Minute
)

func (a account) total() float64 {
	return a.base + a.seen
}

// read takes the next sum of the source.
//
// A step that is too large to have been spent in the time is one of the source: it
// lost samples, got them back, or is another replica that has fewer. Then the total
// stays, unless the source has seen more, and what the source adds from there on
// counts. The first sum after a loss is not added: it is what was spent since the
// last reading, and adding it would count again what a replica has.
func (a account) read(sum float64, in Input) account {
	possible := a.spendable(in)
	switch step := sum - a.seen; {
	case a.unconfirmed && sum >= complete*a.base:
		return seenNow(0, max(sum, a.base), in)
	case a.unconfirmed, step > possible && sum <= a.total()/complete+possible:
		return a.rebased(sum, sum, in)
	case step < -possible:
		return a.doubted(sum, in)
	case step < 0:
		// Two replicas that differ a little are read in turns. Following each
		// step would count the difference again and again.
		a.lowSince = time.Time{}
		return a
	}
	// Also a step that is too large for a source that got back all of the total: it
	// is what a burst did that no rate told of.
	return seenNow(a.base, sum, in)
}

func seenNow(base, sum float64, in Input) account {
	out := account{base: base, seen: sum, seenAt: in.Now, known: true}
	if in.Rate != nil {
		out.rate = *in.Rate
	}
	return out
}

// doubted waits until no older reading and no replica can explain a fall. What was
// added to the sum meanwhile then counts.
func (a account) doubted(sum float64, in Input) account {
	if a.lowSince.IsZero() || in.Now.Before(a.lowSince) {
		a.low, a.lowSince = sum, in.Now
	}
	a.low = min(a.low, sum)
	if in.Now.Sub(a.lowSince) < stale {
		return a
	}
	return a.rebased(a.low, sum, in)
}

// rebased keeps the total of when the source had from, and counts up to sum.
func (a account) rebased(from, sum float64, in Input) account {
	return seenNow(max(0, a.total()-from), sum, in)
}

// spendable is the most by which a sum can differ from the one seen, if the source
// lost nothing.
func (a account) spendable(in Input) float64 {
	rate := max(a.rate, a.total()/secondsOfDay(in.Now.In(in.Zone)))
	if in.Rate != nil {
		rate = max(rate, *in.Rate)
	}
	var between time.Duration
	if !a.seenAt.IsZero() {
		between = max(0, in.Now.Sub(a.seenAt))
	}
	return headroom * rate * (between + jitter).Seconds()
}
