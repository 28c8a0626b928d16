// Package model turns a RAGMonitor into plain values: defaults filled in,
// quantities parsed, vocabularies looked up. It is the last stage that sees the
// spec; nothing after it has heard of the RAGMonitor kind.
package model

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

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
	// Folder of the board in Grafana.
	Folder string
}

// Component is one part of the service, with the vocabulary it speaks.
type Component struct {
	Name       string
	Vocabulary vocabulary.Vocabulary
	Selector   Selector
	Endpoint   Endpoint
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
	LatencyP95 time.Duration
	Stages     []StageObjective
	// ErrorRatio and CacheHitRatio are between 0 and 1.
	ErrorRatio, CacheHitRatio float64
	// CostPerDay and CostPerRequestP95 are in US dollars.
	CostPerDay, CostPerRequestP95 float64
	RateLimitRemaining            float64
	// RelevanceP50 and ContextPrecisionP50 are between 0 and 1.
	RelevanceP50, ContextPrecisionP50 float64
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
	// ErrorBudget is the share of requests that may fail, between 0 and 1.
	ErrorBudget float64
	Period      time.Duration
}

// Evaluation says how often rules are evaluated, and over which windows.
type Evaluation struct {
	Interval, Window, CostWindow time.Duration
}

// Alerts says which alerts exist and what they carry.
type Alerts struct {
	Off       bool
	Labels    map[string]string
	Overrides map[string]Override
}

// Override changes one alert. Zero values keep the alert's default.
type Override struct {
	// Mode is "Notify", "Off" or "" for that of all alerts.
	Mode     string
	Severity string
	For      *time.Duration
}

// Notifies says whether the alert with this name is to exist.
func (a Alerts) Notifies(alert string) bool {
	switch a.Overrides[alert].Mode {
	case "":
		return !a.Off
	case "Off":
		return false
	default:
		return true
	}
}
