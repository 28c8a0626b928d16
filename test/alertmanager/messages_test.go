package alertmanager_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/notify/email"
	"github.com/prometheus/alertmanager/notify/msteamsv2"
	"github.com/prometheus/alertmanager/notify/opsgenie"
	"github.com/prometheus/alertmanager/notify/pagerduty"
	"github.com/prometheus/alertmanager/notify/slack"
	"github.com/prometheus/alertmanager/notify/webhook"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/alertmanager/types"
	"github.com/prometheus/common/model"
)

var update = flag.Bool("update", false, "write the messages anew instead of comparing with them")

const (
	board   = "https://grafana.example.com/d/ragmonitor-682282cc3e?viewPanel=6"
	runbook = "https://github.com/ragmonitor/ragmonitor-operator/blob/main/docs/runbooks/"
)

var (
	began = time.Date(2024, 11, 22, 14, 3, 0, 0, time.UTC)
	ended = began.Add(17*time.Minute + 30*time.Second)
)

// fired is an alert of ours, with what Prometheus makes of its texts.
func fired(name, severity, signal, summary, description string, more ...string) *types.Alert {
	a := &types.Alert{Alert: model.Alert{
		Labels: alert(name, severity, signal),
		Annotations: model.LabelSet{
			"summary": model.LabelValue(summary), "description": model.LabelValue(description),
			"runbook_url": model.LabelValue(runbook + name + ".md"), "dashboard_url": board,
		},
		StartsAt: began,
	}}
	for i := 0; i+1 < len(more); i += 2 {
		a.Labels[model.LabelName(more[i])] = model.LabelValue(more[i+1])
	}
	return a
}

func errorsHigh() *types.Alert {
	return fired("RAGErrorRatioHigh", "critical", "requestErrors", "Requests to support-bot fail",
		"12.3% of the requests to rag/support-bot fail; the objective is at most 5%.")
}

func slow(stage string) *types.Alert {
	return fired("RAGStageLatencyHigh", "warning", "stageLatency", "Stage "+stage+" of support-bot is slow",
		"The 95th percentile of the duration of stage "+stage+" of rag/support-bot is 4.2s; the objective is at most 500ms.", "stage", stage)
}

func over(a *types.Alert) *types.Alert {
	a.EndsAt = ended
	return a
}

// linkless is an alert of the user's own, in a cluster without Grafana.
func linkless() *types.Alert {
	a := fired("VectorStoreFull", "warning", "vectorStore", `Full of "<b>" & co, says the <!channel>`, "The expression of this alert of rag/support-bot has the value 0.93.", "path", "<script>")
	delete(a.Annotations, "runbook_url")
	delete(a.Annotations, "dashboard_url")
	return a
}

func many() []*types.Alert {
	var out []*types.Alert
	for i := range 12 {
		out = append(out, slow(fmt.Sprintf("step-%02d", i)))
	}
	return out
}

// situations are groups of alerts that a message tells of.
var situations = []struct {
	name   string
	alerts func() []*types.Alert
}{
	{"a critical alert", func() []*types.Alert { return []*types.Alert{errorsHigh()} }},
	{"a critical alert that has ended", func() []*types.Alert { return []*types.Alert{over(errorsHigh())} }},
	{"two that fire and one that has ended", func() []*types.Alert {
		return []*types.Alert{slow("retrieval"), over(slow("reranking")), slow("generation")}
	}},
	{"an alert without links, and with markup", func() []*types.Alert { return []*types.Alert{linkless()} }},
	{"more alerts than a message holds", many},
}

// receivers send to an endpoint, by the name of the file with their messages.
var receivers = map[string]func(*testing.T, *config.Config, *template.Template, *endpoint) notify.Notifier{
	"slack": func(t *testing.T, c *config.Config, tmpl *template.Template, to *endpoint) notify.Notifier {
		t.Helper()
		conf := receiverOf(t, c, "team-channel").SlackConfigs[0]
		conf.APIURL = to.secret()
		return must(slack.New(conf, tmpl, quiet))(t)
	},
	"pagerduty": func(t *testing.T, c *config.Config, tmpl *template.Template, to *endpoint) notify.Notifier {
		t.Helper()
		conf := receiverOf(t, c, "on-call").PagerdutyConfigs[0]
		conf.URL = &config.URL{URL: to.at("v2/enqueue")}
		return must(pagerduty.New(conf, tmpl, quiet))(t)
	},
	"webhook": func(t *testing.T, c *config.Config, tmpl *template.Template, to *endpoint) notify.Notifier {
		t.Helper()
		conf := receiverOf(t, c, "archive").WebhookConfigs[0]
		conf.URL = to.secret()
		return must(webhook.New(conf, tmpl, quiet))(t)
	},
	"teams": func(t *testing.T, c *config.Config, tmpl *template.Template, to *endpoint) notify.Notifier {
		t.Helper()
		conf := receiverOf(t, c, "teams").MSTeamsV2Configs[0]
		conf.WebhookURL = to.secret()
		return must(msteamsv2.New(conf, tmpl, quiet))(t)
	},
	"opsgenie": func(t *testing.T, c *config.Config, tmpl *template.Template, to *endpoint) notify.Notifier {
		t.Helper()
		conf := receiverOf(t, c, "genie").OpsGenieConfigs[0]
		conf.APIURL = &config.URL{URL: to.at("/")}
		return must(opsgenie.New(conf, tmpl, quiet))(t)
	},
}

var quiet = slog.New(slog.DiscardHandler)

