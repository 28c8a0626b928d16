package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AlertMode says what becomes of an alert.
type AlertMode string

const (
	// AlertsNotify lets alerts fire.
	AlertsNotify AlertMode = "Notify"
	// AlertsBurnIn evaluates alerts without paging anybody, and counts how often
	// each would have paged.
	AlertsBurnIn AlertMode = "BurnIn"
	// AlertsOff leaves alerts out of the rules.
	AlertsOff AlertMode = "Off"
)

// Severity says how soon a person should look.
type Severity string

const (
	// SeverityCritical means now: users are affected.
	SeverityCritical Severity = "critical"
	// SeverityWarning means today.
	SeverityWarning Severity = "warning"
	// SeverityInfo means when there is time.
	SeverityInfo Severity = "info"
)

// Alerts says which alerts exist and what they carry.
type Alerts struct {
	// mode is what becomes of the alerts. "Notify": they fire. "BurnIn": they are
	// evaluated and page nobody; status.burnIn says how often each would have
	// fired in the last 7 days. "Off", in quotes, because YAML takes the bare word
	// for false: there are none. Recording rules, boards and health stay in every
	// mode. Default: "Notify".
	//
	// +optional
	// +kubebuilder:default=Notify
	// +kubebuilder:validation:Enum=Notify;BurnIn;Off
	Mode AlertMode `json:"mode,omitempty"`

	// labels are added to every alert, to route it, at most 16.
	// Example: {team: search}.
	//
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.matches('^[a-zA-Z][a-zA-Z0-9_]{0,62}$'))",message="label names must be letters, digits and '_', beginning with a letter, such as \"team\""
	// +kubebuilder:validation:XValidation:rule="self.all(k, !(k in ['alertname', 'namespace', 'ragmonitor', 'component', 'stage', 'severity', 'slo', 'long', 'short', 'exhaustion', 'tool', 'model', 'metric', 'signal']))",message="alertname, namespace, ragmonitor, component, stage, severity, slo, long, short, exhaustion, tool, model, metric and signal are set by the operator: use another name (severity has a field of its own)"
	Labels map[string]AlertLabelValue `json:"labels,omitempty"`

	// overrides change single alerts, at most 64. docs/alerts.md lists the
	// alerts and their defaults.
	//
	// +optional
	// +listType=map
	// +listMapKey=alert
	// +kubebuilder:validation:MaxItems=64
	Overrides []AlertOverride `json:"overrides,omitempty"`

	// custom are alerts of your own, at most 16.
	//
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=16
	Custom []CustomAlert `json:"custom,omitempty"`
}

// AlertLabelValue is the value of a label that is added to alerts: 1 to 128
// characters, no template.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=128
// +kubebuilder:validation:XValidation:rule="!self.contains('{{') && !self.contains('}}')",message="must not hold '{{' or '}}': templates are not evaluated here, write the value itself"
type AlertLabelValue string

// AlertOverride changes one alert. What is left out keeps its default.
type AlertOverride struct {
	// alert is the name of the alert to change. Example: "RAGLatencyHigh".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Z][A-Za-z0-9]*$')",message="must be the name of an alert, such as \"RAGLatencyHigh\": docs/alerts.md lists them"
	Alert string `json:"alert,omitempty"`

	// mode is what becomes of this alert. Default: alerts.mode.
	//
	// +optional
	// +kubebuilder:validation:Enum=Notify;BurnIn;Off
	Mode AlertMode `json:"mode,omitempty"`

	// severity of this alert. Default: that of the alert in docs/alerts.md.
	//
	// +optional
	// +kubebuilder:validation:Enum=critical;warning;info
	Severity Severity `json:"severity,omitempty"`

	// for is how long the condition must hold before the alert fires, 0s to 24h.
	// Default: that of the alert in docs/alerts.md.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) <= duration('24h')",message="must be a duration between 0s and 24h, such as \"5m\""
	For *metav1.Duration `json:"for,omitempty"`

	// threshold at which this alert fires, in the unit that docs/alerts.md gives.
	// Where the alert watches an objective, the health and the board go on using
	// that: better change the objective. Default: the objective, or that of the
	// alert in docs/alerts.md. Example: "0.1".
	//
	// +optional
	Threshold Decimal `json:"threshold,omitempty"`

	// labels are added to this alert, besides alerts.labels, at most 8.
	// Example: {escalation: finance}.
	//
	// +optional
	// +kubebuilder:validation:MaxProperties=8
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.matches('^[a-zA-Z][a-zA-Z0-9_]{0,62}$'))",message="label names must be letters, digits and '_', beginning with a letter, such as \"team\""
	// +kubebuilder:validation:XValidation:rule="self.all(k, !(k in ['alertname', 'namespace', 'ragmonitor', 'component', 'stage', 'severity', 'slo', 'long', 'short', 'exhaustion', 'tool', 'model', 'metric', 'signal']))",message="alertname, namespace, ragmonitor, component, stage, severity, slo, long, short, exhaustion, tool, model, metric and signal are set by the operator: use another name (severity has a field of its own)"
	Labels map[string]AlertLabelValue `json:"labels,omitempty"`
}

