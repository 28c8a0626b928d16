package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Health is the one-word answer to "how is the service?".
//
// +kubebuilder:validation:Enum=Healthy;Degraded;Critical;NoTraffic;NoData;Stale;Unknown
type Health string

const (
	// HealthHealthy means that data is fresh and every objective is met.
	HealthHealthy Health = "Healthy"
	// HealthDegraded means that an objective is missed, or a target is down, but
	// requests succeed.
	HealthDegraded Health = "Degraded"
	// HealthCritical means that requests fail more often than is acceptable, or
	// that an alert of severity critical fires.
	HealthCritical Health = "Critical"
	// HealthNoTraffic means that the service is up and nobody asks it anything.
	HealthNoTraffic Health = "NoTraffic"
	// HealthNoData means that the source answers and has no data of this service.
	HealthNoData Health = "NoData"
	// HealthStale means that there is data, and it stands still: it is too old to
	// judge by, or requests are in flight and none is counted.
	HealthStale Health = "Stale"
	// HealthUnknown means that nothing can be said: no source, or none answers.
	HealthUnknown Health = "Unknown"
)

// RAGMonitorStatus says what was made of the spec, and how the service is. Two
// field managers write disjoint parts of it: "ragmonitor-operator" what concerns
// the objects, "ragmonitor-aggregator" what concerns the health.
type RAGMonitorStatus struct {
	// observedGeneration is the metadata.generation of the spec that the
	// conditions about objects speak of.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions: Accepted, PrerequisitesMet, Applied, Available, Ready, Notifying,
	// DataAvailable and Healthy. docs/conditions.md explains each reason.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// components are the names of the components that are watched.
	// Example: "api,llm".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=1040
	Components string `json:"components,omitempty"`

	// health is the one-word answer to "how is the service?". The condition
	// Healthy says why.
	//
	// +optional
	Health Health `json:"health,omitempty"`

	// bottleneck is the stage that makes requests slow; absent when none does, or
	// when more time is unaccounted for than explained.
	//
	// +optional
	Bottleneck *Bottleneck `json:"bottleneck,omitempty"`

	// stages are the three stages that weigh most: the bottleneck first, then by
	// their score, then by their share of a request. After them "unaccounted", the
	// time that no stage explains. docs/health-model.md explains the score.
	//
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=4
	Stages []StageReading `json:"stages,omitempty"`

	// readings are the figures of the last evaluation, rounded for people. They
	// are rewritten only when they moved noticeably; the exact values are in the
	// recorded series that docs/metrics.md lists.
	//
	// +optional
	Readings Readings `json:"readings,omitzero"`

	// slos are the error budgets, one for each SLO of the spec. The operator's
	// two field managers share this list: one writes threshold, the other what is
	// left.
	//
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=8
	SLOs []SLOReading `json:"slos,omitempty"`

	// cost is what was spent today and this month; absent where cost is not
	// measured.
	//
	// +optional
	Cost *CostReading `json:"cost,omitempty"`

	// targetProblems say which components are not scraped as they should be, and
	// why; components without a problem are left out.
	//
	// +optional
	// +listType=map
	// +listMapKey=component
	// +kubebuilder:validation:MaxItems=16
	TargetProblems []TargetProblem `json:"targetProblems,omitempty"`

	// unavailableAlerts are the alerts that cannot fire, because what they read
	// is missing. Each reason belongs to one of the operator's two field managers;
	// while a change is on its way an alert may be there with both.
	//
	// +optional
	// +listType=map
	// +listMapKey=alert
	// +listMapKey=reason
	// +kubebuilder:validation:MaxItems=64
	UnavailableAlerts []UnavailableAlert `json:"unavailableAlerts,omitempty"`

	// notifications say which alerts reach which receivers, by severity; severities
	// without an alert are left out. Absent without spec.notifications, and while the
	// AlertmanagerConfig in the cluster could not be updated to what it says.
	//
	// +optional
	// +listType=map
	// +listMapKey=severity
	// +kubebuilder:validation:MaxItems=3
	Notifications []NotificationReading `json:"notifications,omitempty"`

	// burnIn says how often each alert in mode BurnIn would have fired in the last
	// 7 days; alerts that would not have are left out.
	//
	// +optional
	// +listType=map
	// +listMapKey=alert
	// +kubebuilder:validation:MaxItems=80
	BurnIn []BurnInReading `json:"burnIn,omitempty"`
}

