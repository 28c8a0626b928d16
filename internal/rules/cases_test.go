package rules_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

// alertCases are the six situations in which every alert is proven: just over its
// threshold, just under it, "for" respected, no data, no traffic, counter reset.
//
// Series are in the notation of promqltest, one sample a minute, and the rules are
// evaluated as often, until the series end. After a third of that time all counters
// are reset, which must change nothing, and after two thirds those of over stand still,
// as they do when nobody asks.
type alertCases struct {
	// monitor is the manifest of the RAGMonitor.
	monitor string
	// before are series of an earlier time, and after is how long after they began
	// those of the cases begin. For alerts that compare with the past.
	before string
	after  time.Duration
	// over are series for which the alert fires, by a little; under are series for
	// which it does not, by a little or by nothing.
	over, under string
	// holdsFrom is when the condition of over holds first, after its beginning. The
	// alert must fire "for" later, and not before.
	holdsFrom *time.Duration
	// reset is what the alert does after its counters were reset, idle what it does
	// when they have stood still for a while, and noData what it does when there is
	// nothing, not even targets.
	noData, idle, reset verdict
	// others are alerts that may fire as well, because the same thing is wrong. No
	// others may.
	others []string
}

// verdict is what an alert does in one situation.
type verdict struct {
	// known tells a verdict from a case that was forgotten.
	known bool
	fires bool
	// load are the series of the situation, where they are not those of over.
	load string
	// why says why the situation does not exist for the alert.
	why string
}

var (
	isSilent = verdict{known: true}
	isFiring = verdict{known: true, fires: true}
)

// with gives the situation series of its own.
func (v verdict) with(load string) verdict {
	v.load = load
	return v
}

// senseless says why a situation does not exist for an alert.
func senseless(why string) verdict { return verdict{known: true, why: why} }

// why a situation does not exist.
const (
	gaugeNotCounter  = "it reads gauges, which are not reset"
	whateverTraffic  = "it reads gauges, which say the same with and without requests"
	scrapesNotCounts = "it watches scrapes, which neither requests nor resets of the application's counters change"
)

// everyAlert has the cases of all alerts, by name.
func everyAlert() map[string]alertCases {
	all := map[string]alertCases{}
	for _, theme := range []map[string]alertCases{
		availabilityCases, errorCases, latencyCases, costCases, cacheCases, qualityCases, machineCases, containerCases, sloCases,
	} {
		maps.Copy(all, theme)
	}
	return all
}

func TestEveryAlert(t *testing.T) {
	for alert, tc := range everyAlert() {
		t.Run(alert, func(t *testing.T) {
			t.Parallel()
			tc.checkOver(t, alert)
			tc.checkUnder(t, alert)
			tc.checkOwn(t, alert, "idle", tc.idle)
			tc.checkOwn(t, alert, "reset", tc.reset)
			tc.checkNoData(t, alert)
		})
	}
}

// checkOver plays over, and looks at each third of it.
func (tc alertCases) checkOver(t *testing.T, alert string) {
	t.Helper()
	p := tc.play(t, tc.over, lived, alertNames(t)...)
	waits := forOf(t, alert)
	since := *tc.holdsFrom + waits
	t.Run("just over", func(t *testing.T) {
		if p.first(alert) > p.end {
			t.Fatalf("is silent until %s", p.end)
		}
		p.checkOthers(t, append(tc.others, alert))
		p.checkMargin(t, alert, since)
		p.checkTexts(t, alert, since)
	})
	t.Run("for", func(t *testing.T) {
		if got := p.first(alert); got != since {
			t.Errorf("fires %s after the beginning, must %s after the condition holds: %s", got, waits, since)
		}
	})
	if tc.reset.fromOver() {
		t.Run("reset", func(t *testing.T) {
			if since > p.end/3 {
				t.Errorf("the reset comes %s after the beginning, must come when the alert fires: make the series longer", p.end/3)
			}
			if got := p.silent(alert, since, p.end*2/3); len(got) > 0 {
				t.Errorf("is silent again after %v", got)
			}
		})
	}
	if tc.idle.fromOver() {
		t.Run("idle", func(t *testing.T) { tc.idle.check(t, p, alert) })
	}
}

// alertNames are all alerts of the catalogue.
func alertNames(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, a := range readOnce(t).rules.Alerts {
		out = append(out, a.Alert)
	}
	return out
}

// forOf is how long the catalogue lets an alert wait.
func forOf(t *testing.T, alert string) time.Duration {
	t.Helper()
	for _, a := range readOnce(t).rules.Alerts {
		if a.Alert == alert {
			return time.Duration(a.For)
		}
	}
	t.Fatalf("%s is not in alerts.yaml", alert)
	return 0
}

