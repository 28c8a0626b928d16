package v1alpha1

// Receiver is somebody who may be told of alerts.
//
// +kubebuilder:validation:XValidation:rule="[has(self.slack), has(self.email), has(self.webhook), has(self.pagerDuty), has(self.teams), has(self.opsgenie)].filter(given, given).size() == 1",message="must have exactly one of slack, email, webhook, pagerDuty, teams and opsgenie: write a receiver for each, and name them both in a route"
type Receiver struct {
	// name of the receiver, unique in the RAGMonitor. At most 63 characters.
	// Example: "on-call".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="must be lower-case letters, digits and '-', beginning and ending with a letter or digit, such as \"on-call\" or \"team-channel\""
	Name string `json:"name,omitempty"`

	// resolvedMessages says whether it is told as well when an alert has ended.
	// "Send" or "Omit". Default: "Send".
	//
	// +optional
	// +kubebuilder:default=Send
	ResolvedMessages ResolvedMessages `json:"resolvedMessages,omitempty"`

	// slack is a channel of Slack, or of anything with its incoming webhooks.
	//
	// +optional
	Slack *SlackReceiver `json:"slack,omitempty"`

	// email is told by e-mail.
	//
	// +optional
	Email *EmailReceiver `json:"email,omitempty"`

	// webhook is an HTTP endpoint that takes Alertmanager's JSON.
	//
	// +optional
	Webhook *WebhookReceiver `json:"webhook,omitempty"`

	// pagerDuty is a service of PagerDuty.
	//
	// +optional
	PagerDuty *PagerDutyReceiver `json:"pagerDuty,omitempty"`

	// teams is a channel of Microsoft Teams. It needs Alertmanager 0.28 and
	// Prometheus Operator 0.82 or newer.
	//
	// +optional
	Teams *TeamsReceiver `json:"teams,omitempty"`

	// opsgenie is told through Opsgenie.
	//
	// +optional
	Opsgenie *OpsgenieReceiver `json:"opsgenie,omitempty"`
}

// ResolvedMessages says whether a receiver is told when an alert has ended.
//
// +kubebuilder:validation:Enum=Send;Omit
type ResolvedMessages string

const (
	// ResolvedSend tells of the end of alerts.
	ResolvedSend ResolvedMessages = "Send"
	// ResolvedOmit tells only of their beginning.
	ResolvedOmit ResolvedMessages = "Omit"
)

// SecretKey names a key of a Secret in the RAGMonitor's own namespace. The operator
// never reads it: the Prometheus Operator does.
type SecretKey struct {
	// name of the Secret. Example: "slack".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$')",message="must be the name of a Secret in this namespace, such as \"slack\": lower-case letters, digits, '-' and '.'"
	Name string `json:"name,omitempty"`

	// key in the Secret. Example: "url".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="must be a key of the Secret, such as \"url\": letters, digits, '-', '_' and '.'"
	Key string `json:"key,omitempty"`
}

// SlackReceiver is a channel of Slack.
type SlackReceiver struct {
	// urlSecret holds the URL of the incoming webhook.
	// Example: {name: slack, key: url}.
	//
	// +required
	URLSecret SecretKey `json:"urlSecret,omitzero"`

	// channel or user, where the webhook allows to choose. At most 80 characters.
	// Default: that of the webhook. Example: "#rag-alerts".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=80
	// +kubebuilder:validation:XValidation:rule="self.matches('^[#@]?[^ {}#@]+$')",message="must be a channel or a user, such as \"#rag-alerts\" or \"@jane\", without spaces and braces"
	Channel string `json:"channel,omitempty"`
}

// Encryption of the connection to a mail server.
//
// +kubebuilder:validation:Enum=StartTLS;Implicit;None
type Encryption string

const (
	// EncryptionStartTLS begins in the clear and insists on STARTTLS.
	EncryptionStartTLS Encryption = "StartTLS"
	// EncryptionImplicit is TLS from the first byte, which is what port 465 is for.
	EncryptionImplicit Encryption = "Implicit"
	// EncryptionNone is no encryption at all.
	EncryptionNone Encryption = "None"
)