func must[T notify.Notifier](n T, err error) func(*testing.T) notify.Notifier {
	return func(t *testing.T) notify.Notifier {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}

func receiverOf(t *testing.T, c *config.Config, name string) config.Receiver {
	t.Helper()
	for _, r := range c.Receivers {
		if short(r.Name) == name {
			return r
		}
	}
	t.Fatalf("there is no receiver %s", name)
	return config.Receiver{}
}

func templates(t *testing.T) *template.Template {
	t.Helper()
	tmpl, err := template.FromGlobs([]string{})
	if err != nil {
		t.Fatal(err)
	}
	tmpl.ExternalURL, err = url.Parse("https://alertmanager.example.com")
	if err != nil {
		t.Fatal(err)
	}
	return tmpl
}

// group is what Alertmanager knows of a group when it sends a message.
func group(t *testing.T, receiver string, alerts []*types.Alert) context.Context {
	t.Helper()
	ctx := notify.WithGroupKey(t.Context(), `{}/{namespace="rag"}:{alertname="A"}`)
	ctx = notify.WithReceiverName(ctx, prefix+receiver)
	ctx = notify.WithGroupLabels(ctx, model.LabelSet{"namespace": "rag", "ragmonitor": "support-bot", "alertname": alerts[0].Labels["alertname"]})
	return notify.WithNow(ctx, ended)
}

// TestMessages lets Alertmanager's own notifiers send, and compares with what is in
// testdata.
func TestMessages(t *testing.T) {
	for name, notifier := range receivers {
		t.Run(name, func(t *testing.T) {
			out := &strings.Builder{}
			for _, s := range situations {
				to := newEndpoint(t)
				alerts := s.alerts()
				if _, err := notifier(t, merged(t, "OnNamespace", "monitoring"), templates(t), to).Notify(group(t, name, alerts), alerts...); err != nil {
					t.Fatalf("%s: %v", s.name, err)
				}
				fmt.Fprintf(out, "=== %s\n%s\n", s.name, strings.Join(to.bodies, "\n"))
			}
			compare(t, name, out.String())
		})
	}
}

func TestMail(t *testing.T) {
	out := &strings.Builder{}
	for _, s := range situations {
		server := newMailServer(t)
		conf := receiverOf(t, merged(t, "OnNamespace", "monitoring"), "mail").EmailConfigs[0]
		encrypted := *conf.RequireTLS
		if conf.Smarthost.String() != "smtp.example.com:587" || !encrypted || conf.AuthUsername != "alerts@example.com" || conf.AuthPassword != "password" {
			t.Errorf("the server is %v, encrypted %t, with the login %q", conf.Smarthost, encrypted, conf.AuthUsername)
		}
		// The one of this test has neither.
		conf.Smarthost, *conf.RequireTLS = server.address, false
		alerts := s.alerts()
		if _, err := email.New(conf, templates(t), quiet).Notify(group(t, "mail", alerts), alerts...); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		fmt.Fprintf(out, "=== %s\n%s\n", s.name, readable(t, <-server.received))
	}
	compare(t, "mail", out.String())
}

// TestResolvedMessages are sent unless a receiver does not want them.
func TestResolvedMessages(t *testing.T) {
	c := merged(t, "OnNamespace", "monitoring")
	got := map[string]bool{
		"slack":     receiverOf(t, c, "team-channel").SlackConfigs[0].SendResolved(),
		"pagerduty": receiverOf(t, c, "on-call").PagerdutyConfigs[0].SendResolved(),
		"mail":      receiverOf(t, c, "mail").EmailConfigs[0].SendResolved(),
		"webhook":   receiverOf(t, c, "archive").WebhookConfigs[0].SendResolved(),
		"teams":     receiverOf(t, c, "teams").MSTeamsV2Configs[0].SendResolved(),
		"opsgenie":  receiverOf(t, c, "genie").OpsGenieConfigs[0].SendResolved(),
	}
	want := map[string]bool{"slack": true, "pagerduty": true, "mail": true, "webhook": true, "teams": true, "opsgenie": false}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("resolved messages (-want +got):\n%s", d)
	}
}

// TestLogins are those of the Secrets.
func TestLogins(t *testing.T) {
	c := merged(t, "OnNamespace", "monitoring")
	archive, chat := receiverOf(t, c, "archive").WebhookConfigs[0], receiverOf(t, c, "chat-bot").WebhookConfigs[0]
	if a := archive.HTTPConfig.Authorization; a.Type != "ApiKey" || a.Credentials != "token" {
		t.Errorf("authorization is %q %q", a.Type, a.Credentials)
	}
	if b := chat.HTTPConfig.BasicAuth; b.Username != "user" || b.Password != "password" {
		t.Errorf("login is %q %q", b.Username, b.Password)
	}
	if chat.URL.String() != "https://chat.example.com/hook" || archive.URL.String() != "https://hooks.example.com/rag?source=ragmonitor" {
		t.Errorf("URLs are %s and %s", chat.URL, archive.URL)
	}
	if relay := receiverOf(t, c, "relay").EmailConfigs[0]; *relay.RequireTLS || relay.Smarthost.Port != "465" {
		t.Error("TLS from the first byte must not ask for STARTTLS")
	}
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	for _, wrong := range []string{"<no value>", "<nil>", "{{", "}}", "%!"} {
		if strings.Contains(got, wrong) {
			t.Errorf("messages of %s hold %q", name, wrong)
		}
	}
	if name == "slack" && strings.Contains(got, "<!channel>") {
		t.Error("a value of an alert calls everybody in the channel")
	}
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got); go test -update writes it anew:\n%s", file, d)
	}
}

// indented is JSON for people: without what is not ours, or differs every time.
func indented(t *testing.T, body []byte) string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(body))
	var value any
	if err := d.Decode(&value); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	out := &bytes.Buffer{}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(value); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
