package model

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/calendar"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// Catalogue is what the names in a spec may refer to.
type Catalogue struct {
	Vocabularies vocabulary.Catalogue
	// Alerts can be overridden: by name, and whether they have a threshold.
	Alerts map[string]bool
	// Namespaces of series that somebody else collects.
	Namespaces Namespaces
}

// InvalidSpecError says why a spec that passed admission cannot be used. Only a
// change of the spec, or of the operator, can mend it.
type InvalidSpecError struct {
	// Reason is a reason of the condition Accepted.
	Reason string
	// Message names the field, the value, and what to write instead.
	Message string
}

// Error returns the message.
func (e *InvalidSpecError) Error() string { return e.Message }

// Resolve turns a RAGMonitor into plain values. The error is an
// *InvalidSpecError; it speaks of the first thing that is wrong.
func Resolve(rm *v1alpha1.RAGMonitor, catalogue Catalogue) (Monitor, error) {
	spec := rm.Spec
	components, err := resolveComponents(spec.Components, catalogue)
	if err != nil {
		return Monitor{}, err
	}
	objectives, err := ResolveObjectives(spec.Objectives)
	if err != nil {
		return Monitor{}, err
	}
	slos, err := resolveSLOs(spec.SLOs)
	if err != nil {
		return Monitor{}, err
	}
	alerts, err := resolveAlerts(spec.Alerts, catalogue.Alerts, identity{rm.Namespace, rm.Name})
	if err != nil {
		return Monitor{}, err
	}
	evaluation, err := resolveEvaluation(spec.Evaluation)
	if err != nil {
		return Monitor{}, err
	}
	notifications, err := resolveNotifications(spec.Notifications)
	if err != nil {
		return Monitor{}, err
	}
	return Monitor{
		Name:          rm.Name,
		Namespace:     rm.Namespace,
		UID:           rm.UID,
		Components:    components,
		Objectives:    objectives,
		SLOs:          slos,
		Evaluation:    evaluation,
		Alerts:        alerts,
		Notifications: notifications,
		NodeMetrics:   spec.NodeMetrics != v1alpha1.NodeMetricsOff,
		Namespaces:    Namespaces{Labels: catalogue.Namespaces.Labels},
		Folder:        spec.Dashboards.Folder,
	}, nil
}

// ResolveObjectives parses the objectives of a spec. The error is an
// *InvalidSpecError.
func ResolveObjectives(in v1alpha1.Objectives) (Objectives, error) {
	var p parser
	out := Objectives{
		LatencyP95:          in.Latency.P95.Duration,
		TimeToFirstTokenP95: in.Latency.TimeToFirstTokenP95.Duration,
		ErrorRatio:          p.decimal("spec.objectives.errorRatio", string(in.ErrorRatio)),
		CacheHitRatio:       p.decimal("spec.objectives.cacheHitRatio", string(in.CacheHitRatio)),
		RelevanceP50:        p.decimal("spec.objectives.relevanceP50", string(in.RelevanceP50)),
		ContextPrecisionP50: p.decimal("spec.objectives.contextPrecisionP50", string(in.ContextPrecisionP50)),
		CostPerDay:          p.decimal("spec.objectives.cost.perDayUSD", string(in.Cost.PerDayUSD)),
		CostPerRequestP95:   p.decimal("spec.objectives.cost.perRequestP95USD", string(in.Cost.PerRequestP95USD)),
	}
	if in.RateLimitRemaining != nil {
		out.RateLimitRemaining = float64(*in.RateLimitRemaining)
	}
	out.CostSource = costSources[in.Cost.Source]
	if in.Cost.Budget != nil {
		out.Budget = p.budget("spec.objectives.cost.budget.", *in.Cost.Budget)
	}
	for _, stage := range in.Stages {
		out.Stages = append(out.Stages, StageObjective{Stage: stage.Name, P95: stage.P95.Duration})
	}
	return out, p.err()
}

