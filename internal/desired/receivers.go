package desired

import (
	"strings"

	monitoringv1alpha1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	monitoringv1ac "github.com/prometheus-operator/prometheus-operator/pkg/client/applyconfiguration/monitoring/v1"
	monitoringv1alpha1ac "github.com/prometheus-operator/prometheus-operator/pkg/client/applyconfiguration/monitoring/v1alpha1"
	corev1 "k8s.io/api/core/v1"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// client is who PagerDuty says an incident comes from.
const client = "RAGMonitor"

// receiver uses no field that the Prometheus Operator 0.82 does not know: the API
// server would refuse the whole object.
func receiver(r model.Receiver) *monitoringv1alpha1ac.ReceiverApplyConfiguration {
	out := monitoringv1alpha1ac.Receiver().WithName(r.Name)
	switch {
	case r.Slack != nil:
		out.WithSlackConfigs(slack(*r.Slack).WithSendResolved(r.Resolved))
	case r.Email != nil:
		out.WithEmailConfigs(email(*r.Email).WithSendResolved(r.Resolved))
	case r.Webhook != nil:
		out.WithWebhookConfigs(webhook(*r.Webhook).WithSendResolved(r.Resolved))
	case r.PagerDuty != nil:
		out.WithPagerDutyConfigs(pagerDuty(*r.PagerDuty).WithSendResolved(r.Resolved))
	case r.Teams != nil:
		out.WithMSTeamsV2Configs(teams(*r.Teams).WithSendResolved(r.Resolved))
	case r.Opsgenie != nil:
		out.WithOpsGenieConfigs(opsgenie(*r.Opsgenie).WithSendResolved(r.Resolved))
	}
	return out
}

func secret(s model.Secret) corev1.SecretKeySelector {
	return corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: s.Name}, Key: s.Key}
}

func slack(s model.Slack) *monitoringv1alpha1ac.SlackConfigApplyConfiguration {
	texts := messages.Slack
	out := monitoringv1alpha1ac.SlackConfig().
		WithAPIURL(secret(s.URL)).
		WithTitle(messages.whole(texts.Title)).
		WithTitleLink(messages.whole(texts.TitleLink)).
		WithFallback(messages.whole(texts.Title)).
		WithColor(messages.whole(texts.Color)).
		WithText(messages.whole(texts.Text))
	if s.Channel != "" {
		out.WithChannel(s.Channel)
	}
	return out
}

func email(e model.Email) *monitoringv1alpha1ac.EmailConfigApplyConfiguration {
	texts := messages.Email
	out := monitoringv1alpha1ac.EmailConfig().
		WithTo(strings.Join(e.To, ", ")).
		WithFrom(e.From).
		WithSmarthost(e.Smarthost).
		WithRequireTLS(e.StartTLS).
		WithHeaders(keyValue("Subject", texts.Subject)).
		WithText(messages.whole(texts.Text)).
		WithHTML(messages.whole(texts.HTML))
	if e.Username != "" {
		out.WithAuthUsername(e.Username).WithAuthPassword(secret(e.Password))
	}
	if e.TLS != nil {
		out.WithTLSConfig(trust(*e.TLS))
	}
	return out
}

func trust(t model.TLS) *monitoringv1ac.SafeTLSConfigApplyConfiguration {
	out := monitoringv1ac.SafeTLSConfig()
	if t.CA != nil {
		out.WithCA(monitoringv1ac.SecretOrConfigMap().WithSecret(secret(*t.CA)))
	}
	if t.ServerName != "" {
		out.WithServerName(t.ServerName)
	}
	return out
}

