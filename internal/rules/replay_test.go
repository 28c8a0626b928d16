package rules_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	promrules "github.com/prometheus/prometheus/rules"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

const (
	scrapeEvery = 30 * time.Second
	// ruleInterval is that of all groups: half of the work that the default is.
	ruleInterval = time.Minute
	// before is the time before the failures begin, in which all windows fill.
	before = 3 * day
	// scrapedBefore is how long counters are scraped before rules are evaluated. Of
	// the time before, there is only what the recording rules make of it.
	scrapedBefore = 10 * time.Minute
)

// TestReplay plays traces through the rules as a Prometheus would: scrapes first,
// then the rules, at their intervals. The table in docs/slo.md is what came out;
// "go test ./internal/rules -run TestReplay -update" writes it.
func TestReplay(t *testing.T) {
	results := make([]result, len(traces))
	t.Run("traces", func(t *testing.T) {
		for i, tr := range traces {
			t.Run(tr.name, func(t *testing.T) {
				t.Parallel()
				want := workbook(tr)
				results[i] = result{trace: tr, got: replay(t, tr, want), want: want}
				results[i].check(t)
			})
		}
	})
	// -run may have picked single traces.
	played := !slices.ContainsFunc(results, func(r result) bool { return r.got == nil })
	if played && !t.Failed() {
		checkPage(t, "replay", table(results))
	}
}

// firing is when an alert fired in a trace.
type firing struct {
	// first is when it fired first, and last when it ended last; 0 if it did not end.
	first, last time.Duration
	// times is how often it fired.
	times  int
	active bool
}

// firings are those of a trace, by the windows of the alert, or by its name.
type firings map[string]*firing

// observe notes what fires now.
func (f firings) observe(now time.Duration, keys []string) {
	for _, key := range keys {
		if f[key] == nil {
			f[key] = &firing{first: now}
		}
		if !f[key].active {
			f[key].active = true
			f[key].times++
			f[key].last = 0
		}
	}
	for key, seen := range f {
		if seen.active && !slices.Contains(keys, key) {
			seen.active, seen.last = false, now
		}
	}
}

// around says whether something may be about to happen: a trace begins, or an alert
// of the workbook did or ended a little earlier or does so soon.
func (f firings) around(now, from time.Duration) bool {
	moments := []time.Duration{from}
	for _, seen := range f {
		moments = append(moments, seen.first, seen.last)
	}
	return slices.ContainsFunc(moments, func(moment time.Duration) bool {
		return now > moment-5*time.Minute && now < moment+15*time.Minute
	})
}

// replay plays one trace. Times are counted from the beginning of the failures. The
// windows are looked at every minute around moments, and else every five.
func replay(t *testing.T, tr trace, moments firings) firings {
	t.Helper()
	made := sloRules(t, fixture.Minimal+"\n  slos: [{name: availability, objective: \"99.9\"}]\n  evaluation: {interval: 1m}")
	e := engineFor(t, leadingTo(t, made.Groups, []string{"RAGErrorBudgetBurn", "RAGRequestsStuck"}), "load 30s\n")
	e.storage.DisableCompactions()
	counted := tr.count()
	e.preload(counted, tr.from)
	out := firings{}
	for now := tr.from - scrapedBefore; now <= tr.length; now += scrapeEvery {
		e.scrape(now, map[string]float64{
			`success`: float64(counted.good(now)),
			`error`:   float64(counted.bad(now)),
		}, tr.inFlight)
		if now < tr.from || now%ruleInterval != 0 {
			continue
		}
		e.evaluate(now, moments.around(now, tr.from) || now%(5*ruleInterval) == 0)
		out.observe(now, e.alerting())
	}
	return out
}

// preload appends what the recording rules would have made of the time until end:
// for a counter that is scraped regularly, the increase over the window.
func (e engine) preload(c counts, end time.Duration) {
	e.t.Helper()
	const window = 5 * time.Minute
	appender := e.storage.Appender(e.t.Context())
	for now := -before + window; now < end; now += ruleInterval {
		for record, of := range map[string]func(time.Duration) int{rules.SLORequests: c.requests, rules.SLOBadRequests: c.bad} {
			series := labels.FromStrings(model.MetricNameLabel, record, "namespace", "rag", "ragmonitor", "support-bot", "slo", "availability")
			rate := float64(of(now)-of(now-window)) / window.Seconds()
			if _, err := appender.Append(0, series, at(now), rate); err != nil {
				e.t.Fatal(err)
			}
		}
	}
	if err := appender.Commit(); err != nil {
		e.t.Fatal(err)
	}
	e.storage.ForceHeadMMap()
}

// at is the time of a trace in storage, in milliseconds.
func at(now time.Duration) int64 { return (before + now).Milliseconds() }

func (e engine) scrape(now time.Duration, requests map[string]float64, inFlight float64) {
	e.t.Helper()
	appender := e.storage.Appender(e.t.Context())
	put := func(value float64, more ...string) {
		series := labels.FromStrings(append([]string{
			"namespace", "rag", "ragmonitor", "support-bot", "component", "api", "job", "api", "instance", "10.0.0.1:8000",
		}, more...)...)
		if _, err := appender.Append(0, series, at(now), value); err != nil {
			e.t.Fatal(err)
		}
	}
	for status, value := range requests {
		put(value, model.MetricNameLabel, "rag_requests_total", "status", status)
	}
	put(inFlight, model.MetricNameLabel, "rag_active_requests")
	if err := appender.Commit(); err != nil {
		e.t.Fatal(err)
	}
}

// evaluate lets all groups have their turn, or only the one that others read.
func (e engine) evaluate(now time.Duration, all bool) {
	for i, g := range e.groups {
		if i > 0 && !all {
			continue
		}
		g.Eval(e.t.Context(), time.UnixMilli(at(now)))
		for _, rule := range g.Rules() {
			if err := rule.LastError(); err != nil {
				e.t.Fatalf("rule %s: %v", rule.Name(), err)
			}
		}
	}
}

// alerting lists what fires, by windows or name.
func (e engine) alerting() []string {
	keys := map[string]bool{}
	for _, g := range e.groups {
		for _, rule := range g.AlertingRules() {
			for _, alert := range rule.ActiveAlerts() {
				if alert.State != promrules.StateFiring {
					continue
				}
				key := rule.Name()
				if long := alert.Labels.Get("long"); long != "" {
					key = long + "/" + alert.Labels.Get("short")
				}
				keys[key] = true
			}
		}
	}
	return slices.Collect(maps.Keys(keys))
}
