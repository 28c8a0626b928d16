package calendar

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLocalTime(t *testing.T) {
	for name, tc := range map[string]struct{ zone, want string }{
		"UTC is the time":           {"UTC", `time()`},
		"under any of its names":    {"Etc/UTC", `time()`},
		"an offset is added":        {"Asia/Kolkata", `(time() + 19800)`},
		"or subtracted":             {"America/Bogota", `(time() - 18000)`},
		"also by three quarters":    {"Asia/Kathmandu", `(time() + 20700)`},
		"summer time, north":        {"Europe/Berlin", `(time() + 3600 + 3600 * (time() >= bool 1774746000) - 3600 * (time() >= bool 1792890000)`},
		"summer time, south":        {"Australia/Sydney", `(time() + 39600 - 3600 * (time() >= bool 1775318400) + 3600 * (time() >= bool 1791043200)`},
		"summer time, half an hour": {"Australia/Lord_Howe", `(time() + 39600 - 1800 * (time() >= bool 1775314800) + 1800 * (time() >= bool 1791041400)`},
	} {
		t.Run(name, func(t *testing.T) {
			got := LocalTime(load(t, tc.zone))
			if d := cmp.Diff(tc.want, got[:min(len(got), len(tc.want))]); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestLocalTimeIsBounded(t *testing.T) {
	for name, zone := range zones {
		if size := len(LocalTime(load(t, zone))); size > 1300 {
			t.Errorf("%s: %s has %d bytes", name, zone, size)
		}
	}
}

// TestLocalTimeWhenBasesChange looks at the past, where zones did what they may do
// again: moved to another base offset, or across the date line.
func TestLocalTimeWhenBasesChange(t *testing.T) {
	for name, tc := range map[string]struct {
		zone string
		year int
	}{
		"across the date line, a day is left out": {"Pacific/Apia", 2011},
		"to another quarter of an hour":           {"Asia/Kathmandu", 1986},
		"half an hour west":                       {"Asia/Pyongyang", 2015},
		"half an hour east, without summer time":  {"America/Caracas", 2016},
		"an hour west, for good":                  {"Asia/Almaty", 2024},
		"summer time made permanent, then winter": {"Europe/Moscow", 2014},
	} {
		t.Run(name, func(t *testing.T) {
			zone := load(t, tc.zone)
			begin := time.Date(tc.year-1, time.January, 1, 0, 0, 0, 0, time.UTC)
			end := begin.AddDate(3, 0, 0)
			expr := localTime(zone, begin, end)
			comparesToGo(t, expr, zone, changesByQuarterHour(zone, begin, end))
		})
	}
}

func TestLocalTimeIsThatOfGo(t *testing.T) {
	for name, zone := range zones {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			location := load(t, zone)
			want := changesByQuarterHour(location, firstKnown, afterKnown)
			got := changes(location, firstKnown, afterKnown)
			if d := cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)); d != "" {
				t.Fatal(d)
			}
			middle := time.Date(2033, time.June, 1, 0, 0, 0, 0, time.UTC)
			comparesToGo(t, LocalTime(location), location, append(want, middle))
		})
	}
}

// comparesToGo evaluates expr around all changes of the clock. Between them no
// offset changes, so nothing else can be wrong.
func comparesToGo(t *testing.T, expr string, zone *time.Location, changes []time.Time) {
	t.Helper()
	if len(changes) == 0 {
		t.Fatal("there is nothing to compare")
	}
	e := newEngine(t, "")
	for _, change := range changes {
		for _, s := range []span{around(change), hourly(change)} {
			for _, got := range e.values(expr, s) {
				local := time.UnixMilli(got.T).In(zone)
				if want := float64(asUTC(local).UnixMilli()) / 1000; !near(got.F, want) {
					t.Fatalf("%s: got %v, want %v", local, got.F, want)
				}
			}
		}
	}
}

// changesByQuarterHour needs to know nothing of how Go describes time zones.
func changesByQuarterHour(zone *time.Location, begin, end time.Time) []time.Time {
	var out []time.Time
	before := offsetAt(zone, begin)
	for at := begin; at.Before(end); at = at.Add(15 * time.Minute) {
		if offset := offsetAt(zone, at); offset != before {
			out, before = append(out, at), offset
		}
	}
	return out
}

func TestLocalTimeKnowsTheYears2026To2040(t *testing.T) {
	berlin, e := load(t, "Europe/Berlin"), newEngine(t, "")
	const winter, summer = time.Hour, 2 * time.Hour
	for name, tc := range map[string]struct {
		year int
		want time.Duration
	}{
		"before, it is always winter":     {2025, winter},
		"the first summer is known":       {2026, summer},
		"and so is the last":              {2040, summer},
		"afterwards, it is always winter": {2041, winter},
	} {
		t.Run(name, func(t *testing.T) {
			july := time.Date(tc.year, time.July, 1, 0, 0, 0, 0, time.UTC)
			got := e.values(LocalTime(berlin), at(july))[0].F - float64(july.Unix())
			if d := cmp.Diff(tc.want.Seconds(), got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestChangesOfARule needs a zone that has nothing but a rule. Databases differ in
// whether they list changes until 2037, and most machines have one that does.
func TestChangesOfARule(t *testing.T) {
	for name, rule := range map[string]string{
		"north": "CET-1CEST,M3.5.0,M10.5.0/3",
		"south": "AEST-10AEDT,M10.1.0,M4.1.0/3",
	} {
		t.Run(name, func(t *testing.T) {
			zone := ruled(t, rule)
			want := changesByQuarterHour(zone, firstKnown, afterKnown)
			if len(want) != 2*15 {
				t.Fatalf("the rule is not in force: %d changes", len(want))
			}
			got := changes(zone, firstKnown, afterKnown)
			if d := cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)); d != "" {
				t.Error(d)
			}
		})
	}
}

// ruled makes a zone of a rule in the notation of TZ, as RFC 9636 encodes it.
func ruled(t *testing.T, rule string) *time.Location {
	t.Helper()
	header := append([]byte("TZif2"), make([]byte, 15)...)
	// No indicators, leap seconds or changes; one type of time, four characters.
	counts := []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4}
	types := append(make([]byte, 6), "LMT\x00"...)
	block := slices.Concat(header, counts, types)
	zone, err := time.LoadLocationFromTZData("Test/Rule", slices.Concat(block, block, []byte("\n"+rule+"\n")))
	if err != nil {
		t.Fatal(err)
	}
	return zone
}
