package vocabulary

import "slices"

// Signal is something that every RAG service can be asked, whatever it calls
// the metric that answers.
type Signal string

// The signals that a vocabulary may feed.
const (
	Requests           Signal = "requests"
	RequestErrors      Signal = "requestErrors"
	RequestDuration    Signal = "requestDuration"
	StageDuration      Signal = "stageDuration"
	InputTokens        Signal = "inputTokens"
	OutputTokens       Signal = "outputTokens"
	Cost               Signal = "cost"
	CostPerRequest     Signal = "costPerRequest"
	CacheLookups       Signal = "cacheLookups"
	CacheHits          Signal = "cacheHits"
	CacheHitRatio      Signal = "cacheHitRatio"
	RateLimitRemaining Signal = "rateLimitRemaining"
	InFlight           Signal = "inFlight"
	Relevance          Signal = "relevance"
	ContextPrecision   Signal = "contextPrecision"
	Errors             Signal = "errors"
)

// MetricType is the Prometheus type of a metric.
type MetricType string

// The metric types that rules know how to read.
const (
	Counter   MetricType = "counter"
	Gauge     MetricType = "gauge"
	Histogram MetricType = "histogram"
)

// Unit is the base unit of a signal's values.
type Unit string

// The units that signals have.
const (
	UnitRequests Unit = "requests"
	UnitSeconds  Unit = "seconds"
	UnitTokens   Unit = "tokens"
	UnitDollars  Unit = "usd"
	UnitLookups  Unit = "lookups"
	UnitRatio    Unit = "ratio"
	UnitErrors   Unit = "errors"
)

// signalSpec is what the rules expect of a signal.
type signalSpec struct {
	metricType MetricType
	unit       Unit
	// staged signals are measured once for every stage of the pipeline.
	staged bool
	// labels are the canonical labels that the rules keep from this signal.
	labels []string
}

var signals = map[Signal]signalSpec{
	Requests:           {metricType: Counter, unit: UnitRequests},
	RequestErrors:      {metricType: Counter, unit: UnitRequests},
	RequestDuration:    {metricType: Histogram, unit: UnitSeconds},
	StageDuration:      {metricType: Histogram, unit: UnitSeconds, staged: true},
	InputTokens:        {metricType: Counter, unit: UnitTokens, labels: []string{"model"}},
	OutputTokens:       {metricType: Counter, unit: UnitTokens, labels: []string{"model"}},
	Cost:               {metricType: Counter, unit: UnitDollars, labels: []string{"model"}},
	CostPerRequest:     {metricType: Histogram, unit: UnitDollars},
	CacheLookups:       {metricType: Counter, unit: UnitLookups},
	CacheHits:          {metricType: Counter, unit: UnitLookups},
	CacheHitRatio:      {metricType: Gauge, unit: UnitRatio},
	RateLimitRemaining: {metricType: Gauge, unit: UnitRequests},
	InFlight:           {metricType: Gauge, unit: UnitRequests},
	Relevance:          {metricType: Histogram, unit: UnitRatio},
	ContextPrecision:   {metricType: Histogram, unit: UnitRatio},
	Errors:             {metricType: Counter, unit: UnitErrors, labels: []string{"error_type"}},
}

// Known says whether s is a signal that the rules understand.
func (s Signal) Known() bool {
	_, ok := signals[s]
	return ok
}

// Staged says whether s is measured once for every stage of the pipeline.
func (s Signal) Staged() bool { return signals[s].staged }

// Type is the metric type that the rules expect of s.
func (s Signal) Type() MetricType { return signals[s].metricType }

func knownSignals() []string {
	names := make([]string, 0, len(signals))
	for s := range signals {
		names = append(names, string(s))
	}
	slices.Sort(names)
	return names
}
