package status

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

var limits = model.Objectives{
	LatencyP95:    2 * time.Second,
	Stages:        []model.StageObjective{{Stage: "generation", P95: 5 * time.Second}},
	ErrorRatio:    0.05,
	CacheHitRatio: 0.3,
	CostPerDay:    100,

	RateLimitRemaining: 100,
	RelevanceP50:       0.7,
}

// measured are readings with a value for every figure that the status shows.
func measured() health.Readings {
	return health.Readings{
		Age:           new(time.Second),
		TargetsUp:     new(2.0),
		Targets:       new(3.0),
		RequestRate:   new(12.0),
		JudgedRate:    new(12.0),
		ErrorRate:     new(0.12),
		LatencyP95:    new(2.4),
		LatencyMean:   new(2.0),
		CostRate:      new(42.0 / 86400),
		CacheHitRatio: new(0.41),
		Stages: []health.Stage{
			{Name: "generation", Share: 0.6, TimePerRequest: new(1.2), P95: new(6.1), Mean: new(1.2), Baseline: new(0.5), ErrorRatio: new(0.01)},
			{Name: "retrieval", Share: 0.2, TimePerRequest: new(0.4), P95: new(0.6)},
			{Name: "reranking", Share: 0.1, TimePerRequest: new(0.2)},
			{Name: "embedding", Share: 0.05, TimePerRequest: new(0.1)},
		},
		BurnRates:     map[string]float64{"availability": 2.41},
		Budgets:       map[string]float64{"availability": 0.71, "nightly": -0.2},
		MissingInputs: map[string]string{"RAGRelevanceLow": "rag_score", "RAGCacheCollapse": "rag_cache_hits_total"},
		BurnInPages:   map[string]float64{"RAGQueueBacklog": 3, "RAGCPUHigh": 1, "RAGDiskHigh": 0},
		FiringAlerts:  4,
	}
}

// slow is the verdict on measured.
func slow() health.Verdict {
	return health.Verdict{
		Health: v1alpha1.HealthDegraded, DataAvailable: true,
		Reason:     v1alpha1.ReasonLatencyHigh,
		Bottleneck: &health.Stage{Name: "generation"},
	}
}

// seen is an observation with the stages that the readings have.
func seen(v health.Verdict, r health.Readings) Observation {
	o := Observation{Verdict: v, Readings: r, Objectives: limits}
	if v.DataAvailable && len(v.Stages) == 0 {
		o.Verdict.Stages = health.Evaluate(r, given, health.Previous{}).Stages
	}
	return o
}

// given are the limits, of a source that was just read.
var given = health.Given{Objectives: limits, Interval: time.Minute}

// judged is an observation with the verdict on readings of rm.
func judged(rm *v1alpha1.RAGMonitor, r health.Readings) Observation {
	return Observation{Verdict: health.Evaluate(r, given, Previous(rm.Status)), Readings: r, Objectives: limits}
}

// watched is a RAGMonitor with the SLOs of measured.
func watched() *v1alpha1.RAGMonitor {
	rm := monitor("api")
	rm.Spec.SLOs = []v1alpha1.SLO{{Name: "availability"}, {Name: "nightly"}}
	return rm
}

// saying is rm with a status that says what p says.
func saying(rm *v1alpha1.RAGMonitor, p HealthPart) *v1alpha1.RAGMonitor {
	rm = rm.DeepCopy()
	rm.Status = v1alpha1.RAGMonitorStatus{
		Health: p.Health, Bottleneck: p.Bottleneck, Stages: p.Stages, Readings: p.Readings, SLOs: p.SLOs, Conditions: p.Conditions,
		UnavailableAlerts: p.Unavailable, BurnIn: p.BurnIn, TargetProblems: p.Problems, Cost: p.Cost,
	}
	return rm
}

