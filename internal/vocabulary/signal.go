package vocabulary

import "slices"

// Signal is something that every RAG service can be asked, whatever it calls
// the metric that answers.
type Signal string

// The signals that a vocabulary may feed.
const (
	Requests            Signal = "requests"
	RequestErrors       Signal = "requestErrors"
	RequestDuration     Signal = "requestDuration"
	StageDuration       Signal = "stageDuration"
	StageErrors         Signal = "stageErrors"
	StageCalls          Signal = "stageCalls"
	TimeToFirstToken    Signal = "timeToFirstToken"
	TimePerOutputToken  Signal = "timePerOutputToken"
	QueueLength         Signal = "queueLength"
	PoolQueueLength     Signal = "poolQueueLength"
	InFlight            Signal = "inFlight"
	KVCacheUsage        Signal = "kvCacheUsage"
	InputTokens         Signal = "inputTokens"
	OutputTokens        Signal = "outputTokens"
	CachedInputTokens   Signal = "cachedInputTokens"
	Cost                Signal = "cost"
	CostPerRequest      Signal = "costPerRequest"
	CacheLookups        Signal = "cacheLookups"
	CacheHits           Signal = "cacheHits"
	CacheHitRatio       Signal = "cacheHitRatio"
	PrefixCacheLookups  Signal = "prefixCacheLookups"
	PrefixCacheHits     Signal = "prefixCacheHits"
	PrefixCacheHitRatio Signal = "prefixCacheHitRatio"
	RateLimitRemaining  Signal = "rateLimitRemaining"
	Relevance           Signal = "relevance"
	ContextPrecision    Signal = "contextPrecision"
	ContextRecall       Signal = "contextRecall"
	Faithfulness        Signal = "faithfulness"
	Errors              Signal = "errors"
	Retrievals          Signal = "retrievals"
	EmptyRetrievals     Signal = "emptyRetrievals"
	DocumentsRetrieved  Signal = "documentsRetrieved"
	AnswerLength        Signal = "answerLength"
	ToolCalls           Signal = "toolCalls"
	ToolErrors          Signal = "toolErrors"
	ToolDuration        Signal = "toolDuration"
	PipelineRuns        Signal = "pipelineRuns"
	PipelineErrors      Signal = "pipelineErrors"
	PipelineDuration    Signal = "pipelineDuration"
	PromptRuns          Signal = "promptRuns"
	PromptErrors        Signal = "promptErrors"
	ActiveUsers         Signal = "activeUsers"
	Connections         Signal = "connections"
	Prompts             Signal = "prompts"
	Pipelines           Signal = "pipelines"
	CPUUsage            Signal = "cpuUsage"
	MemoryUsage         Signal = "memoryUsage"
	DiskUsage           Signal = "diskUsage"
	ProcessCPU          Signal = "processCPU"
	ResidentMemory      Signal = "residentMemory"
	OpenFileDescriptors Signal = "openFileDescriptors"
)

// MetricType is the Prometheus type of a metric.
type MetricType string

// The metric types that rules know how to read.
const (
	Counter   MetricType = "counter"
	Gauge     MetricType = "gauge"
	Histogram MetricType = "histogram"
	Summary   MetricType = "summary"
)

// readable says which types of metric can carry a signal of a type. A histogram or
// summary carries two counters; a gauge holds one score where a histogram would
// hold many.
var readable = map[MetricType][]MetricType{
	Counter:   {Counter, Histogram, Summary},
	Gauge:     {Gauge},
	Histogram: {Histogram, Summary, Gauge},
}

// Fields of a histogram or summary that count.
const (
	FieldSum   = "sum"
	FieldCount = "count"
)

// signalSpec is what the rules expect of a signal.
type signalSpec struct {
	metricType MetricType
	unit       Unit
	// staged signals are measured once for every stage of the pipeline.
	staged bool
	// labels are the canonical labels that the rules keep from this signal.
	labels []string
	// meaning is for people who look for the metric of theirs that has it.
	meaning string
}

var (
	byModel = []string{"model"}
	byTool  = []string{"tool"}
	// byServer tells the servers of pools apart, whoever tells of them.
	byServer = []string{"pool", "server"}
)

