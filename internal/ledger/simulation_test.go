package ledger

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// spending is what a service costs, by minutes since start: sums[i] was spent in
// the first i minutes.
type spending struct {
	start time.Time
	sums  []float64
}

func spend(start time.Time, days int, perMinute func(time.Time) float64) spending {
	out := spending{start: start, sums: []float64{0}}
	for i := range days * 1440 {
		last := out.sums[i]
		out.sums = append(out.sums, last+perMinute(start.Add(time.Duration(i)*time.Minute)))
	}
	return out
}

func (s spending) until(at time.Time) float64 {
	minutes := int(at.Sub(s.start) / time.Minute)
	return s.sums[min(max(0, minutes), len(s.sums)-1)]
}

func (s spending) between(begin, end time.Time) float64 {
	return max(0, s.until(end)-s.until(begin))
}

// office costs most in the afternoon of a workday, and has a batch job that bursts.
func office(at time.Time) float64 {
	hour := float64(at.Hour()) + float64(at.Minute())/60
	usd := 0.001 + 0.02*math.Exp(-(hour-14)*(hour-14)/18)
	if at.Weekday() == time.Sunday {
		usd /= 4
	}
	if at.Hour() == 3 && at.Minute() < 10 {
		usd += 0.2
	}
	return usd
}

func steady(time.Time) float64 { return 0.01 }

// world is a ledger, a source of metrics, and what was really spent.
type world struct {
	*testing.T
	spending
	zone   *time.Location
	random *rand.Rand
	// retention of the source; 0 is for ever. It has nothing from before since.
	retention time.Duration
	since     time.Time
	// age of the recorded sums is at random up to this.
	age time.Duration
	// coarse is the step in which the source adds up months.
	coarse time.Duration

	now    time.Time
	status *v1alpha1.CostReading
	memory Memory
	writes int
}

func newWorld(t *testing.T, zone string, s spending) *world {
	t.Helper()
	return &world{
		T: t, spending: s, zone: load(t, zone), random: rand.New(rand.NewPCG(1, 2)),
		age: 4 * time.Minute, coarse: 30 * time.Minute, now: s.start,
	}
}

// truth is what was spent on the present day and in its month.
func (w *world) truth() (today, month float64) {
	dayBegin, monthBegin := w.begins(w.now)
	return w.between(dayBegin, w.now), w.between(monthBegin, w.now)
}

func (w *world) begins(at time.Time) (dayBegin, monthBegin time.Time) {
	year, month, day := at.In(w.zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, w.zone), time.Date(year, month, 1, 0, 0, 0, 0, w.zone)
}

// recorded is what the source says: of a time that is a little ago, from the
// samples that it has.
func (w *world) recorded() (today, month, rate float64) {
	at := w.now.Add(-time.Duration(w.random.Int64N(int64(w.age) + 1))).Truncate(time.Minute)
	dayBegin, monthBegin := w.begins(at)
	oldest := w.since
	if w.retention > 0 && at.Add(-w.retention).After(oldest) {
		oldest = at.Add(-w.retention)
	}
	for _, begin := range []*time.Time{&dayBegin, &monthBegin} {
		if begin.Before(oldest) {
			*begin = oldest
		}
	}
	// The last half hour counts when it is over, and the first one is that before
	// the month, as sums over aligned steps have it.
	monthEnd := at.Truncate(w.coarse)
	return w.between(dayBegin, at), w.between(monthBegin.Add(-w.coarse), monthEnd), w.between(at.Add(-time.Minute), at) / 60
}

// look is what the operator does every minute.
func (w *world) look(force bool) {
	w.Helper()
	today, month, rate := w.recorded()
	old := w.status
	w.status, w.memory = Advance(old, w.memory, Input{
		Now: w.now, Zone: w.zone, Today: &today, Month: &month, Rate: &rate, Force: force,
	})
	if w.status != old {
		w.writes++
	}
	if why := violated(old, w.status); why != "" {
		w.Fatalf("%s: %s: %+v after %+v", w.now.In(w.zone), why, w.status, old)
	}
}

// crash forgets what is only in memory.
func (w *world) crash() { w.memory = Memory{} }