func TestHealthShowsEveryFigure(t *testing.T) {
	got := Health(watched(), seen(slow(), measured()), now)
	want := HealthPart{
		Health:     v1alpha1.HealthDegraded,
		Bottleneck: &v1alpha1.Bottleneck{Stage: "generation", Share: "60%", P95: "6.1s"},
		Stages: []v1alpha1.StageReading{
			{Name: "generation", Share: "60%", TimePerRequest: "1.2s", P95: "6.1s", ErrorRatio: "1%", Change: "+140%"},
			{Name: "retrieval", Share: "20%", TimePerRequest: "400ms", P95: "600ms"},
			{Name: "reranking", Share: "10%", TimePerRequest: "200ms"},
			{Name: "unaccounted", Share: "5%", TimePerRequest: "100ms"},
		},
		Readings: v1alpha1.Readings{
			LatencyP95: "2.4s", ErrorRatio: "1%", RequestRate: "12/s", CostPerDay: "$42", CacheHitRatio: "41%",
			Targets: "2/3", FiringAlerts: ptr.To[int32](4), SLOBudgetRemaining: "-20%",
		},
		SLOs: []v1alpha1.SLOReading{{Name: "availability", BudgetRemaining: "71%", BurnRate: "2.4x"}, {Name: "nightly", BudgetRemaining: "-20%"}},
		Unavailable: []v1alpha1.UnavailableAlert{
			{Alert: "RAGCacheCollapse", Reason: "NotExposed", Missing: "rag_cache_hits_total"},
			{Alert: "RAGRelevanceLow", Reason: "NotExposed", Missing: "rag_score"},
		},
		BurnIn: []v1alpha1.BurnInReading{{Alert: "RAGCPUHigh", Pages: new(int32(1))}, {Alert: "RAGQueueBacklog", Pages: new(int32(3))}},
		Conditions: []metav1.Condition{
			{
				Type: "DataAvailable", Status: "True", Reason: "DataFresh", Message: "The metric source has fresh data of this service.",
				ObservedGeneration: 2, LastTransitionTime: metav1.NewTime(now.Truncate(time.Second)),
			},
			{
				Type: "Healthy", Status: "False", Reason: "LatencyHigh", Message: "Request p95 is 2.4s, objective 2s; generation is 60% of the request.",
				ObservedGeneration: 2, LastTransitionTime: metav1.NewTime(now.Truncate(time.Second)),
			},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("part (-want +got):\n%s", d)
	}
}

func TestWithoutDataOnlyTargetsAreShown(t *testing.T) {
	before := Health(watched(), seen(slow(), measured()), earlier)
	for name, tc := range map[string]struct {
		verdict health.Verdict
		edit    func(*health.Readings)
		targets string
	}{
		"no source":             {verdict: health.NoSource(), edit: func(r *health.Readings) { *r = health.Readings{} }},
		"a source that failed":  {verdict: health.SourceFailed(""), edit: func(r *health.Readings) { *r = health.Readings{} }},
		"stale readings":        {verdict: health.Verdict{Health: v1alpha1.HealthStale, Reason: "RulesNotEvaluated"}, edit: func(*health.Readings) {}, targets: "2/3"},
		"targets that are down": {verdict: health.Verdict{Health: v1alpha1.HealthNoData, Reason: "TargetsDown"}, edit: func(r *health.Readings) { r.TargetsUp = nil }, targets: "0/3"},
	} {
		t.Run(name, func(t *testing.T) {
			r := measured()
			tc.edit(&r)
			got := Health(saying(watched(), before), seen(tc.verdict, r), now)
			want := []string{"DataAvailable=False/" + tc.verdict.Reason, "Healthy=Unknown/" + tc.verdict.Reason}
			if d := cmp.Diff(want, brief(got.Conditions)); d != "" {
				t.Errorf("conditions (-want +got):\n%s", d)
			}
			rest := HealthPart{Health: tc.verdict.Health, Readings: v1alpha1.Readings{Targets: tc.targets}}
			if d := cmp.Diff(rest, got, cmpopts.IgnoreFields(HealthPart{}, "Conditions")); d != "" {
				t.Errorf("part (-want +got):\n%s", d)
			}
		})
	}
}

func TestConditionsOfVerdicts(t *testing.T) {
	for verdict, want := range map[v1alpha1.Health]string{
		v1alpha1.HealthHealthy:   "Healthy=True/R",
		v1alpha1.HealthDegraded:  "Healthy=False/R",
		v1alpha1.HealthCritical:  "Healthy=False/R",
		v1alpha1.HealthNoTraffic: "Healthy=Unknown/R",
	} {
		got := Health(watched(), seen(health.Verdict{Health: verdict, DataAvailable: true, Reason: "R"}, measured()), now)
		if d := cmp.Diff([]string{"DataAvailable=True/DataFresh", want}, brief(got.Conditions)); d != "" {
			t.Errorf("conditions (-want +got):\n%s", d)
		}
	}
}

func TestSettledFiguresStay(t *testing.T) {
	before := Health(watched(), seen(slow(), measured()), earlier)
	r, v := measured(), slow()
	for _, f := range []*float64{r.RequestRate, r.ErrorRate, r.LatencyP95, r.LatencyMean, r.CostRate, r.CacheHitRatio} {
		*f *= 1.05
	}
	for i := range r.Stages {
		r.Stages[i].Share *= 1.01
	}
	r.Budgets["availability"], r.Budgets["nightly"] = 0.72, -0.21
	after := Health(saying(watched(), before), seen(v, r), now)
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("part (-before +after):\n%s", d)
	}
}