// fromOver says whether the situation is a part of over.
func (v verdict) fromOver() bool { return v.why == "" && v.load == "" }

// check looks at the end of what was played.
func (v verdict) check(t *testing.T, p played, alert string) {
	t.Helper()
	if got := p.firing[p.end].has(alert); got != v.fires {
		t.Errorf("fires at the end: %v, must %v", got, v.fires)
	}
}

// checkUnder plays under, whose counters are reset too.
func (tc alertCases) checkUnder(t *testing.T, alert string) {
	t.Helper()
	t.Run("just under", func(t *testing.T) {
		p := tc.play(t, tc.under, restarted, alert)
		if first := p.first(alert); first <= p.end {
			t.Errorf("fires after %s", first)
		}
		p.checkMargin(t, alert, p.end)
	})
}

// checkOwn plays a situation that has series of its own.
func (tc alertCases) checkOwn(t *testing.T, alert, situation string, want verdict) {
	t.Helper()
	if want.load == "" {
		return
	}
	t.Run(situation, func(t *testing.T) {
		want.check(t, tc.play(t, want.load, nil, alert), alert)
	})
}

// checkNoData evaluates the rules over nothing, for longer than any alert waits.
func (tc alertCases) checkNoData(t *testing.T, alert string) {
	t.Helper()
	t.Run("no data", func(t *testing.T) {
		if tc.noData.why != "" {
			return
		}
		e := newEngineAt(t, tc.monitor, time.Unix(0, 0), alert)
		for at := time.Duration(0); at <= forOf(t, alert)+coarse; at += coarse {
			e.runAt(at)
		}
		if got := names(e.firing()).has(alert); got != tc.noData.fires {
			t.Errorf("fires: %v, must %v", got, tc.noData.fires)
		}
	})
}

// TestEveryAlertIsProven fails when an alert of the catalogue lacks one of the six
// cases, or cases have no alert.
func TestEveryAlertIsProven(t *testing.T) {
	all := everyAlert()
	cases := 0
	for _, a := range fixture.Rules(t).Alerts {
		tc, ok := all[a.Alert]
		if !ok {
			t.Errorf("%s has no cases: write them in alerts_*_test.go", a.Alert)
			continue
		}
		for _, missing := range tc.missing(t) {
			t.Errorf("%s: %s", a.Alert, missing)
		}
		cases += tc.count()
		delete(all, a.Alert)
	}
	for alert := range all {
		t.Errorf("%s has cases, and is not in alerts.yaml", alert)
	}
	t.Logf("%d alerts, %d cases, %d situations that do not exist",
		len(fixture.Rules(t).Alerts), cases, 6*len(fixture.Rules(t).Alerts)-cases)
}

// missing tells which of the six cases are not there.
func (tc alertCases) missing(t *testing.T) []string {
	t.Helper()
	var out []string
	if tc.over == "" || tc.under == "" || tc.holdsFrom == nil {
		out = append(out, "over, under and holdsFrom must be there")
	}
	counts := slices.ContainsFunc(parseSeries(t, tc.over, "api"), timeSeries.grows)
	for situation, v := range map[string]verdict{"noData": tc.noData, "idle": tc.idle, "reset": tc.reset} {
		switch {
		case !v.known:
			out = append(out, situation+" is missing: say isSilent, isFiring, or why it is senseless")
		case situation != "noData" && v.why == "" && v.load == "" && !counts:
			out = append(out, situation+" changes nothing, because over counts nothing: give it series of its own, or say why it is senseless")
		}
	}
	slices.Sort(out)
	return out
}

func (tc alertCases) count() int {
	n := 3
	for _, v := range []verdict{tc.noData, tc.idle, tc.reset} {
		if v.why == "" {
			n++
		}
	}
	return n
}

// names are alerts, with their stage if they have one.
type names []string

func (n names) has(alert string) bool {
	return slices.ContainsFunc(n, func(name string) bool { return of(name, alert) })
}

func of(name, alert string) bool { return name == alert || strings.HasPrefix(name, alert+"/") }

// but are those that none of alerts is.
func (n names) but(alerts []string) names {
	return slices.DeleteFunc(slices.Clone(n), func(name string) bool {
		return slices.ContainsFunc(alerts, func(alert string) bool { return of(name, alert) })
	})
}

func (p played) checkOthers(t *testing.T, allowed []string) {
	t.Helper()
	found := map[string]bool{}
	for at, firing := range p.firing {
		for _, name := range firing.but(allowed) {
			found[fmt.Sprintf("%s after %s", name, at)] = true
		}
	}
	if diff := cmp.Diff(map[string]bool{}, found); diff != "" {
		t.Errorf("other alerts that fire (-want +got):\n%s", diff)
	}
}
