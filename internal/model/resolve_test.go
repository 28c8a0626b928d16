package model_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/calendar"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

var approximately = cmp.Options{cmpopts.EquateApprox(1e-12, 0), cmpopts.EquateEmpty()}

func TestResolveFillsInTheDefaults(t *testing.T) {
	want := model.Monitor{
		Name: "support-bot", Namespace: "rag", UID: "5e1f8c3a-0000-4000-8000-000000000001",
		Components: []model.Component{{
			Name:       "api",
			Vocabulary: fixture.Catalogue(t).Vocabularies["rag"],
			Selector:   model.Selector{Labels: map[string]string{"app": "support-bot"}},
			Endpoint:   model.Endpoint{Port: "metrics", Path: "/metrics", Interval: 30 * time.Second},
		}},
		Objectives: model.Objectives{
			LatencyP95: 2 * time.Second, TimeToFirstTokenP95: 2 * time.Second,
			Stages:            []model.StageObjective{{Stage: "retrieval", P95: 500 * time.Millisecond}, {Stage: "generation", P95: 5 * time.Second}},
			ErrorRatio:        0.05,
			CacheHitRatio:     0.3,
			CostPerDay:        100,
			CostPerRequestP95: 0.1,

			RateLimitRemaining: 100,
			RelevanceP50:       0.7, ContextPrecisionP50: 0.6,
		},
		Evaluation:  model.Evaluation{Interval: 30 * time.Second, Window: 5 * time.Minute, CostWindow: time.Hour},
		NodeMetrics: true,
		Namespaces:  model.Namespaces{Labels: []string{"namespace"}},
		Folder:      "RAG",
	}
	if d := cmp.Diff(want, fixture.Monitor(t, fixture.Minimal), approximately); d != "" {
		t.Errorf("monitor (-want +got):\n%s", d)
	}
}

const everything = `
metadata: {name: support-bot, namespace: rag, uid: u-1}
spec:
  components:
  - name: api
    vocabulary: rag
    selector:
      matchLabels: {app: support-bot, tier: ""}
      matchExpressions:
      - {key: track, operator: In, values: [stable, canary]}
      - {key: legacy, operator: DoesNotExist}
    endpoint: {port: http, path: /stats, interval: 10s}
  - name: llm
    vocabulary: rag
    selector: {matchLabels: {app: llm}}
  objectives:
    latency: {p95: 1500ms, timeToFirstTokenP95: 800ms}
    stages: [{name: reranking, p95: 1m30s}]
    errorRatio: "0.01"
    cost:
      perDayUSD: "12.50"
      perRequestP95USD: "0.025"
      source: Tokens
      budget: {amountUSD: "2000.5", period: Week, timeZone: Europe/Berlin}
    cacheHitRatio: "1"
    relevanceP50: "0.85"
    contextPrecisionP50: "0.5"
    rateLimitRemaining: 0
  slos:
  - {name: availability, objective: "99.9", period: 7d}
  - {name: fast-answers, objective: "95", indicator: Latency, threshold: 2500ms, minimumRequests: 0}
  evaluation: {interval: 15s, window: 2m, costWindow: 30m}
  alerts:
    mode: "Off"
    labels: {team: search}
    overrides:
    - {alert: RAGLatencyHigh, mode: Notify, severity: critical, for: 0s, threshold: "1.25", labels: {escalation: finance}}
    - {alert: RAGErrorRatioHigh}
    custom:
    - {name: VectorStoreFull, expression: max(fill) > 0.9, summary: The vector store is nearly full, labels: {team: data}}
    - {name: IndexOld, expression: time() - index_built > 86400, summary: Old, severity: info, signal: index, for: 1h, mode: BurnIn}
  dashboards: {folder: Search team}
  nodeMetrics: "Off"
`

