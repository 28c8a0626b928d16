package rules_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	promrules "github.com/prometheus/prometheus/rules"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// phase is a time of steady traffic, as the recorded series of an SLO show it.
type phase struct {
	length time.Duration
	// requests and bad are per second.
	requests, bad float64
}

// history loads phases one after the other, at the usual interval of evaluation.
func history(slo string, phases ...phase) string {
	const interval = 30 * time.Second
	var all, bad []string
	for _, p := range phases {
		all = append(all, fmt.Sprintf("%gx%d", p.requests, p.length/interval-1))
		bad = append(bad, fmt.Sprintf("%gx%d", p.bad, p.length/interval-1))
	}
	identity := `{namespace="rag",ragmonitor="support-bot",slo="` + slo + `"} `
	return rules.SLORequests + identity + strings.Join(all, " ") + "\n" +
		rules.SLOBadRequests + identity + strings.Join(bad, " ") + "\n"
}

// end is the time of the last sample of phases.
func end(phases ...phase) time.Duration {
	at := -30 * time.Second
	for _, p := range phases {
		at += p.length
	}
	return at
}

// judge evaluates once what reads the recorded requests of SLOs.
func (e engine) judge(at time.Duration) {
	e.t.Helper()
	for _, g := range e.groups {
		if strings.HasSuffix(g.Name(), "recordings") {
			continue
		}
		g.Eval(e.t.Context(), time.Unix(0, 0).Add(at))
		for _, rule := range g.Rules() {
			if rule.LastError() != nil {
				e.t.Errorf("rule %s: %v", rule.Name(), rule.LastError())
			}
		}
	}
}

const day = 24 * time.Hour

func TestSLOWindows(t *testing.T) {
	const (
		errors1h = rules.SLOErrors + "1h"
		errors1d = rules.SLOErrors + "1d"
		errors3d = rules.SLOErrors + "3d"
	)
	for name, tc := range map[string]struct {
		phases []phase
		want   map[string]float64
		// absent are series that must not be there.
		absent []string
	}{
		"of steady traffic all windows say the same": {
			phases: []phase{{3 * day, 10, 0.1}},
			want: map[string]float64{
				rules.SLOErrors + "5m": 0.01, rules.SLOErrors + "30m": 0.01, errors1h: 0.01, rules.SLOErrors + "2h": 0.01,
				rules.SLOErrors + "6h": 0.01, errors1d: 0.01, errors3d: 0.01, rules.BurnRate: 10, rules.BudgetRemaining: -9,
			},
		},
		"requests weigh the same by night and by day": {
			// Half of few requests fail for a day: a third of the time, and a 402nd of the requests.
			phases: []phase{{2 * day, 100, 0}, {day, 1, 0.5}},
			want:   map[string]float64{errors1h: 0.5, errors1d: 0.5, errors3d: 0.5 / 201, rules.BudgetRemaining: 1 - 0.5/201/0.001},
		},
		"a window that is not yet full is judged by what is there": {
			phases: []phase{{10 * time.Minute, 10, 0.02}},
			want:   map[string]float64{errors1h: 0.002, errors3d: 0.002, rules.BurnRate: 2, rules.BudgetRemaining: -1},
		},
		"the burn rate is that of the last hour": {
			phases: []phase{{day, 10, 0}, {30 * time.Minute, 10, 0.2}},
			want:   map[string]float64{rules.SLOErrors + "30m": 0.02, errors1h: 0.01, rules.BurnRate: 10},
		},
		"a budget is what is left of it": {
			phases: []phase{{3 * day, 10, 0.0029}},
			want:   map[string]float64{rules.BurnRate: 0.29, rules.BudgetRemaining: 0.71},
		},
		"without requests in a window there is no share of them": {
			phases: []phase{{day, 10, 0.1}, {2 * time.Hour, 0, 0}},
			want:   map[string]float64{errors1d: 0.01, errors3d: 0.01, rules.BudgetRemaining: -9},
			absent: []string{rules.SLOErrors + "5m", errors1h, rules.SLOErrors + "2h", rules.BurnRate},
		},
		"without any requests there is nothing": {
			phases: []phase{{3 * day, 0, 0}},
			absent: []string{rules.SLOErrors + "5m", errors1h, errors1d, errors3d, rules.BurnRate, rules.BudgetRemaining},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newSLOEngine(t, fixture.Minimal+errorSLO, "load 30s\n"+history("s", tc.phases...))
			at := end(tc.phases...)
			e.judge(at)
			for series, want := range tc.want {
				if got, ok := e.value(series, at); !ok || !near(got, want) {
					t.Errorf("%s is %v (%v), want %v", series, got, ok, want)
				}
			}
			for _, series := range tc.absent {
				if got, ok := e.value(series, at); ok {
					t.Errorf("%s is %v, and must be absent", series, got)
				}
			}
		})
	}
}

