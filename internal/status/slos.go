package status

import (
	"cmp"
	"slices"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

// withoutThreshold leaves out what the other field manager says of SLOs.
func withoutThreshold(slos []v1alpha1.SLOReading) []v1alpha1.SLOReading {
	var out []v1alpha1.SLOReading
	for _, slo := range slos {
		if slo.BudgetRemaining != "" || slo.BurnRate != "" {
			out = append(out, v1alpha1.SLOReading{Name: slo.Name, BudgetRemaining: slo.BudgetRemaining, BurnRate: slo.BurnRate})
		}
	}
	slices.SortFunc(out, func(a, b v1alpha1.SLOReading) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func sloReadings(shown []v1alpha1.SLOReading, slos []v1alpha1.SLO, r health.Readings) []v1alpha1.SLOReading {
	var out []v1alpha1.SLOReading
	for _, slo := range slos {
		old := v1alpha1.SLOReading{}
		if i := slices.IndexFunc(shown, func(s v1alpha1.SLOReading) bool { return s.Name == slo.Name }); i >= 0 {
			old = shown[i]
		}
		out = append(out, v1alpha1.SLOReading{
			Name:            slo.Name,
			BudgetRemaining: settle(old.BudgetRemaining, valueOf(r.Budgets, slo.Name), asRatio, atLeast(0)),
			BurnRate:        settle(old.BurnRate, valueOf(r.BurnRates, slo.Name), asTimes),
		})
	}
	return withoutThreshold(out)
}

func valueOf(values map[string]float64, name string) *float64 {
	if v, ok := values[name]; ok {
		return &v
	}
	return nil
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
