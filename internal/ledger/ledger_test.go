package ledger

import (
	"math"
	"testing"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

func TestAdvance(t *testing.T) {
	noon := &v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "10.00", MonthUSD: "200.00"}
	for name, tc := range map[string]struct {
		before *v1alpha1.CostReading
		looks  []look
		want   *v1alpha1.CostReading
	}{
		"nothing known, nothing said": {
			looks: []look{{at: "2026-11-22 12:00"}},
		},
		"the first reading": {
			looks: []look{{at: "2026-11-22 12:00", today: new(10.0), month: new(200.0)}},
			want:  noon,
		},
		"no month is needed": {
			looks: []look{{at: "2026-11-22 12:00", today: new(0.001234)}},
			want:  &v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "0.001234", MonthUSD: "0.001234"},
		},
		"on the first day of a month, the month is that day": {
			looks: []look{{at: "2026-11-01 12:00", today: new(10.0), month: new(11.0)}},
			want:  &v1alpha1.CostReading{Day: "2026-11-01", TodayUSD: "10.00", MonthUSD: "10.00"},
		},
		"numbers that are none are unknown": {
			looks: []look{{at: "2026-11-22 12:00", today: new(math.NaN()), month: new(math.Inf(1))}, {at: "2026-11-22 12:01", today: new(-1.0), month: new(1e15)}},
		},
		"a status that cannot be read is absent": {
			before: &v1alpha1.CostReading{Day: "today", TodayUSD: "10.00", MonthUSD: "200.00"},
			looks:  []look{{at: "2026-11-22 12:00", today: new(1.0)}},
			want:   &v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "1.00", MonthUSD: "1.00"},
		},
		"nor are figures that cannot be read": {
			before: &v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "-3", MonthUSD: "NaN"},
			looks:  []look{{at: "2026-11-22 12:00", today: new(1.0)}},
			want:   &v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "1.00", MonthUSD: "1.00"},
		},
		"a silent source changes nothing": {
			before: noon, looks: []look{{at: "2026-11-22 13:00"}, {at: "2026-11-22 14:00", force: true}}, want: noon,
		},
		"a move of less than a tenth is not written": {
			before: noon, looks: []look{{at: "2026-11-22 13:00", today: new(11.0), month: new(201.0)}}, want: noon,
		},
		"one of more is, with all that is known": {
			before: noon, looks: []look{{at: "2026-11-22 13:00", today: new(11.2), month: new(201.2)}},
			want: &v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "11.20", MonthUSD: "201.20"},
		},
		"one of the month alone is": {
			before: noon, looks: []look{{at: "2026-11-22 13:00", today: new(10.1), month: new(300.0)}},
			want: &v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "10.10", MonthUSD: "300.00"},
		},
		"an operator that stops writes what it knows": {
			before: noon, looks: []look{{at: "2026-11-22 12:04", today: new(10.07)}, {at: "2026-11-22 12:05", force: true}},
			want: &v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "10.07", MonthUSD: "200.07"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			equal(t, tc.want, played(t, tc.before, tc.looks...))
		})
	}
}