// violated says what must never follow from one status to the next.
func violated(old, next *v1alpha1.CostReading) string {
	today, _ := parseDollars(next.TodayUSD)
	month, _ := parseDollars(next.MonthUSD)
	switch {
	case next.TodayUSD != "" && !plain(next.TodayUSD) || next.MonthUSD != "" && !plain(next.MonthUSD):
		return "a figure is no plain decimal"
	case today > month:
		return "the day is more than the month"
	case old == nil:
		return ""
	}
	oldToday, _ := parseDollars(old.TodayUSD)
	oldMonth, _ := parseDollars(old.MonthUSD)
	switch {
	case next.Day == old.Day && today < oldToday:
		return "the day fell"
	case len(next.Day) == len(old.Day) && next.Day[:7] == old.Day[:7] && month < oldMonth:
		return "the month fell"
	}
	return ""
}

// plain reports whether text is a decimal that fits the field, without sign or
// exponent.
func plain(text string) bool {
	if _, ok := parseDollars(text); !ok || len(text) > 32 {
		return false
	}
	for _, c := range text {
		if c != '.' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// recent is what is spent at most in the time for which the ledger may be behind.
func (w *world) recent() float64 {
	return w.between(w.now.Add(-stale), w.now)
}

// within checks the exact figures: at most below too low, and above too high, each
// as a share of the truth, apart from what was spent just now. A month's sum has
// half an hour of the month before in it, too.
func (w *world) within(below, above float64) {
	w.Helper()
	today, month := w.truth()
	got, gotMonth := w.memory.today.total(), w.memory.month()
	_, monthBegin := w.begins(w.now)
	slack, before := w.recent(), w.between(monthBegin.Add(-w.coarse), monthBegin)
	if got < today*(1-below)-slack || got > today*(1+above)+slack {
		w.Fatalf("%s: the day is %v, the truth %v", w.now.In(w.zone), got, today)
	}
	if gotMonth < month*(1-below)-slack || gotMonth > month*(1+above)+slack+before {
		w.Fatalf("%s: the month is %v, the truth %v", w.now.In(w.zone), gotMonth, month)
	}
}

// shown checks that the status is at most a tenth behind the ledger.
func (w *world) shown() {
	w.Helper()
	for text, exact := range map[string]float64{w.status.TodayUSD: w.memory.today.total(), w.status.MonthUSD: w.memory.month()} {
		if got, _ := parseDollars(text); math.Abs(got-exact) > 0.1*exact+0.006 {
			w.Fatalf("%s: the status says %s, and the ledger %v", w.now.In(w.zone), text, exact)
		}
	}
}

func TestPrometheusLosesNothing(t *testing.T) {
	berlin := load(t, "Europe/Berlin")
	for name, begin := range map[string]string{
		"over the beginning of summer time": "2026-03-08 00:00",
		"over its end":                      "2026-10-04 00:00",
		"over a leap day":                   "2028-02-01 00:00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := local(t, berlin, begin)
			w := newWorld(t, "Europe/Berlin", spend(start, 41, office))
			for minute := range 40 * 1440 {
				w.now = start.Add(time.Duration(minute) * time.Minute)
				if minute%60 == 17 {
					w.crash()
				}
				if minute%60 >= 17 && minute%60 < 20 {
					continue
				}
				w.look(false)
				w.within(0.01, 0.01)
				w.shown()
			}
		})
	}
}

func TestShortRetentionLosesNothing(t *testing.T) {
	start := local(t, time.UTC, "2026-11-01 00:00")
	w := newWorld(t, "UTC", spend(start, 41, office))
	w.retention = 3 * 24 * time.Hour
	for minute := range 40 * 1440 {
		w.now = start.Add(time.Duration(minute) * time.Minute)
		if minute%700 == 0 {
			w.look(true)
			w.crash()
		}
		w.look(false)
		w.within(0.01, 0.01)
		w.shown()
	}
}

func TestTwoDaysAwayLoseNothing(t *testing.T) {
	start := local(t, time.UTC, "2026-11-01 00:00")
	w := newWorld(t, "UTC", spend(start, 41, office))
	var back time.Time
	for minute := range 40 * 1440 {
		w.now = start.Add(time.Duration(minute) * time.Minute)
		switch day := minute / 1440; {
		case day == 8 || day == 9, minute > 28*1440+600 && minute < 31*1440+800:
			w.crash()
			back = w.now.Add(stale + w.coarse)
			continue
		}
		w.look(false)
		w.shown()
		// The source adds up the month every half hour only.
		if w.now.After(back) {
			w.within(0.01, 0.01)
		}
	}
}

