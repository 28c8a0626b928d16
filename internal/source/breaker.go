package source

import "time"

const (
	// failuresToOpen is the number of rounds that fail in a row before a source is
	// left alone: one may be a restart.
	failuresToOpen = 2
	// longestPause bounds the time between two tries of a source that fails.
	longestPause = 5 * time.Minute
	// jitter is the share of a pause that is random, so that operators of many
	// clusters do not return to a server all at once.
	jitter = 0.5
)

// breaker decides whether a source may be asked. It is closed until rounds fail,
// then open for longer and longer pauses, with a single try after each. It neither
// reads the time nor waits, and is not safe for concurrent use.
type breaker struct {
	// first is the pause after the breaker opened; each that follows is twice as
	// long.
	first time.Duration
	// random is from 0 to 1.
	random func() float64

	failures int
	retry    time.Time
	// trying is the single try of an open breaker.
	trying bool
}

func (b *breaker) open() bool { return b.failures >= failuresToOpen }

// begin says whether a round may begin. One that does must end with succeeded,
// failed or abandoned.
func (b *breaker) begin(now time.Time) bool {
	if !b.open() {
		return true
	}
	if b.trying || now.Before(b.retry) {
		return false
	}
	b.trying = true
	return true
}

func (b *breaker) succeeded() { b.failures, b.trying = 0, false }

// abandoned ends a round that says nothing about the source.
func (b *breaker) abandoned() { b.trying = false }

func (b *breaker) failed(now time.Time) {
	b.failures++
	b.trying = false
	b.retry = now.Add(b.pause())
}

func (b *breaker) pause() time.Duration {
	pause, most := b.first, max(b.first, longestPause)
	for i := failuresToOpen; i < b.failures && pause < most; i++ {
		pause *= 2
	}
	pause = min(pause, most)
	return pause - time.Duration(jitter*b.random()*float64(pause))
}
