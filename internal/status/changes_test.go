package status

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

func TestWhatIsTheSameAndWhatIsUrgent(t *testing.T) {
	const same, notice, urgent = "same", "to be written when convenient", "urgent"
	for name, tc := range map[string]struct {
		edit func(*health.Verdict, *health.Readings)
		want string
	}{
		"nothing moved":        {edit: func(*health.Verdict, *health.Readings) {}, want: same},
		"a figure moved a bit": {edit: func(_ *health.Verdict, r *health.Readings) { *r.LatencyP95 *= 1.02 }, want: same},
		"a figure moved":       {edit: func(_ *health.Verdict, r *health.Readings) { *r.LatencyP95 *= 2 }, want: notice},
		"a target went":        {edit: func(_ *health.Verdict, r *health.Readings) { *r.TargetsUp = 1 }, want: notice},
		"a stage moved":        {edit: func(_ *health.Verdict, r *health.Readings) { r.Stages[1].Share = 0.3 }, want: notice},
		"a budget moved":       {edit: func(_ *health.Verdict, r *health.Readings) { r.Budgets["availability"] = 0.5 }, want: notice},
		"the share of the bottleneck moved": {
			edit: func(_ *health.Verdict, r *health.Readings) { r.Stages[0].Share = 0.75 }, want: notice,
		},
		"another health":                      {edit: func(v *health.Verdict, _ *health.Readings) { v.Health = v1alpha1.HealthCritical }, want: urgent},
		"another reason":                      {edit: func(v *health.Verdict, _ *health.Readings) { v.Reason = v1alpha1.ReasonCostPerDayHigh }, want: urgent},
		"no data any more":                    {edit: func(v *health.Verdict, _ *health.Readings) { *v = health.SourceFailed("") }, want: urgent},
		"another bottleneck":                  {edit: func(v *health.Verdict, _ *health.Readings) { v.Bottleneck.Name = "retrieval" }, want: urgent},
		"no bottleneck":                       {edit: func(v *health.Verdict, _ *health.Readings) { v.Bottleneck = nil }, want: urgent},
		"a figure that is no longer measured": {edit: func(_ *health.Verdict, r *health.Readings) { r.CacheHitRatio = nil }, want: urgent},
		"a budget that is no longer known":    {edit: func(_ *health.Verdict, r *health.Readings) { r.Budgets = nil }, want: urgent},
		"a mean that is no longer known":      {edit: func(_ *health.Verdict, r *health.Readings) { r.LatencyMean = nil }, want: notice},
		"an alert more":                       {edit: func(_ *health.Verdict, r *health.Readings) { r.FiringAlerts++ }, want: urgent},
		"an alert that misses a metric":       {edit: func(_ *health.Verdict, r *health.Readings) { r.MissingInputs["RAGCPUHigh"] = "m" }, want: notice},
		"an alert that misses another metric": {edit: func(_ *health.Verdict, r *health.Readings) { r.MissingInputs["RAGRelevanceLow"] = "m" }, want: notice},
		"an alert that misses no metric":      {edit: func(_ *health.Verdict, r *health.Readings) { r.MissingInputs = nil }, want: notice},
		"a page in mode BurnIn":               {edit: func(_ *health.Verdict, r *health.Readings) { r.BurnInPages["RAGCPUHigh"]++ }, want: notice},
		"the last alert":                      {edit: func(_ *health.Verdict, r *health.Readings) { r.FiringAlerts = 0 }, want: urgent},
	} {
		t.Run(name, func(t *testing.T) {
			rm := saying(watched(), Health(watched(), seen(slow(), measured()), earlier))
			// What concerns the objects is none of its business.
			rm.Status.ObservedGeneration, rm.Status.Components = 7, "api"
			rm.Status.Conditions = append([]metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue}}, rm.Status.Conditions...)
			v, r := slow(), measured()
			tc.edit(&v, &r)
			part := Health(rm, seen(v, r), now)
			got := notice
			if part.Same(rm.Status) {
				got = same
			}
			if part.Urgent(rm.Status) {
				got = urgent
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("change (-want +got):\n%s", d)
			}
		})
	}
}

func TestTheFirstStatusIsUrgent(t *testing.T) {
	part := Health(watched(), seen(health.NoSource(), health.Readings{}), now)
	if part.Same(v1alpha1.RAGMonitorStatus{}) || !part.Urgent(v1alpha1.RAGMonitorStatus{}) {
		t.Error("must be written at once")
	}
}

