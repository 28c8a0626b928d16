package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// RAGMonitor watches one retrieval-augmented generation (RAG) service in its
// own namespace. From it the operator makes ServiceMonitors, a PrometheusRule, an
// AlertmanagerConfig and a Grafana dashboard, and reports in its status whether the service is
// healthy, which stage is slow and what it costs.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=ragmonitors,singular=ragmonitor,shortName=ragmon,categories=monitoring,scope=Namespaced
// +kubebuilder:printcolumn:name="Health",type=string,JSONPath=`.status.health`,description="Healthy, Degraded, Critical, NoTraffic, NoData, Stale or Unknown"
// +kubebuilder:printcolumn:name="Bottleneck",type=string,JSONPath=`.status.bottleneck.stage`,description="The stage that makes requests slow, when one does"
// +kubebuilder:printcolumn:name="P95",type=string,JSONPath=`.status.readings.latencyP95`,description="95th percentile of the request duration"
// +kubebuilder:printcolumn:name="Errors",type=string,JSONPath=`.status.readings.errorRatio`,description="Failed requests as a share of all requests"
// +kubebuilder:printcolumn:name="Cost/Day",type=string,JSONPath=`.status.readings.costPerDay`,description="US dollars a day at the present rate"
// +kubebuilder:printcolumn:name="Cache",type=string,JSONPath=`.status.readings.cacheHitRatio`,description="Cache hits as a share of all look-ups"
// +kubebuilder:printcolumn:name="Targets",type=string,JSONPath=`.status.readings.targets`,description="Scrape targets up, of all"
// +kubebuilder:printcolumn:name="Alerts",type=integer,JSONPath=`.status.readings.firingAlerts`,description="Alerts firing now"
// +kubebuilder:printcolumn:name="SLO Budget",type=string,JSONPath=`.status.readings.sloBudgetRemaining`,priority=1,description="Error budget left of the SLO that has least"
// +kubebuilder:printcolumn:name="Components",type=string,JSONPath=`.status.components`,priority=1,description="The components that are watched"
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Healthy")].reason`,priority=1,description="Why the health is what it is"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,priority=1,description="Whether everything the operator makes is in place"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="metadata.name must be at most 63 characters: it becomes the value of the label \"ragmonitor\" on every target"
type RAGMonitor struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says what to watch and what is good enough.
	//
	// +required
	Spec RAGMonitorSpec `json:"spec,omitzero"`

	// status says what was made of spec, and how the service is.
	//
	// +optional
	Status RAGMonitorStatus `json:"status,omitzero"`
}

// RAGMonitorList is a list of RAGMonitors.
//
// +kubebuilder:object:root=true
type RAGMonitorList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []RAGMonitor `json:"items"`
}

// RAGMonitorSpec says what to watch and what is good enough. Only components is
// required.
//
// +kubebuilder:validation:XValidation:rule="self.components.exists(c, !has(c.stage))",fieldPath=".components",message="must have one component at least that serves the users' requests: leave out stage there"
// +kubebuilder:validation:XValidation:rule="self.components.all(c, !c.endpoint.interval.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') || !self.evaluation.window.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') || duration(self.evaluation.window).getMilliseconds() >= 4 * duration(c.endpoint.interval).getMilliseconds())",fieldPath=".evaluation.window",message="must be at least 4 times the endpoint.interval of every component, or rates would rest on too few scrapes: raise evaluation.window or lower endpoint.interval"
// +kubebuilder:validation:XValidation:rule="!self.evaluation.interval.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') || !self.evaluation.window.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') || duration(self.evaluation.interval) <= duration(self.evaluation.window)",fieldPath=".evaluation.interval",message="must not be longer than evaluation.window, or scrapes would be skipped between two evaluations"
// +kubebuilder:validation:XValidation:rule="!self.evaluation.costWindow.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') || !self.evaluation.window.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') || duration(self.evaluation.costWindow) >= duration(self.evaluation.window)",fieldPath=".evaluation.costWindow",message="must not be shorter than evaluation.window: cost comes in few, large steps"
type RAGMonitorSpec struct {
	// components are the parts of the service whose metrics are read, 1 to 16.
	// Requests, errors and cost are added up over all components that count
	// them; the latency shown is that of the slowest.
	//
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Components []Component `json:"components,omitempty"`

	// objectives are the limits of what is good enough. Alerts, boards and
	// health all use these same numbers. Every objective has a default.
	//
	// +optional
	// +kubebuilder:default={}
	Objectives Objectives `json:"objectives,omitzero"`

	// slos are objectives over a longer period, each with an error budget that
	// is spent by failures, at most 8. Default: none.
	//
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=8
	SLOs []SLO `json:"slos,omitempty"`

	// evaluation says how often rules are evaluated, and over which windows.
	//
	// +optional
	// +kubebuilder:default={}
	Evaluation Evaluation `json:"evaluation,omitzero"`

	// alerts says which alerts exist and what they carry.
	//
	// +optional
	// +kubebuilder:default={}
	Alerts Alerts `json:"alerts,omitzero"`

	// source is the name of the metric source that knows this service, of those
	// that the operator is configured with. Default: the first of them, or, where
	// none is configured, "embedded": the operator scrapes the pods itself. At most
	// 63 characters. Example: "thanos".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="must be lower-case letters, digits and '-', beginning and ending with a letter or digit, such as \"thanos\": the name of a metric source of the operator's configuration"
	Source string `json:"source,omitempty"`

	// dashboards says where the Grafana board is put.
	//
	// +optional
	// +kubebuilder:default={}
	Dashboards Dashboards `json:"dashboards,omitzero"`

	// notifications says who is told of alerts. Default: whoever the Alertmanager's
	// own configuration sends them to.
	//
	// +optional
	Notifications *Notifications `json:"notifications,omitempty"`

	// nodeMetrics says whether the metrics of the cluster's nodes are wanted.
	// "Required": the RAGMonitor is not Ready until a node-exporter runs.
	// "IfAvailable": node metrics are collected where that is possible.
	// "Off", in quotes, because YAML takes the bare word for false: this
	// RAGMonitor asks for none. Default: "IfAvailable".
	//
	// +optional
	// +kubebuilder:default=IfAvailable
	NodeMetrics NodeMetricsPolicy `json:"nodeMetrics,omitempty"`
}

