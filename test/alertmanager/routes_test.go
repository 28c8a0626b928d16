package alertmanager_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/timeinterval"
	"github.com/prometheus/common/model"
)

// told are the receivers that an alert reaches.
func told(c *config.Config, labels model.LabelSet) []string {
	var out []string
	for _, r := range dispatch.NewRoute(c.Route, nil).Match(labels) {
		out = append(out, short(r.RouteOpts.Receiver))
	}
	return out
}

// TestEveryAlertReachesItsReceivers: and then those of the administrator, because the
// Prometheus Operator lets alerts go on.
func TestEveryAlertReachesItsReceivers(t *testing.T) {
	want := map[model.LabelValue][]string{
		"critical": {"on-call", "team-channel", "genie", "archive", "admins"},
		"warning":  {"team-channel"},
		"info":     {"mail"},
	}
	for name, tc := range strategies {
		t.Run(name, func(t *testing.T) {
			c := merged(t, tc.strategy, tc.namespace)
			seen := map[model.LabelValue]int{}
			for _, labels := range alertLabels(t) {
				seen[labels["severity"]]++
				if d := cmp.Diff(want[labels["severity"]], told(c, labels)); d != "" {
					t.Errorf("receivers of %v (-want +got):\n%s", labels, d)
				}
			}
			if len(seen) != 3 || seen["critical"] < 5 || seen["warning"] < 10 {
				t.Errorf("alerts by severity: %v", seen)
			}
		})
	}
}

func TestAlertsOfOthersReachNobodyOfOurs(t *testing.T) {
	for name, labels := range map[string]model.LabelSet{
		"of another namespace":  {"alertname": "A", "namespace": "other", "ragmonitor": "support-bot", "severity": "critical"},
		"of another RAGMonitor": {"alertname": "A", "namespace": "rag", "ragmonitor": "other", "severity": "critical"},
		"of no RAGMonitor":      {"alertname": "KubePodCrashLooping", "namespace": "rag", "severity": "critical"},
		"of a node":             {"alertname": "RAGNodeDiskFull", "namespace": "ragmonitor-system", "severity": "critical"},
	} {
		t.Run(name, func(t *testing.T) {
			for strategy, tc := range strategies {
				if d := cmp.Diff([]string{"admins"}, told(merged(t, tc.strategy, tc.namespace), labels)); d != "" {
					t.Errorf("%s: receivers (-want +got):\n%s", strategy, d)
				}
			}
		})
	}
}

// timing is how the messages of a route come.
type timing struct {
	Wait, Interval, Repeat time.Duration
	By                     []model.LabelName
	Muted                  []string
}

func TestTimingIsOurs(t *testing.T) {
	c := merged(t, "OnNamespace", "monitoring")
	by := []model.LabelName{"alertname", "component", "namespace", "ragmonitor"}
	for severity, want := range map[model.LabelValue]timing{
		"critical": {30 * time.Second, time.Minute, 30 * time.Minute, by, nil},
		"warning":  {30 * time.Second, time.Minute, 4 * time.Hour, by, []string{"nights"}},
		"info":     {30 * time.Second, time.Minute, 24 * time.Hour, by, []string{"nights", "year-end"}},
	} {
		t.Run(string(severity), func(t *testing.T) {
			for _, r := range dispatch.NewRoute(c.Route, nil).Match(model.LabelSet{"namespace": "rag", "ragmonitor": "support-bot", "severity": severity}) {
				if r.RouteOpts.Receiver == "admins" {
					continue
				}
				got := timing{Wait: r.RouteOpts.GroupWait, Interval: r.RouteOpts.GroupInterval, Repeat: r.RouteOpts.RepeatInterval}
				for label := range r.RouteOpts.GroupBy {
					got.By = append(got.By, label)
				}
				slices.Sort(got.By)
				for _, name := range r.RouteOpts.MuteTimeIntervals {
					got.Muted = append(got.Muted, short(name))
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("timing of %s (-want +got):\n%s", r.RouteOpts.Receiver, d)
				}
			}
		})
	}
}

func TestMuteTimes(t *testing.T) {
	intervals := map[string][]timeinterval.TimeInterval{}
	for _, m := range merged(t, "OnNamespace", "monitoring").MuteTimeIntervals {
		intervals[short(m.Name)] = m.TimeIntervals
	}
	i := timeinterval.NewIntervener(intervals)
	for name, tc := range map[string]struct {
		mute, at string
		want     bool
	}{
		"a weekday":             {"nights", "2026-11-25T12:00:00Z", false},
		"before midnight":       {"nights", "2026-11-25T22:00:00Z", true},
		"a minute to midnight":  {"nights", "2026-11-25T23:59:59Z", true},
		"after midnight":        {"nights", "2026-11-26T00:00:00Z", true},
		"the end of a night":    {"nights", "2026-11-26T06:00:00Z", false},
		"another time zone":     {"nights", "2026-11-25T23:30:00+02:00", false},
		"a weekend":             {"nights", "2026-11-28T12:00:00Z", true},
		"the end of a year":     {"year-end", "2026-12-31T12:00:00Z", true},
		"Christmas Eve":         {"year-end", "2026-12-24T00:00:00Z", true},
		"the day before":        {"year-end", "2026-12-23T23:59:59Z", false},
		"the end of a month":    {"year-end", "2026-11-30T12:00:00Z", false},
		"a year that is over":   {"year-end", "2025-12-31T12:00:00Z", false},
		"a year that is to end": {"year-end", "2030-12-31T12:00:00Z", true},
	} {
		t.Run(name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, tc.at)
			if err != nil {
				t.Fatal(err)
			}
			muted, _, err := i.Mutes([]string{tc.mute}, at)
			if err != nil || muted != tc.want {
				t.Errorf("%s is muted: %t, want %t (%v)", tc.at, muted, tc.want, err)
			}
		})
	}
}