func TestResolveReadsEveryField(t *testing.T) {
	rag := fixture.Catalogue(t).Vocabularies["rag"]
	want := model.Monitor{
		Name: "support-bot", Namespace: "rag", UID: "u-1",
		Components: []model.Component{
			{
				Name: "api", Vocabulary: rag,
				Selector: model.Selector{
					Labels: map[string]string{"app": "support-bot", "tier": ""},
					Requirements: []model.Requirement{
						{Key: "track", Operator: "In", Values: []string{"stable", "canary"}},
						{Key: "legacy", Operator: "DoesNotExist"},
					},
				},
				Endpoint: model.Endpoint{Port: "http", Path: "/stats", Interval: 10 * time.Second},
			},
			{
				Name: "llm", Vocabulary: rag,
				Selector: model.Selector{Labels: map[string]string{"app": "llm"}},
				Endpoint: model.Endpoint{Port: "metrics", Path: "/metrics", Interval: 30 * time.Second},
			},
		},
		Objectives: model.Objectives{
			LatencyP95: 1500 * time.Millisecond, TimeToFirstTokenP95: 800 * time.Millisecond,
			Stages:     []model.StageObjective{{Stage: "reranking", P95: 90 * time.Second}},
			ErrorRatio: 0.01, CacheHitRatio: 1, CostPerDay: 12.5, CostPerRequestP95: 0.025, RateLimitRemaining: 0,
			RelevanceP50: 0.85, ContextPrecisionP50: 0.5,
			CostSource: model.CostFromTokens, Budget: &model.Budget{Amount: 2000.5, Period: calendar.Week, Zone: zone(t, "Europe/Berlin")},
		},
		SLOs: []model.SLO{
			{Name: "availability", ErrorBudget: 0.001, Period: 7 * 24 * time.Hour, MinimumRequests: 100},
			{Name: "fast-answers", ErrorBudget: 0.05, Period: 30 * 24 * time.Hour, Latency: 2500 * time.Millisecond},
		},
		Evaluation: model.Evaluation{Interval: 15 * time.Second, Window: 2 * time.Minute, CostWindow: 30 * time.Minute},
		Alerts: model.Alerts{
			Mode: model.Off, Labels: map[string]string{"team": "search"},
			Overrides: map[string]model.Override{
				"RAGLatencyHigh": {
					Mode: ptr.To(model.Notify), Severity: "critical", For: ptr.To(time.Duration(0)), Threshold: new(1.25),
					Labels: map[string]string{"escalation": "finance"},
				},
				"RAGErrorRatioHigh": {},
			},
			Custom: []model.CustomAlert{
				{
					Name: "VectorStoreFull", Expr: `max(fill{namespace="rag"}) > 0.9`, For: 5 * time.Minute, Severity: "warning", Signal: "VectorStoreFull",
					Summary: "The vector store is nearly full", Mode: model.Off, Labels: map[string]string{"team": "data"},
				},
				{Name: "IndexOld", Expr: `time() - index_built{namespace="rag"} > 86400`, For: time.Hour, Severity: "info", Signal: "index", Summary: "Old", Mode: model.BurnIn},
			},
		},
		Namespaces: model.Namespaces{Labels: []string{"namespace"}},
		Folder:     "Search team",
	}
	if d := cmp.Diff(want, fixture.Monitor(t, everything), approximately, sameZone); d != "" {
		t.Errorf("monitor (-want +got):\n%s", d)
	}
}

