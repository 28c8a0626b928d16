package model

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/utils/ptr"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// severities of alerts, the gravest first.
var severities = []v1alpha1.Severity{v1alpha1.SeverityCritical, v1alpha1.SeverityWarning, v1alpha1.SeverityInfo}

// resolveNotifications returns nil where none were asked for.
func resolveNotifications(in *v1alpha1.Notifications) (*Notifications, error) {
	if in == nil || len(in.Receivers) == 0 {
		return nil, nil
	}
	var p parser
	out := &Notifications{
		DefaultReceiver: cmp.Or(in.DefaultReceiver, in.Receivers[0].Name),
		GroupBy:         texts(in.GroupBy),
		GroupWait:       in.GroupWait.Duration,
		GroupInterval:   p.positive("spec.notifications.groupInterval", in.GroupInterval.Duration),
	}
	repeat := p.positive("spec.notifications.repeatInterval", in.RepeatInterval.Duration)
	for _, r := range in.Receivers {
		out.Receivers = append(out.Receivers, resolveReceiver(r))
	}
	for _, severity := range severities {
		out.Routes = append(out.Routes, resolveRoute(*in, severity, out.DefaultReceiver, repeat))
	}
	for _, m := range in.MuteTimes {
		out.MuteTimes = append(out.MuteTimes, MuteTime{Name: m.Name, Intervals: each(m.Intervals, resolveInterval)})
	}
	return out, p.err()
}

func resolveRoute(in v1alpha1.Notifications, severity v1alpha1.Severity, receiver string, repeat time.Duration) Route {
	out := Route{Severity: string(severity), Receivers: []string{receiver}, Repeat: repeat}
	for _, r := range in.Routes {
		if r.Severity != severity {
			continue
		}
		out.Receivers = texts(r.Receivers)
		if r.RepeatInterval != nil {
			out.Repeat = r.RepeatInterval.Duration
		}
	}
	for _, m := range in.MuteTimes {
		if slices.Contains(m.Severities, severity) {
			out.MuteTimes = append(out.MuteTimes, m.Name)
		}
	}
	return out
}

func resolveReceiver(in v1alpha1.Receiver) Receiver {
	return Receiver{
		Name:      in.Name,
		Resolved:  in.ResolvedMessages != v1alpha1.ResolvedOmit,
		Slack:     optional(in.Slack, func(s v1alpha1.SlackReceiver) Slack { return Slack{secret(s.URLSecret), s.Channel} }),
		Email:     optional(in.Email, resolveEmail),
		Webhook:   optional(in.Webhook, resolveWebhook),
		PagerDuty: optional(in.PagerDuty, func(p v1alpha1.PagerDutyReceiver) PagerDuty { return PagerDuty{secret(p.RoutingKeySecret), p.URL} }),
		Teams:     optional(in.Teams, func(t v1alpha1.TeamsReceiver) Teams { return Teams{secret(t.URLSecret)} }),
		Opsgenie:  optional(in.Opsgenie, resolveOpsgenie),
	}
}

func resolveEmail(in v1alpha1.EmailReceiver) Email {
	out := Email{
		To:        texts(in.To),
		From:      string(in.From),
		Smarthost: in.Smarthost,
		StartTLS:  in.Encryption == v1alpha1.EncryptionStartTLS,
		TLS:       optional(in.TLS, resolveTLS),
	}
	if in.Login != nil {
		out.Username, out.Password = in.Login.Username, secret(in.Login.PasswordSecret)
	}
	return out
}

func resolveTLS(in v1alpha1.ReceiverTLS) TLS {
	return TLS{CA: optional(in.CASecret, secret), ServerName: in.ServerName}
}

func resolveWebhook(in v1alpha1.WebhookReceiver) Webhook {
	return Webhook{
		URL:       in.URL,
		URLSecret: optional(in.URLSecret, secret),
		Authorization: optional(in.Authorization, func(a v1alpha1.WebhookAuthorization) Authorization {
			return Authorization{a.Type, secret(a.CredentialsSecret)}
		}),
		BasicAuth: optional(in.BasicAuth, func(b v1alpha1.WebhookBasicAuth) BasicAuth {
			return BasicAuth{secret(b.UsernameSecret), secret(b.PasswordSecret)}
		}),
		TLS: optional(in.TLS, resolveTLS),
	}
}

func resolveOpsgenie(in v1alpha1.OpsgenieReceiver) Opsgenie {
	return Opsgenie{
		APIKey: secret(in.APIKeySecret),
		URL:    in.URL,
		Responders: each(in.Responders, func(r v1alpha1.OpsgenieResponder) Responder {
			return Responder{r.Type, r.Name}
		}),
	}
}

func resolveInterval(in v1alpha1.MuteInterval) MuteInterval {
	return MuteInterval{
		Times:    each(in.Times, func(t v1alpha1.TimeRange) TimeRange { return TimeRange{t.Start, t.End} }),
		Weekdays: texts(in.Weekdays),
		Months:   texts(in.Months),
		Years:    texts(in.Years),
		DaysOfMonth: each(in.DaysOfMonth, func(d v1alpha1.DayRange) DayRange {
			return DayRange{int(ptr.Deref(d.Start, 0)), int(ptr.Deref(d.End, 0))}
		}),
	}
}

func secret(in v1alpha1.SecretKey) Secret { return Secret{in.Name, in.Key} }

// optional resolves what is there.
func optional[In, Out any](in *In, resolve func(In) Out) *Out {
	if in == nil {
		return nil
	}
	out := resolve(*in)
	return &out
}

func each[In, Out any](in []In, resolve func(In) Out) []Out {
	var out []Out
	for _, v := range in {
		out = append(out, resolve(v))
	}
	return out
}

func texts[T ~string](in []T) []string { return each(in, func(t T) string { return string(t) }) }
