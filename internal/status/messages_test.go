package status

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

// messageOf is what the condition Healthy says of a verdict on readings.
func messageOf(v health.Verdict, r health.Readings, before v1alpha1.RAGMonitorStatus) string {
	rm := watched()
	rm.Status = before
	return find(Health(rm, seen(v, r), now).Conditions, v1alpha1.ConditionHealthy).Message
}

func TestMessages(t *testing.T) {
	judge := func(reason string) health.Verdict {
		return health.Verdict{Health: v1alpha1.HealthDegraded, DataAvailable: true, Reason: reason}
	}
	about := func(reason, stage string) health.Verdict {
		v := judge(reason)
		v.Stage = stage
		return v
	}
	of := func(v health.Verdict, components ...string) health.Verdict {
		v.Components = components
		return v
	}
	none := func(reason string) health.Verdict {
		return health.Verdict{Health: v1alpha1.HealthNoData, Reason: reason}
	}
	named := func(v health.Verdict, stage string) health.Verdict {
		v.Bottleneck = &health.Stage{Name: stage}
		return v
	}
	stale := none(v1alpha1.ReasonRulesNotEvaluated)
	stale.Limit = 90 * time.Second
	failing := stale
	failing.Outdated = []string{"ragmonitor:a:rate", "ragmonitor:b:rate"}
	for name, tc := range map[string]struct {
		verdict health.Verdict
		edit    func(*health.Readings)
		before  v1alpha1.RAGMonitorStatus
		want    string
	}{
		"latency":                           {verdict: judge(v1alpha1.ReasonLatencyHigh), want: "Request p95 is 2.4s, objective 2s."},
		"latency, with the bottleneck":      {verdict: slow(), want: "Request p95 is 2.4s, objective 2s; generation is 60% of the request."},
		"latency that is not back yet":      {verdict: judge(v1alpha1.ReasonLatencyHigh), edit: func(r *health.Readings) { *r.LatencyP95 = 1.9 }, want: "Request p95 is 1.9s, inside the objective of 2s by less than a tenth."},
		"a stage":                           {verdict: about(v1alpha1.ReasonStageLatencyHigh, "generation"), want: "Generation p95 is 6.1s, objective 5s; 60% of the request."},
		"a stage without a share":           {verdict: about(v1alpha1.ReasonStageLatencyHigh, "generation"), edit: func(r *health.Readings) { r.Stages[0].Share = 0; r.Stages[0].ErrorRatio = new(0.9) }, want: "Generation p95 is 6.1s, objective 5s."},
		"a stage that fails":                {verdict: about(v1alpha1.ReasonStageErrorRatioHigh, "generation"), edit: func(r *health.Readings) { *r.Stages[0].ErrorRatio = 0.1 }, want: "Generation fails in 10% of its calls, objective 5%."},
		"errors":                            {verdict: judge(v1alpha1.ReasonErrorRatioHigh), edit: func(r *health.Readings) { *r.ErrorRate = 0.96 }, want: "The share of failed requests is 8%, objective 5%."},
		"errors, with the stage":            {verdict: named(judge(v1alpha1.ReasonErrorRatioHigh), "generation"), edit: func(r *health.Readings) { *r.ErrorRate = 0.96; *r.Stages[0].ErrorRatio = 0.1 }, want: "The share of failed requests is 8%, objective 5%; generation fails in 10% of its calls."},
		"errors, with a stage that is slow": {verdict: named(judge(v1alpha1.ReasonErrorRatioHigh), "generation"), edit: func(r *health.Readings) { *r.ErrorRate = 0.96 }, want: "The share of failed requests is 8%, objective 5%."},
		"cost of a day":                     {verdict: judge(v1alpha1.ReasonCostPerDayHigh), edit: func(r *health.Readings) { *r.CostRate = 120.0 / 86400 }, want: "The cost of a day at the present rate is $120, objective $100."},
		"the cache":                         {verdict: judge(v1alpha1.ReasonCacheHitRatioLow), edit: func(r *health.Readings) { *r.CacheHitRatio = 0.2 }, want: "The share of cache look-ups that hit is 20%, objective 30%."},
		"the figure that is shown, not the one that was read": {
			verdict: judge(v1alpha1.ReasonLatencyHigh), before: v1alpha1.RAGMonitorStatus{Readings: v1alpha1.Readings{LatencyP95: "2.5s"}},
			want: "Request p95 is 2.5s, objective 2s.",
		},
		"all is well": {verdict: judge(v1alpha1.ReasonObjectivesMet), want: "Every objective that is measured is met."},
		"all is well, but a stage is not what it was": {
			verdict: named(judge(v1alpha1.ReasonObjectivesMet), "generation"),
			want:    "Every objective that is measured is met. Generation takes longer than on the last day: +140% per call.",
		},
		"the rate limit":                           {verdict: judge(v1alpha1.ReasonRateLimitLow), want: "The model provider allows fewer than 100 more requests."},
		"relevance":                                {verdict: judge(v1alpha1.ReasonRelevanceLow), want: "The median relevance of the answers is below the objective of 0.7."},
		"how long ago rules were evaluated":        {verdict: stale, want: "The rules were last evaluated more than 1m30s ago."},
		"rules that fail":                          {verdict: failing, want: "Rules have failed for a while, and what they record is too old, or not all there: 2 series, the first of them ragmonitor:a:rate."},
		"some targets that are down":               {verdict: of(judge(v1alpha1.ReasonTargetsDown), "llm"), want: "Some targets of component llm do not answer their scrapes or send samples."},
		"the targets that are down, and no others": {verdict: of(none(v1alpha1.ReasonTargetsDown), "db", "llm"), want: "Targets of components db, llm do not answer their scrapes or send samples, and no other target counts requests."},
		"no target":                                {verdict: none(v1alpha1.ReasonTargetsDown), want: "No target answers its scrapes or sends samples: the service is down, or its metrics port is."},
		"nothing is scraped":                       {verdict: none(v1alpha1.ReasonNoTargets), want: "Nothing is scraped" + lookFor},
		"nothing is scraped of one":                {verdict: of(judge(v1alpha1.ReasonNoTargets), "llm"), want: "Nothing is scraped of component llm" + lookFor},
		"nobody watches one":                       {verdict: of(judge(v1alpha1.ReasonRulesNotLoaded), "llm"), want: "Nobody watches component llm: the metric source has no result of its rules. Check that the condition Applied is True, and that Prometheus has loaded the PrometheusRule as it is now."},
		"nobody asks":                              {verdict: judge(v1alpha1.ReasonNoRequests), want: "The service is up and had no requests to judge by."},
		"nobody asks, and some is down":            {verdict: of(judge(v1alpha1.ReasonNoRequests), "llm"), want: "There were no requests to judge by, and targets of component llm do not answer."},
		"a source that failed":                     {verdict: health.SourceFailed(""), want: "The metric source does not answer as it should; the operator's log says how."},
		"a source that says how":                   {verdict: health.SourceFailed("it answers\x1b[2J with 503."), want: "The metric source does not answer as it should: it answers [2J with 503."},
		"a source that is not known":               {verdict: health.UnknownSource("thanos", []string{"mimir", "embedded"}), want: `The operator has no metric source "thanos": set spec.source to one of embedded, mimir, or leave it out.`},
		"a source that is not known, and no other": {verdict: health.UnknownSource("thanos", nil), want: `The operator has no metric source "thanos": leave spec.source out.`},
		"a spec that cannot be read":               {verdict: health.InvalidSpec("why"), want: "why"},
	} {
		t.Run(name, func(t *testing.T) {
			r := measured()
			if tc.edit != nil {
				tc.edit(&r)
			}
			if d := cmp.Diff(tc.want, messageOf(tc.verdict, r, tc.before)); d != "" {
				t.Errorf("message (-want +got):\n%s", d)
			}
		})
	}
}