var signals = map[Signal]signalSpec{
	Requests:            {metricType: Counter, unit: UnitRequests, meaning: "requests served, failed ones included"},
	RequestErrors:       {metricType: Counter, unit: UnitRequests, meaning: "requests that failed"},
	RequestDuration:     {metricType: Histogram, unit: UnitSeconds, meaning: "duration of a request"},
	StageDuration:       {metricType: Histogram, unit: UnitSeconds, staged: true, meaning: "duration of one call of a stage"},
	StageErrors:         {metricType: Counter, unit: UnitCalls, staged: true, meaning: "calls of a stage that failed"},
	StageCalls:          {metricType: Counter, unit: UnitCalls, staged: true, meaning: "calls of a stage, failed ones included"},
	TimeToFirstToken:    {metricType: Histogram, unit: UnitSeconds, meaning: "time until the first token of an answer"},
	TimePerOutputToken:  {metricType: Histogram, unit: UnitSeconds, meaning: "time between two tokens of an answer"},
	QueueLength:         {metricType: Gauge, unit: UnitRequests, meaning: "requests that wait to be served"},
	PoolQueueLength:     {metricType: Gauge, unit: UnitRequests, labels: byServer, meaning: "requests that wait at a server of a pool, of which several targets may tell the same"},
	InFlight:            {metricType: Gauge, unit: UnitRequests, meaning: "requests being served"},
	KVCacheUsage:        {metricType: Gauge, unit: UnitRatio, meaning: "used share of an inference server's key-value cache"},
	InputTokens:         {metricType: Counter, unit: UnitTokens, labels: byModel, meaning: "tokens sent to the model, cached ones included"},
	OutputTokens:        {metricType: Counter, unit: UnitTokens, labels: byModel, meaning: "tokens received from the model"},
	CachedInputTokens:   {metricType: Counter, unit: UnitTokens, labels: byModel, meaning: "those input tokens that the provider had cached"},
	Cost:                {metricType: Counter, unit: UnitDollars, labels: byModel, meaning: "money spent"},
	CostPerRequest:      {metricType: Histogram, unit: UnitDollars, meaning: "cost of a request"},
	CacheLookups:        {metricType: Counter, unit: UnitLookups, meaning: "look-ups in the service's own cache"},
	CacheHits:           {metricType: Counter, unit: UnitLookups, meaning: "those look-ups that hit"},
	CacheHitRatio:       {metricType: Gauge, unit: UnitRatio, meaning: "share of look-ups that hit, where they are not counted"},
	PrefixCacheLookups:  {metricType: Counter, unit: UnitTokens, meaning: "tokens looked up in an inference server's prefix cache"},
	PrefixCacheHits:     {metricType: Counter, unit: UnitTokens, meaning: "those tokens that were there"},
	PrefixCacheHitRatio: {metricType: Gauge, unit: UnitRatio, meaning: "share of those tokens, where they are not counted"},
	RateLimitRemaining:  {metricType: Gauge, unit: UnitRequests, meaning: "requests that the model provider still allows"},
	Relevance:           {metricType: Histogram, unit: UnitRatio, meaning: "relevance of an answer"},
	ContextPrecision:    {metricType: Histogram, unit: UnitRatio, meaning: "precision of the retrieved context"},
	ContextRecall:       {metricType: Histogram, unit: UnitRatio, meaning: "recall of the retrieved context"},
	Faithfulness:        {metricType: Histogram, unit: UnitRatio, meaning: "faithfulness of an answer to its context"},
	Errors:              {metricType: Counter, unit: UnitErrors, labels: []string{"error_type"}, meaning: "errors by type"},
	Retrievals:          {metricType: Counter, unit: UnitCalls, meaning: "retrievals"},
	EmptyRetrievals:     {metricType: Counter, unit: UnitCalls, meaning: "retrievals that found nothing"},
	DocumentsRetrieved:  {metricType: Histogram, unit: UnitDocuments, meaning: "documents that a retrieval found"},
	AnswerLength:        {metricType: Histogram, unit: UnitCharacters, meaning: "length of an answer"},
	ToolCalls:           {metricType: Counter, unit: UnitCalls, labels: byTool, meaning: "calls of tools, failed ones included"},
	ToolErrors:          {metricType: Counter, unit: UnitCalls, labels: byTool, meaning: "calls of tools that failed"},
	ToolDuration:        {metricType: Histogram, unit: UnitSeconds, labels: byTool, meaning: "duration of a call of a tool"},
	PipelineRuns:        {metricType: Counter, unit: UnitRuns, meaning: "runs of the whole pipeline, failed ones included"},
	PipelineErrors:      {metricType: Counter, unit: UnitRuns, meaning: "runs of the pipeline that failed"},
	PipelineDuration:    {metricType: Histogram, unit: UnitSeconds, meaning: "duration of a run of the pipeline"},
	PromptRuns:          {metricType: Counter, unit: UnitRuns, meaning: "prompts executed, failed ones included"},
	PromptErrors:        {metricType: Counter, unit: UnitRuns, meaning: "prompts that failed"},
	ActiveUsers:         {metricType: Gauge, unit: UnitUsers, meaning: "users at present"},
	Connections:         {metricType: Gauge, unit: UnitConnections, meaning: "open connections"},
	Prompts:             {metricType: Gauge, unit: UnitPrompts, meaning: "prompts that are stored"},
	Pipelines:           {metricType: Gauge, unit: UnitPipelines, meaning: "pipelines that are stored"},
	CPUUsage:            {metricType: Gauge, unit: UnitRatio, meaning: "used share of the machine's processors"},
	MemoryUsage:         {metricType: Gauge, unit: UnitRatio, meaning: "used share of the machine's memory"},
	DiskUsage:           {metricType: Gauge, unit: UnitRatio, meaning: "used share of the machine's disk"},
	ProcessCPU:          {metricType: Counter, unit: UnitSeconds, meaning: "processor time of the process"},
	ResidentMemory:      {metricType: Gauge, unit: UnitBytes, meaning: "memory of the process"},
	OpenFileDescriptors: {metricType: Gauge, unit: UnitFiles, meaning: "files and sockets that the process has open"},
}

// parts says of which signal another one is a part.
var parts = map[Signal]Signal{
	Requests:     RequestErrors,
	StageCalls:   StageErrors,
	ToolCalls:    ToolErrors,
	PipelineRuns: PipelineErrors,
	PromptRuns:   PromptErrors,
	CacheLookups: CacheHits,
}

// Part is the signal that counts a part of s, such as the requests that failed; "" if
// none does.
func (s Signal) Part() Signal { return parts[s] }

// Whole is the signal that s is a part of; "" if it is none.
func (s Signal) Whole() Signal {
	for whole, part := range parts {
		if part == s {
			return whole
		}
	}
	return ""
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

// Unit is the base unit of s.
func (s Signal) Unit() Unit { return signals[s].unit }

// Labels are the canonical labels that the rules keep from s.
func (s Signal) Labels() []string { return slices.Clone(signals[s].labels) }

// Meaning says in a few words what s is.
func (s Signal) Meaning() string { return signals[s].meaning }

// Signals lists every signal, sorted.
func Signals() []Signal {
	all := make([]Signal, 0, len(signals))
	for s := range signals {
		all = append(all, s)
	}
	slices.Sort(all)
	return all
}
