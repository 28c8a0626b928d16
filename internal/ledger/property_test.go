package ledger

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/calendar"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// anything is a number at random: of all sizes, unknown, or none at all.
func anything(random *rand.Rand) *float64 {
	switch random.IntN(8) {
	case 0:
		return nil
	case 1:
		odd := []float64{0, -1, math.NaN(), math.Inf(1), math.Inf(-1), 1e15, 1e300, 5e-324}
		return &odd[random.IntN(len(odd))]
	}
	number := math.Pow(10, 14*random.Float64()-7)
	return &number
}

func anyBudget(random *rand.Rand) *model.Budget {
	periods := []calendar.Period{calendar.Day, calendar.Week, calendar.Month}
	if i := random.IntN(4); i < len(periods) {
		return &model.Budget{Amount: math.Pow(10, 6*random.Float64()-3), Period: periods[i]}
	}
	return nil
}

// TestWhateverTheSourceSays gives the ledger what no source would say, restarts it,
// and turns its clock.
func TestWhateverTheSourceSays(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	zone := load(t, "America/Santiago")
	var status *v1alpha1.CostReading
	var memory Memory
	now := local(t, zone, "2026-03-01 00:00")
	for i := range 50_000 {
		now = now.Add(time.Duration(random.Int64N(int64(2*time.Hour))) - 50*time.Minute)
		if random.IntN(50) == 0 {
			memory = Memory{}
		}
		in := Input{
			Now: now, Zone: zone, Today: anything(random), Month: anything(random), Rate: anything(random),
			Budget: anyBudget(random), BudgetSpent: anything(random), Force: random.IntN(20) == 0,
		}
		before := status.DeepCopy()
		next, nextMemory := Advance(status, memory, in)
		if d := cmp.Diff(before, status); d != "" {
			t.Fatalf("%d: what it was given is changed (-want +got):\n%s", i, d)
		}
		if next == nil {
			continue
		}
		if why := violated(status, next); why != "" {
			t.Fatalf("%d: %s: %+v after %+v, by %+v", i, why, next, status, in)
		}
		if len(next.BudgetSpent) > 16 || len(next.BudgetExceededOn) > 10 || len(next.Day) != 10 {
			t.Fatalf("%d: %+v does not fit", i, next)
		}
		if again, _ := Advance(next, nextMemory, in); again != next {
			t.Fatalf("%d: %+v is written again as %+v, by %+v", i, next, again, in)
		}
		status, memory = next, nextMemory
	}
}

// TestZonesAtRandom has a month that must not be lost by any change of the zone.
func TestZonesAtRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	zones := []string{"UTC", "Europe/Berlin", "Pacific/Kiritimati", "Pacific/Honolulu", "Asia/Kathmandu", "America/Havana"}
	var status *v1alpha1.CostReading
	var memory Memory
	now, total := time.Date(2026, time.March, 3, 0, 0, 0, 0, time.UTC), 100.0
	zone := time.UTC
	for range 26 * 24 * 4 {
		now, total = now.Add(15*time.Minute), total+0.1
		if random.IntN(40) == 0 {
			zone = load(t, zones[random.IntN(len(zones))])
		}
		today := 0.1 * secondsOfDay(now.In(zone)) / 900
		old := status
		status, memory = Advance(old, memory, Input{Now: now, Zone: zone, Today: &today, Month: &total})
		if month, _ := parseDollars(status.MonthUSD); month < 0.9*total-0.2 || month > total+5 {
			t.Fatalf("%s: the month is %s, the truth %v", now.In(zone), status.MonthUSD, total)
		}
	}
}
