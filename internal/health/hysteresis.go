package health

// inside is how far a value must come back into its objective to count as met
// again, as a share of the objective: 0.9. Figures wobble by a twentieth at any time;
// the lowest of such values is 0.95/1.05 = 0.905 of the highest. So whatever a value
// wobbles around, it crosses one of the two limits at most once.
const inside = 0.9

// Previous is what the status says now. A check that fails by it goes on failing
// until its value is well inside its objective. The status is all the memory there
// is: it outlives the operator.
type Previous struct {
	// Reason of the condition Healthy.
	Reason string
	// Stage is the one that the condition speaks of; "" when it speaks of none.
	Stage string
	// Bottleneck is the stage that is named; "" when none is.
	Bottleneck string
	// Figures of the service that are shown, in base units.
	LatencyP95, ErrorRatio, CostPerDay, CacheHitRatio *float64
	// Stages that are shown, in their order.
	Stages []StageBefore
}

// StageBefore are the figures of a stage that are shown, in base units.
type StageBefore struct {
	Name string
	// TimePerRequest and P95 are in seconds; ErrorRatio is 0 to 1; Growth is the mean
	// of a call as a multiple of its baseline.
	TimePerRequest, P95, ErrorRatio, Growth *float64
}

// of is what is shown of a stage; nothing when it is not shown.
func (p Previous) of(name string) StageBefore {
	for _, s := range p.Stages {
		if s.Name == name {
			return s
		}
	}
	return StageBefore{Name: name}
}

// said says whether the condition gives a reason for a stage.
func (p Previous) said(reason, stage string) bool { return p.Reason == reason && p.Stage == stage }

// Above says whether a value misses its upper limit; one that missed it before does
// until it is inside. What was not measured misses nothing.
func Above(value *float64, limit float64, before bool) bool {
	if before {
		limit *= inside
	}
	return value != nil && *value > limit
}

// Below is the same for a lower limit.
func Below(value *float64, limit float64, before bool) bool {
	if before {
		limit /= inside
	}
	return value != nil && *value < limit
}

func above(value *float64, limit float64) bool { return Above(value, limit, false) }
func below(value *float64, limit float64) bool { return Below(value, limit, false) }

// margin is by how much another stage must exceed the one that is named to be named
// instead, and one that is shown to change places: more than two values that each
// wobble by a twentieth can differ by chance.
const margin = 1.2