func TestSLOsAreJudgedApart(t *testing.T) {
	const spec = `
  slos:
  - {name: availability, objective: "99.9"}
  - {name: speed, objective: "95", indicator: Latency, threshold: 2s}
  - {name: week, objective: "99", period: 7d}`
	phases := map[string]phase{"availability": {day, 10, 0.1}, "speed": {day, 10, 1}, "week": {day, 10, 0.05}}
	load := "load 30s\n"
	for name, p := range phases {
		load += history(name, p)
	}
	e := newSLOEngine(t, fixture.Minimal+spec, load)
	e.judge(day - 30*time.Second)
	got := map[string]string{}
	for _, s := range e.vector(rules.BurnRate, day-30*time.Second) {
		got[s.Metric.Get("slo")] = fmt.Sprintf("%.3g", s.F)
	}
	if diff := cmp.Diff(map[string]string{"availability": "10", "speed": "2", "week": "0.5"}, got); diff != "" {
		t.Errorf("burn rates (-want +got):\n%s", diff)
	}
	want := []string{"availability 1d/2h", "availability 3d/6h", "availability 6h/30m", "speed 3d/6h"}
	if diff := cmp.Diff(want, e.burning()); diff != "" {
		t.Errorf("firing (-want +got):\n%s", diff)
	}
}

// burning lists the pairs of windows that fire, by SLO.
func (e engine) burning() []string {
	found := []string{}
	for _, alert := range e.burns() {
		found = append(found, alert.Labels.Get("slo")+" "+alert.Labels.Get("long")+"/"+alert.Labels.Get("short"))
	}
	slices.Sort(found)
	return found
}

// burns are the alerts on the burn rate that fire.
func (e engine) burns() []*promrules.Alert {
	var out []*promrules.Alert
	for _, g := range e.groups {
		for _, rule := range g.AlertingRules() {
			for _, alert := range rule.ActiveAlerts() {
				if rule.Name() == "RAGErrorBudgetBurn" && alert.State == promrules.StateFiring {
					out = append(out, alert)
				}
			}
		}
	}
	return out
}

