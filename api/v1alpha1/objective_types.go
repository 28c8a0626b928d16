package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Objectives are the limits of what is good enough.
type Objectives struct {
	// latency is the limit on the duration of a whole request.
	//
	// +optional
	// +kubebuilder:default={}
	Latency LatencyObjective `json:"latency,omitzero"`

	// stages are the limits on the duration of single stages, at most 16. A
	// list given here replaces the default.
	// Default: retrieval 500ms, generation 5s.
	//
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:default={{name: "retrieval", p95: "500ms"}, {name: "generation", p95: "5s"}}
	// +kubebuilder:validation:MaxItems=16
	Stages []StageObjective `json:"stages,omitempty"`

	// errorRatio is the highest acceptable share of failed requests, 0 to 1.
	// Default: "0.05", which is 5 %.
	//
	// +optional
	// +kubebuilder:default="0.05"
	ErrorRatio Ratio `json:"errorRatio,omitempty"`

	// cost is the limit on what the service may cost.
	//
	// +optional
	// +kubebuilder:default={}
	Cost CostObjective `json:"cost,omitzero"`

	// cacheHitRatio is the lowest acceptable share of cache look-ups that hit,
	// 0 to 1. Default: "0.30", which is 30 %.
	//
	// +optional
	// +kubebuilder:default="0.30"
	CacheHitRatio Ratio `json:"cacheHitRatio,omitempty"`

	// rateLimitRemaining is the lowest acceptable number of requests that the
	// model provider still allows. Default: 100.
	//
	// +optional
	// +kubebuilder:default=100
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000000
	RateLimitRemaining *int32 `json:"rateLimitRemaining,omitempty"`

	// relevanceP50 is the lowest acceptable median of the answers' relevance, 0 to
	// 1. It is judged only when there were enough scores. Default: "0.7".
	//
	// +optional
	// +kubebuilder:default="0.7"
	RelevanceP50 Ratio `json:"relevanceP50,omitempty"`

	// contextPrecisionP50 is the lowest acceptable median of the precision of the
	// retrieved context, 0 to 1. It is judged only when there were enough scores.
	// Default: "0.6".
	//
	// +optional
	// +kubebuilder:default="0.6"
	ContextPrecisionP50 Ratio `json:"contextPrecisionP50,omitempty"`
}

// LatencyObjective limits the duration of a whole request.
type LatencyObjective struct {
	// p95 is the longest acceptable 95th percentile, 1ms to 1h. Default: 2s.
	//
	// +optional
	// +kubebuilder:default="2s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('1ms') && duration(self) <= duration('1h')",message="must be a duration between 1ms and 1h, such as \"2s\" or \"500ms\""
	P95 metav1.Duration `json:"p95,omitzero"`
}

// StageObjective limits the duration of one stage.
type StageObjective struct {
	// name of the stage. Example: "retrieval".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-zA-Z0-9]([-_.a-zA-Z0-9]*[a-zA-Z0-9])?$')",message="must be the name of a stage, such as \"retrieval\" or \"generation\""
	Name string `json:"name,omitempty"`

	// p95 is the longest acceptable 95th percentile, 1ms to 1h. Example: 500ms.
	//
	// +required
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('1ms') && duration(self) <= duration('1h')",message="must be a duration between 1ms and 1h, such as \"2s\" or \"500ms\""
	P95 metav1.Duration `json:"p95,omitzero"`
}

// CostObjective limits what the service may cost, in US dollars.
type CostObjective struct {
	// perDayUSD is the budget of a day, in US dollars, above 0. Default: "100".
	//
	// +optional
	// +kubebuilder:default="100"
	PerDayUSD Dollars `json:"perDayUSD,omitempty"`

	// perRequestP95USD is the highest acceptable 95th percentile of the cost of
	// one request, in US dollars, above 0. Default: "0.10".
	//
	// +optional
	// +kubebuilder:default="0.10"
	PerRequestP95USD Dollars `json:"perRequestP95USD,omitempty"`
}

// Ratio is a decimal between 0 and 1, written as a string: "0.05" is 5 %.
//
// +kubebuilder:validation:MaxLength=12
// +kubebuilder:validation:XValidation:rule="self.matches('^(0(\\\\.[0-9]+)?|1(\\\\.0+)?)$')",message="must be a decimal between 0 and 1 in quotes, such as \"0.05\" for 5 %"
type Ratio string

// Dollars is a positive amount of US dollars, written as a string: "0.10" is
// ten cents.
//
// +kubebuilder:validation:MaxLength=16
// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,9}(\\\\.[0-9]{1,6})?$') && double(self) > 0.0",message="must be a positive decimal in quotes, in US dollars, without a currency sign, such as \"100\" or \"0.10\""
type Dollars string

// SLOIndicator is what an SLO counts as good.
type SLOIndicator string

// IndicatorErrors counts a request as good when it did not fail.
const IndicatorErrors SLOIndicator = "Errors"

// SLO is an objective over a longer period.
type SLO struct {
	// name of the SLO, unique in the RAGMonitor. Example: "availability".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="must be lower-case letters, digits and '-', beginning and ending with a letter or digit, such as \"availability\""
	Name string `json:"name,omitempty"`

	// objective is the share of requests that must be good, in percent, above 0
	// and below 100. Example: "99.9".
	//
	// +required
	// +kubebuilder:validation:MaxLength=12
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,2}(\\\\.[0-9]+)?$') && double(self) > 0.0",message="must be a percentage above 0 and below 100 in quotes, such as \"99.9\""
	Objective string `json:"objective,omitempty"`

	// period over which the objective must hold, in whole days, 1d to 90d. The
	// budget is counted over what Prometheus still has of it. Default: 30d.
	//
	// +optional
	// +kubebuilder:default="30d"
	// +kubebuilder:validation:MaxLength=3
	// +kubebuilder:validation:XValidation:rule="self.matches('^([1-9]|[1-8][0-9]|90)d$')",message="must be a number of days between 1d and 90d, such as \"30d\""
	Period string `json:"period,omitempty"`

	// indicator is what makes a request good. "Errors": it did not fail.
	// Default: "Errors".
	//
	// +optional
	// +kubebuilder:default=Errors
	// +kubebuilder:validation:Enum=Errors
	Indicator SLOIndicator `json:"indicator,omitempty"`
}