// Component is one part of the service, whose metrics one vocabulary explains:
// Services that are to be scraped, or series that somebody else collects already.
//
// +kubebuilder:validation:XValidation:rule="has(self.selector) != has(self.existing)",message="must have either selector, for Services that are to be scraped, or existing, for series that are collected already"
// +kubebuilder:validation:XValidation:rule="self.vocabulary == 'custom' ? has(self.signals) : !has(self.signals)",message="signals belong to vocabulary \"custom\", and it needs them: write vocabulary: custom and signals, or another vocabulary without signals"
type Component struct {
	// name of the component, unique in the RAGMonitor. It becomes the value of
	// the label "component" on every target. At most 63 characters.
	// Example: "api".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="must be lower-case letters, digits and '-', beginning and ending with a letter or digit, such as \"api\" or \"vector-store\""
	Name string `json:"name,omitempty"`

	// vocabulary is the name of the catalogue entry that says how this component
	// names its metrics, or "custom" for the names in signals.
	// docs/vocabularies.md lists them. Example: "rag".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="must be the name of a vocabulary, such as \"rag\": lower-case letters, digits and '-'"
	Vocabulary string `json:"vocabulary,omitempty"`

	// stage of the pipeline that this component is. Its requests then are not
	// requests of the service: their time and failures are those of the stage.
	// Default: none, the component serves the users' requests.
	// Example: "generation" for an inference server.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-zA-Z0-9]([-_.a-zA-Z0-9]*[a-zA-Z0-9])?$') && self != 'unaccounted'",message="must be the name of a stage, such as \"retrieval\": letters, digits, '-', '_' and '.', and not \"unaccounted\""
	Stage string `json:"stage,omitempty"`

	// selector picks the Services of this component, in the RAGMonitor's own
	// namespace, and has them scraped. It must not be empty.
	// Example: {matchLabels: {app: support-bot}}.
	//
	// +optional
	Selector *ServiceSelector `json:"selector,omitempty"`

	// existing picks series that are scraped or pushed by somebody else already.
	// Only rules are made for them. Example: {matchLabels: {job: vllm}}.
	//
	// +optional
	Existing *SeriesSelector `json:"existing,omitempty"`

	// endpoint says where the Services of selector expose their metrics.
	//
	// +optional
	// +kubebuilder:default={}
	Endpoint Endpoint `json:"endpoint,omitzero"`

	// signals map what the rules need to the metrics of this component, at most
	// 64. Only for vocabulary "custom". The entries of one signal are
	// alternatives: of each target the first that it has counts.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	Signals []SignalSeries `json:"signals,omitempty"`
}

// SeriesSelector picks series by their labels, of this namespace only: the
// operator's option --namespace-labels says which labels hold the namespace.
type SeriesSelector struct {
	// matchLabels are labels that the series must have, with their values, 1 to
	// 8. Example: {job: vllm}.
	//
	// +required
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=8
	// +kubebuilder:validation:XValidation:rule="!('namespace' in self)",message="must not hold the label namespace: series are always those of the RAGMonitor's own namespace; leave it out, and write others such as job"
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.matches('^[a-zA-Z_][a-zA-Z0-9_.]{0,127}$') && k != '__name__')",message="label names must be letters, digits, '_' and '.', beginning with a letter or '_', such as \"job\"; the metrics are named by the vocabulary"
	MatchLabels map[string]SeriesLabelValue `json:"matchLabels,omitempty"`
}

// SeriesLabelValue is the value of a label of a series: 1 to 128 characters.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=128
// +kubebuilder:validation:XValidation:rule="!self.contains('\\ufffd')",message="must not hold the replacement character U+FFFD: Prometheus cannot read it in an expression"
type SeriesLabelValue string