func TestErrorBudgetBurn(t *testing.T) {
	healthy := phase{3 * day, 10, 0}
	const guardOff = "\n  slos: [{name: s, objective: \"99.9\", minimumRequests: 0}]"
	for name, tc := range map[string]struct {
		spec   string
		phases []phase
		want   []string
	}{
		"a quiet service fires nothing": {phases: []phase{healthy}},
		"just over 14.4 times all fire": {
			phases: []phase{{3 * day, 10, 0.1441}}, want: []string{"s 1d/2h", "s 1h/5m", "s 3d/6h", "s 6h/30m"},
		},
		"just under 14.4 times the first does not": {
			phases: []phase{{3 * day, 10, 0.1439}}, want: []string{"s 1d/2h", "s 3d/6h", "s 6h/30m"},
		},
		"just over 6 times the second does": {
			phases: []phase{{3 * day, 10, 0.0601}}, want: []string{"s 1d/2h", "s 3d/6h", "s 6h/30m"},
		},
		"just under 6 times it does not":      {phases: []phase{{3 * day, 10, 0.0599}}, want: []string{"s 1d/2h", "s 3d/6h"}},
		"just over 3 times the third does":    {phases: []phase{{3 * day, 10, 0.0301}}, want: []string{"s 1d/2h", "s 3d/6h"}},
		"just under 3 times it does not":      {phases: []phase{{3 * day, 10, 0.0299}}, want: []string{"s 3d/6h"}},
		"just over once the slowest does":     {phases: []phase{{3 * day, 10, 0.0101}}, want: []string{"s 3d/6h"}},
		"just under once nothing does":        {phases: []phase{{3 * day, 10, 0.0099}}},
		"bad five minutes are not a bad hour": {phases: []phase{healthy, {5 * time.Minute, 10, 0.5}}},
		"a bad hour whose last five minutes were good is over": {
			phases: []phase{healthy, {55 * time.Minute, 10, 0.3}, {5 * time.Minute, 10, 0}},
		},
		"a bad hour fires while it lasts": {
			phases: []phase{healthy, {time.Hour, 10, 0.3}}, want: []string{"s 1h/5m"},
		},
		"one failure of three requests at night is silent": {
			phases: []phase{{3 * day, 0, 0}, {time.Hour, 3.0 / 3600, 1.0 / 3600}},
		},
		"unless nobody minds": {
			spec:   guardOff,
			phases: []phase{{3 * day, 0, 0}, {time.Hour, 3.0 / 3600, 1.0 / 3600}}, want: []string{"s 1d/2h", "s 1h/5m", "s 3d/6h", "s 6h/30m"},
		},
		"ninety-nine failures are too few": {
			phases: []phase{{time.Hour, 99.0 / 3600, 99.0 / 3600}},
		},
		"a hundred and one are not": {
			phases: []phase{{time.Hour, 101.0 / 3600, 101.0 / 3600}}, want: []string{"s 1d/2h", "s 1h/5m", "s 3d/6h", "s 6h/30m"},
		},
		"requests are counted in the longer window": {
			// Sixty in an hour, 360 in six.
			phases: []phase{{3 * day, 1.0 / 60, 1.0 / 60}}, want: []string{"s 1d/2h", "s 3d/6h", "s 6h/30m"},
		},
		"a service that nobody asks any more is silent": {
			phases: []phase{{3 * day, 10, 10}, {6 * time.Hour, 0, 0}},
		},
		"a service that nobody ever asked is silent, with no guard too": {
			spec: guardOff, phases: []phase{{3 * day, 0, 0}},
		},
		"of an objective of 90 % six times is as fast as it burns": {
			spec:   "\n  slos: [{name: s, objective: \"90\"}]",
			phases: []phase{{3 * day, 10, 10}}, want: []string{"s 1d/2h", "s 3d/6h", "s 6h/30m"},
		},
		"an override waits longer": {
			spec:   errorSLO + "\n  alerts: {overrides: [{alert: RAGErrorBudgetBurn, for: 5m}]}",
			phases: []phase{{3 * day, 10, 10}},
		},
		"an override switches it off": {
			spec:   errorSLO + "\n  alerts: {overrides: [{alert: RAGErrorBudgetBurn, mode: \"Off\"}]}",
			phases: []phase{{3 * day, 10, 10}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.spec == "" {
				tc.spec = errorSLO
			}
			if tc.want == nil {
				tc.want = []string{}
			}
			e := newSLOEngine(t, fixture.Minimal+tc.spec, "load 30s\n"+history("s", tc.phases...))
			e.judge(end(tc.phases...))
			if diff := cmp.Diff(tc.want, e.burning()); diff != "" {
				t.Errorf("firing (-want +got):\n%s", diff)
			}
		})
	}
}

// limits are the two numbers that an alert on the burn rate compares with.
var limits = regexp.MustCompile(`> ([0-9.e-]+)`)

