// Package model turns a RAGMonitor into plain values: defaults filled in,
// quantities parsed, vocabularies looked up. It is the last stage that sees the
// spec; nothing after it has heard of the RAGMonitor kind.
package model

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/ragmonitor/ragmonitor-operator/internal/calendar"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// Monitor is a RAGMonitor that was understood.
type Monitor struct {
	Name, Namespace string
	UID             types.UID
	Components      []Component
	Objectives      Objectives
	SLOs            []SLO
	Evaluation      Evaluation
	Alerts          Alerts
	// Notifications are nil where none were asked for.
	Notifications *Notifications
	// NodeMetrics says whether figures of nodes and containers are asked for.
	NodeMetrics bool
	// Namespaces says how the cluster's own series of containers are bound to a
	// namespace: always by a label.
	Namespaces Namespaces
	// Folder of the board in Grafana.
	Folder string
}

// Component is one part of the service, with the vocabulary it speaks.
type Component struct {
	Name string
	// Vocabulary in the role of the component: where that is a stage, its requests
	// are calls of the stage.
	Vocabulary vocabulary.Vocabulary
	// Stage that the component stands for, or "" for one that serves the users'
	// requests.
	Stage string
	// Existing picks series that somebody else collects; nil for a component whose
	// Services are scraped.
	Existing *Existing
	Selector Selector
	Endpoint Endpoint
}

// Serves says whether the component serves the users' requests.
func (c Component) Serves() bool { return c.Stage == "" }

// Refines says whether the component measures stages inside the one it stands for.
func (c Component) Refines() bool {
	return !c.Serves() && slices.ContainsFunc(c.Vocabulary.Signals[vocabulary.StageDuration],
		func(s vocabulary.Series) bool { return s.Stage != c.Stage })
}

// Existing picks series by their labels.
type Existing struct {
	Labels map[string]string
	Namespaces
}

// Namespaces says how existing series are bound to a namespace.
type Namespaces struct {
	// Labels that may hold the namespace. The first that a series has decides.
	Labels []string
	// Unlabelled says whether series that have none of them may be used.
	Unlabelled bool
}

// holds says whether a label stands for the namespace. "namespace" always does, because
// rules put it on what they record.
func (n Namespaces) holds(label string) bool {
	return label == "namespace" || slices.Contains(n.Labels, label)
}

// Selector picks Services by their labels.
type Selector struct {
	Labels       map[string]string
	Requirements []Requirement
}

// Requirement is one condition on a label.
type Requirement struct {
	Key, Operator string
	Values        []string
}

// Endpoint is where a Service exposes its metrics.
type Endpoint struct {
	Port, Path string
	Interval   time.Duration
}

// Objectives are the limits of what is good enough.
type Objectives struct {
	LatencyP95, TimeToFirstTokenP95 time.Duration
	Stages                          []StageObjective
	// ErrorRatio and CacheHitRatio are between 0 and 1.
	ErrorRatio, CacheHitRatio float64
	// CostPerDay and CostPerRequestP95 are in US dollars.
	CostPerDay, CostPerRequestP95 float64
	RateLimitRemaining            float64
	// RelevanceP50 and ContextPrecisionP50 are between 0 and 1.
	RelevanceP50, ContextPrecisionP50 float64
	CostSource                        CostSource
	// Budget of a calendar period, or nil.
	Budget *Budget
}

// CostSource says where the cost is known from.
type CostSource int

// The sources of cost.
const (
	// CostAuto takes what counts money, and tokens where no vocabulary does.
	CostAuto CostSource = iota
	CostFromMetric
	CostFromTokens
)

// Budget is what may be spent in a calendar period.
type Budget struct {
	// Amount in US dollars.
	Amount float64
	Period calendar.Period
	Zone   *time.Location
}

// StageObjective limits the duration of one stage.
type StageObjective struct {
	Stage string
	P95   time.Duration
}

// Stage returns the limit on the duration of a stage, and whether there is one.
func (o Objectives) Stage(name string) (time.Duration, bool) {
	for _, stage := range o.Stages {
		if stage.Stage == name {
			return stage.P95, true
		}
	}
	return 0, false
}

// SLO is an objective over a longer period.
type SLO struct {
	Name string
	// ErrorBudget is the share of requests that may be bad, between 0 and 1.
	ErrorBudget float64
	Period      time.Duration
	// Latency is the longest time that a good request takes; 0 when a request is
	// good that did not fail.
	Latency time.Duration
	// MinimumRequests must have been seen before an alert fires.
	MinimumRequests float64
}

// Evaluation says how often rules are evaluated, and over which windows.
type Evaluation struct {
	Interval, Window, CostWindow time.Duration
}

// AlertMode says what becomes of an alert.
type AlertMode int

// The modes of alerts.
const (
	Notify AlertMode = iota
	BurnIn
	Off
)

// Alerts says which alerts exist and what they carry.
type Alerts struct {
	Mode      AlertMode
	Labels    map[string]string
	Overrides map[string]Override
	Custom    []CustomAlert
}

// Override changes one alert. Nil and empty values keep the alert's default.
type Override struct {
	Mode      *AlertMode
	Severity  string
	For       *time.Duration
	Threshold *float64
	Labels    map[string]string
}

// CustomAlert is an alert of the user's own.
type CustomAlert struct {
	Name string
	// Expr is bound to the namespace.
	Expr     string
	For      time.Duration
	Severity string
	// Signal is what the alert is about.
	Signal  string
	Summary string
	Mode    AlertMode
	Labels  map[string]string
}

// ModeOf is what becomes of the alert with this name.
func (a Alerts) ModeOf(alert string) AlertMode {
	if mode := a.Overrides[alert].Mode; mode != nil {
		return *mode
	}
	return a.Mode
}
