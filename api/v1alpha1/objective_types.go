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

	// timeToFirstTokenP95 is the longest acceptable 95th percentile of the time
	// until the first token of an answer, 1ms to 1h. Default: 2s.
	//
	// +optional
	// +kubebuilder:default="2s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('1ms') && duration(self) <= duration('1h')",message="must be a duration between 1ms and 1h, such as \"2s\" or \"500ms\""
	TimeToFirstTokenP95 metav1.Duration `json:"timeToFirstTokenP95,omitzero"`
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

	// source is where the cost is known from. "Metric": from what the components
	// count as money. "Tokens": from their tokens and a table of prices. "Auto":
	// from tokens where no component's vocabulary counts money. Default: "Auto".
	//
	// +optional
	// +kubebuilder:default=Auto
	// +kubebuilder:validation:Enum=Auto;Metric;Tokens
	Source CostSource `json:"source,omitempty"`

	// budget is what may be spent in a calendar period. Default: none.
	//
	// +optional
	Budget *Budget `json:"budget,omitempty"`
}

// CostSource says where the cost is known from.
type CostSource string

const (
	// CostAuto takes what counts money, and tokens where no vocabulary does.
	CostAuto CostSource = "Auto"
	// CostFromMetric takes what the components count as money.
	CostFromMetric CostSource = "Metric"
	// CostFromTokens takes tokens and a table of prices.
	CostFromTokens CostSource = "Tokens"
)

// Budget is what may be spent in a calendar period.
type Budget struct {
	// amountUSD of one period, in US dollars, above 0. Example: "2000".
	//
	// +required
	AmountUSD Dollars `json:"amountUSD,omitempty"`

	// period that the amount is for: it begins at 00:00, that of a week on
	// Monday, that of a month on the 1st. Default: "Month".
	//
	// +optional
	// +kubebuilder:default=Month
	// +kubebuilder:validation:Enum=Day;Week;Month
	Period BudgetPeriod `json:"period,omitempty"`

	// timeZone in which the period begins, from the IANA database.
	// Default: "UTC". Example: "Europe/Berlin".
	//
	// +optional
	// +kubebuilder:default=UTC
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z][-+_/A-Za-z0-9]*$') && self != 'Local'",message="must be a time zone such as \"Europe/Berlin\" or \"UTC\""
	TimeZone string `json:"timeZone,omitempty"`
}

// BudgetPeriod is a calendar period.
type BudgetPeriod string

const (
	// BudgetDay begins at 00:00.
	BudgetDay BudgetPeriod = "Day"
	// BudgetWeek begins on Monday at 00:00.
	BudgetWeek BudgetPeriod = "Week"
	// BudgetMonth begins on the 1st at 00:00.
	BudgetMonth BudgetPeriod = "Month"
)

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

const (
	// IndicatorErrors counts a request as good when it did not fail.
	IndicatorErrors SLOIndicator = "Errors"
	// IndicatorLatency counts a request as good when it was fast enough.
	IndicatorLatency SLOIndicator = "Latency"
)

// SLO is an objective over a longer period.
//
// +kubebuilder:validation:XValidation:rule="self.indicator == 'Latency' ? has(self.threshold) : !has(self.threshold)",message="threshold belongs to indicator Latency, and that needs it: write indicator: Latency and threshold: 2s, or neither"
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
	// "Latency": it took no longer than threshold. Default: "Errors".
	//
	// +optional
	// +kubebuilder:default=Errors
	// +kubebuilder:validation:Enum=Errors;Latency
	Indicator SLOIndicator `json:"indicator,omitempty"`

	// threshold is the longest time that a good request takes, 1ms to 1h. It is
	// measured at the nearest bucket bound of the component's histogram;
	// status.slos says which. Only for indicator Latency. Example: 2s.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('1ms') && duration(self) <= duration('1h')",message="must be a duration between 1ms and 1h, such as \"2s\" or \"500ms\""
	Threshold *metav1.Duration `json:"threshold,omitempty"`

	// minimumRequests is the number of requests that the longer window of an
	// alert must have seen before it fires, 0 to 1000000: one failure of three
	// requests at night is no reason to wake anybody. Default: 100.
	//
	// +optional
	// +kubebuilder:default=100
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	MinimumRequests *int64 `json:"minimumRequests,omitempty"`
}
