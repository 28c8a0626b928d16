package status

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

var healthConditions = []string{v1alpha1.ConditionDataAvailable, v1alpha1.ConditionHealthy}

// Observation is what was found out about a service.
type Observation struct {
	Verdict    health.Verdict
	Readings   health.Readings
	Objectives model.Objectives
	// Problems are those of components that are not scraped as they should be. Since
	// when is found out here.
	Problems []v1alpha1.TargetProblem
	// Embedded says that the operator itself scrapes and evaluates.
	Embedded bool
	// LeftOut counts the rules that the source cannot evaluate, because they read
	// further back than it keeps samples.
	LeftOut int
	// Failing are the rules that failed when the source last evaluated them: a limit
	// was reached, say.
	Failing []string
	// Cost is written as it is; nil takes away what the status says of it.
	Cost *v1alpha1.CostReading
}

// HealthPart is the part of the status that is about the service's health.
type HealthPart struct {
	Health     v1alpha1.Health
	Bottleneck *v1alpha1.Bottleneck
	Stages     []v1alpha1.StageReading
	Readings   v1alpha1.Readings
	SLOs       []v1alpha1.SLOReading
	Cost       *v1alpha1.CostReading
	// Problems are sorted by component.
	Problems []v1alpha1.TargetProblem
	// Unavailable are the alerts whose metrics no component exposed lately.
	Unavailable []v1alpha1.UnavailableAlert
	BurnIn      []v1alpha1.BurnInReading
	Conditions  []metav1.Condition
}

// Health computes the part of the status that is about the service's health.
// Figures that have not moved noticeably stay as rm shows them.
func Health(rm *v1alpha1.RAGMonitor, o Observation, now time.Time) HealthPart {
	before := rm.Status
	part := HealthPart{
		Health:   o.Verdict.Health,
		Readings: v1alpha1.Readings{Targets: targets(o.Readings)},
		Cost:     o.Cost,
	}
	if o.Verdict.DataAvailable {
		part.Readings = readings(before.Readings, o.Readings, o.Objectives)
		part.SLOs = sloReadings(before.SLOs, rm.Spec.SLOs, o.Readings)
		part.Readings.SLOBudgetRemaining = settle(before.Readings.SLOBudgetRemaining, least(rm.Spec.SLOs, o.Readings.Budgets), asRatio, atLeast(0))
		part.Stages = stages(before.Stages, o)
		part.Bottleneck = bottleneck(o.Verdict, part.Stages)
	}
	problems := targetProblems(before.TargetProblems, rm.Spec.Components, o.Problems, now)
	said := told{o.Verdict, o.Objectives, part.Readings, part.Stages, problems, o.Embedded}.message()
	part.Conditions = stamp(verdictConditions(o, said), before.Conditions, rm.Generation, now)
	part.fill(rm, o, problems)
	return part
}

// fill adds the lists that may be long, in what room there is: why nothing is scraped
// is worth most.
func (p *HealthPart) fill(rm *v1alpha1.RAGMonitor, o Observation, problems []v1alpha1.TargetProblem) {
	left := healthShare - sizeOf(v1alpha1.RAGMonitorStatus{
		Health: p.Health, Bottleneck: p.Bottleneck, Stages: p.Stages, Readings: p.Readings, SLOs: p.SLOs, Cost: p.Cost, Conditions: p.Conditions,
	})
	p.Problems = briefly(problems, left)
	if !o.Verdict.DataAvailable {
		return
	}
	left -= sizeOf(p.Problems)
	p.BurnIn = loudest(burnIn(o.Readings.BurnInPages), left/2)
	missing := notExposed(o.Readings.MissingInputs, unavailableFor(rm.Status.UnavailableAlerts, v1alpha1.UnavailableNotInVocabulary))
	p.Unavailable = shortened(missing, left-sizeOf(p.BurnIn))
}

// CostAlone is the part that says what a status says, but for the cost.
func CostAlone(s v1alpha1.RAGMonitorStatus, cost *v1alpha1.CostReading) HealthPart {
	part := healthPartOf(s)
	part.Cost = cost
	return part
}

// Same says whether a status already says what p says.
func (p HealthPart) Same(s v1alpha1.RAGMonitorStatus) bool {
	return equality.Semantic.DeepEqual(p, healthPartOf(s))
}

// Urgent says whether p says something that cannot wait: what is said of another
// generation of the spec, another health, reason, bottleneck or number of firing
// alerts, another reason why a component is not scraped, another day of cost, or a
// figure of the first row that appears or goes. Other changes are figures that moved,
// and the messages that say them.
func (p HealthPart) Urgent(s v1alpha1.RAGMonitorStatus) bool {
	return p.answers() != healthPartOf(s).answers()
}

