package calendar

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func load(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestZone(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT-14", "EST5EDT", "America/Port-au-Prince"} {
		if d := cmp.Diff(name, load(t, name).String()); d != "" {
			t.Error(d)
		}
	}
}

func TestZoneRefuses(t *testing.T) {
	for why, name := range map[string]string{
		"a forgotten name":                 "",
		"the zone of the machine":          "Local",
		"that zone as a file":              "localtime",
		"no zone at all":                   "Factory",
		"zones with leap seconds":          "right/Europe/Berlin",
		"zones that some machines lack":    "posix/Europe/Berlin",
		"a city alone":                     "Berlin",
		"the wrong case":                   "europe/berlin",
		"a continent":                      "Europe",
		"an offset":                        "+02:00",
		"an abbreviation that is no zone":  "CEST",
		"a rule":                           "CET-1CEST,M3.5.0,M10.5.0/3",
		"a path out of the database":       "Europe/../../passwd",
		"a path from the root":             "/etc/localtime",
		"a name that ends the expression":  "UTC\") or vector(1",
		"a name with a byte that files do": "Europe/Berlin\x00",
	} {
		t.Run(why, func(t *testing.T) {
			_, err := Zone(name)
			if err == nil {
				t.Fatalf("%q is accepted", name)
			}
			want := "is not in the IANA database: write a name such as \"Europe/Berlin\" or \"UTC\""
			if got := err.Error(); len(got) < len(want) || got[len(got)-len(want):] != want {
				t.Errorf("got %q, want it to end in %q", got, want)
			}
		})
	}
}