func TestSourcesThatLoseSamples(t *testing.T) {
	noon := &v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "10.00", MonthUSD: "200.00"}
	for name, tc := range map[string]struct {
		looks        []look
		today, month string
	}{
		"after a restart, a source that has more is believed": {
			looks: []look{{at: "2026-11-22 13:00", today: new(12.0), month: new(202.0), force: true}},
			today: "12.00", month: "202.00",
		},
		"one that has a little less is a replica": {
			looks: []look{{at: "2026-11-22 12:01", today: new(9.9)}, {at: "2026-11-22 12:02", today: new(10.05), force: true}},
			today: "10.05", month: "200.05",
		},
		"one that has a third less lost that": {
			looks: []look{{at: "2026-11-22 12:01", today: new(7.0)}, {at: "2026-11-22 12:06", today: new(7.2), force: true}},
			today: "10.20", month: "200.20",
		},
		"one that has far less lost the rest": {
			looks: []look{{at: "2026-11-22 12:01", today: new(0.1)}, {at: "2026-11-22 12:06", today: new(0.3), force: true}},
			today: "10.20", month: "200.20",
		},
		"which is not added again with every restart": {
			looks: []look{
				{at: "2026-11-22 12:01", today: new(4.0)},
				{at: "2026-11-22 12:02", restart: true, today: new(4.0)},
				{at: "2026-11-22 12:03", restart: true, today: new(4.0), force: true},
			},
			today: "10.00", month: "200.00",
		},
		"nor lost when it begins with silence": {
			looks: []look{{at: "2026-11-22 12:01"}, {at: "2026-11-22 12:02", today: new(0.1)}, {at: "2026-11-22 12:03", today: new(0.2), force: true}},
			today: "10.10", month: "200.10",
		},
		"a loss while the operator runs": {
			looks: []look{
				{at: "2026-11-22 12:01", today: new(10.0)},
				{at: "2026-11-22 12:03", today: new(0.1)},
				{at: "2026-11-22 12:05", today: new(0.15)},
				{at: "2026-11-22 12:09", today: new(0.2), force: true},
			},
			today: "10.10", month: "200.10",
		},
		"and what is lost comes back": {
			looks: []look{
				{at: "2026-11-22 12:01", today: new(10.0)},
				{at: "2026-11-22 12:03", today: new(0.1)},
				{at: "2026-11-22 12:09", today: new(0.2)},
				{at: "2026-11-22 12:10", today: new(10.2)},
				{at: "2026-11-22 12:11", today: new(10.3), force: true},
			},
			today: "10.30", month: "200.30",
		},
		"another loss while the first is in doubt": {
			looks: []look{
				{at: "2026-11-22 12:01", today: new(10.0)},
				{at: "2026-11-22 12:03", today: new(0.1)},
				{at: "2026-11-22 12:05", today: new(0.0)},
				{at: "2026-11-22 12:09", today: new(0.2), force: true},
			},
			today: "10.20", month: "200.20",
		},
		"a replica that has less, for some minutes": {
			looks: []look{
				{at: "2026-11-22 12:01", today: new(10.0)},
				{at: "2026-11-22 12:02", today: new(4.0)},
				{at: "2026-11-22 12:07", today: new(4.1)},
				{at: "2026-11-22 12:08", today: new(10.1)},
				{at: "2026-11-22 12:09", today: new(4.1)},
				{at: "2026-11-22 12:14", today: new(4.2)},
				{at: "2026-11-22 12:15", today: new(10.2), force: true},
			},
			today: "10.20", month: "200.20",
		},
		"replicas that are read in turns": {
			looks: []look{
				{at: "2026-11-22 12:01", today: new(10.00)},
				{at: "2026-11-22 12:02", today: new(9.98)},
				{at: "2026-11-22 12:03", today: new(10.01)},
				{at: "2026-11-22 12:04", today: new(9.99)},
				{at: "2026-11-22 12:05", today: new(10.02), force: true},
			},
			today: "10.02", month: "200.02",
		},
		"a month that the source forgets is kept": {
			looks: []look{{at: "2026-11-22 12:01", today: new(10.0), month: new(45.0), force: true}},
			today: "10.00", month: "200.00",
		},
		"and one that it knows better is taken": {
			looks: []look{{at: "2026-11-22 12:01", today: new(10.0), month: new(220.0)}, {at: "2026-11-22 12:02", today: new(10.5), month: new(90.0), force: true}},
			today: "10.50", month: "220.50",
		},
		"what a burst costs is not a loss": {
			looks: []look{
				{at: "2026-11-22 12:01", today: new(10.0)},
				{at: "2026-11-22 12:02", today: new(70.0), rate: new(1.0)},
			},
			today: "70.00", month: "260.00",
		},
		"also not after a loss, when the rate tells": {
			looks: []look{
				{at: "2026-11-22 12:01", today: new(0.0)},
				{at: "2026-11-22 12:02", today: new(5.0), rate: new(1.0)},
			},
			today: "15.00", month: "205.00",
		},
		"or told just before": {
			looks: []look{
				{at: "2026-11-22 12:01", today: new(0.0), rate: new(1.0)},
				{at: "2026-11-22 12:02", today: new(5.0), rate: new(0.0)},
			},
			today: "15.00", month: "205.00",
		},
		"or it is more than the day has cost": {
			looks: []look{
				{at: "2026-11-22 12:01", today: new(0.0)},
				{at: "2026-11-22 12:02", today: new(60.0)},
			},
			today: "70.00", month: "260.00",
		},
		"a doubt ends with a reading that is about right": {
			looks: []look{
				{at: "2026-11-22 12:01", today: new(10.0)},
				{at: "2026-11-22 12:03", today: new(0.0)},
				{at: "2026-11-22 12:04", today: new(9.95)},
				{at: "2026-11-22 12:10", today: new(5.0), force: true},
			},
			today: "10.00", month: "200.00",
		},
		"and goes on when the clock is set back": {
			looks: []look{
				{at: "2026-11-22 12:01", today: new(10.0)},
				{at: "2026-11-22 12:03", today: new(0.1)},
				{at: "2026-11-22 11:00", today: new(0.15)},
				{at: "2026-11-22 11:06", today: new(0.2), force: true},
			},
			today: "10.05", month: "200.05",
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := &v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: tc.today, MonthUSD: tc.month}
			equal(t, want, played(t, noon, tc.looks...))
		})
	}
}

