package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Exporter puts what happens in the service into the metrics of one vocabulary.
// Calls never overlap.
type Exporter interface {
	// Observe counts a finished request.
	Observe(Outcome)
}

// State is what an exporter reads when it is scraped. Its methods may be called
// at any time, but not from Observe.
type State interface {
	// InFlight is the number of requests being answered.
	InFlight() float64
	// RateLimitRemaining is the number of requests that the model provider
	// would still accept.
	RateLimitRemaining() float64
	// Used is how much of one of the machine's resources is in use, in percent
	// (0..100).
	Used(resource string) float64
}

// vocabulary is one way of telling what happens in a service, and the service
// that is told of.
type vocabulary struct {
	// stages and tools are the ones that ConfigFor gives the service.
	stages []Stage
	tools  []Tool
	// path that the metrics are served on; /metrics when it is empty.
	path string
	// construct makes the exporter and its metrics.
	construct func(promauto.Factory, Config, State) Exporter
}

// vocabularies by name. A new one is a file and a line here.
var vocabularies = map[string]vocabulary{
	VocabularyAPIPipeline:       {stages: apiPipelineStages, construct: newAPIPipelineExporter},
	VocabularyAPIPipelineSystem: {stages: apiPipelineStages, path: pathSystemMetrics, construct: newAPIPipelineSystemExporter},
	VocabularyAssistant:         {stages: assistantStages, tools: assistantTools, construct: newAssistantExporter},
	VocabularyPromptPilot:       {stages: promptPilotStages, construct: newPromptPilotExporter},
	VocabularyRAG:               {stages: ragStages, construct: newRAGExporter},
	VocabularyStageLog:          {stages: stageLogStages, construct: newStageLogExporter},
}

// Vocabularies lists the names that Config.Vocabularies may have, sorted.
func Vocabularies() []string {
	return slices.Sorted(maps.Keys(vocabularies))
}

// checkVocabularies says what to write instead of what cannot be.
func checkVocabularies(names []string) error {
	known := strings.Join(Vocabularies(), ", ")
	if len(names) == 0 {
		return fmt.Errorf("vocabulary is missing: write one or more of %s", known)
	}
	for i, name := range names {
		if _, ok := vocabularies[name]; !ok {
			return fmt.Errorf("vocabulary is %q: write one of %s", name, known)
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("vocabulary %q is there twice: write it once", name)
		}
	}
	return nil
}
