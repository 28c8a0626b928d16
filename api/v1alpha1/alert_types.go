package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AlertMode says what becomes of an alert.
type AlertMode string

const (
	// AlertsNotify lets alerts fire.
	AlertsNotify AlertMode = "Notify"
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
	// mode is what becomes of the alerts. "Notify": they fire. "Off", in quotes,
	// because YAML takes the bare word for false: there are none; recording rules,
	// boards and health stay. Default: "Notify".
	//
	// +optional
	// +kubebuilder:default=Notify
	// +kubebuilder:validation:Enum=Notify;Off
	Mode AlertMode `json:"mode,omitempty"`

	// labels are added to every alert, to route it, at most 16.
	// Example: {team: search}.
	//
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.matches('^[a-zA-Z][a-zA-Z0-9_]{0,62}$'))",message="label names must be letters, digits and '_', beginning with a letter, such as \"team\""
	// +kubebuilder:validation:XValidation:rule="self.all(k, !(k in ['alertname', 'namespace', 'ragmonitor', 'component', 'stage', 'severity']))",message="alertname, namespace, ragmonitor, component, stage and severity are set by the operator: use another name (severity can be changed in alerts.overrides)"
	Labels map[string]AlertLabelValue `json:"labels,omitempty"`

	// overrides change single alerts, at most 64. docs/alerts.md lists the
	// alerts and their defaults.
	//
	// +optional
	// +listType=map
	// +listMapKey=alert
	// +kubebuilder:validation:MaxItems=64
	Overrides []AlertOverride `json:"overrides,omitempty"`
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
	// +kubebuilder:validation:Enum=Notify;Off
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
}