func TestPairsOfAPeriod(t *testing.T) {
	for name, tc := range map[string]struct {
		objective, period string
		want              []string
	}{
		"30 days": {"99.9", "30d", []string{
			"1h/5m > 0.0144 critical, gone in 2d2h", "6h/30m > 0.006 critical, gone in 5d",
			"1d/2h > 0.003 warning, gone in 10d", "3d/6h > 0.001 warning, gone in 30d",
		}},
		"28 days": {"99.9", "28d", []string{
			"1h/5m > 0.01344 critical, gone in 2d2h", "6h/30m > 0.0056 critical, gone in 5d",
			"1d/2h > 0.0028 warning, gone in 10d", "3d/6h > 0.000933333 warning, gone in 30d",
		}},
		"90 days": {"99.9", "90d", []string{
			"1h/5m > 0.0432 critical, gone in 2d2h", "6h/30m > 0.018 critical, gone in 5d",
			"1d/2h > 0.009 warning, gone in 10d", "3d/6h > 0.003 warning, gone in 30d",
		}},
		"7 days": {"99.9", "7d", []string{
			"14m/2m > 0.0144 critical, gone in 11h40m", "1h24m/7m > 0.006 critical, gone in 1d4h",
			"5h36m/28m > 0.003 warning, gone in 2d8h", "16h48m/1h24m > 0.001 warning, gone in 7d",
		}},
		"an objective of 90 % never burns 14.4 times as fast": {"90", "30d", []string{
			"6h/30m > 0.6 critical, gone in 5d", "1d/2h > 0.3 warning, gone in 10d", "3d/6h > 0.1 warning, gone in 30d",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			made := sloRules(t, fixture.Minimal+fmt.Sprintf("\n  slos: [{name: s, objective: %q, period: %s}]", tc.objective, tc.period))
			var got []string
			for _, g := range made.Groups {
				for _, rule := range g.Rules {
					if rule.Alert != "RAGErrorBudgetBurn" {
						continue
					}
					for _, name := range []string{"long", "short"} {
						if series := rules.SLOErrors + rule.Labels[name] + "{"; !strings.Contains(rule.Expr, series) {
							t.Errorf("label %s is %s, which the rule does not read", name, rule.Labels[name])
						}
					}
					got = append(got, fmt.Sprintf("%s/%s > %s %s, gone in %s", rule.Labels["long"], rule.Labels["short"],
						limitOf(t, rule.Expr), rule.Labels["severity"], rule.Labels["exhaustion"]))
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("pairs (-want +got):\n%s", diff)
			}
		})
	}
}

// limitOf is the number that both ratios are compared with.
func limitOf(t *testing.T, expr string) string {
	t.Helper()
	found := limits.FindAllStringSubmatch(expr, -1)
	if len(found) != 2 || found[0][1] != found[1][1] {
		t.Fatalf("not two equal limits: %v in %s", found, expr)
	}
	f, err := strconv.ParseFloat(found[0][1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%.6g", f)
}

func TestBurnLabelsAndTexts(t *testing.T) {
	for name, tc := range map[string]struct {
		alerts   string
		severity map[string]string
	}{
		"a page for what empties the budget within days": {
			severity: map[string]string{"1h": "critical", "6h": "critical", "1d": "warning", "3d": "warning"},
		},
		"an override of the severity is one for all pairs": {
			alerts:   "\n  alerts: {overrides: [{alert: RAGErrorBudgetBurn, severity: info}]}",
			severity: map[string]string{"1h": "info", "6h": "info", "1d": "info", "3d": "info"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newSLOEngine(t, fixture.Minimal+errorSLO+tc.alerts, "load 30s\n"+history("s", phase{3 * day, 10, 0.25}))
			e.judge(3*day - 30*time.Second)
			got := map[string]string{}
			for _, alert := range e.burns() {
				got[alert.Labels.Get("long")] = alert.Labels.Get("severity")
				if alert.Labels.Get("long") == "6h" {
					checkBurn(t, alert)
				}
			}
			if diff := cmp.Diff(tc.severity, got); diff != "" {
				t.Errorf("severities (-want +got):\n%s", diff)
			}
		})
	}
}

func checkBurn(t *testing.T, alert *promrules.Alert) {
	t.Helper()
	labels := alert.Labels.Map()
	delete(labels, "severity")
	want := map[string]string{
		"alertname": "RAGErrorBudgetBurn", "namespace": "rag", "ragmonitor": "support-bot",
		"slo": "s", "signal": "errorBudget", "long": "6h", "short": "30m", "exhaustion": "5d",
	}
	if diff := cmp.Diff(want, labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	const description = "In the last 6h 2.5% of the requests to rag/support-bot were bad, and in the last 30m there were still too many. " +
		"That is more than 6 times what SLO s allows: at 6 times, the budget of 30d is gone in 5d."
	if diff := cmp.Diff(description, alert.Annotations.Get("description")); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
}

func TestBurnHasNoThresholdToOverride(t *testing.T) {
	rm := fixture.RAGMonitor(t, fixture.Minimal+errorSLO+"\n  alerts: {overrides: [{alert: RAGErrorBudgetBurn, threshold: \"0.5\"}]}")
	_, err := model.Resolve(rm, fixture.Catalogue(t))
	if err == nil || !strings.Contains(err.Error(), "RAGErrorBudgetBurn has no threshold") {
		t.Errorf("the error is %v", err)
	}
}