// TestEveryReasonHasAMessage reads the reasons from the API, so that none is forgotten.
func TestEveryReasonHasAMessage(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../api/v1alpha1/condition_types.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, d := range file.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || !strings.HasPrefix(group.Doc.Text(), "Reasons of Healthy") && !strings.HasPrefix(group.Doc.Text(), "Reasons of DataAvailable") {
			continue
		}
		for _, spec := range group.Specs {
			name := spec.(*ast.ValueSpec).Names[0].Name
			reason := strings.TrimPrefix(name, "Reason")
			if _, ok := messages[reason]; !ok && reason != v1alpha1.ReasonDataFresh {
				t.Errorf("%s has no message", name)
			}
			checked++
		}
	}
	if checked < 20 {
		t.Errorf("only %d reasons found", checked)
	}
}

const lookFor = ": check that pods run, that the selector matches Services with the named port, and that Prometheus selects the ServiceMonitors (serviceMonitorSelector, serviceMonitorNamespaceSelector)."

// TestMessagesSayWhyNothingIsScraped of the component that they are about.
func TestMessagesSayWhyNothingIsScraped(t *testing.T) {
	problems := []v1alpha1.TargetProblem{
		{Component: "api", Reason: v1alpha1.TargetDown, Message: "It is down."},
		{Component: "llm", Reason: v1alpha1.TargetNoServiceMatches, Message: "No Service matches."},
	}
	for name, tc := range map[string]struct {
		told told
		want string
	}{
		"of one component": {
			told: told{verdict: health.Verdict{Reason: v1alpha1.ReasonNoTargets, Components: []string{"llm"}}, problems: problems},
			want: "Nothing is scraped of component llm: No Service matches.",
		},
		"of all": {
			told: told{verdict: health.Verdict{Reason: v1alpha1.ReasonNoTargets}, problems: problems},
			want: "Nothing is scraped: It is down.",
		},
		"where the operator has not begun": {
			told: told{verdict: health.Verdict{Reason: v1alpha1.ReasonNoTargets}, embedded: true},
			want: "Nothing is scraped yet.",
		},
		"where it has not evaluated either": {
			told: told{verdict: health.Verdict{Reason: v1alpha1.ReasonRulesNotLoaded}, embedded: true},
			want: "The operator has not evaluated this RAGMonitor's rules yet.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.told.message(); got != tc.want {
				t.Errorf("message is %q, want %q", got, tc.want)
			}
		})
	}
}