// sameZone compares time zones by their names.
var sameZone = cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := calendar.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// TestErrorBudgetIsWhatWasWritten: the budget is printed in a rule, where a tail
// of binary rounding would puzzle people.
func TestErrorBudgetIsWhatWasWritten(t *testing.T) {
	for objective, want := range map[string]float64{
		"99.9": 0.001, "99.99": 0.0001, "99.5": 0.005, "99": 0.01, "95": 0.05, "90.0": 0.1, "0.1": 0.999, "99.999999": 0.00000001,
	} {
		rm := fixture.RAGMonitor(t, fixture.Minimal)
		rm.Spec.SLOs = []v1alpha1.SLO{{Name: "x", Objective: objective, Period: "1d"}}
		m, err := model.Resolve(rm, fixture.Catalogue(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := m.SLOs[0].ErrorBudget; got != want {
			t.Errorf("budget of %s %% is %v, must be %v", objective, got, want)
		}
	}
}

// TestResolveRefuses what admission lets pass, or would refuse and did not see.
func TestResolveRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		edit   func(*v1alpha1.RAGMonitorSpec)
		reason string
		want   []string
	}{
		"a vocabulary that does not exist": {
			edit:   func(s *v1alpha1.RAGMonitorSpec) { s.Components[0].Vocabulary = "ragg" },
			reason: v1alpha1.ReasonUnknownVocabulary,
			want:   []string{`spec.components[0].vocabulary is "ragg", which is not in the catalogue: write one of api-pipeline, assistant, `, "vllm, weaviate, or custom with signals of your own"},
		},
		"a vocabulary of a later component": {
			edit: func(s *v1alpha1.RAGMonitorSpec) {
				s.Components = append(s.Components, v1alpha1.Component{Name: "llm", Vocabulary: "vlm"})
			},
			reason: v1alpha1.ReasonUnknownVocabulary,
			want:   []string{`spec.components[1].vocabulary is "vlm"`},
		},
		"an alert that does not exist": {
			edit: func(s *v1alpha1.RAGMonitorSpec) {
				s.Alerts.Overrides = []v1alpha1.AlertOverride{{Alert: "RAGLatencyHigh"}, {Alert: "RAGTooSlow"}}
			},
			reason: v1alpha1.ReasonUnknownAlert,
			want:   []string{`spec.alerts.overrides[1].alert is "RAGTooSlow", which is no alert: write one of RAG`, "RAGLatencyHigh", "RAGRateLimitLow"},
		},
		"several objectives that are no numbers": {
			edit: func(s *v1alpha1.RAGMonitorSpec) {
				s.Objectives.ErrorRatio, s.Objectives.CacheHitRatio = "5%", ""
				s.Objectives.Cost.PerDayUSD, s.Objectives.Cost.PerRequestP95USD = "$5", "ten"
			},
			reason: v1alpha1.ReasonInvalidSpec,
			want: []string{
				`spec.objectives.errorRatio is "5%", which is not a number: write a decimal such as "0.05"`,
				`spec.objectives.cacheHitRatio is ""`, `spec.objectives.cost.perDayUSD is "$5"`, `spec.objectives.cost.perRequestP95USD is "ten"`,
			},
		},
		"an objective that is spelled like a number and is none": {
			edit:   func(s *v1alpha1.RAGMonitorSpec) { s.Objectives.ErrorRatio = "NaN" },
			reason: v1alpha1.ReasonInvalidSpec, want: []string{`spec.objectives.errorRatio is "NaN", which is not a number`},
		},
		"an objective without end": {
			edit:   func(s *v1alpha1.RAGMonitorSpec) { s.Objectives.Cost.PerDayUSD = "Inf" },
			reason: v1alpha1.ReasonInvalidSpec, want: []string{`spec.objectives.cost.perDayUSD is "Inf", which is not a number`},
		},
		"objectives that are numbers to some readers only": {
			edit: func(s *v1alpha1.RAGMonitorSpec) {
				s.Objectives.ErrorRatio, s.Objectives.CacheHitRatio = "1/20", "5e-2"
				s.Objectives.Cost.PerDayUSD, s.Objectives.Cost.PerRequestP95USD = "0x10", "1_000"
			},
			reason: v1alpha1.ReasonInvalidSpec,
			want:   []string{`errorRatio is "1/20"`, `cacheHitRatio is "5e-2"`, `perDayUSD is "0x10"`, `perRequestP95USD is "1_000"`},
		},
		"an objective below zero": {
			edit:   func(s *v1alpha1.RAGMonitorSpec) { s.Objectives.ErrorRatio = "-0.05" },
			reason: v1alpha1.ReasonInvalidSpec, want: []string{`errorRatio is "-0.05"`},
		},
		"an SLO that is no number": {
			edit: func(s *v1alpha1.RAGMonitorSpec) {
				s.SLOs = []v1alpha1.SLO{{Objective: "99", Period: "30d"}, {Objective: "three nines", Period: "30d"}}
			},
			reason: v1alpha1.ReasonInvalidSpec, want: []string{`spec.slos[1].objective is "three nines"`},
		},
		"an SLO of latency that no request can meet": {
			edit: func(s *v1alpha1.RAGMonitorSpec) {
				s.SLOs = []v1alpha1.SLO{{Objective: "99", Period: "30d", Threshold: &metav1.Duration{Duration: -time.Second}}}
			},
			reason: v1alpha1.ReasonInvalidSpec, want: []string{"spec.slos[0].threshold is -1s: write a duration above 0"},
		},
		"a budget in a time zone that does not exist": {
			edit: func(s *v1alpha1.RAGMonitorSpec) {
				s.Objectives.Cost.Budget = &v1alpha1.Budget{AmountUSD: "$5", Period: v1alpha1.BudgetDay, TimeZone: "Europe/Bonn"}
			},
			reason: v1alpha1.ReasonInvalidSpec,
			want: []string{
				`spec.objectives.cost.budget.timeZone: time zone "Europe/Bonn" is not in the IANA database: write a name such as "Europe/Berlin" or "UTC"`,
				`spec.objectives.cost.budget.amountUSD is "$5", which is not a number`,
			},
		},
		"an SLO without a period": {
			edit:   func(s *v1alpha1.RAGMonitorSpec) { s.SLOs = []v1alpha1.SLO{{Objective: "99", Period: "a month"}} },
			reason: v1alpha1.ReasonInvalidSpec, want: []string{`spec.slos[0].period is "a month", which is not a period: write a number of days such as "30d"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			rm := fixture.RAGMonitor(t, fixture.Minimal)
			tc.edit(&rm.Spec)
			got, err := model.Resolve(rm, fixture.Catalogue(t))
			invalid, ok := model.AsInvalidSpec(err)
			if !ok {
				t.Fatalf("error is %v, must be an *InvalidSpecError", err)
			}
			if d := cmp.Diff(tc.reason, invalid.Reason); d != "" {
				t.Errorf("reason (-want +got):\n%s", d)
			}
			for _, want := range tc.want {
				if !strings.Contains(invalid.Error(), want) {
					t.Errorf("message is %q, must hold %q", invalid.Error(), want)
				}
			}
			if d := cmp.Diff(model.Monitor{}, got); d != "" {
				t.Errorf("a refused spec must give nothing:\n%s", d)
			}
		})
	}
}

func TestResolveLeavesTheSpecAlone(t *testing.T) {
	rm := fixture.RAGMonitor(t, everything)
	before := rm.DeepCopy()
	m, err := model.Resolve(rm, fixture.Catalogue(t))
	if err != nil {
		t.Fatal(err)
	}
	m.Alerts.Labels["team"] = "edited"
	m.Components[0].Selector.Labels["app"] = "edited"
	m.Components[0].Selector.Requirements[0].Values[0] = "edited"
	if d := cmp.Diff(before, rm); d != "" {
		t.Errorf("spec (-before +after):\n%s", d)
	}
}

func TestObjectivesOfAStage(t *testing.T) {
	o := model.Objectives{Stages: []model.StageObjective{{Stage: "retrieval", P95: time.Second}, {Stage: "generation", P95: time.Minute}}}
	if got, ok := o.Stage("generation"); got != time.Minute || !ok {
		t.Errorf("limit of generation is %s, %t", got, ok)
	}
	if got, ok := o.Stage("reranking"); got != 0 || ok {
		t.Errorf("limit of reranking is %s, %t", got, ok)
	}
}

func TestObjectivesWithoutARateLimit(t *testing.T) {
	in := fixture.RAGMonitor(t, fixture.Minimal).Spec.Objectives
	in.RateLimitRemaining = nil
	in.Stages = []v1alpha1.StageObjective{{Name: "a", P95: metav1.Duration{Duration: time.Second}}}
	got, err := model.ResolveObjectives(in)
	if err != nil {
		t.Fatal(err)
	}
	if got.RateLimitRemaining != 0 {
		t.Errorf("rate limit is %v, must be none", got.RateLimitRemaining)
	}
}

func TestAsInvalidSpecOfOtherErrors(t *testing.T) {
	if _, ok := model.AsInvalidSpec(nil); ok {
		t.Error("nil is an invalid spec")
	}
	if _, ok := model.AsInvalidSpec(t.Context().Err()); ok {
		t.Error("another error is an invalid spec")
	}
}

func TestResolveRefusesIntervalsOfNoLength(t *testing.T) {
	rm := fixture.RAGMonitor(t, fixture.Minimal)
	rm.Spec.Evaluation = v1alpha1.Evaluation{}
	_, err := model.Resolve(rm, fixture.Catalogue(t))
	invalid, ok := model.AsInvalidSpec(err)
	if !ok {
		t.Fatalf("error is %v, must be an *InvalidSpecError", err)
	}
	for _, want := range []string{"spec.evaluation.interval is 0s", "spec.evaluation.window is 0s", "spec.evaluation.costWindow is 0s", `write a duration above 0 such as "30s"`} {
		if !strings.Contains(invalid.Message, want) {
			t.Errorf("message is %q, must hold %q", invalid.Message, want)
		}
	}
}
