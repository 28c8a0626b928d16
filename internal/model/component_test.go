package model_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// mixed is a RAGMonitor whose components are of every kind.
const mixed = `
metadata: {name: support-bot, namespace: rag, uid: u-1}
spec:
  components:
  - {name: api, vocabulary: rag, selector: {matchLabels: {app: support-bot}}}
  - {name: llm, vocabulary: vllm, stage: generation, existing: {matchLabels: {job: vllm, pool: "a b"}}}
  - name: search
    vocabulary: custom
    stage: retrieval
    selector: {matchLabels: {app: search}}
    signals:
    - {signal: requests, metrics: [searches_total, searches]}
    - {signal: requests, type: histogram, field: count, metrics: [search_ms]}
    - {signal: requestDuration, metrics: [search_ms], unit: milliseconds, buckets: ["10", "250"]}
`

func components(t *testing.T, manifest string) []model.Component {
	t.Helper()
	m, err := model.Resolve(fixture.RAGMonitor(t, manifest), fixture.Catalogue(t))
	if err != nil {
		t.Fatal(err)
	}
	return m.Components
}

func TestComponentsOfEveryKind(t *testing.T) {
	got := components(t, mixed)
	for i, want := range []struct {
		serves, refines, collected bool
		stages                     []string
	}{
		{serves: true, stages: []string{"retrieval", "generation"}},
		{refines: true, collected: true, stages: []string{"generation", "queue", "prefill", "decode"}},
		{stages: []string{"retrieval"}},
	} {
		c := got[i]
		if c.Serves() != want.serves || c.Refines() != want.refines || (c.Existing != nil) != want.collected {
			t.Errorf("%s: serves %t, refines %t, is collected elsewhere %t", c.Name, c.Serves(), c.Refines(), c.Existing != nil)
		}
		if d := cmp.Diff(want.stages, c.Vocabulary.Stages()); d != "" {
			t.Errorf("stages of %s (-want +got):\n%s", c.Name, d)
		}
		if c.Vocabulary.Feeds(vocabulary.Requests) != want.serves {
			t.Errorf("%s feeds requests: %t", c.Name, !want.serves)
		}
	}
}

func TestExistingSeriesAreBoundAsTheAdministratorSays(t *testing.T) {
	catalogue := fixture.Catalogue(t)
	catalogue.Namespaces = model.Namespaces{Labels: []string{"namespace", "k8s_namespace_name"}, Unlabelled: true}
	m, err := model.Resolve(fixture.RAGMonitor(t, mixed), catalogue)
	if err != nil {
		t.Fatal(err)
	}
	want := &model.Existing{Labels: map[string]string{"job": "vllm", "pool": "a b"}, Namespaces: catalogue.Namespaces}
	if d := cmp.Diff(want, m.Components[1].Existing); d != "" {
		t.Errorf("existing (-want +got):\n%s", d)
	}
	if d := cmp.Diff(model.Selector{}, m.Components[1].Selector); d != "" {
		t.Errorf("a component that is collected elsewhere selects Services:\n%s", d)
	}
}

// TestExistingMayNotChooseTheNamespace, by whatever label the administrator's
// Prometheus knows it; other labels with such names are the user's.
func TestExistingMayNotChooseTheNamespace(t *testing.T) {
	const leaveOut = "but series are always those of the RAGMonitor's own namespace: leave the label out, and write others such as job"
	for name, tc := range map[string]struct {
		labels string
		known  []string
		want   string
	}{
		"the usual label": {
			labels: "{namespace: other, job: vllm}", known: []string{"namespace"},
			want: `spec.components[1].existing.matchLabels["namespace"] is "other", ` + leaveOut,
		},
		"the usual label, where another one decides": {
			labels: "{namespace: other}", known: []string{"k8s_namespace_name"},
			want: `spec.components[1].existing.matchLabels["namespace"] is "other", ` + leaveOut,
		},
		"the own namespace, which is matched anyway": {
			labels: "{namespace: rag}", known: []string{"namespace"},
			want: `spec.components[1].existing.matchLabels["namespace"] is "rag", ` + leaveOut,
		},
		"every label that may hold it": {
			labels: "{k8s.namespace.name: b, job: vllm, k8s_namespace_name: a}", known: []string{"namespace", "k8s_namespace_name", "k8s.namespace.name"},
			want: `spec.components[1].existing.matchLabels["k8s.namespace.name"] is "b", ` + leaveOut +
				`; spec.components[1].existing.matchLabels["k8s_namespace_name"] is "a", ` + leaveOut,
		},
		"a label that does not hold it here": {labels: "{k8s_namespace_name: other}", known: []string{"namespace"}},
	} {
		t.Run(name, func(t *testing.T) {
			catalogue := fixture.Catalogue(t)
			catalogue.Namespaces = model.Namespaces{Labels: tc.known, Unlabelled: true}
			rm := fixture.RAGMonitor(t, strings.Replace(mixed, `{job: vllm, pool: "a b"}`, tc.labels, 1))
			_, err := model.Resolve(rm, catalogue)
			invalid, ok := model.AsInvalidSpec(err)
			if ok != (tc.want != "") {
				t.Fatalf("error is %v", err)
			}
			if ok {
				want := &model.InvalidSpecError{Reason: v1alpha1.ReasonInvalidSpec, Message: tc.want}
				if d := cmp.Diff(want, invalid); d != "" {
					t.Errorf("error (-want +got):\n%s", d)
				}
			}
		})
	}
}