func TestDataAvailableTellsWhatIsNotEvaluated(t *testing.T) {
	const fresh = "The metric source has fresh data of this service."
	for name, tc := range map[string]struct {
		leftOut int
		failing []string
		want    string
	}{
		"everything is":           {want: fresh},
		"rules that are left out": {leftOut: 3, want: fresh + " Rules that it does not evaluate, because they read further back than it keeps samples: 3."},
		"rules that failed":       {failing: []string{"a", "b"}, want: fresh + " Rules that failed: 2, the first of them a."},
	} {
		t.Run(name, func(t *testing.T) {
			o := Observation{Verdict: health.Verdict{DataAvailable: true}, LeftOut: tc.leftOut, Failing: tc.failing}
			if got := verdictConditions(o, "")[0].message; got != tc.want {
				t.Errorf("message is %q", got)
			}
		})
	}
}

func TestPreviousIsWhatTheStatusSays(t *testing.T) {
	r := measured()
	rm := saying(watched(), Health(watched(), judged(watched(), r), earlier))
	want := health.Previous{
		Reason: v1alpha1.ReasonLatencyHigh, Bottleneck: "generation",
		LatencyP95: new(2.4), ErrorRatio: new(0.01), CostPerDay: new(42.0), CacheHitRatio: new(0.41),
		Stages: []health.StageBefore{
			{Name: "generation", TimePerRequest: new(1.2), P95: new(6.1), ErrorRatio: new(0.01), Growth: new(2.4)},
			{Name: "retrieval", TimePerRequest: new(0.4), P95: new(0.6)},
			{Name: "reranking", TimePerRequest: new(0.2)},
		},
	}
	if d := cmp.Diff(want, Previous(rm.Status), approximately); d != "" {
		t.Errorf("previous (-want +got):\n%s", d)
	}
	if d := cmp.Diff(health.Previous{}, Previous(v1alpha1.RAGMonitorStatus{})); d != "" {
		t.Errorf("previous of nothing (-want +got):\n%s", d)
	}
}

func TestTheStageThatAMessageIsAboutIsFound(t *testing.T) {
	r := measured()
	*r.LatencyP95 = 1.5
	r.Stages[1].Name = "gen"
	rm := saying(watched(), Health(watched(), judged(watched(), r), earlier))
	if got := Previous(rm.Status); got.Reason != v1alpha1.ReasonStageLatencyHigh || got.Stage != "generation" {
		t.Errorf("it is said %s of %q", got.Reason, got.Stage)
	}
	stages := []health.StageBefore{{Name: "re rank"}, {Name: "re"}, {Name: "r"}, {Name: "rank"}}
	for message, want := range map[string]string{"Re rank p95 is 2s.": "re rank", "Re p95 is 2s.": "re", "Re rank 2 p95 is 2s.": "re rank", "Other p95 is 2s.": ""} {
		if got := spokenOf(v1alpha1.ReasonStageLatencyHigh, message, stages); got != want {
			t.Errorf("%q is about %q, want %q", message, got, want)
		}
	}
	if got := spokenOf(v1alpha1.ReasonObjectivesMet, "Re p95 is 2s.", stages); got != "" {
		t.Errorf("a message of another reason is about %q", got)
	}
}
