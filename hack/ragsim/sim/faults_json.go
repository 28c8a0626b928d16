package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
)

// faultField is one field of Faults as it is written in JSON.
type faultField struct {
	target any
	want   string
}

func faultFields(f *Faults) map[string]faultField {
	const number = "write a number"
	const boolean = "write true or false"
	const perStage = `write an object of stage name to number, like {"generation": 0.5}`
	const perTool = `write an object of tool name to number, like {"search": 0.5}`
	const perResource = `write an object of resource name to number, like {"cpu": 95}`
	return map[string]faultField{
		"slow":               {&f.Slow, perStage},
		"failing":            {&f.Failing, perStage},
		"toolFailing":        {&f.ToolFailing, perTool},
		"errorRatio":         {&f.ErrorRatio, number},
		"waitSeconds":        {&f.WaitSeconds, number},
		"costFactor":         {&f.CostFactor, number},
		"cacheHitRatio":      {&f.CacheHitRatio, number},
		"relevance":          {&f.Relevance, number},
		"contextPrecision":   {&f.ContextPrecision, number},
		"silence":            {&f.Silence, boolean},
		"frozen":             {&f.Frozen, boolean},
		"rateLimitRemaining": {&f.RateLimitRemaining, number},
		"host":               {&f.Host, perResource},
	}
}

// ParseFaults reads the JSON form of Faults. It returns FaultErrors for unknown
// fields and for values of a wrong type, and another error when data is not a
// JSON object. Ranges and the names of stages, tools and resources are checked
// by SetFaults.
func ParseFaults(data []byte) (Faults, error) {
	// The fields are read one by one because encoding/json's own errors leave
	// out the value, and stop at the first mistake.
	var written map[string]json.RawMessage
	if err := json.Unmarshal(data, &written); err != nil {
		return Faults{}, fmt.Errorf(`read faults: write a JSON object, like {"errorRatio": 0.2}: %w`, err)
	}
	if written == nil {
		return Faults{}, errors.New(`read faults: the body is null: write a JSON object, like {"errorRatio": 0.2}`)
	}
	var faults Faults
	var errs FaultErrors
	fields := faultFields(&faults)
	for _, name := range slices.Sorted(maps.Keys(written)) {
		value := string(written[name])
		field, known := fields[name]
		if !known {
			names := strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
			errs = append(errs, FaultError{name, value, "unknown field, write one of " + names})
			continue
		}
		if err := json.Unmarshal(written[name], field.target); err != nil {
			errs = append(errs, FaultError{name, value, field.want})
		}
	}
	if len(errs) > 0 {
		return Faults{}, errs
	}
	return faults, nil
}

// LogValue makes log lines show the faults as they are written in JSON.
func (f Faults) LogValue() slog.Value {
	text, err := json.Marshal(f)
	if err != nil {
		return slog.AnyValue(err)
	}
	return slog.StringValue(string(text))
}
