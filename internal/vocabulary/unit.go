package vocabulary

import "slices"

// Unit is the unit of a metric's values.
type Unit string

// The base units that signals have.
const (
	UnitRequests    Unit = "requests"
	UnitCalls       Unit = "calls"
	UnitRuns        Unit = "runs"
	UnitSeconds     Unit = "seconds"
	UnitTokens      Unit = "tokens"
	UnitDollars     Unit = "usd"
	UnitLookups     Unit = "lookups"
	UnitRatio       Unit = "ratio"
	UnitErrors      Unit = "errors"
	UnitDocuments   Unit = "documents"
	UnitCharacters  Unit = "characters"
	UnitUsers       Unit = "users"
	UnitConnections Unit = "connections"
	UnitPrompts     Unit = "prompts"
	UnitPipelines   Unit = "pipelines"
	UnitBytes       Unit = "bytes"
	UnitFiles       Unit = "files"
)

// derived are the units that a metric may have instead of a base unit, with the
// number of base units in one of them.
var derived = map[Unit]struct {
	base   Unit
	factor float64
}{
	"milliseconds": {UnitSeconds, 1e-3},
	"microseconds": {UnitSeconds, 1e-6},
	"percent":      {UnitRatio, 1e-2},
	"kilotokens":   {UnitTokens, 1e3},
	"cents":        {UnitDollars, 1e-2},
}

// Factor is the number of base units in one unit, and whether the unit can be
// turned into base units at all.
func (u Unit) Factor(base Unit) (float64, bool) {
	if u == base {
		return 1, true
	}
	d, ok := derived[u]
	return d.factor, ok && d.base == base
}

// convertible lists the units that can be turned into base, base first.
func convertible(base Unit) []string {
	var others []string
	for unit, d := range derived {
		if d.base == base {
			others = append(others, string(unit))
		}
	}
	slices.Sort(others)
	return append([]string{string(base)}, others...)
}
