package status

import (
	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	v1alpha1ac "github.com/ragmonitor/ragmonitor-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
)

// Apply returns what to apply to the status of rm.
func (p HealthPart) Apply(rm *v1alpha1.RAGMonitor) *v1alpha1ac.RAGMonitorApplyConfiguration {
	status := v1alpha1ac.RAGMonitorStatus().
		WithHealth(p.Health).
		WithConditions(applyConditions(p.Conditions)...).
		WithTargetProblems(applyProblems(p.Problems)...).
		WithUnavailableAlerts(applyUnavailable(p.Unavailable)...).
		WithBurnIn(applyBurnIn(p.BurnIn)...)
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
	if p.Cost != nil {
		status.WithCost(applyCost(*p.Cost))
	}
	for _, s := range p.Stages {
		status.WithStages(applyStage(s))
	}
	for _, s := range p.SLOs {
		slo := v1alpha1ac.SLOReading().WithName(s.Name)
		slo.BudgetRemaining, slo.BurnRate = present(s.BudgetRemaining), present(s.BurnRate)
		status.WithSLOs(slo)
	}
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

func applyStage(s v1alpha1.StageReading) *v1alpha1ac.StageReadingApplyConfiguration {
	return &v1alpha1ac.StageReadingApplyConfiguration{
		Name:           &s.Name,
		TimePerRequest: present(s.TimePerRequest),
		Share:          present(s.Share),
		P95:            present(s.P95),
		ErrorRatio:     present(s.ErrorRatio),
		Change:         present(s.Change),
	}
}

func applyCost(c v1alpha1.CostReading) *v1alpha1ac.CostReadingApplyConfiguration {
	return &v1alpha1ac.CostReadingApplyConfiguration{
		Day:              present(c.Day),
		TodayUSD:         present(c.TodayUSD),
		MonthUSD:         present(c.MonthUSD),
		BudgetSpent:      present(c.BudgetSpent),
		BudgetExceededOn: present(c.BudgetExceededOn),
	}
}

// present leaves out what was not measured: an empty column says so.
func present(figure string) *string {
	if figure == "" {
		return nil
	}
	return &figure
}
