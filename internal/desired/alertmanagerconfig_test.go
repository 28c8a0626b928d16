package desired_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"
	monitoringv1alpha1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

// What Alertmanager makes of an AlertmanagerConfig is proven in test/alertmanager, with
// the libraries of Alertmanager and of the Prometheus Operator, from the golden file of
// the case "notifications".

// notified is the AlertmanagerConfig of the smallest RAGMonitor with notifications.
func notified(t *testing.T, notifications string) *monitoringv1alpha1.AlertmanagerConfig {
	t.Helper()
	for _, o := range build(t, fixture.Minimal+"  notifications:\n"+notifications) {
		if o.Kind != desired.AlertmanagerConfig {
			continue
		}
		data, err := json.Marshal(o.Config)
		if err != nil {
			t.Fatal(err)
		}
		out := &monitoringv1alpha1.AlertmanagerConfig{}
		if err := json.Unmarshal(data, out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	t.Fatal("there is no AlertmanagerConfig")
	return nil
}

func TestNobodyToNotifyIsNoAlertmanagerConfig(t *testing.T) {
	for _, o := range build(t, fixture.Minimal) {
		if o.Kind == desired.AlertmanagerConfig {
			t.Error("there is one")
		}
	}
}

// TestRoutes are severity > receiver of the routes, "+" where others follow, with their
// repetition.
func TestRoutes(t *testing.T) {
	const receivers = `
    receivers:
    - {name: a, teams: {urlSecret: {name: s, key: k}}}
    - {name: b, teams: {urlSecret: {name: s, key: k}}}
`
	for name, tc := range map[string]struct {
		rest string
		want []string
	}{
		"without routes the first receiver is told of all": {
			want: []string{"critical > a 1h", "warning > a 1h", "info > a 1h"},
		},
		"a route may tell several": {
			rest: "    routes: [{severity: critical, receivers: [b, a], repeatInterval: 5m}]\n    defaultReceiver: b\n    repeatInterval: 4h\n",
			want: []string{"critical > b+ 5m", "critical > a 5m", "warning > b 4h", "info > b 4h"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			config := notified(t, receivers+tc.rest)
			routes, err := config.Spec.Route.ChildRoutes()
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range routes {
				more := ""
				if r.Continue {
					more = "+"
				}
				got = append(got, fmt.Sprintf("%s > %s%s %s", r.Matchers[0].Value, r.Receiver, more, *r.RepeatInterval))
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("routes (-want +got):\n%s", d)
			}
		})
	}
}

// TestGroupsAreNeverWithoutLabels: Alertmanager would take those of its own root route.
func TestGroupsAreNeverWithoutLabels(t *testing.T) {
	for groupBy, want := range map[string][]string{
		"[]":                     {"namespace", "ragmonitor"},
		"[component, namespace]": {"namespace", "ragmonitor", "component"},
	} {
		config := notified(t, "    receivers: [{name: a, teams: {urlSecret: {name: s, key: k}}}]\n    groupBy: "+groupBy+"\n")
		if d := cmp.Diff(want, config.Spec.Route.GroupBy); d != "" {
			t.Errorf("%s: labels (-want +got):\n%s", groupBy, d)
		}
	}
}

// templates are the texts of an AlertmanagerConfig that hold templates.
func templates(t *testing.T, config *monitoringv1alpha1.AlertmanagerConfig) []string {
	t.Helper()
	data, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	var out []string
	walk(value, "", func(_ string, leaf any) {
		if text, ok := leaf.(string); ok && strings.Contains(text, "{{") {
			out = append(out, text)
		}
	})
	return out
}

const everyReceiver = `
    receivers:
    - {name: a, slack: {urlSecret: {name: s, key: k}}}
    - {name: b, email: {to: [a@example.com], from: b@example.com, smarthost: "c:25"}}
    - {name: c, webhook: {url: "http://d"}}
    - {name: d, pagerDuty: {routingKeySecret: {name: s, key: k}}}
    - {name: e, teams: {urlSecret: {name: s, key: k}}}
    - {name: f, opsgenie: {apiKeySecret: {name: s, key: k}}}
`

// TestTextsAreTemplatesOfOldAlertmanagers: one that an Alertmanager cannot read is a
// message that is not sent.
func TestTextsAreTemplatesOfOldAlertmanagers(t *testing.T) {
	known := template.FuncMap{}
	for _, name := range []string{"toUpper", "toLower", "title", "join", "match", "safeHtml", "reReplaceAll", "stringSlice"} {
		known[name] = func(...any) string { return "" }
	}
	texts := templates(t, notified(t, everyReceiver))
	if len(texts) < 20 {
		t.Errorf("there are only %d texts", len(texts))
	}
	for _, text := range texts {
		parsed, err := template.New("").Funcs(known).Parse(text)
		if err != nil {
			t.Errorf("%v in\n%s", err, text)
			continue
		}
		for _, shared := range parsed.Templates() {
			if shared.Name() != "" && !strings.HasPrefix(shared.Name(), "ragmonitor.") {
				t.Errorf("%q may be somebody else's", shared.Name())
			}
			if shared.Name() != "" && shared.Root.String() == "" {
				t.Errorf("%q is used, and empty", shared.Name())
			}
		}
	}
}

// TestTextsHoldNoTextOfUsers: what they say comes with the alerts, so that nothing a
// user writes is a template.
func TestTextsHoldNoTextOfUsers(t *testing.T) {
	const name = "text-of-a-user"
	renamed := strings.NewReplacer("name: a,", "name: "+name+",", "{name: s,", "{name: "+name+",", "a@example.com", name+"@example.com", "http://d", "http://"+name)
	plain, edited := templates(t, notified(t, everyReceiver)), templates(t, notified(t, renamed.Replace(everyReceiver)))
	slices.Sort(plain)
	slices.Sort(edited)
	if d := cmp.Diff(plain, edited); d != "" {
		t.Errorf("templates (-before +after):\n%s", d)
	}
}

// TestAlertmanagerConfigsAreSmall: those of all RAGMonitors go into one Secret, which
// may have 1 MiB when it is compressed.
func TestAlertmanagerConfigsAreSmall(t *testing.T) {
	var receivers []string
	for i := range 16 {
		receivers = append(receivers, fmt.Sprintf("    - {name: r%d, email: {to: [a@example.com], from: b@example.com, smarthost: \"c:25\"}}\n", i))
	}
	data, err := json.Marshal(notified(t, "    receivers:\n"+strings.Join(receivers, "")))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("16 receivers of e-mail take %d bytes", len(data))
	if len(data) > 128<<10 {
		t.Errorf("they take %d bytes, must take at most 128 KiB", len(data))
	}
}
