package rules_test

import "time"

// trace is traffic, and what becomes of it, second by second. The failures begin
// at 0; what was before has negative seconds.
type trace struct {
	name string
	// each returns how many requests end in a second, and how many of them fail.
	each func(second int) (requests, failures int)
	// inFlight are the requests that are being served.
	inFlight float64
	// from is when the rules begin to be evaluated. Until then nothing can fire:
	// the shares of failures only grow, and are below every limit.
	from   time.Duration
	length time.Duration
	// ended is when the failures end; 0 if they do not, or there are none.
	ended time.Duration
	// harmless says that nobody should be called.
	harmless bool
	// few says that the guard may keep alerts silent that would fire otherwise.
	few bool
}

const (
	minute = 60
	hour   = 60 * minute
)

var traces = []trace{
	{name: "none", each: none, length: 2 * time.Hour, harmless: true},
	{name: "1 a minute: none fails", each: onceAMinute(0), length: 2 * time.Hour, harmless: true},
	{name: "1 a minute: a single one fails", each: onceAMinute(1), length: 7 * time.Hour, ended: time.Minute, harmless: true, few: true},
	{name: "1 a minute: all fail for 1 h", each: onceAMinute(60), length: 8 * time.Hour, ended: time.Hour, few: true},
	{name: "bursts: none fails", each: bursts(0), length: 3 * time.Hour, harmless: true},
	{name: "bursts: 5 % fail in them", each: bursts(20), length: 4 * time.Hour},
	// At exactly 0.1 % it would be rounding that decides.
	{name: "10 a second: just under 0.1 % fail for days", each: share(1001, 78*hour), from: 72 * time.Hour, length: 78 * time.Hour},
	{name: "10 a second: 0.2 % fail for 37 h", each: share(500, 37*hour), from: 35 * time.Hour, length: 41 * time.Hour, ended: 37 * time.Hour},
	{name: "10 a second: 1 % fail for 8 h", each: share(100, 8*hour), length: 15 * time.Hour, ended: 8 * time.Hour},
	{name: "10 a second: 10 % fail for 1 h", each: share(10, hour), length: 8 * time.Hour, ended: time.Hour},
	{name: "10 a second: all fail for 1 h", each: share(1, hour), length: 8 * time.Hour, ended: time.Hour},
	{name: "10 a second: all fail for 2 min", each: share(1, 2*minute), length: 3 * time.Hour, ended: 2 * time.Minute},
	{name: "10 a second: then all hang", each: hanging, inFlight: 20, length: 2 * time.Hour},
	{name: "10 a second, none before: 1 % fail", each: anew(100), length: 2 * time.Hour},
}

func none(int) (requests, failures int) { return 0, 0 }

// onceAMinute fails in the first minutes.
func onceAMinute(failures int) func(int) (int, int) {
	return func(second int) (int, int) {
		switch {
		case second%minute != 0:
			return 0, 0
		case second >= 0 && second < failures*minute:
			return 1, 1
		default:
			return 1, 0
		}
	}
}

// bursts are ten requests a second in the first five minutes of every hour, of
// which one in some fails, and one healthy request every ten seconds otherwise.
func bursts(one int) func(int) (int, int) {
	return func(second int) (int, int) {
		within := (second%hour + hour) % hour
		switch {
		case within >= 5*minute && second%10 == 0:
			return 1, 0
		case within >= 5*minute:
			return 0, 0
		case second < 0 || one == 0:
			return 10, 0
		default:
			return 10, everyNth(second, one)
		}
	}
}

// everyNth is how many of ten requests of a second fail where every n-th does.
func everyNth(second, n int) int { return 10*(second+1)/n - 10*second/n }

// share is ten requests a second, of which one in some fails until the end.
func share(one, end int) func(int) (int, int) {
	return func(second int) (int, int) {
		if second < 0 || second >= end {
			return 10, 0
		}
		return 10, everyNth(second, one)
	}
}

// hanging are ten requests a second that no longer end.
func hanging(second int) (requests, failures int) {
	if second >= 0 {
		return 0, 0
	}
	return 10, 0
}

// anew is a service that nobody asked before.
func anew(one int) func(int) (int, int) {
	return func(second int) (int, int) {
		if second < 0 {
			return 0, 0
		}
		return 10, everyNth(second, one)
	}
}

// counts are the counters of a trace: the requests and failures before each second.
type counts struct{ all, failed []int }

func (tr trace) count() counts {
	first, last := -int(before.Seconds()), int(tr.length.Seconds())
	c := counts{all: make([]int, 1, last-first+1), failed: make([]int, 1, last-first+1)}
	for second := first; second < last; second++ {
		requests, failures := tr.each(second)
		c.all = append(c.all, c.all[len(c.all)-1]+requests)
		c.failed = append(c.failed, c.failed[len(c.failed)-1]+failures)
	}
	return c
}

func (c counts) index(now time.Duration) int { return int((before + now) / time.Second) }

func (c counts) requests(now time.Duration) int { return c.all[c.index(now)] }
func (c counts) bad(now time.Duration) int      { return c.failed[c.index(now)] }
func (c counts) good(now time.Duration) int     { return c.requests(now) - c.bad(now) }