func TestDaysAndMonthsChange(t *testing.T) {
	for name, tc := range map[string]struct {
		before string
		looks  []look
		want   v1alpha1.CostReading
	}{
		"a day begins with nothing, and the last one is closed": {
			before: "2026-11-22",
			looks:  []look{{at: "2026-11-22 23:59", today: new(10.5)}, {at: "2026-11-23 00:00", today: new(10.5)}},
			want:   v1alpha1.CostReading{Day: "2026-11-23", TodayUSD: "0.00", MonthUSD: "200.50"},
		},
		"sums of the day before are not read": {
			before: "2026-11-22",
			looks:  []look{{at: "2026-11-23 00:00", today: new(10.5), month: new(200.5)}, {at: "2026-11-23 00:05", today: new(10.5), month: new(201.0), force: true}},
			want:   v1alpha1.CostReading{Day: "2026-11-23", TodayUSD: "0.00", MonthUSD: "200.00"},
		},
		"those of the day are, with the end of the last one": {
			before: "2026-11-22",
			looks:  []look{{at: "2026-11-23 00:00", today: new(10.5)}, {at: "2026-11-23 00:06", today: new(0.04), month: new(200.7)}},
			want:   v1alpha1.CostReading{Day: "2026-11-23", TodayUSD: "0.04", MonthUSD: "200.70"},
		},
		"a silent source leaves today open": {
			before: "2026-11-22",
			looks:  []look{{at: "2026-11-23 08:00"}},
			want:   v1alpha1.CostReading{Day: "2026-11-23", MonthUSD: "200.00"},
		},
		"and is read when it speaks again": {
			before: "2026-11-22",
			looks:  []look{{at: "2026-11-23 08:00"}, {at: "2026-11-23 09:00", restart: true}, {at: "2026-11-23 10:00", restart: true, today: new(3.0)}},
			want:   v1alpha1.CostReading{Day: "2026-11-23", TodayUSD: "3.00", MonthUSD: "203.00"},
		},
		"a month begins with nothing": {
			before: "2026-11-30",
			looks:  []look{{at: "2026-12-01 00:00", today: new(10.5), month: new(200.0)}},
			want:   v1alpha1.CostReading{Day: "2026-12-01", TodayUSD: "0.00", MonthUSD: "0.00"},
		},
		"also when nobody knows what it costs": {
			before: "2026-11-30",
			looks:  []look{{at: "2026-12-01 08:00"}},
			want:   v1alpha1.CostReading{Day: "2026-12-01"},
		},
		"and when the operator was away for its beginning": {
			before: "2026-11-30",
			looks:  []look{{at: "2026-12-03 08:00", today: new(3.0), month: new(23.0)}},
			want:   v1alpha1.CostReading{Day: "2026-12-03", TodayUSD: "3.00", MonthUSD: "23.00"},
		},
		"a leap day belongs to February": {
			before: "2028-02-28",
			looks:  []look{{at: "2028-02-28 23:50", today: new(10.0)}, {at: "2028-02-29 12:00", today: new(5.0)}},
			want:   v1alpha1.CostReading{Day: "2028-02-29", TodayUSD: "5.00", MonthUSD: "205.00"},
		},
		"other years have none": {
			before: "2027-02-28",
			looks:  []look{{at: "2027-02-28 23:50", today: new(10.0)}, {at: "2027-03-01 12:00", today: new(5.0)}},
			want:   v1alpha1.CostReading{Day: "2027-03-01", TodayUSD: "5.00", MonthUSD: "5.00"},
		},
		"the same month of another year is another": {
			before: "2026-11-22",
			looks:  []look{{at: "2027-11-22 12:00", today: new(5.0)}},
			want:   v1alpha1.CostReading{Day: "2027-11-22", TodayUSD: "5.00", MonthUSD: "5.00"},
		},
		"days begin where the budget is": {
			before: "2026-11-22",
			looks:  []look{{at: "2026-11-23 01:00", zone: "Asia/Kathmandu", today: new(0.5)}},
			want:   v1alpha1.CostReading{Day: "2026-11-23", TodayUSD: "0.50", MonthUSD: "200.50"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := &v1alpha1.CostReading{Day: tc.before, TodayUSD: "10.00", MonthUSD: "200.00"}
			equal(t, &tc.want, played(t, before, tc.looks...))
		})
	}
}

