package health_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

// scrapedAndPushed has a component of each way to come by samples.
const scrapedAndPushed = `
metadata: {name: support-bot, namespace: rag}
spec:
  components:
  - {name: api, vocabulary: rag, selector: {matchLabels: {app: api}}}
  - {name: search, vocabulary: qdrant, stage: retrieval, selector: {matchLabels: {app: search}}}
  - {name: llm, vocabulary: vllm, stage: generation, existing: {matchLabels: {job: vllm}}}
`

// fed are the rules whose results the data checks read and that read no other rule.
var fed = []string{
	"ragmonitor:evaluation:timestamp_seconds", "ragmonitor:targets:up", "ragmonitor:targets:total",
	"ragmonitor:requests:rate", "ragmonitor:requests_in_flight:min",
}

const (
	load = "load 30s\n"
	// The samples end at 10m, when they are read.
	apiUp      = `  up{namespace="rag",ragmonitor="support-bot",component="api",job="api",instance="a"} 1x20` + "\n"
	apiDown    = `  up{namespace="rag",ragmonitor="support-bot",component="api",job="api",instance="a"} 0+0x20` + "\n"
	apiAsked   = `  rag_requests_total{namespace="rag",ragmonitor="support-bot",component="api",job="api",instance="a",status="success"} 0+60x20` + "\n"
	searchUp   = `  up{namespace="rag",ragmonitor="support-bot",component="search",job="search",instance="s"} 1x20` + "\n"
	searchDown = `  up{namespace="rag",ragmonitor="support-bot",component="search",job="search",instance="s"} 0+0x20` + "\n"
	llmSends   = `  vllm:num_requests_waiting{namespace="rag",job="vllm"} 0+0x20` + "\n"
	// The last sample of llm was sent at 1m.
	llmSilent = `  vllm:num_requests_waiting{namespace="rag",job="vllm"} 0+0x2` + "\n"
)

// TestWhatTheRulesSayOfTargets goes from scrapes to the verdict, through the rules
// as they are made for a RAGMonitor.
func TestWhatTheRulesSayOfTargets(t *testing.T) {
	for name, tc := range map[string]struct{ series, want string }{
		"all are heard of":                                 {apiUp + apiAsked + searchUp + llmSends, "Healthy/ObjectivesMet 3/3"},
		"no Service matches any selector":                  {llmSilent, "NoData/NoTargets? 0/1"},
		"no Service matches the selector of one":           {apiUp + apiAsked + llmSends, "Degraded/NoTargets 2/2"},
		"no Service matches that of the one that is asked": {searchUp + llmSends, "NoData/NoTargets? 2/2"},
		"one does not answer":                              {apiUp + apiAsked + searchDown + llmSends, "Degraded/TargetsDown 2/3"},
		"the one that is asked does not answer":            {apiDown + searchUp + llmSends, "NoData/TargetsDown? 2/3"},
		"one that somebody else collects is silent":        {apiUp + apiAsked + searchUp + llmSilent, "Degraded/TargetsDown 2/3"},
		"none answers, and none sends":                     {apiDown + searchDown + llmSilent, "NoData/TargetsDown? 0/3"},
	} {
		t.Run(name, func(t *testing.T) {
			r := read(t, scrapedAndPushed, tc.series)
			got := verdict(evaluate(r)) + " " + figure(r.TargetsUp) + "/" + figure(r.Targets)
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("verdict (-want +got):\n%s", d)
			}
		})
	}
}

func figure(v *float64) string {
	if v == nil {
		return "?"
	}
	return model.SampleValue(*v).String()
}

// read evaluates the rules of a RAGMonitor over series, and collects the results.
func read(t *testing.T, manifest, series string) health.Readings {
	t.Helper()
	made, err := fixture.Rules(t).Build(fixture.Monitor(t, manifest))
	if err != nil {
		t.Fatal(err)
	}
	storage := promqltest.LoadedStorage(t, load+series)
	t.Cleanup(func() { _ = storage.Close() })
	query := rules.EngineQueryFunc(promqltest.NewTestEngine(t, false, 5*time.Minute, 100_000), storage)
	at := time.Unix(0, 0).Add(10 * time.Minute)
	var samples model.Vector
	for _, rule := range slices.Concat(rulesOf(made.Groups)...) {
		if !slices.Contains(fed, rule.Record) {
			continue
		}
		vector, err := query(t.Context(), rule.Expr, at)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range vector {
			metric := model.Metric{model.MetricNameLabel: model.LabelValue(rule.Record)}
			for name, value := range s.Metric.Map() {
				if name != model.MetricNameLabel {
					metric[model.LabelName(name)] = model.LabelValue(value)
				}
			}
			for name, value := range rule.Labels {
				metric[model.LabelName(name)] = model.LabelValue(value)
			}
			samples = append(samples, &model.Sample{Metric: metric, Value: model.SampleValue(s.F), Timestamp: model.TimeFromUnix(at.Unix())})
		}
	}
	return collected(t, samples...)
}

func rulesOf(groups []rulefmt.RuleGroup) [][]rulefmt.Rule {
	var out [][]rulefmt.Rule
	for _, g := range groups {
		out = append(out, g.Rules)
	}
	return out
}
