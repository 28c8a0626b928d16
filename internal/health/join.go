package health

import (
	"cmp"
	"maps"
	"slices"
)

// collection gathers the samples of one RAGMonitor. Means can be joined only when
// all of them are there.
type collection struct {
	readings Readings
	// up and total count targets, by component.
	up, total map[string]float64
	// rates and means of requests, by component. Only components that serve users
	// have them.
	rates, means map[string]float64
	// baselines are the means of the last day.
	baselines map[string]float64
	// judged are the components that count failures.
	judged map[string]bool
	// stages are what each component says of each stage; the share of a stage is said
	// of all components together, under "".
	stages map[string]map[string]*part
}

// part is what one component says of a stage.
type part struct {
	share                                float64
	p95, mean, baseline, calls, failures *float64
}

func newCollection() *collection {
	return &collection{
		readings: Readings{
			LatencyP95By:  map[string]float64{},
			Budgets:       map[string]float64{},
			BurnRates:     map[string]float64{},
			MissingInputs: map[string]string{},
			BurnInPages:   map[string]float64{},
		},
		up:        map[string]float64{},
		total:     map[string]float64{},
		rates:     map[string]float64{},
		judged:    map[string]bool{},
		means:     map[string]float64{},
		baselines: map[string]float64{},
		stages:    map[string]map[string]*part{},
	}
}

// ofStage gathers a sample of a stage.
func ofStage(set func(*part, float64)) func(*collection, sample) {
	return func(c *collection, s sample) {
		if !isStage(s.stage) {
			return
		}
		if c.stages[s.stage] == nil {
			c.stages[s.stage] = map[string]*part{}
		}
		if c.stages[s.stage][s.component] == nil {
			c.stages[s.stage][s.component] = &part{}
		}
		set(c.stages[s.stage][s.component], s.value)
	}
}

// finish joins components: a request counts the same in each.
func (c *collection) finish() Readings {
	c.countTargets()
	for component := range c.judged {
		if rate, ok := c.rates[component]; ok {
			add(&c.readings.JudgedRate, rate)
		}
	}
	c.readings.LatencyMean = c.weighted(c.means)
	c.readings.LatencyBaseline = c.weighted(c.baselines)
	for name, parts := range c.stages {
		c.readings.Stages = append(c.readings.Stages, c.stage(name, parts))
	}
	slices.SortFunc(c.readings.Stages, func(a, b Stage) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Name, b.Name))
	})
	return c.readings
}

// weighted is the mean of values of the components whose mean duration is known, by
// their traffic of now; nil when one of them has none.
func (c *collection) weighted(values map[string]float64) *float64 {
	requests, sum := 0.0, 0.0
	for component := range c.means {
		value, ok := values[component]
		if !ok {
			return nil
		}
		requests += c.rates[component]
		sum += value * c.rates[component]
	}
	if requests <= 0 {
		return nil
	}
	mean := sum / requests
	return &mean
}

func (c *collection) countTargets() {
	for component, total := range c.total {
		switch {
		case total == 0:
			c.readings.Unseen = append(c.readings.Unseen, component)
		case c.up[component] < total:
			c.readings.Down = append(c.readings.Down, component)
		}
	}
	c.readings.Counted = slices.Sorted(maps.Keys(c.total))
	slices.Sort(c.readings.Unseen)
	slices.Sort(c.readings.Down)
}

func (c *collection) stage(name string, parts map[string]*part) Stage {
	out := Stage{Name: name}
	for _, p := range parts {
		out.Share = max(out.Share, p.share)
		if p.p95 != nil {
			highest(&out.P95, *p.p95)
		}
	}
	callers, itself := c.split(parts)
	if measured(callers) || len(callers) > 0 && !measured(itself) {
		out.Mean, out.Baseline, out.CallRate = pooled(callers)
	} else {
		out.Mean, out.Baseline, out.CallRate = pooled(itself)
	}
	out.CallsPerRequest = over(out.CallRate, c.readings.RequestRate)
	if out.Share > 0 && c.readings.LatencyMean != nil {
		time := out.Share * *c.readings.LatencyMean
		out.TimePerRequest = &time
	}
	// Not pooled: failures that only one side sees would be halved.
	for _, ratio := range []*float64{failed(callers), failed(itself)} {
		if ratio != nil {
			highest(&out.ErrorRatio, *ratio)
		}
	}
	return out
}

// split tells what those say who call a stage from what the stage says of itself, each
// in the order of their names: sums of the same numbers are then the same.
func (c *collection) split(parts map[string]*part) (callers, itself []part) {
	for _, component := range slices.Sorted(maps.Keys(parts)) {
		if _, serves := c.rates[component]; serves {
			callers = append(callers, *parts[component])
		} else {
			itself = append(itself, *parts[component])
		}
	}
	return callers, itself
}

// over is a quotient, and nil when it has none.
func over(a, b *float64) *float64 {
	if a == nil || b == nil || *b <= 0 {
		return nil
	}
	quotient := *a / *b
	return &quotient
}

func measured(parts []part) bool {
	return slices.ContainsFunc(parts, func(p part) bool { return p.mean != nil })
}

// pooled are the mean and the baseline of a call over components, each weighted by
// the calls of now: where traffic goes is no change of the stage. Without the
// baseline of some there is none of all.
func pooled(parts []part) (mean, baseline, calls *float64) {
	total, now, then, whole := 0.0, 0.0, 0.0, true
	for _, p := range parts {
		if p.calls != nil {
			add(&calls, *p.calls)
		}
		if p.calls == nil || p.mean == nil || *p.calls <= 0 {
			continue
		}
		total += *p.calls
		now += *p.calls * *p.mean
		if whole = whole && p.baseline != nil; whole {
			then += *p.calls * *p.baseline
		}
	}
	if total == 0 {
		return nil, nil, calls
	}
	now, then = now/total, then/total
	if !whole {
		return &now, nil, calls
	}
	return &now, &then, calls
}

// failed is the share of calls that failed, of components that count failures.
func failed(parts []part) *float64 {
	calls, failures := 0.0, 0.0
	for _, p := range parts {
		if p.failures != nil && p.calls != nil {
			calls += *p.calls
			failures += *p.failures
		}
	}
	if calls <= 0 {
		return nil
	}
	ratio := failures / calls
	return &ratio
}
