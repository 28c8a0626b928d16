package model_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// notified resolves the smallest manifest with spec.notifications.
func notified(t *testing.T, notifications string) *model.Notifications {
	t.Helper()
	return fixture.Monitor(t, fixture.Minimal+"  notifications:\n"+notifications).Notifications
}

func TestNotificationsHaveDefaults(t *testing.T) {
	want := &model.Notifications{
		Receivers:       []model.Receiver{{Name: "team", Resolved: true, Slack: &model.Slack{URL: model.Secret{Name: "slack", Key: "url"}}}},
		DefaultReceiver: "team",
		Routes: []model.Route{
			{Severity: "critical", Receivers: []string{"team"}, Repeat: time.Hour},
			{Severity: "warning", Receivers: []string{"team"}, Repeat: time.Hour},
			{Severity: "info", Receivers: []string{"team"}, Repeat: time.Hour},
		},
		GroupBy:   []string{"alertname"},
		GroupWait: 10 * time.Second, GroupInterval: 10 * time.Second,
	}
	got := notified(t, "    receivers: [{name: team, slack: {urlSecret: {name: slack, key: url}}}]\n")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("notifications (-want +got):\n%s", d)
	}
	if none := fixture.Monitor(t, fixture.Minimal).Notifications; none != nil {
		t.Errorf("nobody asked for %+v", none)
	}
}

func TestRoutesAreBySeverity(t *testing.T) {
	const receivers = `
    receivers:
    - {name: a, teams: {urlSecret: {name: s, key: k}}}
    - {name: b, teams: {urlSecret: {name: s, key: k}}}
    - {name: c, teams: {urlSecret: {name: s, key: k}}}
`
	for name, tc := range map[string]struct {
		rest string
		want []model.Route
	}{
		"severities without a route go to the default receiver": {
			rest: "    defaultReceiver: c\n    repeatInterval: 4h\n    routes: [{severity: warning, receivers: [b]}]\n",
			want: []model.Route{
				{Severity: "critical", Receivers: []string{"c"}, Repeat: 4 * time.Hour},
				{Severity: "warning", Receivers: []string{"b"}, Repeat: 4 * time.Hour},
				{Severity: "info", Receivers: []string{"c"}, Repeat: 4 * time.Hour},
			},
		},
		"routes may have several receivers, and repeat by themselves": {
			rest: "    routes: [{severity: info, receivers: [b], repeatInterval: 24h}, {severity: critical, receivers: [c, a], repeatInterval: 5m}]\n",
			want: []model.Route{
				{Severity: "critical", Receivers: []string{"c", "a"}, Repeat: 5 * time.Minute},
				{Severity: "warning", Receivers: []string{"a"}, Repeat: time.Hour},
				{Severity: "info", Receivers: []string{"b"}, Repeat: 24 * time.Hour},
			},
		},
		"a mute time spares critical alerts unless it says so": {
			rest: "    muteTimes: [{name: nights, intervals: [{weekdays: [monday]}]}, {name: holidays, severities: [critical, warning], intervals: [{years: ['2027']}]}]\n",
			want: []model.Route{
				{Severity: "critical", Receivers: []string{"a"}, Repeat: time.Hour, MuteTimes: []string{"holidays"}},
				{Severity: "warning", Receivers: []string{"a"}, Repeat: time.Hour, MuteTimes: []string{"nights", "holidays"}},
				{Severity: "info", Receivers: []string{"a"}, Repeat: time.Hour, MuteTimes: []string{"nights"}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, notified(t, receivers+tc.rest).Routes); d != "" {
				t.Errorf("routes (-want +got):\n%s", d)
			}
		})
	}
}

