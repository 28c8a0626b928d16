package v1alpha1

// SignalSeries says which series of a component carry a signal.
//
// +kubebuilder:validation:XValidation:rule="!(has(self.stage) && has(self.stageLabel))",message="must have stage or stageLabel, not both"
type SignalSeries struct {
	// signal that the series carry. docs/vocabularies.md lists them.
	// Example: "requestDuration".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z][a-zA-Z0-9]*$')",message="must be the name of a signal, such as \"requestDuration\": docs/vocabularies.md lists them"
	Signal string `json:"signal,omitempty"`

	// metrics are the names of the metric, 1 to 8 spellings of it, without the
	// suffix _bucket, _sum or _count. Example: ["answer_seconds"].
	//
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	Metrics []MetricName `json:"metrics,omitempty"`

	// type of the metric. Default: the usual one of the signal.
	//
	// +optional
	// +kubebuilder:validation:Enum=counter;gauge;histogram;summary
	Type string `json:"type,omitempty"`

	// field is which counter of a histogram or summary is meant, where the signal
	// is a counter.
	//
	// +optional
	// +kubebuilder:validation:Enum=sum;count
	Field string `json:"field,omitempty"`

	// unit of the metric. Default: the base unit of the signal.
	// Example: "milliseconds".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]+$')",message="must be the name of a unit, such as \"seconds\" or \"milliseconds\""
	Unit string `json:"unit,omitempty"`

	// match narrows the metric to the series whose labels have one of the given
	// values, at most 4 labels. Example: [{label: status, values: ["error"]}].
	//
	// +optional
	// +listType=map
	// +listMapKey=label
	// +kubebuilder:validation:MaxItems=4
	Match []SignalMatch `json:"match,omitempty"`

	// partOf are metrics of the signal that this one is a part of, at most 8, such as
	// all requests for those that failed. For a metric of its own that begins with its
	// first event: where they are there and it is not, there is none of it yet.
	// Example: ["bot_answers_total"].
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	PartOf []string `json:"partOf,omitempty"`

	// stage that the series measure, for a signal that is measured by stage.
	// Example: "retrieval".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-zA-Z0-9]([-_.a-zA-Z0-9]*[a-zA-Z0-9])?$') && self != 'unaccounted'",message="must be the name of a stage, such as \"retrieval\": letters, digits, '-', '_' and '.', and not \"unaccounted\""
	Stage string `json:"stage,omitempty"`

	// stageLabel is the label that names the stage, where one metric measures
	// them all. Example: "step".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	StageLabel LabelName `json:"stageLabel,omitempty"`

	// labels are the labels that rules keep of this signal, each with the name
	// that the component gives it, at most 4. Example: {model: model_name}.
	//
	// +optional
	// +kubebuilder:validation:MaxProperties=4
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.matches('^[a-z][a-z_]{0,62}$'))",message="must be by the names that docs/vocabularies.md gives, such as \"model\""
	Labels map[string]LabelName `json:"labels,omitempty"`

	// buckets are the upper bounds of a histogram, in the metric's own unit, at
	// most 64. A latency SLO is measured at one of them. Example: ["0.5", "1"].
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Buckets []Decimal `json:"buckets,omitempty"`
}

// SignalMatch keeps the series whose label has one of some values.
type SignalMatch struct {
	// label to compare. Example: "status".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	Label LabelName `json:"label,omitempty"`

	// values, 1 to 16, each taken literally. Example: ["error", "timeout"].
	//
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Values []SeriesLabelValue `json:"values,omitempty"`
}

// MetricName is the name of a Prometheus metric, 1 to 128 characters.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=128
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-zA-Z_:][a-zA-Z0-9_:.]*$') && !self.startsWith('ragmonitor:')",message="must be the name of a metric of the application, such as \"http_requests_total\""
type MetricName string

// LabelName is the name of a Prometheus label, at most 128 characters.
//
// +kubebuilder:validation:MaxLength=128
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-zA-Z_][a-zA-Z0-9_.]*$') && self != '__name__'",message="must be the name of a label, such as \"status\""
type LabelName string

// Decimal is a number of 0 or more, written as a string.
//
// +kubebuilder:validation:MaxLength=16
// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]+(\\\\.[0-9]+)?$')",message="must be a decimal in quotes, such as \"0.5\""
type Decimal string