func TestOwnVocabularyHasTheDefaultsOfItsSignals(t *testing.T) {
	const own = `
metadata: {name: support-bot, namespace: rag, uid: u-1}
spec:
  components:
  - name: api
    vocabulary: custom
    selector: {matchLabels: {app: a}}
    signals:
    - {signal: requests, metrics: [asked_total]}
    - {signal: requests, metrics: [asked]}
    - {signal: requestDuration, metrics: [took_ms], unit: milliseconds, buckets: ["100", "2500.5"]}
    - {signal: stageErrors, metrics: [step_failures_total], stageLabel: step, match: [{label: kind, values: [fatal, "5.."]}]}
    - {signal: inputTokens, type: summary, field: sum, metrics: [prompt_tokens], labels: {model: llm}}
`
	of := func(s vocabulary.Series) []vocabulary.Series { return []vocabulary.Series{s} }
	want := vocabulary.Vocabulary{Name: "custom", Signals: map[vocabulary.Signal][]vocabulary.Series{
		"requests": {
			{Type: "counter", Unit: "requests", Metrics: []string{"asked_total"}},
			{Type: "counter", Unit: "requests", Metrics: []string{"asked"}},
		},
		"requestDuration": of(vocabulary.Series{Type: "histogram", Unit: "milliseconds", Metrics: []string{"took_ms"}, Buckets: []float64{100, 2500.5}}),
		"stageErrors": of(vocabulary.Series{
			Type: "counter", Unit: "calls", Metrics: []string{"step_failures_total"}, StageLabel: "step", Match: map[string][]string{"kind": {"fatal", "5.."}},
		}),
		"inputTokens": of(vocabulary.Series{Type: "summary", Field: "sum", Unit: "tokens", Metrics: []string{"prompt_tokens"}, Labels: map[string]string{"model": "llm"}}),
	}}
	if d := cmp.Diff(want, components(t, own)[0].Vocabulary, approximately); d != "" {
		t.Errorf("vocabulary (-want +got):\n%s", d)
	}
}