func TestHealthKeepsTransitionTimes(t *testing.T) {
	rm := saying(watched(), Health(watched(), seen(slow(), measured()), earlier))
	other := slow()
	other.Reason = v1alpha1.ReasonCostPerDayHigh
	for _, c := range Health(rm, seen(other, measured()), now).Conditions {
		if !c.LastTransitionTime.Time.Equal(earlier) {
			t.Errorf("%s has a new time for a new reason", c.Type)
		}
	}
	for _, c := range Health(rm, seen(health.SourceFailed(""), measured()), now).Conditions {
		if !c.LastTransitionTime.Time.Equal(now.Truncate(time.Second)) {
			t.Errorf("%s has the old time for a new status", c.Type)
		}
	}
}

func shares(stages []v1alpha1.StageReading) []string {
	var out []string
	for _, s := range stages {
		out = append(out, s.Name+" "+s.Share)
	}
	return out
}

func TestStages(t *testing.T) {
	for name, tc := range map[string]struct {
		stages []health.Stage
		want   []string
	}{
		"none": {},
		"one": {
			stages: []health.Stage{{Name: "generation", Share: 0.8}},
			want:   []string{"generation 80%", "unaccounted 20%"},
		},
		"more than three": {
			stages: []health.Stage{{Name: "d", Share: 0.4}, {Name: "c", Share: 0.3}, {Name: "b", Share: 0.2}, {Name: "a", Share: 0.06}},
			want:   []string{"d 40%", "c 30%", "b 20%", "unaccounted 4%"},
		},
		"equal ones are in the order of what was read": {
			stages: []health.Stage{{Name: "b", Share: 0.304}, {Name: "a", Share: 0.296}, {Name: "c", Share: 0.1}},
			want:   []string{"b 30%", "a 30%", "c 10%", "unaccounted 30%"},
		},
		"one whose share is not known is left out": {
			stages: []health.Stage{{Name: "a", Share: 0.75}, {Name: "b", P95: new(1.0)}},
			want:   []string{"a 75%", "unaccounted 25%"},
		},
		"none whose share is known": {
			stages: []health.Stage{{Name: "a"}, {Name: "b", P95: new(1.0)}},
		},
		"overlapping ones leave nothing unaccounted for": {
			stages: []health.Stage{{Name: "a", Share: 0.9}, {Name: "b", Share: 0.8}},
			want:   []string{"a 90%", "b 80%", "unaccounted 0%"},
		},
		"ones that explain all leave nothing, and no residue of the addition": {
			stages: []health.Stage{{Name: "a", Share: 0.7}, {Name: "b", Share: 0.2}, {Name: "c", Share: 0.1}},
			want:   []string{"a 70%", "b 20%", "c 10%", "unaccounted 0%"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := measured()
			r.Stages = tc.stages
			if d := cmp.Diff(tc.want, shares(Health(watched(), seen(slow(), r), now).Stages)); d != "" {
				t.Errorf("stages (-want +got):\n%s", d)
			}
		})
	}
}

func TestStagesOfLikeLengthDoNotChangePlaces(t *testing.T) {
	r := measured()
	r.Stages = []health.Stage{{Name: "a", Share: 0.41}, {Name: "b", Share: 0.40}}
	rm := saying(watched(), Health(watched(), judged(watched(), r), earlier))
	r.Stages = []health.Stage{{Name: "b", Share: 0.42}, {Name: "a", Share: 0.39}}
	if part := Health(rm, judged(rm, r), now); !part.Same(rm.Status) {
		t.Errorf("stages (-before +after):\n%s", cmp.Diff(shares(rm.Status.Stages), shares(part.Stages)))
	}
}

func TestStagesWithoutAMeanHaveNoTime(t *testing.T) {
	r := measured()
	r.LatencyMean = nil
	for i := range r.Stages {
		r.Stages[i].TimePerRequest = nil
	}
	for _, s := range Health(watched(), seen(slow(), r), now).Stages {
		if s.TimePerRequest != "" {
			t.Errorf("stage %s takes %s of an unknown time", s.Name, s.TimePerRequest)
		}
	}
}

func TestAnotherBottleneckStartsAfresh(t *testing.T) {
	rm := saying(watched(), Health(watched(), seen(slow(), measured()), earlier))
	v := slow()
	v.Bottleneck = &health.Stage{Name: "retrieval"}
	want := &v1alpha1.Bottleneck{Stage: "retrieval", Share: "20%", P95: "600ms"}
	if d := cmp.Diff(want, Health(rm, seen(v, measured()), now).Bottleneck); d != "" {
		t.Errorf("bottleneck (-want +got):\n%s", d)
	}
}

func TestBottleneckThatCrossesItsObjectiveIsRewritten(t *testing.T) {
	r := measured()
	*r.Stages[0].P95 = 4.9
	rm := saying(watched(), Health(watched(), seen(slow(), r), earlier))
	*r.Stages[0].P95 = 5.04
	if d := cmp.Diff("5.04s", Health(rm, seen(slow(), r), now).Bottleneck.P95); d != "" {
		t.Errorf("percentile (-want +got):\n%s", d)
	}
}