// TestSourcesInMemory has four failures a day, of operator and source at once. A
// failure may cost a tenth of the day, and what is spent until the first reading
// after it. That of the day's end is not read in time, either.
func TestSourcesInMemory(t *testing.T) {
	for name, tc := range map[string]struct {
		ordered bool
		share   float64
	}{
		"that crash":         {false, 0.1},
		"that stop in order": {true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			start := local(t, time.UTC, "2026-11-01 00:00")
			w := newWorld(t, "UTC", spend(start, 41, office))
			var allowed, allowedMonth float64
			var away int
			for minute := range 40 * 1440 {
				w.now = start.Add(time.Duration(minute) * time.Minute)
				today, month := w.truth()
				if dayBegin, monthBegin := w.begins(w.now); w.now.Equal(dayBegin) {
					allowed, allowedMonth = 0, allowedMonth+w.between(w.now.Add(-2*stale), w.now)
					if w.now.Equal(monthBegin) {
						allowedMonth = 0
					}
				}
				if away--; away > 0 {
					continue
				}
				w.look(false)
				if w.random.IntN(360) == 0 {
					w.look(tc.ordered)
					w.crash()
					away = 1 + w.random.IntN(5)
					back := w.now.Add(time.Duration(away) * time.Minute)
					w.since = back
					lost := tc.share*today + w.between(w.now.Add(-stale), back.Add(stale)) + 0.01
					allowed, allowedMonth = allowed+lost, allowedMonth+lost
					continue
				}
				if got := w.memory.today.total(); got < today-allowed-w.recent()-0.01 || got > today+0.01 {
					t.Fatalf("%s: the day is %v, the truth %v, and %v may be lost", w.now, got, today, allowed)
				}
				if got := w.memory.month(); got < month-allowedMonth-w.recent()-0.01 || got > month+0.01 {
					t.Fatalf("%s: the month is %v, the truth %v, and %v may be lost", w.now, got, month, allowedMonth)
				}
				if minute%1440 == 1439 && minute/1440%5 == 4 {
					t.Logf("%s: day %.2f of %.2f, month %.2f of %.2f", w.memory.day, w.memory.today.total(), today, w.memory.month(), month)
				}
			}
		})
	}
}

// TestSourcesThatRestartAlone is a Prometheus without a volume. A restart costs what
// is spent until it is read again, and soon after midnight what was spent until then.
func TestSourcesThatRestartAlone(t *testing.T) {
	start := local(t, time.UTC, "2026-11-01 00:00")
	w := newWorld(t, "UTC", spend(start, 41, office))
	var allowed float64
	for minute := range 40 * 1440 {
		w.now = start.Add(time.Duration(minute) * time.Minute)
		if minute%1440 == 0 {
			allowed = 0
		}
		if w.random.IntN(720) == 0 {
			w.since = w.now
			allowed += 3 * w.between(w.now.Add(-2*stale), w.now.Add(2*stale))
		}
		if w.random.IntN(360) == 0 {
			w.look(true)
			w.crash()
			allowed += w.recent()
		}
		w.look(false)
		today, _ := w.truth()
		if got := w.memory.today.total(); got < 0.95*today-allowed-w.recent() || got > today+allowed+0.01 {
			t.Fatalf("%s: the day is %v, the truth %v, and %v may be lost", w.now, got, today, allowed)
		}
	}
}

// TestReplicasAreNotAddedUp reads two servers at random, one of which began at ten.
func TestReplicasAreNotAddedUp(t *testing.T) {
	start := local(t, time.UTC, "2026-11-02 00:00")
	w := newWorld(t, "UTC", spend(start, 3, office))
	for minute := range 2 * 1440 {
		w.now = start.Add(time.Duration(minute) * time.Minute)
		w.since = time.Time{}
		if young := start.Add(10 * time.Hour); w.now.After(young) && w.random.IntN(2) == 0 {
			w.since = young
		}
		w.look(false)
		w.within(0.02, 0.05)
	}
}

func TestWritesPerDay(t *testing.T) {
	start := local(t, time.UTC, "2026-11-01 00:00")
	for name, tc := range map[string]struct {
		perMinute func(time.Time) float64
		most      int
	}{
		"at a constant rate":        {steady, 55},
		"of an office":              {office, 60},
		"of what costs nothing":     {func(time.Time) float64 { return 0 }, 1},
		"of what costs very little": {func(time.Time) float64 { return 1e-6 }, 55},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "UTC", spend(start, 21, tc.perMinute))
			most := 0
			for d := range 20 {
				w.writes = 0
				for minute := range 1440 {
					w.now = start.AddDate(0, 0, d).Add(time.Duration(minute) * time.Minute)
					w.look(false)
				}
				most = max(most, w.writes)
			}
			t.Logf("%d writes on the busiest of 20 days", most)
			if most > tc.most {
				t.Errorf("%d writes, want %d at most", most, tc.most)
			}
		})
	}
}
