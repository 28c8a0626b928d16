package calendar

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/promql/parser"
)

// zones differ in what can go wrong.
var zones = map[string]string{
	"no offset":                                 "UTC",
	"summer time at 01:00 UTC":                  "Europe/Berlin",
	"summer time at a local time, west":         "America/New_York",
	"summer is in January":                      "Australia/Sydney",
	"midnight is left out in spring":            "America/Santiago",
	"midnight comes twice in autumn":            "America/Havana",
	"half an hour, no summer time":              "Asia/Kolkata",
	"three quarters of an hour":                 "Asia/Kathmandu",
	"summer time is half an hour":               "Australia/Lord_Howe",
	"summer time and three quarters of an hour": "Pacific/Chatham",
	"summer time pauses for Ramadan":            "Africa/Casablanca",
	"furthest ahead":                            "Pacific/Kiritimati",
	"furthest behind":                           "Etc/GMT+12",
}

// TestPeriodsAreThoseOfGo evaluates with the engine of Prometheus, and compares
// with Go's calendar at the places where errors show.
func TestPeriodsAreThoseOfGo(t *testing.T) {
	for name, zone := range zones {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			location := load(t, zone)
			for _, period := range []Period{Day, Week, Month} {
				e, c := newEngine(t, ""), newCheck(period, location)
				for _, s := range instants(period, location) {
					c.compare(e, s)
				}
			}
		})
	}
}

// check compares one period of one zone. It remembers which key stands for which
// period, over all that it is shown.
type check struct {
	period               Period
	zone                 *time.Location
	key, elapsed, length string
	keys                 map[string]float64
	periods              map[float64]string
}

func newCheck(period Period, zone *time.Location) check {
	return check{
		period, zone, Key(period, zone), Elapsed(period, zone), Length(period, zone),
		map[string]float64{},
		map[float64]string{},
	}
}

func (c check) compare(e engine, s span) {
	e.t.Helper()
	elapsed, length := e.values(c.elapsed, s), e.values(c.length, s)
	for i, key := range e.values(c.key, s) {
		local := time.UnixMilli(key.T).In(c.zone)
		name, begin, end := wall(c.period, local)
		if known, ok := c.keys[name]; ok && known != key.F {
			e.t.Fatalf("%s: %s has keys %v and %v", local, name, known, key.F)
		}
		if known, ok := c.periods[key.F]; ok && known != name {
			e.t.Fatalf("%s: key %v stands for %s and %s", local, key.F, known, name)
		}
		c.keys[name], c.periods[key.F] = key.F, name
		if want := asUTC(local).Sub(begin).Seconds(); !near(elapsed[i].F, want) {
			e.t.Fatalf("%s: %v s of the %s elapsed, want %v", local, elapsed[i].F, c.period, want)
		}
		if want := end.Sub(begin).Seconds(); length[i].F != want {
			e.t.Fatalf("%s: the %s has %v s, want %v", local, c.period, length[i].F, want)
		}
	}
}

// near allows for what is lost of a millisecond: Unix times have ten digits more.
func near(a, b float64) bool {
	return a-b < 1e-6 && b-a < 1e-6
}

// wall returns the name of the period that local lies in, and when it begins and
// ends by the wall clock.
func wall(period Period, local time.Time) (name string, begin, end time.Time) {
	year, month, day := local.Date()
	begin = time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	switch period {
	case Week:
		for begin.Weekday() != time.Monday {
			begin = begin.AddDate(0, 0, -1)
		}
		year, week := local.ISOWeek()
		return fmt.Sprintf("%d-W%02d", year, week), begin, begin.AddDate(0, 0, 7)
	case Month:
		begin = begin.AddDate(0, 0, 1-day)
		return local.Format("2006-01"), begin, begin.AddDate(0, 1, 0)
	case Day:
	}
	return local.Format(time.DateOnly), begin, begin.AddDate(0, 0, 1)
}

func asUTC(t time.Time) time.Time {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	return time.Date(year, month, day, hour, minute, second, t.Nanosecond(), time.UTC)
}