// answers are what is told at once.
type answers struct {
	generation                                   int64
	health                                       v1alpha1.Health
	dataAvailable, healthy, bottleneck, problems string
	firing                                       int32
	day                                          string
	shown                                        [7]bool
}

func (p HealthPart) answers() answers {
	out := answers{
		health:        p.Health,
		generation:    generationOf(p.Conditions),
		dataAvailable: reasonOf(p.Conditions, v1alpha1.ConditionDataAvailable),
		healthy:       reasonOf(p.Conditions, v1alpha1.ConditionHealthy),
		bottleneck:    stageOf(p.Bottleneck),
		firing:        -1,
		shown:         shown(p.Readings),
	}
	for _, problem := range p.Problems {
		out.problems += fmt.Sprintf("%s %s\n", problem.Component, problem.Reason)
	}
	if p.Readings.FiringAlerts != nil {
		out.firing = *p.Readings.FiringAlerts
	}
	if p.Cost != nil {
		out.day = p.Cost.Day
	}
	return out
}

// generationOf is the one that the conditions speak of: who waits for a change to be
// judged waits for it.
func generationOf(conditions []metav1.Condition) int64 {
	if c := find(conditions, v1alpha1.ConditionHealthy); c != nil {
		return c.ObservedGeneration
	}
	return 0
}

func reasonOf(conditions []metav1.Condition, kind string) string {
	if c := find(conditions, kind); c != nil {
		return string(c.Status) + "/" + c.Reason
	}
	return ""
}

// shown says which figures there are, whatever they say.
func shown(r v1alpha1.Readings) [7]bool {
	return [7]bool{
		r.LatencyP95 != "", r.ErrorRatio != "", r.RequestRate != "", r.CostPerDay != "",
		r.CacheHitRatio != "", r.Targets != "", r.SLOBudgetRemaining != "",
	}
}

func healthPartOf(s v1alpha1.RAGMonitorStatus) HealthPart {
	return HealthPart{
		Health:      s.Health,
		Bottleneck:  s.Bottleneck,
		Stages:      s.Stages,
		Readings:    s.Readings,
		SLOs:        withoutThreshold(s.SLOs),
		Cost:        s.Cost,
		Problems:    byComponent(s.TargetProblems),
		Unavailable: unavailableFor(s.UnavailableAlerts, v1alpha1.UnavailableNotExposed),
		BurnIn:      byAlert(s.BurnIn),
		Conditions:  pick(s.Conditions, healthConditions...),
	}
}

func verdictConditions(o Observation, said string) []condition {
	v := o.Verdict
	if !v.DataAvailable {
		return []condition{
			say(v1alpha1.ConditionDataAvailable, metav1.ConditionFalse, v.Reason, said),
			say(v1alpha1.ConditionHealthy, metav1.ConditionUnknown, v.Reason, said),
		}
	}
	healthy := truth(v.Health == v1alpha1.HealthHealthy)
	if v.Health == v1alpha1.HealthNoTraffic {
		healthy = metav1.ConditionUnknown
	}
	return []condition{
		say(v1alpha1.ConditionDataAvailable, metav1.ConditionTrue, v1alpha1.ReasonDataFresh, dataFresh(o)),
		say(v1alpha1.ConditionHealthy, healthy, v.Reason, said),
	}
}

func dataFresh(o Observation) string {
	text := "The metric source has fresh data of this service."
	if o.LeftOut > 0 {
		text += fmt.Sprintf(" Rules that it does not evaluate, because they read further back than it keeps samples: %d.", o.LeftOut)
	}
	if n := len(o.Failing); n > 0 {
		text += fmt.Sprintf(" Rules that failed: %d, the first of them %s.", n, o.Failing[0])
	}
	return text
}

func targets(r health.Readings) string {
	if r.Targets == nil {
		return ""
	}
	up := 0.0
	if r.TargetsUp != nil {
		up = *r.TargetsUp
	}
	return fmt.Sprintf("%.0f/%.0f", up, *r.Targets)
}

func readings(old v1alpha1.Readings, r health.Readings, o model.Objectives) v1alpha1.Readings {
	firing := int32(min(r.FiringAlerts, 1_000_000)) //nolint:gosec // bounded in this line
	return v1alpha1.Readings{
		LatencyP95:    settle(old.LatencyP95, r.LatencyP95, asDuration, atMost(o.LatencyP95.Seconds())),
		ErrorRatio:    settle(old.ErrorRatio, r.ErrorRatio(), asRatio, atMost(o.ErrorRatio)),
		RequestRate:   settle(old.RequestRate, r.RequestRate, asRate),
		CostPerDay:    settle(old.CostPerDay, r.CostPerDay(), asDollars, atMost(o.CostPerDay)),
		CacheHitRatio: settle(old.CacheHitRatio, r.CacheHitRatio, asRatio, atLeast(o.CacheHitRatio)),
		Targets:       targets(r),
		FiringAlerts:  &firing,
	}
}