func TestFiguresThatCrossTheirLimitAreRewritten(t *testing.T) {
	r := measured()
	*r.LatencyP95, *r.ErrorRate, *r.CostRate, *r.CacheHitRatio = 1.96, 0.049*12, 99.0/86400, 0.29
	r.Budgets = map[string]float64{"availability": 0.0001}
	calm := health.Verdict{Health: v1alpha1.HealthHealthy, DataAvailable: true, Reason: "ObjectivesMet"}
	before := Health(watched(), seen(calm, r), earlier)

	*r.LatencyP95, *r.ErrorRate, *r.CostRate, *r.CacheHitRatio = 2.06, 0.0504*12, 106.0/86400, 0.34
	r.Budgets["availability"] = -0.00001
	got := Health(saying(watched(), before), seen(calm, r), now).Readings
	want := v1alpha1.Readings{
		LatencyP95: "2.1s", ErrorRatio: "5.04%", CostPerDay: "$110", CacheHitRatio: "34%", RequestRate: "12/s",
		Targets: "2/3", FiringAlerts: ptr.To[int32](4), SLOBudgetRemaining: "-0.001%",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("readings (-want +got):\n%s", d)
	}
}

func TestReadingsThatAreNotMeasuredAreLeftOut(t *testing.T) {
	before := Health(watched(), seen(slow(), measured()), earlier)
	bare := health.Readings{Targets: new(1.0), TargetsUp: new(1.0), RequestRate: new(1.0)}
	idle := health.Verdict{Health: v1alpha1.HealthNoTraffic, DataAvailable: true, Reason: "NoRequests"}
	got := Health(saying(watched(), before), seen(idle, bare), now)
	want := HealthPart{
		Health:   v1alpha1.HealthNoTraffic,
		Readings: v1alpha1.Readings{RequestRate: "1/s", Targets: "1/1", FiringAlerts: ptr.To[int32](0)},
	}
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(HealthPart{}, "Conditions")); d != "" {
		t.Errorf("part (-want +got):\n%s", d)
	}
}

func TestBudgetsAreThoseOfTheSpec(t *testing.T) {
	rm := watched()
	rm.Spec.SLOs = rm.Spec.SLOs[:1]
	got := Health(rm, seen(slow(), measured()), now)
	if d := cmp.Diff([]v1alpha1.SLOReading{{Name: "availability", BudgetRemaining: "71%", BurnRate: "2.4x"}}, got.SLOs); d != "" {
		t.Errorf("SLOs (-want +got):\n%s", d)
	}
	// The series of an SLO that was removed are there for some minutes yet.
	if d := cmp.Diff("71%", got.Readings.SLOBudgetRemaining); d != "" {
		t.Errorf("least budget (-want +got):\n%s", d)
	}
}

func TestHealthApplySaysWhatThePartSays(t *testing.T) {
	healthy := health.Verdict{Health: v1alpha1.HealthHealthy, DataAvailable: true, Reason: "ObjectivesMet"}
	bare := health.Readings{Targets: new(1.0), TargetsUp: new(1.0), RequestRate: new(1.0)}
	unmeasured := measured()
	unmeasured.Stages[0].P95 = nil
	for name, part := range map[string]HealthPart{
		"everything measured":                Health(watched(), seen(slow(), measured()), now),
		"hardly anything measured":           Health(watched(), seen(healthy, bare), now),
		"a bottleneck without a percentile":  Health(watched(), seen(slow(), unmeasured), now),
		"no data":                            Health(watched(), seen(health.Verdict{Health: v1alpha1.HealthStale, Reason: "R"}, measured()), now),
		"no source":                          Health(watched(), seen(health.NoSource(), health.Readings{}), now),
		"a spec that cannot be read, anyway": Health(watched(), seen(health.InvalidSpec("why"), measured()), now),
	} {
		t.Run(name, func(t *testing.T) {
			config := part.Apply(watched())
			if data, err := json.Marshal(config); err != nil || strings.Contains(string(data), `:""`) || strings.Contains(string(data), ":{}") {
				t.Errorf("what was not measured must be absent, not empty: %s, %v", data, err)
			}
			got := asStatus(t, config, watched())
			if d := cmp.Diff(saying(watched(), part).Status, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("status (-want +got):\n%s", d)
			}
			if !part.Same(got) {
				t.Error("what was applied counts as something else, and would be applied again")
			}
		})
	}
}

func TestCostAloneLeavesTheRestAsItIs(t *testing.T) {
	rm := watched()
	rm.Status = shared(Objects(rm, made(), earlier), Health(rm, seen(slow(), measured()), earlier))
	spent := &v1alpha1.CostReading{Day: "2026-05-04", TodayUSD: "12.34"}
	part := CostAlone(rm.Status, spent)
	if part.Same(rm.Status) {
		t.Fatal("another cost is to be written")
	}
	rm.Status.Cost = spent
	if !part.Same(rm.Status) {
		t.Errorf("more than the cost is another (-status +part):\n%s", cmp.Diff(healthPartOf(rm.Status), part))
	}
}
