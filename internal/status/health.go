package status

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	v1alpha1ac "github.com/ragmonitor/ragmonitor-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// shownStages is the number of stages that the status shows.
const shownStages = 3

var healthConditions = []string{v1alpha1.ConditionDataAvailable, v1alpha1.ConditionHealthy}

// HealthPart is the part of the status that is about the service's health.
type HealthPart struct {
	Health     v1alpha1.Health
	Bottleneck *v1alpha1.Bottleneck
	Stages     []v1alpha1.StageReading
	Readings   v1alpha1.Readings
	SLOs       []v1alpha1.SLOReading
	// Unavailable are the alerts whose metrics no component exposed lately.
	Unavailable []v1alpha1.UnavailableAlert
	BurnIn      []v1alpha1.BurnInReading
	Conditions  []metav1.Condition
}

// Health computes the part of the status that is about the service's health.
// Figures that have not moved noticeably stay as rm shows them.
func Health(rm *v1alpha1.RAGMonitor, v health.Verdict, r health.Readings, o model.Objectives, now time.Time) HealthPart {
	before := rm.Status
	part := HealthPart{
		Health:     v.Health,
		Conditions: stamp(verdictConditions(v), before.Conditions, rm.Generation, now),
		Readings:   v1alpha1.Readings{Targets: targets(r)},
	}
	if !v.DataAvailable {
		return part
	}
	part.Bottleneck = bottleneck(before.Bottleneck, v.Bottleneck, o)
	part.Stages = stages(before.Stages, r)
	part.Readings = readings(before.Readings, r, o)
	part.SLOs = budgets(before.SLOs, rm.Spec.SLOs, r.Budgets)
	part.Readings.SLOBudgetRemaining = settle(before.Readings.SLOBudgetRemaining, least(rm.Spec.SLOs, r.Budgets), asRatio, 0)
	left := healthShare - sizeOf(v1alpha1.RAGMonitorStatus{
		Health: part.Health, Bottleneck: part.Bottleneck, Stages: part.Stages, Readings: part.Readings, SLOs: part.SLOs, Conditions: part.Conditions,
	})
	part.BurnIn = loudest(burnIn(r.BurnInPages), left/2)
	missing := notExposed(r.MissingInputs, unavailableFor(before.UnavailableAlerts, v1alpha1.UnavailableNotInVocabulary))
	part.Unavailable = shortened(missing, left-sizeOf(part.BurnIn))
	return part
}

// Same says whether a status already says what p says.
func (p HealthPart) Same(s v1alpha1.RAGMonitorStatus) bool {
	return equality.Semantic.DeepEqual(p, healthPartOf(s))
}

// Urgent says whether p says something that cannot wait: another health, reason,
// bottleneck or number of firing alerts, or a figure that appears or goes. Other
// changes are figures that moved.
func (p HealthPart) Urgent(s v1alpha1.RAGMonitorStatus) bool {
	now := healthPartOf(s)
	return p.Health != now.Health || stageOf(p.Bottleneck) != stageOf(now.Bottleneck) ||
		!equality.Semantic.DeepEqual(p.Readings.FiringAlerts, now.Readings.FiringAlerts) ||
		!equality.Semantic.DeepEqual(p.Conditions, now.Conditions) ||
		shown(p.Readings) != shown(now.Readings)
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
		SLOs:        withBudget(s.SLOs),
		Unavailable: unavailableFor(s.UnavailableAlerts, v1alpha1.UnavailableNotExposed),
		BurnIn:      byAlert(s.BurnIn),
		Conditions:  pick(s.Conditions, healthConditions...),
	}
}

func stageOf(b *v1alpha1.Bottleneck) string {
	if b == nil {
		return ""
	}
	return b.Stage
}

func verdictConditions(v health.Verdict) []condition {
	if !v.DataAvailable {
		return []condition{
			say(v1alpha1.ConditionDataAvailable, metav1.ConditionFalse, v.Reason, v.Message),
			say(v1alpha1.ConditionHealthy, metav1.ConditionUnknown, v.Reason, v.Message),
		}
	}
	healthy := truth(v.Health == v1alpha1.HealthHealthy)
	if v.Health == v1alpha1.HealthNoTraffic {
		healthy = metav1.ConditionUnknown
	}
	return []condition{
		say(v1alpha1.ConditionDataAvailable, metav1.ConditionTrue, v1alpha1.ReasonDataFresh, "The metric source has fresh data of this service."),
		say(v1alpha1.ConditionHealthy, healthy, v.Reason, v.Message),
	}
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
		LatencyP95:    settle(old.LatencyP95, r.LatencyP95, asDuration, o.LatencyP95.Seconds()),
		ErrorRatio:    settle(old.ErrorRatio, r.ErrorRatio(), asRatio, o.ErrorRatio),
		RequestRate:   settle(old.RequestRate, r.RequestRate, asRate),
		CostPerDay:    settle(old.CostPerDay, r.CostPerDay(), asDollars, o.CostPerDay),
		CacheHitRatio: settle(old.CacheHitRatio, r.CacheHitRatio, asRatio, o.CacheHitRatio),
		Targets:       targets(r),
		FiringAlerts:  &firing,
	}
}

func bottleneck(shown *v1alpha1.Bottleneck, s *health.Stage, o model.Objectives) *v1alpha1.Bottleneck {
	if s == nil {
		return nil
	}
	if stageOf(shown) != s.Name {
		shown = &v1alpha1.Bottleneck{}
	}
	limit, _ := o.Stage(s.Name)
	return &v1alpha1.Bottleneck{
		Stage: s.Name,
		Share: settle(shown.Share, &s.Share, asRatio),
		P95:   settle(shown.P95, s.P95, asDuration, limit.Seconds()),
	}
}