// webhook has no text: Alertmanager sends its own JSON.
func webhook(w model.Webhook) *monitoringv1alpha1ac.WebhookConfigApplyConfiguration {
	out := monitoringv1alpha1ac.WebhookConfig()
	if w.URLSecret != nil {
		out.WithURLSecret(secret(*w.URLSecret))
	} else {
		out.WithURL(w.URL)
	}
	// One that is given replaces the Alertmanager's own, which may hold a proxy.
	if w.Authorization == nil && w.BasicAuth == nil && w.TLS == nil {
		return out
	}
	http := monitoringv1alpha1ac.HTTPConfig()
	if a := w.Authorization; a != nil {
		http.WithAuthorization(monitoringv1ac.SafeAuthorization().WithType(a.Type).WithCredentials(secret(a.Credentials)))
	}
	if b := w.BasicAuth; b != nil {
		http.WithBasicAuth(monitoringv1ac.BasicAuth().WithUsername(secret(b.Username)).WithPassword(secret(b.Password)))
	}
	if w.TLS != nil {
		http.WithTLSConfig(trust(*w.TLS))
	}
	return out.WithHTTPConfig(http)
}

func pagerDuty(p model.PagerDuty) *monitoringv1alpha1ac.PagerDutyConfigApplyConfiguration {
	texts := messages.PagerDuty
	out := monitoringv1alpha1ac.PagerDutyConfig().
		WithRoutingKey(secret(p.RoutingKey)).
		WithClient(client).
		WithClientURL(messages.whole(texts.ClientURL)).
		WithDescription(messages.whole(texts.Description)).
		WithSeverity(messages.whole(texts.Severity)).
		WithSource(messages.whole(texts.Source)).
		WithClass(messages.whole(texts.Class)).
		WithComponent(messages.whole(texts.Component)).
		WithGroup(messages.whole(texts.Group)).
		WithDetails(keyValues(texts.Details)...)
	for _, l := range texts.Links {
		out.WithPagerDutyLinkConfigs(monitoringv1alpha1ac.PagerDutyLinkConfig().WithText(l.Text).WithHref(messages.whole(l.Href)))
	}
	if p.URL != "" {
		out.WithURL(monitoringv1alpha1.URL(p.URL))
	}
	return out
}

func teams(t model.Teams) *monitoringv1alpha1ac.MSTeamsV2ConfigApplyConfiguration {
	return monitoringv1alpha1ac.MSTeamsV2Config().
		WithWebhookURL(secret(t.URL)).
		WithTitle(messages.whole(messages.Teams.Title)).
		WithText(messages.whole(messages.Teams.Text))
}

func opsgenie(o model.Opsgenie) *monitoringv1alpha1ac.OpsGenieConfigApplyConfiguration {
	texts := messages.Opsgenie
	out := monitoringv1alpha1ac.OpsGenieConfig().
		WithAPIKey(secret(o.APIKey)).
		WithMessage(messages.whole(texts.Message)).
		WithDescription(messages.whole(texts.Description)).
		WithPriority(messages.whole(texts.Priority)).
		WithSource(messages.whole(texts.Source)).
		WithEntity(messages.whole(texts.Entity)).
		WithTags(messages.whole(texts.Tags)).
		WithDetails(keyValues(texts.Details)...)
	for _, r := range o.Responders {
		responder := monitoringv1alpha1ac.OpsGenieConfigResponder().WithType(r.Type)
		if r.Type == "user" {
			responder.WithUsername(r.Name)
		} else {
			responder.WithName(r.Name)
		}
		out.WithResponders(responder)
	}
	if o.URL != "" {
		out.WithAPIURL(monitoringv1alpha1.URL(o.URL))
	}
	return out
}

func keyValues(entries []entry) []*monitoringv1alpha1ac.KeyValueApplyConfiguration {
	out := make([]*monitoringv1alpha1ac.KeyValueApplyConfiguration, 0, len(entries))
	for _, e := range entries {
		out = append(out, keyValue(e.Key, e.Value))
	}
	return out
}

func keyValue(key, text string) *monitoringv1alpha1ac.KeyValueApplyConfiguration {
	return monitoringv1alpha1ac.KeyValue().WithKey(key).WithValue(messages.whole(text))
}