func TestAnIdleDayIsADay(t *testing.T) {
	before := &v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "0.00", MonthUSD: "200.00"}
	want := &v1alpha1.CostReading{Day: "2026-11-23", TodayUSD: "0.00", MonthUSD: "200.00"}
	equal(t, want, played(t, before, look{at: "2026-11-23 12:00", today: new(0.0)}))
}

func TestClocksAndZonesChange(t *testing.T) {
	for name, tc := range map[string]struct {
		looks []look
		want  v1alpha1.CostReading
	}{
		"a clock that is set back within the day lowers nothing": {
			looks: []look{{at: "2026-11-22 15:00", today: new(15.0)}, {at: "2026-11-22 12:00", today: new(15.0)}, {at: "2026-11-22 12:01", today: new(15.1), force: true}},
			want:  v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "15.10", MonthUSD: "205.10"},
		},
		"one that is set back over midnight is waited for": {
			looks: []look{{at: "2026-11-23 00:10", today: new(0.1)}, {at: "2026-11-22 23:50", today: new(11.0), month: new(300.0)}, {at: "2026-11-23 00:12", today: new(0.12), force: true}},
			want:  v1alpha1.CostReading{Day: "2026-11-23", TodayUSD: "0.12", MonthUSD: "200.12"},
		},
		"one that was days ahead is not": {
			looks: []look{{at: "2026-11-26 12:00", today: new(11.0)}, {at: "2026-11-22 12:00", today: new(11.0), force: true}},
			want:  v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "11.00", MonthUSD: "211.00"},
		},
		"one that is set back does not keep a new zone waiting": {
			looks: []look{
				{at: "2026-11-22 12:00", today: new(10.0)},
				{at: "2026-11-22 13:01", zone: "Europe/Berlin", today: new(10.0)},
				{at: "2026-11-22 10:00", zone: "Europe/Berlin", today: new(10.5), force: true},
			},
			want: v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "10.50", MonthUSD: "200.00"},
		},
		"in a new zone, nothing is known until the source uses it": {
			looks: []look{{at: "2026-11-22 12:00", today: new(10.0)}, {at: "2026-11-23 01:01", zone: "Pacific/Kiritimati", today: new(20.0), force: true}},
			want:  v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "10.00", MonthUSD: "200.00"},
		},
		"nor when midnight comes meanwhile": {
			looks: []look{
				{at: "2026-11-22 21:59", today: new(10.0)},
				{at: "2026-11-22 23:55", zone: "Europe/Kyiv", today: new(20.0)},
				{at: "2026-11-23 00:04", zone: "Europe/Kyiv", today: new(20.0)},
			},
			want: v1alpha1.CostReading{Day: "2026-11-23", MonthUSD: "200.00"},
		},
		"at midnight, nothing is what was spent": {
			looks: []look{
				{at: "2026-11-22 21:59", today: new(10.0)},
				{at: "2026-11-22 23:55", zone: "Europe/Kyiv", today: new(20.0)},
				{at: "2026-11-23 00:05", zone: "Europe/Kyiv", today: new(20.0)},
			},
			want: v1alpha1.CostReading{Day: "2026-11-23", TodayUSD: "0.00", MonthUSD: "200.00"},
		},
		"nor is a silent source asked for a new zone": {
			looks: []look{{at: "2026-11-22 12:00", today: new(10.0)}, {at: "2026-11-22 13:01", zone: "Europe/Berlin"}, {at: "2026-11-22 13:30", zone: "Europe/Berlin", force: true}},
			want:  v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "10.00", MonthUSD: "200.00"},
		},
		"and then is what it says, in the same month": {
			looks: []look{
				{at: "2026-11-22 12:00", today: new(10.0)},
				{at: "2026-11-22 21:01", zone: "Asia/Tokyo", today: new(10.0)},
				{at: "2026-11-22 21:11", zone: "Asia/Tokyo", today: new(17.0), month: new(120.0)},
			},
			want: v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "17.00", MonthUSD: "200.00"},
		},
		"where it is tomorrow": {
			looks: []look{
				{at: "2026-11-22 23:00", today: new(19.0)},
				{at: "2026-11-23 08:01", zone: "Asia/Tokyo", today: new(19.0)},
				{at: "2026-11-23 08:11", zone: "Asia/Tokyo", today: new(7.0)},
			},
			want: v1alpha1.CostReading{Day: "2026-11-23", TodayUSD: "7.00", MonthUSD: "209.00"},
		},
		"where it is yesterday": {
			looks: []look{
				{at: "2026-11-22 02:00", today: new(12.0)},
				{at: "2026-11-21 16:01", zone: "Pacific/Honolulu", today: new(12.0)},
				{at: "2026-11-21 16:11", zone: "Pacific/Honolulu", today: new(16.0)},
			},
			want: v1alpha1.CostReading{Day: "2026-11-21", TodayUSD: "16.00", MonthUSD: "202.00"},
		},
		"where it is next month": {
			looks: []look{
				{at: "2026-11-30 23:00", today: new(19.0)},
				{at: "2026-12-01 08:01", zone: "Asia/Tokyo", today: new(19.0)},
				{at: "2026-12-01 08:11", zone: "Asia/Tokyo", today: new(7.0)},
			},
			want: v1alpha1.CostReading{Day: "2026-12-01", TodayUSD: "7.00", MonthUSD: "7.00"},
		},
		"where it is last month": {
			looks: []look{
				{at: "2026-12-01 02:00", today: new(2.0)},
				{at: "2026-11-30 16:01", zone: "Pacific/Honolulu", today: new(2.0)},
				{at: "2026-11-30 16:11", zone: "Pacific/Honolulu", today: new(16.0), month: new(216.0)},
			},
			want: v1alpha1.CostReading{Day: "2026-11-30", TodayUSD: "16.00", MonthUSD: "216.00"},
		},
		"the zone of a restarted operator is not new": {
			looks: []look{{at: "2026-11-22 13:01", zone: "Europe/Berlin", today: new(13.0)}},
			want:  v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "13.00", MonthUSD: "203.00"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := &v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "10.00", MonthUSD: "200.00"}
			equal(t, &tc.want, played(t, before, tc.looks...))
		})
	}
}