// CustomAlert is an alert of the user's own.
type CustomAlert struct {
	// name of the alert, unique in the RAGMonitor. Names that begin with "RAG" are
	// kept for the alerts of docs/alerts.md. Example: "VectorStoreFull".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Z][A-Za-z0-9]*$') && !self.startsWith('RAG')",message="must begin with a capital letter, hold only letters and digits, and not begin with \"RAG\", such as \"VectorStoreFull\""
	Name string `json:"name,omitempty"`

	// expression in PromQL, at most 2048 characters. Every selector is bound to
	// this namespace, and one of a series "ragmonitor:..." to this RAGMonitor.
	// There may be 16 selectors, each of which must name its metric; together,
	// ranges and offsets may reach back 7 days.
	// Example: "max(vector_store_fill_ratio) > 0.9".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	Expression string `json:"expression,omitempty"`

	// for is how long the condition must hold before the alert fires, 0s to 24h.
	// Default: 5m.
	//
	// +optional
	// +kubebuilder:default="5m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) <= duration('24h')",message="must be a duration between 0s and 24h, such as \"5m\""
	For *metav1.Duration `json:"for,omitempty"`

	// severity of the alert. Default: "warning".
	//
	// +optional
	// +kubebuilder:default=warning
	// +kubebuilder:validation:Enum=critical;warning;info
	Severity Severity `json:"severity,omitempty"`

	// summary for the person who is paged: one line, no template.
	// Example: "The vector store is nearly full".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="!self.contains('{{') && !self.contains('}}')",message="must not hold '{{' or '}}': templates are not evaluated here, write the text itself"
	// +kubebuilder:validation:XValidation:rule="!self.matches('[\\n\\r]')",message="must be one line"
	Summary string `json:"summary,omitempty"`

	// signal is what the alert is about. While a critical alert fires, nobody is
	// told of the warnings with the same signal; docs/alerts.md has the operator's
	// own. At most 63 characters. Default: the name of the alert.
	// Example: "vectorStore".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-zA-Z][a-zA-Z0-9_-]*$')",message="must be letters, digits, '_' and '-', beginning with a letter, such as \"vectorStore\""
	Signal string `json:"signal,omitempty"`

	// mode is what becomes of this alert. Default: alerts.mode.
	//
	// +optional
	// +kubebuilder:validation:Enum=Notify;BurnIn;Off
	Mode AlertMode `json:"mode,omitempty"`

	// labels are added to this alert, besides alerts.labels, at most 8.
	//
	// +optional
	// +kubebuilder:validation:MaxProperties=8
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.matches('^[a-zA-Z][a-zA-Z0-9_]{0,62}$'))",message="label names must be letters, digits and '_', beginning with a letter, such as \"team\""
	// +kubebuilder:validation:XValidation:rule="self.all(k, !(k in ['alertname', 'namespace', 'ragmonitor', 'component', 'stage', 'severity', 'slo', 'long', 'short', 'exhaustion', 'tool', 'model', 'metric', 'signal']))",message="alertname, namespace, ragmonitor, component, stage, severity, slo, long, short, exhaustion, tool, model, metric and signal are set by the operator: use another name (severity has a field of its own)"
	Labels map[string]AlertLabelValue `json:"labels,omitempty"`
}