// ServiceSelector picks Services by their labels. All conditions must hold.
//
// +kubebuilder:validation:XValidation:rule="(has(self.matchLabels) && size(self.matchLabels) > 0) || (has(self.matchExpressions) && size(self.matchExpressions) > 0)",message="must not be empty, it would select every Service of the namespace: name a label of your Service, such as matchLabels: {app: support-bot}"
type ServiceSelector struct {
	// matchLabels are labels that a Service must have, with their values, at
	// most 16. Example: {app: support-bot}.
	//
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.size() <= 317 && k.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$'))",message="each name must be a label name, such as \"app\" or \"app.kubernetes.io/name\""
	MatchLabels map[string]LabelValue `json:"matchLabels,omitempty"`

	// matchExpressions are further conditions on labels, at most 16.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	MatchExpressions []LabelRequirement `json:"matchExpressions,omitempty"`
}

// LabelValue is the value of a Kubernetes label: at most 63 characters.
//
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="self.matches('^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$')",message="must be a label value: letters, digits, '-', '_' and '.', beginning and ending with a letter or digit"
type LabelValue string

// LabelRequirement is one condition on a label.
//
// +kubebuilder:validation:XValidation:rule="self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : !has(self.values) || size(self.values) == 0",message="give values for the operators In and NotIn, and none for Exists and DoesNotExist"
type LabelRequirement struct {
	// key is the name of the label. Example: "app.kubernetes.io/name".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=317
	// +kubebuilder:validation:XValidation:rule="self.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$')",message="must be a label name, such as \"app\" or \"app.kubernetes.io/name\""
	Key string `json:"key,omitempty"`

	// operator is how the label is compared with values.
	//
	// +required
	// +kubebuilder:validation:Enum=In;NotIn;Exists;DoesNotExist
	Operator metav1.LabelSelectorOperator `json:"operator,omitempty"`

	// values to compare with, at most 16; none for Exists and DoesNotExist.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	Values []LabelValue `json:"values,omitempty"`
}

// Endpoint is where a Service exposes its metrics.
type Endpoint struct {
	// port is the name of the Service's port. Default: "metrics".
	//
	// +optional
	// +kubebuilder:default=metrics
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$') && self.matches('[a-z]')",message="must be the name of a port of the Service, not its number: name the port in the Service, such as \"metrics\""
	Port string `json:"port,omitempty"`

	// path of the metrics. Default: "/metrics".
	//
	// +optional
	// +kubebuilder:default=/metrics
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^/[-A-Za-z0-9_.~/%]*$')",message="must begin with '/' and hold only letters, digits and -_.~/%, such as \"/metrics\""
	Path string `json:"path,omitempty"`

	// interval between scrapes, 1s to 5m. Default: 30s.
	//
	// +optional
	// +kubebuilder:default="30s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('1s') && duration(self) <= duration('5m')",message="must be a duration between 1s and 5m, such as \"15s\""
	Interval metav1.Duration `json:"interval,omitzero"`
}

// Evaluation says how often rules are evaluated, and over which windows.
type Evaluation struct {
	// interval between two evaluations of the rules, 1s to 1m. Three of
	// them must fit into the five minutes for which Prometheus looks back.
	// Default: 30s.
	//
	// +optional
	// +kubebuilder:default="30s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('1s') && duration(self) <= duration('1m')",message="must be a duration between 1s and 1m, such as \"30s\""
	Interval metav1.Duration `json:"interval,omitzero"`

	// window over which rates, ratios and percentiles are taken, 4s to 1h, and
	// at least 4 scrape intervals. A shorter window reacts sooner and is less
	// steady. Default: 5m.
	//
	// +optional
	// +kubebuilder:default="5m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('4s') && duration(self) <= duration('1h')",message="must be a duration between 4s and 1h, such as \"5m\""
	Window metav1.Duration `json:"window,omitzero"`

	// costWindow is the window over which the rate of spending is taken, 4s to
	// 24h, and not shorter than window, because cost comes in few, large steps.
	// Default: 1h.
	//
	// +optional
	// +kubebuilder:default="1h"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('4s') && duration(self) <= duration('24h')",message="must be a duration between 4s and 24h, such as \"1h\""
	CostWindow metav1.Duration `json:"costWindow,omitzero"`
}

// Dashboards says where the Grafana board is put.
type Dashboards struct {
	// folder of the board in Grafana. Default: "RAG".
	//
	// +optional
	// +kubebuilder:default=RAG
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9]([-_ A-Za-z0-9]*[A-Za-z0-9])?$')",message="must be letters, digits, spaces, '-' and '_', such as \"RAG\": a folder, not a path"
	Folder string `json:"folder,omitempty"`
}

// NodeMetricsPolicy says whether the metrics of the nodes are wanted.
//
// +kubebuilder:validation:Enum=Required;IfAvailable;Off
type NodeMetricsPolicy string

const (
	// NodeMetricsRequired makes readiness depend on a running node-exporter.
	NodeMetricsRequired NodeMetricsPolicy = "Required"
	// NodeMetricsIfAvailable collects node metrics where that is possible.
	NodeMetricsIfAvailable NodeMetricsPolicy = "IfAvailable"
	// NodeMetricsOff asks for no node metrics.
	NodeMetricsOff NodeMetricsPolicy = "Off"
)