// CostReading is what was spent, in the time zone of the cost budget, UTC without
// one. It is kept here so that neither a restart of the operator nor a source that
// forgets early loses it. It is rewritten when it moved by a tenth, when a day or
// month begins, and when the operator stops.
type CostReading struct {
	// day that today speaks of. Example: "2026-11-22".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=10
	Day string `json:"day,omitempty"`

	// todayUSD is what was spent on that day, in US dollars; absent until it is known.
	// Example: "12.34".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=32
	TodayUSD string `json:"todayUSD,omitempty"`

	// monthUSD is what was spent in the month of that day, that day included, in US
	// dollars; absent until it is known. Example: "345.6".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=32
	MonthUSD string `json:"monthUSD,omitempty"`

	// budgetSpent is the share of the cost budget that is spent in its present
	// period; absent without a budget. Example: "71%".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	BudgetSpent string `json:"budgetSpent,omitempty"`

	// budgetExceededOn is the day on which the cost budget is used up at the present
	// rate, absent when that is after the end of its period. Example: "2026-11-27".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=10
	BudgetExceededOn string `json:"budgetExceededOn,omitempty"`
}

// TargetProblemReason says why a component is not scraped.
//
// +kubebuilder:validation:Enum=NoServiceMatches;NoPodMatches;PortNotFound;PodsNotRunning;Down;LimitReached;NotSelected;NotCollected;Unseen
type TargetProblemReason string

const (
	// TargetNoServiceMatches means that no Service of the namespace matches the
	// component's selector.
	TargetNoServiceMatches TargetProblemReason = "NoServiceMatches"
	// TargetNoPodMatches means that Services match, and no pod matches theirs.
	TargetNoPodMatches TargetProblemReason = "NoPodMatches"
	// TargetPortNotFound means that no matching Service has a port with the name of
	// the endpoint, or that no container has the port that it points to.
	TargetPortNotFound TargetProblemReason = "PortNotFound"
	// TargetPodsNotRunning means that pods match, and the kubelet reports no address
	// of a running one.
	TargetPodsNotRunning TargetProblemReason = "PodsNotRunning"
	// TargetDown means that targets do not answer their scrapes.
	TargetDown TargetProblemReason = "Down"
	// TargetLimitReached means that a limit of the operator's own scraping was
	// reached, so that some of the component is not collected.
	TargetLimitReached TargetProblemReason = "LimitReached"
	// TargetNotSelected means that no Prometheus of the Prometheus Operator selects
	// the component's ServiceMonitor.
	TargetNotSelected TargetProblemReason = "NotSelected"
	// TargetNotCollected means that the component is collected by somebody else, and
	// that the embedded source cannot see what it collects.
	TargetNotCollected TargetProblemReason = "NotCollected"
	// TargetUnseen means that pods are there and the metric source knows no target
	// of them, and that nothing explains why.
	TargetUnseen TargetProblemReason = "Unseen"
)

// TargetProblem is a component that is not scraped as it should be.
type TargetProblem struct {
	// component that is not scraped as it should be.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Component string `json:"component,omitempty"`

	// reason why.
	//
	// +required
	Reason TargetProblemReason `json:"reason,omitempty"`

	// message says it to people, and what to do. Example: "Service support-bot has
	// no port named metrics: it has http, grpc.".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Message string `json:"message,omitempty"`

	// since is when the reason was first seen.
	//
	// +optional
	Since metav1.Time `json:"since,omitzero"`
}

// UnavailableReason says why an alert cannot fire.
//
// +kubebuilder:validation:Enum=NotInVocabulary;NotExposed
type UnavailableReason string

const (
	// UnavailableNotInVocabulary means that no component's vocabulary has the
	// signal.
	UnavailableNotInVocabulary UnavailableReason = "NotInVocabulary"
	// UnavailableNotExposed means that a vocabulary has the metric, and that no
	// component exposed it lately.
	UnavailableNotExposed UnavailableReason = "NotExposed"
)

// UnavailableAlert is an alert that cannot fire.
type UnavailableAlert struct {
	// alert that cannot fire. Example: "RAGRelevanceLow".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Alert string `json:"alert,omitempty"`

	// reason why it cannot. "NotInVocabulary": no vocabulary of the components has
	// the signal. "NotExposed": one has, but no component exposed the metric lately.
	//
	// +required
	Reason UnavailableReason `json:"reason,omitempty"`

	// missing is the signal, or the metric, that the alert reads.
	// Example: "rag_response_relevance_score".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Missing string `json:"missing,omitempty"`
}

// NotificationReading says whom the alerts of one severity reach.
type NotificationReading struct {
	// severity of the alerts.
	//
	// +required
	// +kubebuilder:validation:Enum=critical;warning;info
	Severity Severity `json:"severity,omitempty"`

	// receivers are the names of those who are told. Example: "on-call,team-channel".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=260
	Receivers string `json:"receivers,omitempty"`

	// alerts are those that they are told of, without those that cannot fire and
	// those in mode BurnIn. Where there are too many for a status, their number
	// follows. Example: "RAGErrorRatioHigh,RAGServiceDown".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	Alerts string `json:"alerts,omitempty"`
}

// BurnInReading says how often an alert would have fired.
type BurnInReading struct {
	// alert that was evaluated. Example: "RAGLatencyHigh".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Alert string `json:"alert,omitempty"`

	// pages is how often it would have fired in the last 7 days.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Pages *int32 `json:"pages,omitempty"`
}
