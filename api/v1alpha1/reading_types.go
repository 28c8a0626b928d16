package v1alpha1

// Bottleneck is the stage that makes requests slow.
type Bottleneck struct {
	// stage that makes requests slow. Example: "generation".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Stage string `json:"stage,omitempty"`

	// share of the mean request that the stage takes. Example: "83%".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	Share string `json:"share,omitempty"`

	// p95 of the stage. Example: "6.1s".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	P95 string `json:"p95,omitempty"`
}

// StageReading is what one stage contributes to the mean request.
type StageReading struct {
	// name of the stage; "unaccounted" is the time that no stage explains.
	// Example: "reranking".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`

	// timePerRequest is the mean time a request spends in the stage.
	// Example: "1.2s".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	TimePerRequest string `json:"timePerRequest,omitempty"`

	// share of the mean request. Example: "61%".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	Share string `json:"share,omitempty"`

	// p95 of one call of the stage. Example: "1.2s".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	P95 string `json:"p95,omitempty"`

	// errorRatio is the share of the stage's calls that failed; absent where that
	// is not measured. Example: "10%".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	ErrorRatio string `json:"errorRatio,omitempty"`

	// change of the mean duration of a call against its median of the last day;
	// absent until there is half an hour to compare with. Example: "+140%".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	Change string `json:"change,omitempty"`
}

// Readings are the figures of the last evaluation, rounded to two significant
// digits. One that is absent was not measured.
type Readings struct {
	// latencyP95 is the 95th percentile of the request duration. Example: "2.4s".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	LatencyP95 string `json:"latencyP95,omitempty"`

	// errorRatio is the share of requests that failed. Example: "0.8%".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	ErrorRatio string `json:"errorRatio,omitempty"`

	// requestRate is the number of requests per second. Example: "12/s".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	RequestRate string `json:"requestRate,omitempty"`

	// costPerDay is what a day costs at the present rate. Example: "$42".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	CostPerDay string `json:"costPerDay,omitempty"`

	// cacheHitRatio is the share of cache look-ups that hit. Example: "41%".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	CacheHitRatio string `json:"cacheHitRatio,omitempty"`

	// targets is the number of scrape targets up, of all. Example: "3/3".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	Targets string `json:"targets,omitempty"`

	// firingAlerts is the number of alerts firing.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	FiringAlerts *int32 `json:"firingAlerts,omitempty"`

	// sloBudgetRemaining is the error budget left of the SLO that has least.
	// Negative when it is overspent. Example: "71%".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	SLOBudgetRemaining string `json:"sloBudgetRemaining,omitempty"`
}

// SLOReading is the error budget of one SLO.
type SLOReading struct {
	// name of the SLO.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`

	// budgetRemaining is the share of the error budget that is left, negative
	// when it is overspent; absent when there were no requests. Example: "71%".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	BudgetRemaining string `json:"budgetRemaining,omitempty"`

	// burnRate is how many times faster than allowed the budget was spent in the
	// last hour: 1 uses it up exactly at the end of the period. Example: "2.4x".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	BurnRate string `json:"burnRate,omitempty"`

	// threshold is the bucket bound at which an SLO of latency is measured.
	// Example: "2.5s".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	Threshold string `json:"threshold,omitempty"`
}
