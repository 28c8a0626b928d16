package ledger

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/calendar"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

func load(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := calendar.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// local reads a time such as "2026-11-22 14:30" off a clock in zone.
func local(t *testing.T, zone *time.Location, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// look is one call of Advance. Without a zone it is in UTC.
type look struct {
	at           string
	zone         string
	today, month *float64
	rate         *float64
	budget       *model.Budget
	spent        *float64
	force        bool
	// restart forgets the memory before.
	restart bool
}

// played makes calls one after the other, and returns what the status then says.
func played(t *testing.T, before *v1alpha1.CostReading, looks ...look) *v1alpha1.CostReading {
	t.Helper()
	var memory Memory
	for _, l := range looks {
		zone, clock := (*time.Location)(nil), time.UTC
		if l.zone != "" {
			zone = load(t, l.zone)
			clock = zone
		}
		if l.restart {
			memory = Memory{}
		}
		before, memory = Advance(before, memory, Input{
			Now: local(t, clock, l.at), Zone: zone, Today: l.today, Month: l.month,
			Rate: l.rate, Budget: l.budget, BudgetSpent: l.spent, Force: l.force,
		})
	}
	return before
}

func equal(t *testing.T, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