func stages(shown []v1alpha1.StageReading, r health.Readings) []v1alpha1.StageReading {
	var out []v1alpha1.StageReading
	for _, s := range r.Stages[:min(len(r.Stages), shownStages)] {
		if s.Share > 0 {
			out = append(out, stage(shown, s.Name, s.Share, r.LatencyMean))
		}
	}
	// Sorted by what is shown, and not by what was read, so that two stages of
	// like length do not change places all the time.
	slices.SortStableFunc(out, func(a, b v1alpha1.StageReading) int {
		left, _ := read(a.Share, asRatio)
		right, _ := read(b.Share, asRatio)
		return cmp.Or(cmp.Compare(right, left), cmp.Compare(a.Name, b.Name))
	})
	if rest := r.Unaccounted(); rest != nil {
		out = append(out, stage(shown, vocabulary.Unaccounted, *rest, r.LatencyMean))
	}
	return out
}

func stage(shown []v1alpha1.StageReading, name string, share float64, mean *float64) v1alpha1.StageReading {
	old := v1alpha1.StageReading{}
	if i := slices.IndexFunc(shown, func(s v1alpha1.StageReading) bool { return s.Name == name }); i >= 0 {
		old = shown[i]
	}
	out := v1alpha1.StageReading{Name: name, Share: settle(old.Share, &share, asRatio)}
	if mean != nil {
		perRequest := share * *mean
		out.TimePerRequest = settle(old.TimePerRequest, &perRequest, asDuration)
	}
	return out
}

// withBudget leaves out what the other field manager says of SLOs.
func withBudget(slos []v1alpha1.SLOReading) []v1alpha1.SLOReading {
	var out []v1alpha1.SLOReading
	for _, slo := range slos {
		if slo.BudgetRemaining != "" {
			out = append(out, v1alpha1.SLOReading{Name: slo.Name, BudgetRemaining: slo.BudgetRemaining})
		}
	}
	slices.SortFunc(out, func(a, b v1alpha1.SLOReading) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func budgets(shown []v1alpha1.SLOReading, slos []v1alpha1.SLO, left map[string]float64) []v1alpha1.SLOReading {
	var out []v1alpha1.SLOReading
	for _, slo := range slos {
		value, ok := left[slo.Name]
		if !ok {
			continue
		}
		old := ""
		if i := slices.IndexFunc(shown, func(s v1alpha1.SLOReading) bool { return s.Name == slo.Name }); i >= 0 {
			old = shown[i].BudgetRemaining
		}
		out = append(out, v1alpha1.SLOReading{Name: slo.Name, BudgetRemaining: settle(old, &value, asRatio, 0)})
	}
	return withBudget(out)
}

// least passes over SLOs that are no longer in the spec: their last samples
// outlive them by some minutes.
func least(slos []v1alpha1.SLO, left map[string]float64) *float64 {
	var out *float64
	for _, slo := range slos {
		if v, ok := left[slo.Name]; ok && (out == nil || v < *out) {
			out = &v
		}
	}
	return out
}

// Apply returns what to apply to the status of rm.
func (p HealthPart) Apply(rm *v1alpha1.RAGMonitor) *v1alpha1ac.RAGMonitorApplyConfiguration {
	status := v1alpha1ac.RAGMonitorStatus().
		WithHealth(p.Health).
		WithConditions(applyConditions(p.Conditions)...)
	// An empty object would not remove what was there: the API server makes null
	// of an object whose last field an apply takes away, and then refuses it.
	if p.Readings != (v1alpha1.Readings{}) {
		status.WithReadings(applyReadings(p.Readings))
	}
	if p.Bottleneck != nil {
		bottleneck := v1alpha1ac.Bottleneck().WithStage(p.Bottleneck.Stage)
		bottleneck.Share, bottleneck.P95 = present(p.Bottleneck.Share), present(p.Bottleneck.P95)
		status.WithBottleneck(bottleneck)
	}
	for _, s := range p.Stages {
		stage := v1alpha1ac.StageReading().WithName(s.Name)
		stage.Share, stage.TimePerRequest = present(s.Share), present(s.TimePerRequest)
		status.WithStages(stage)
	}
	for _, s := range p.SLOs {
		slo := v1alpha1ac.SLOReading().WithName(s.Name)
		slo.BudgetRemaining = present(s.BudgetRemaining)
		status.WithSLOs(slo)
	}
	status.WithUnavailableAlerts(applyUnavailable(p.Unavailable)...).WithBurnIn(applyBurnIn(p.BurnIn)...)
	return v1alpha1ac.RAGMonitor(rm.Name, rm.Namespace).WithUID(rm.UID).WithStatus(status)
}

func applyReadings(r v1alpha1.Readings) *v1alpha1ac.ReadingsApplyConfiguration {
	return &v1alpha1ac.ReadingsApplyConfiguration{
		LatencyP95:         present(r.LatencyP95),
		ErrorRatio:         present(r.ErrorRatio),
		RequestRate:        present(r.RequestRate),
		CostPerDay:         present(r.CostPerDay),
		CacheHitRatio:      present(r.CacheHitRatio),
		Targets:            present(r.Targets),
		FiringAlerts:       r.FiringAlerts,
		SLOBudgetRemaining: present(r.SLOBudgetRemaining),
	}
}

// present leaves out what was not measured: an empty column says so.
func present(figure string) *string {
	if figure == "" {
		return nil
	}
	return &figure
}