// TestSignalsAreRefused with the field that is wrong, as the spec is written.
func TestSignalsAreRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		signal v1alpha1.SignalSeries
		want   []string
	}{
		"a signal that does not exist": {
			v1alpha1.SignalSeries{Signal: "reqeusts", Metrics: []v1alpha1.MetricName{"a"}},
			[]string{`signal is "reqeusts", which is no signal: docs/vocabularies.md lists them`},
		},
		"a type that cannot carry the signal": {
			v1alpha1.SignalSeries{Signal: "requests", Type: "gauge", Metrics: []v1alpha1.MetricName{"a"}},
			[]string{`type: type of requests is "gauge", must be one of counter, histogram, summary`},
		},
		"a histogram without the counter that is meant": {
			v1alpha1.SignalSeries{Signal: "requests", Type: "histogram", Metrics: []v1alpha1.MetricName{"a"}},
			[]string{`field: field of requests is "", must be one of sum, count`},
		},
		"a unit of something else": {
			v1alpha1.SignalSeries{Signal: "requestDuration", Unit: "tokens", Metrics: []v1alpha1.MetricName{"a"}},
			[]string{`unit: unit of requestDuration is "tokens", must be one of seconds, microseconds, milliseconds`},
		},
		"a metric of ours": {
			v1alpha1.SignalSeries{Signal: "requests", Metrics: []v1alpha1.MetricName{"a", "ragmonitor:requests:rate"}},
			[]string{`metrics[1]: metric "ragmonitor:requests:rate" is not the name of an application's metric`},
		},
		"no metric": {
			v1alpha1.SignalSeries{Signal: "requests"}, []string{"metrics: metrics of requests is empty"},
		},
		"a stage where there is none": {
			v1alpha1.SignalSeries{Signal: "requests", Metrics: []v1alpha1.MetricName{"a"}, Stage: "retrieval"},
			[]string{"stage: requests is not measured by stage: remove stage"},
		},
		"no stage where there is one": {
			v1alpha1.SignalSeries{Signal: "stageDuration", Metrics: []v1alpha1.MetricName{"a"}},
			[]string{`stage: stage of stageDuration is "", must be the name of a stage`},
		},
		"a label that no rule keeps": {
			v1alpha1.SignalSeries{Signal: "inputTokens", Metrics: []v1alpha1.MetricName{"a"}, Labels: map[string]v1alpha1.LabelName{"user": "user"}},
			[]string{`labels.user: label "user" of inputTokens is not kept by any rule, must be one of model`},
		},
		"a label that is none": {
			v1alpha1.SignalSeries{Signal: "requests", Metrics: []v1alpha1.MetricName{"a"}, Match: []v1alpha1.SignalMatch{{Label: "__name__", Values: []v1alpha1.SeriesLabelValue{"x"}}}},
			[]string{`match.__name__: label "__name__" is not a Prometheus label name`},
		},
		"buckets in disorder": {
			v1alpha1.SignalSeries{Signal: "requestDuration", Metrics: []v1alpha1.MetricName{"a"}, Buckets: []v1alpha1.Decimal{"1", "1"}},
			[]string{"buckets[1]: bucket 1 must be positive and larger than the one before"},
		},
		"a bucket that is no number": {
			v1alpha1.SignalSeries{Signal: "requestDuration", Metrics: []v1alpha1.MetricName{"a"}, Buckets: []v1alpha1.Decimal{"1", "+Inf"}},
			[]string{`buckets[1] is "+Inf", which is not a number`},
		},
		"a part of what has no part": {
			v1alpha1.SignalSeries{Signal: "requests", Metrics: []v1alpha1.MetricName{"a"}, PartOf: []string{"fine"}},
			[]string{"partOf: requests is no part of another signal: remove partOf"},
		},
		"a part of a metric that is not the whole": {
			v1alpha1.SignalSeries{Signal: "requestErrors", Metrics: []v1alpha1.MetricName{"a"}, PartOf: []string{"fine", "a"}},
			[]string{`partOf[1]: partOf of requestErrors is "a", must be one of the metrics of requests: fine`},
		},
		"several things at once": {
			v1alpha1.SignalSeries{Signal: "requests", Type: "gauge", Metrics: []v1alpha1.MetricName{"a b"}, StageLabel: "step"},
			[]string{"type: type of requests", "metrics[0]: metric \"a b\"", "stage: requests is not measured by stage"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			rm := fixture.RAGMonitor(t, fixture.Minimal)
			rm.Spec.Components = append(rm.Spec.Components, v1alpha1.Component{
				Name: "own", Vocabulary: "custom",
				Signals: []v1alpha1.SignalSeries{{Signal: "requests", Metrics: []v1alpha1.MetricName{"fine"}}, tc.signal},
			})
			_, err := model.Resolve(rm, fixture.Catalogue(t))
			invalid, ok := model.AsInvalidSpec(err)
			if !ok || invalid.Reason != v1alpha1.ReasonInvalidSpec {
				t.Fatalf("error is %v, must be an invalid spec", err)
			}
			for _, want := range tc.want {
				if want = "spec.components[1].signals[1]." + want; !strings.Contains(invalid.Message, want) {
					t.Errorf("message is %q, must hold %q", invalid.Message, want)
				}
			}
		})
	}
}

// TestVocabulariesAreNotShared: what one RAGMonitor makes of an entry of the
// catalogue must not show in that of another.
func TestVocabulariesAreNotShared(t *testing.T) {
	catalogue := fixture.Catalogue(t)
	before := catalogue.Vocabularies["vllm"].Stages()
	rm := fixture.RAGMonitor(t, mixed)
	for range 2 {
		if _, err := model.Resolve(rm, catalogue); err != nil {
			t.Fatal(err)
		}
	}
	if after := catalogue.Vocabularies["vllm"].Stages(); !slices.Equal(before, after) || slices.Contains(after, "generation") {
		t.Errorf("stages of the catalogue's entry were %v, are %v", before, after)
	}
	if !catalogue.Vocabularies["vllm"].Feeds(vocabulary.Requests, vocabulary.RequestDuration) {
		t.Error("the catalogue's entry lost its requests")
	}
}