func TestReceiversAreReadWhole(t *testing.T) {
	key := func(k string) model.Secret { return model.Secret{Name: "s", Key: k} }
	ca, url := key("ca"), key("url")
	for name, tc := range map[string]struct {
		receiver string
		want     model.Receiver
	}{
		"Slack": {
			receiver: "slack: {urlSecret: {name: s, key: url}, channel: '#rag'}, resolvedMessages: Omit",
			want:     model.Receiver{Slack: &model.Slack{URL: url, Channel: "#rag"}},
		},
		"e-mail": {
			receiver: "email: {to: [a@b.c, d@e.f], from: g@h.i, smarthost: 'j:587', login: {username: k, passwordSecret: {name: s, key: p}}, tls: {caSecret: {name: s, key: ca}, serverName: l}}",
			want: model.Receiver{Resolved: true, Email: &model.Email{
				To: []string{"a@b.c", "d@e.f"}, From: "g@h.i", Smarthost: "j:587", StartTLS: true, Username: "k", Password: key("p"), TLS: &model.TLS{CA: &ca, ServerName: "l"},
			}},
		},
		"e-mail with TLS from the first byte": {
			receiver: "email: {to: [a@b.c], from: g@h.i, smarthost: 'j:465', encryption: Implicit}",
			want:     model.Receiver{Resolved: true, Email: &model.Email{To: []string{"a@b.c"}, From: "g@h.i", Smarthost: "j:465"}},
		},
		"webhook": {
			receiver: "webhook: {url: 'http://a', authorization: {credentialsSecret: {name: s, key: t}}}",
			want:     model.Receiver{Resolved: true, Webhook: &model.Webhook{URL: "http://a", Authorization: &model.Authorization{Type: "Bearer", Credentials: key("t")}}},
		},
		"secret webhook": {
			receiver: "webhook: {urlSecret: {name: s, key: url}, basicAuth: {usernameSecret: {name: s, key: u}, passwordSecret: {name: s, key: p}}, tls: {serverName: x}}",
			want:     model.Receiver{Resolved: true, Webhook: &model.Webhook{URLSecret: &url, BasicAuth: &model.BasicAuth{Username: key("u"), Password: key("p")}, TLS: &model.TLS{ServerName: "x"}}},
		},
		"PagerDuty": {
			receiver: "pagerDuty: {routingKeySecret: {name: s, key: r}, url: 'https://p'}",
			want:     model.Receiver{Resolved: true, PagerDuty: &model.PagerDuty{RoutingKey: key("r"), URL: "https://p"}},
		},
		"Teams": {
			receiver: "teams: {urlSecret: {name: s, key: url}}",
			want:     model.Receiver{Resolved: true, Teams: &model.Teams{URL: url}},
		},
		"Opsgenie": {
			receiver: "opsgenie: {apiKeySecret: {name: s, key: a}, url: 'https://o', responders: [{type: user, name: a@b.c}]}",
			want:     model.Receiver{Resolved: true, Opsgenie: &model.Opsgenie{APIKey: key("a"), URL: "https://o", Responders: []model.Responder{{Type: "user", Name: "a@b.c"}}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc.want.Name = "r"
			if d := cmp.Diff([]model.Receiver{tc.want}, notified(t, "    receivers: [{name: r, "+tc.receiver+"}]\n").Receivers); d != "" {
				t.Errorf("receivers (-want +got):\n%s", d)
			}
		})
	}
}

func TestMuteTimesAreReadWhole(t *testing.T) {
	got := notified(t, `
    receivers: [{name: a, teams: {urlSecret: {name: s, key: k}}}]
    muteTimes:
    - name: nights
      intervals:
      - {times: [{start: "22:00", end: "24:00"}], weekdays: ["monday:friday"], daysOfMonth: [{start: 1, end: -1}], months: [may], years: ["2026:2027"]}
      - {weekdays: [sunday]}
`).MuteTimes
	want := []model.MuteTime{{Name: "nights", Intervals: []model.MuteInterval{
		{
			Times: []model.TimeRange{{Start: "22:00", End: "24:00"}}, Weekdays: []string{"monday:friday"},
			DaysOfMonth: []model.DayRange{{Start: 1, End: -1}}, Months: []string{"may"}, Years: []string{"2026:2027"},
		},
		{Weekdays: []string{"sunday"}},
	}}}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("mute times (-want +got):\n%s", d)
	}
}