// EmailReceiver is told by e-mail.
//
// +kubebuilder:validation:XValidation:rule="(self.encryption == 'Implicit') == self.smarthost.endsWith(':465')",fieldPath=".encryption",message="must be Implicit for port 465, and only there: Alertmanager decides by the port"
// +kubebuilder:validation:XValidation:rule="!has(self.login) || self.encryption != 'None'",fieldPath=".encryption",message="must be StartTLS or Implicit with a login: a password must not travel unencrypted"
// +kubebuilder:validation:XValidation:rule="!has(self.tls) || self.encryption != 'None'",fieldPath=".tls",message="must be left out where encryption is None"
type EmailReceiver struct {
	// to whom, 1 to 16 addresses. Example: ["search-team@example.com"].
	//
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	To []EmailAddress `json:"to,omitempty"`

	// from whom. Example: "alerts@example.com".
	//
	// +required
	From EmailAddress `json:"from,omitempty"`

	// smarthost is the mail server that takes the message, with its port.
	// Example: "smtp.example.com:587".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=259
	// +kubebuilder:validation:XValidation:rule="self.matches('^([a-zA-Z0-9]([-.a-zA-Z0-9]*[a-zA-Z0-9])?|\\\\[[0-9a-fA-F:.]+\\\\]):[0-9]{1,5}$')",message="must be a host and a port, such as \"smtp.example.com:587\""
	Smarthost string `json:"smarthost,omitempty"`

	// encryption of the connection. "StartTLS": the server must offer it.
	// "Implicit": TLS from the first byte, for port 465. "None": for a server
	// inside the cluster, perhaps. Default: "StartTLS".
	//
	// +optional
	// +kubebuilder:default=StartTLS
	Encryption Encryption `json:"encryption,omitempty"`

	// login to the mail server. Default: none.
	//
	// +optional
	Login *EmailLogin `json:"login,omitempty"`

	// tls says whom to trust. Default: the authorities that Alertmanager trusts,
	// and the name of the smarthost.
	//
	// +optional
	TLS *ReceiverTLS `json:"tls,omitempty"`
}

// EmailAddress is an e-mail address: at most 254 characters, without a name.
//
// +kubebuilder:validation:MinLength=3
// +kubebuilder:validation:MaxLength=254
// +kubebuilder:validation:XValidation:rule="self.matches('^[-a-zA-Z0-9.!#$%&*+/=?^_|~]+@[a-zA-Z0-9]([-.a-zA-Z0-9]*[a-zA-Z0-9])?$')",message="must be an e-mail address without a name, such as \"search-team@example.com\""
type EmailAddress string

// EmailLogin is a login to a mail server.
type EmailLogin struct {
	// username at the mail server. It is no secret to an AlertmanagerConfig: it
	// cannot be in a Secret. Example: "alerts@example.com".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:XValidation:rule="self.matches('^[^{}\\\\s]+$')",message="must be a user name without spaces and braces, such as \"alerts@example.com\""
	Username string `json:"username,omitempty"`

	// passwordSecret holds the password. Example: {name: smtp, key: password}.
	//
	// +required
	PasswordSecret SecretKey `json:"passwordSecret,omitzero"`
}

// ReceiverTLS says whom to trust.
//
// +kubebuilder:validation:XValidation:rule="has(self.caSecret) || has(self.serverName)",message="must not be empty: write caSecret or serverName, or leave tls out"
type ReceiverTLS struct {
	// caSecret holds the certificates, in PEM, of the authorities that may sign the
	// server's. Example: {name: smtp, key: ca.crt}.
	//
	// +optional
	CASecret *SecretKey `json:"caSecret,omitempty"`

	// serverName that the certificate must have. Default: the host that is
	// connected to. Example: "smtp.example.com".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-zA-Z0-9]([-.a-zA-Z0-9]*[a-zA-Z0-9])?$')",message="must be the name of a host, such as \"smtp.example.com\""
	ServerName string `json:"serverName,omitempty"`
}

// WebhookReceiver is an HTTP endpoint. It is sent Alertmanager's JSON, whose
// annotations say what, how bad, and where to look.
//
// +kubebuilder:validation:XValidation:rule="has(self.url) != has(self.urlSecret)",message="must have either url, for one without secrets, or urlSecret"
// +kubebuilder:validation:XValidation:rule="!has(self.authorization) || !has(self.basicAuth)",message="must have authorization or basicAuth, or neither: both write the header Authorization"
type WebhookReceiver struct {
	// url of the endpoint, without secrets in it. At most 1024 characters.
	// Example: "https://hooks.example.com/rag".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule="self.matches('^https?://[^{}\\\\s/@]+(/[^{}\\\\s]*)?$') && isURL(self)",message="must be a URL such as \"https://hooks.example.com/rag\", without user, spaces and braces: a secret belongs into urlSecret, authorization or basicAuth"
	URL string `json:"url,omitempty"`

	// urlSecret holds the URL of the endpoint. Example: {name: hook, key: url}.
	//
	// +optional
	URLSecret *SecretKey `json:"urlSecret,omitempty"`

	// authorization is the header of that name. An AlertmanagerConfig can send no
	// other. Default: none.
	//
	// +optional
	Authorization *WebhookAuthorization `json:"authorization,omitempty"`

	// basicAuth is a login by HTTP basic authentication. Default: none.
	//
	// +optional
	BasicAuth *WebhookBasicAuth `json:"basicAuth,omitempty"`

	// tls says whom to trust. Default: the authorities that Alertmanager trusts,
	// and the name in the URL.
	//
	// +optional
	TLS *ReceiverTLS `json:"tls,omitempty"`
}