// instants lists every hour around each change of the clock, the first beginning
// of a period in each month, and times at random.
//
// Long expressions are slow under the race detector. So zones with summer time are
// looked at for all years where days change with the clock, and otherwise for three,
// with a leap year among them. What follows from the date alone, the other zones
// show for all years.
func instants(period Period, zone *time.Location) []span {
	var out []span
	months, picks := time.Month(15*12), 200
	for _, change := range changes(zone, firstKnown, afterKnown) {
		months, picks = 3*12, 10
		if period == Day || change.Year() < 2029 {
			out = append(out, hourly(change))
		}
	}
	for month := time.February; month <= months; month++ {
		begin := time.Date(2026, month, 1, 0, 0, 0, 0, zone)
		for period == Week && begin.Weekday() != time.Monday {
			begin = begin.AddDate(0, 0, 1)
		}
		out = append(out, around(begin))
	}
	random := rand.New(rand.NewPCG(1, 2))
	known := afterKnown.Sub(firstKnown).Milliseconds()
	for range picks {
		out = append(out, at(firstKnown.Add(time.Duration(random.Int64N(known))*time.Millisecond)))
	}
	return out
}

func TestSummerTimeMovesTheDay(t *testing.T) {
	berlin := load(t, "Europe/Berlin")
	e := newEngine(t, "")
	for name, tc := range map[string]struct {
		expr string
		at   time.Time
		want float64
	}{
		"before the change, the day begins at 23:00 UTC": {
			Elapsed(Day, berlin), time.Date(2026, time.March, 28, 23, 0, 0, 0, time.UTC), 0,
		},
		"on the day of the change, an hour is left out": {
			Elapsed(Day, berlin), time.Date(2026, time.March, 29, 1, 0, 0, 0, time.UTC), 3 * 3600,
		},
		"after it, the day begins at 22:00 UTC": {
			Elapsed(Day, berlin), time.Date(2026, time.March, 29, 22, 0, 0, 0, time.UTC), 0,
		},
		"the month stays an hour ahead until it ends": {
			Elapsed(Month, berlin), time.Date(2026, time.March, 31, 21, 59, 59, 0, time.UTC), 31*86400 - 1,
		},
		"a leap year has a longer February": {
			Length(Month, berlin), time.Date(2028, time.February, 10, 0, 0, 0, 0, time.UTC), 29 * 86400,
		},
		"the next year begins at 23:00 UTC": {
			Key(Month, berlin), time.Date(2026, time.December, 31, 23, 0, 0, 0, time.UTC), 2027*12 + 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, e.values(tc.expr, at(tc.at))[0].F); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestExpressionsAreOperands(t *testing.T) {
	e := newEngine(t, "load 1m\n  spent{model=\"a\"} 7x10\n  spent{model=\"b\"} 8x10")
	now := at(time.Unix(300, 0))
	for _, zone := range zones {
		for _, period := range []Period{Day, Week, Month} {
			for what, expr := range map[string]string{
				"key":     Key(period, load(t, zone)),
				"elapsed": Elapsed(period, load(t, zone)),
				"length":  Length(period, load(t, zone)),
			} {
				t.Run(fmt.Sprintf("%s of a %s in %s", what, period, zone), func(t *testing.T) {
					e := engine{t, e.engine, e.storage}
					alone := e.values(expr, now)[0].F
					for use, want := range map[string]float64{
						"sum(spent * on () group_left () " + expr + ")": 15 * alone,
						"sum(spent * scalar(" + expr + "))":             15 * alone,
						"-" + expr + " % 7 ^ 2 - " + expr:               -float64(int64(alone)%49) - alone,
					} {
						if got := e.values(use, now)[0].F; got != want {
							t.Errorf("%s is %v, want %v", use, got, want)
						}
					}
				})
			}
		}
	}
}

func TestExpressionsHaveTypes(t *testing.T) {
	for _, zone := range zones {
		location := load(t, zone)
		typed(t, LocalTime(location), parser.ValueTypeScalar)
		for _, period := range []Period{Day, Week, Month} {
			typed(t, Key(period, location), parser.ValueTypeVector)
			typed(t, Elapsed(period, location), parser.ValueTypeVector)
			typed(t, Length(period, location), parser.ValueTypeVector)
		}
	}
}

func typed(t *testing.T, expr string, want parser.ValueType) {
	t.Helper()
	parsed, err := parser.ParseExpr(expr)
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Type() != want {
		t.Errorf("%s is a %s, want a %s", expr, parsed.Type(), want)
	}
}

func TestUnknownPeriodsHaveNoExpression(t *testing.T) {
	for _, build := range []func(Period, *time.Location) string{Key, Elapsed, Length} {
		if expr := build("Year", time.UTC); expr != "" {
			t.Errorf("got %q", expr)
		}
	}
}
