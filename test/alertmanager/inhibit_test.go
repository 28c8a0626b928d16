package alertmanager_test

import (
	"log/slog"
	"maps"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/provider/mem"
	"github.com/prometheus/alertmanager/types"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
)

// alert has labels of ours, and more.
func alert(name, severity, signal string, more ...model.LabelSet) model.LabelSet {
	out := model.LabelSet{
		"alertname": model.LabelValue(name), "severity": model.LabelValue(severity), "signal": model.LabelValue(signal),
		"namespace": "rag", "ragmonitor": "support-bot",
	}
	for _, m := range more {
		maps.Copy(out, m)
	}
	return out
}

// TestCriticalAlertsSilenceTheirWarnings lets Alertmanager's own inhibitor decide,
// under each strategy.
func TestCriticalAlertsSilenceTheirWarnings(t *testing.T) {
	firing := []model.LabelSet{
		alert("RAGServiceDown", "critical", "availability"),
		alert("RAGErrorBudgetBurn", "critical", "errorBudget", model.LabelSet{"slo": "availability", "long": "1h"}),
		alert("RAGLatencyHigh", "warning", "latency"),
		// Somebody else's, which looks like ours.
		{"alertname": "Other", "severity": "critical", "signal": "", "namespace": "rag", "ragmonitor": "support-bot"},
	}
	table := map[string]struct {
		target model.LabelSet
		want   bool
	}{
		"of the same signal":             {alert("RAGTargetsDown", "warning", "availability"), true},
		"of the same signal, for info":   {alert("Own", "info", "availability"), true},
		"with other labels besides":      {alert("RAGComponentAbsent", "warning", "availability", model.LabelSet{"component": "api", "team": "search"}), true},
		"of the same SLO":                {alert("RAGErrorBudgetBurn", "warning", "errorBudget", model.LabelSet{"slo": "availability", "long": "1d"}), true},
		"of another SLO":                 {alert("RAGErrorBudgetBurn", "warning", "errorBudget", model.LabelSet{"slo": "fast-answers", "long": "1d"}), false},
		"of another signal":              {alert("RAGCostPerDayHigh", "warning", "cost"), false},
		"that is critical itself":        {alert("RAGServiceDown", "critical", "availability"), false},
		"where only a warning fires":     {alert("Own", "info", "latency"), false},
		"of another RAGMonitor":          {alert("RAGTargetsDown", "warning", "availability", model.LabelSet{"ragmonitor": "other"}), false},
		"of another namespace":           {alert("RAGTargetsDown", "warning", "availability", model.LabelSet{"namespace": "other"}), false},
		"without a signal":               {model.LabelSet{"alertname": "X", "severity": "warning", "namespace": "rag", "ragmonitor": "support-bot"}, false},
		"without a RAGMonitor":           {model.LabelSet{"alertname": "X", "severity": "warning", "namespace": "rag", "signal": "availability"}, false},
		"that somebody else calls alike": {model.LabelSet{"alertname": "X", "severity": "warning", "signal": "availability"}, false},
	}
	for strategy, s := range strategies {
		t.Run(strategy, func(t *testing.T) {
			mutes := inhibitor(t, merged(t, s.strategy, s.namespace).InhibitRules, firing)
			for name, tc := range table {
				if got := mutes(tc.target); got != tc.want {
					t.Errorf("a warning %s is silenced: %t, want %t", name, got, tc.want)
				}
			}
		})
	}
}

// inhibitor has seen what fires.
func inhibitor(t *testing.T, rules []config.InhibitRule, firing []model.LabelSet) func(model.LabelSet) bool {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	marker := types.NewMarker(prometheus.NewRegistry())
	alerts, err := mem.NewAlerts(t.Context(), marker, time.Hour, nil, quiet, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(alerts.Close)
	put := func(labels model.LabelSet) {
		t.Helper()
		now := time.Now()
		a := &types.Alert{Alert: model.Alert{Labels: labels, StartsAt: now.Add(-time.Minute), EndsAt: now.Add(time.Hour)}, UpdatedAt: now}
		if err := alerts.Put(a); err != nil {
			t.Fatal(err)
		}
	}
	for _, labels := range firing {
		put(labels)
	}
	i := inhibit.NewInhibitor(alerts, rules, marker, quiet)
	go i.Run()
	t.Cleanup(i.Stop)
	silenced := func(target model.LabelSet) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); !i.Mutes(target); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the inhibitor does not see what silences %v", target)
			}
		}
	}
	// What fires comes in any order, and what is put afterwards comes after it.
	silenced(alert("RAGTargetsDown", "warning", "availability"))
	put(alert("Sentinel", "critical", "sentinel"))
	silenced(alert("Sentinel", "warning", "sentinel"))
	return i.Mutes
}