// WebhookAuthorization is the header Authorization: a type, and a secret.
type WebhookAuthorization struct {
	// type is the first word of the header. At most 32 characters.
	// Default: "Bearer".
	//
	// +optional
	// +kubebuilder:default=Bearer
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z][-_A-Za-z0-9]*$') && self.lowerAscii() != 'basic'",message="must be one word such as \"Bearer\" or \"ApiKey\"; for Basic, write basicAuth"
	Type string `json:"type,omitempty"`

	// credentialsSecret holds what follows, the token.
	// Example: {name: hook, key: token}.
	//
	// +required
	CredentialsSecret SecretKey `json:"credentialsSecret,omitzero"`
}

// WebhookBasicAuth is a login by HTTP basic authentication.
type WebhookBasicAuth struct {
	// usernameSecret holds the user name. Example: {name: hook, key: username}.
	//
	// +required
	UsernameSecret SecretKey `json:"usernameSecret,omitzero"`

	// passwordSecret holds the password. Example: {name: hook, key: password}.
	//
	// +required
	PasswordSecret SecretKey `json:"passwordSecret,omitzero"`
}

// PagerDutyReceiver is a service of PagerDuty.
type PagerDutyReceiver struct {
	// routingKeySecret holds the integration key of the service's Events API v2.
	// Example: {name: pagerduty, key: routingKey}.
	//
	// +required
	RoutingKeySecret SecretKey `json:"routingKeySecret,omitzero"`

	// url of PagerDuty's Events API v2. At most 1024 characters. Default: that of
	// Alertmanager. Example: "https://events.eu.pagerduty.com/v2/enqueue".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule="self.matches('^https?://[^{}\\\\s/@]+(/[^{}\\\\s]*)?$') && isURL(self)",message="must be a URL such as \"https://events.eu.pagerduty.com/v2/enqueue\", without user, spaces and braces"
	URL string `json:"url,omitempty"`
}

// TeamsReceiver is a channel of Microsoft Teams.
type TeamsReceiver struct {
	// urlSecret holds the URL of the workflow that posts to the channel.
	// Example: {name: teams, key: url}.
	//
	// +required
	URLSecret SecretKey `json:"urlSecret,omitzero"`
}

// OpsgenieReceiver is told through Opsgenie.
type OpsgenieReceiver struct {
	// apiKeySecret holds the key of the API integration.
	// Example: {name: opsgenie, key: apiKey}.
	//
	// +required
	APIKeySecret SecretKey `json:"apiKeySecret,omitzero"`

	// url of Opsgenie's API. At most 1024 characters. Default: that of
	// Alertmanager. Example: "https://api.eu.opsgenie.com/".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule="self.matches('^https?://[^{}\\\\s/@]+(/[^{}\\\\s]*)?$') && isURL(self)",message="must be a URL such as \"https://api.eu.opsgenie.com/\", without user, spaces and braces"
	URL string `json:"url,omitempty"`

	// responders are those who are responsible, at most 8. Default: those of the
	// integration.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	Responders []OpsgenieResponder `json:"responders,omitempty"`
}

// OpsgenieResponder is responsible for an alert in Opsgenie.
type OpsgenieResponder struct {
	// type of the responder.
	//
	// +required
	// +kubebuilder:validation:Enum=team;user;escalation;schedule
	Type string `json:"type,omitempty"`

	// name of the team, escalation or schedule, or the user's e-mail address. At
	// most 128 characters. Example: "search".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="self.matches('^[^{}\\\\n\\\\r]+$')",message="must be the name of a responder, such as \"search\", without braces and line breaks"
	Name string `json:"name,omitempty"`
}
