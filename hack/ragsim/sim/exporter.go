package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
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
}

// vocabularies make an Exporter and register its metrics. A new one is a file
// and a line here.
var vocabularies = map[string]func(prometheus.Registerer, State) Exporter{
	VocabularyRAG: newRAGExporter,
}

// Vocabularies lists the names that Config.Vocabulary may have, sorted.
func Vocabularies() []string {
	return slices.Sorted(maps.Keys(vocabularies))
}

func newExporter(vocabulary string, registry prometheus.Registerer, state State) (Exporter, error) {
	construct, ok := vocabularies[vocabulary]
	if !ok {
		return nil, fmt.Errorf("vocabulary is %q: write one of %s", vocabulary, strings.Join(Vocabularies(), ", "))
	}
	return construct(registry, state), nil
}