var costSources = map[v1alpha1.CostSource]CostSource{
	v1alpha1.CostAuto:       CostAuto,
	v1alpha1.CostFromMetric: CostFromMetric,
	v1alpha1.CostFromTokens: CostFromTokens,
}

func resolveSLOs(in []v1alpha1.SLO) ([]SLO, error) {
	var p parser
	out := make([]SLO, 0, len(in))
	for i, slo := range in {
		field := fmt.Sprintf("spec.slos[%d].", i)
		resolved := SLO{
			Name:        slo.Name,
			ErrorBudget: p.errorBudget(field+"objective", slo.Objective),
			Period:      p.period(field+"period", slo.Period),
		}
		if slo.Threshold != nil {
			resolved.Latency = p.positive(field+"threshold", slo.Threshold.Duration)
		}
		if slo.MinimumRequests != nil {
			resolved.MinimumRequests = float64(*slo.MinimumRequests)
		}
		out = append(out, resolved)
	}
	return out, p.err()
}

func resolveEvaluation(in v1alpha1.Evaluation) (Evaluation, error) {
	var p parser
	out := Evaluation{
		Interval:   p.positive("spec.evaluation.interval", in.Interval.Duration),
		Window:     p.positive("spec.evaluation.window", in.Window.Duration),
		CostWindow: p.positive("spec.evaluation.costWindow", in.CostWindow.Duration),
	}
	return out, p.err()
}

// parser reads the strings of a spec that stand for numbers, and remembers what
// it could not read.
type parser struct{ found []string }

func (p *parser) decimal(field, value string) float64 {
	n, _ := p.exact(field, value).Float64()
	return n
}

// exact refuses what is a number to some and not to others: "1e3", "0x1p-2", "NaN".
func (p *parser) exact(field, value string) *big.Rat {
	n, ok := new(big.Rat).SetString(value)
	if !ok || !plainDecimal.MatchString(value) {
		p.found = append(p.found, fmt.Sprintf("%s is %q, which is not a number: write a decimal such as \"0.05\"", field, value))
		return new(big.Rat)
	}
	return n
}

var plainDecimal = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// errorBudget is what an objective in percent leaves, as a ratio: exactly, because
// the little that 99.99 leaves must not be the residue of a subtraction.
func (p *parser) errorBudget(field, objective string) float64 {
	hundred := big.NewRat(100, 1)
	left := new(big.Rat).Sub(hundred, p.exact(field, objective))
	budget, _ := left.Quo(left, hundred).Float64()
	return budget
}

func (p *parser) period(field, value string) time.Duration {
	d, err := model.ParseDuration(value)
	if err != nil {
		p.found = append(p.found, fmt.Sprintf("%s is %q, which is not a period: write a number of days such as \"30d\"", field, value))
	}
	return time.Duration(d)
}

func (p *parser) positive(field string, d time.Duration) time.Duration {
	if d <= 0 {
		p.found = append(p.found, fmt.Sprintf("%s is %s: write a duration above 0 such as \"30s\"", field, d))
	}
	return d
}

func (p *parser) budget(field string, in v1alpha1.Budget) *Budget {
	zone, err := calendar.Zone(in.TimeZone)
	if err != nil {
		p.found = append(p.found, field+"timeZone: "+err.Error())
	}
	return &Budget{Amount: p.decimal(field+"amountUSD", string(in.AmountUSD)), Period: calendar.Period(in.Period), Zone: zone}
}

func (p *parser) err() error {
	if len(p.found) == 0 {
		return nil
	}
	return &InvalidSpecError{Reason: v1alpha1.ReasonInvalidSpec, Message: strings.Join(p.found, "; ")}
}

// AsInvalidSpec returns the *InvalidSpecError in err, if there is one.
func AsInvalidSpec(err error) (*InvalidSpecError, bool) {
	var invalid *InvalidSpecError
	return invalid, errors.As(err, &invalid)
}
