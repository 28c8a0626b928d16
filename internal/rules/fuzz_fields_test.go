package rules_test

import (
	"context"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

// ownAlert is the name of the custom alert whose expression is fuzzed.
const ownAlert = "Own"

// fuzzedManifest has text in every field that gets into rules.
const fuzzedManifest = `
metadata: {name: support-bot, namespace: rag, uid: 5e1f8c3a-0000-4000-8000-000000000001}
spec:
  components:
  - name: api
    vocabulary: custom
    selector: {matchLabels: {app: support-bot}}
    signals:
    - {signal: requests, metrics: [asked_total, asked], match: [{label: route, values: [/ask, /chat]}]}
    - {signal: requestErrors, metrics: [asked_total], match: [{label: status, values: [error]}]}
    - {signal: requestDuration, metrics: [took_seconds], buckets: ["0.5", "1", "2.5"]}
    - {signal: stageDuration, metrics: [search_seconds], stage: retrieval}
    - {signal: stageDuration, metrics: [step_seconds], stageLabel: step}
    - {signal: cost, metrics: [spent_usd], labels: {model: llm}}
  - name: llm
    vocabulary: tei
    stage: embedding
    existing: {matchLabels: {job: tei, pool: blue}}
  - {name: second, vocabulary: stage-log, selector: {matchLabels: {app: second}}}
  - {name: third, vocabulary: stage-log, selector: {matchLabels: {app: third}}}
  objectives:
    stages: [{name: retrieval, p95: 1s}, {name: embedding, p95: 1s}]
    cost: {source: Metric, budget: {amountUSD: "100"}}
  slos:
  - {name: availability, objective: "99.9"}
  - {name: fast, objective: "95", indicator: Latency, threshold: 2s}
  alerts:
    labels: {team: search}
    overrides:
    - {alert: RAGLatencyHigh, mode: BurnIn, labels: {escalation: finance}}
    - {alert: RAGStageLatencyHigh, mode: BurnIn}
    custom:
    - {name: Own, expression: max(fill) > 0.9, summary: Full, labels: {area: store}}
    - {name: Rehearsed, expression: ragmonitor:requests:rate > 9, summary: Busy, mode: BurnIn}
`

// textField is a place where users write text.
type textField struct {
	// harmless is text that belongs there.
	harmless string
	set      func(rm *v1alpha1.RAGMonitor, text string)
	// value says that the text is compared with, or printed: rules are right even
	// with text that admission refuses. Other texts are names of labels or metrics.
	value bool
	// meaningful are texts for which other rules are right.
	meaningful []string
}

var fieldNames = slices.Sorted(maps.Keys(fields))

// labelNames are names of labels that have a meaning where one is given.
var labelNames = []string{"namespace", "k8s_namespace_name", "stage", "model", "job", "pool", "team", "escalation", "area"}

var fields = map[string]textField{
	"namespace": {harmless: "other", value: true, set: func(rm *v1alpha1.RAGMonitor, text string) { rm.Namespace = text }},
	"name":      {harmless: "other", value: true, set: func(rm *v1alpha1.RAGMonitor, text string) { rm.Name = text }},
	"component": {
		harmless: "web", value: true, meaningful: []string{"llm", "second", "third"},
		set: func(rm *v1alpha1.RAGMonitor, text string) { rm.Spec.Components[0].Name = text },
	},
	"alike component": {
		harmless: "web", value: true, meaningful: []string{"api", "llm", "third"},
		set: func(rm *v1alpha1.RAGMonitor, text string) { rm.Spec.Components[2].Name = text },
	},
	"stage of a component": {
		harmless: "reranking", value: true, meaningful: []string{"", "retrieval", "embedding", "queue", "tokenization", "inference"},
		set: func(rm *v1alpha1.RAGMonitor, text string) { rm.Spec.Components[1].Stage = text },
	},
	"label of series": {
		harmless: "cluster", meaningful: labelNames,
		set: func(rm *v1alpha1.RAGMonitor, text string) {
			rm.Spec.Components[1].Existing.MatchLabels[text] = "x"
		},
	},
	"value of a label of series": {
		harmless: "vllm", value: true,
		set: func(rm *v1alpha1.RAGMonitor, text string) {
			rm.Spec.Components[1].Existing.MatchLabels["job"] = v1alpha1.SeriesLabelValue(text)
		},
	},
	"metric": {
		harmless: "questions_total", meaningful: []string{"asked", "asked_total", "took_seconds", "took_seconds_count", "search_seconds", "step_seconds", "spent_usd"},
		set: func(rm *v1alpha1.RAGMonitor, text string) { signal(rm, 0).Metrics[1] = v1alpha1.MetricName(text) },
	},
	"label to match": {
		harmless: "path", meaningful: []string{"le", "__name__"},
		set: func(rm *v1alpha1.RAGMonitor, text string) { signal(rm, 0).Match[0].Label = v1alpha1.LabelName(text) },
	},
	"value to match": {
		harmless: "/other", value: true,
		set: func(rm *v1alpha1.RAGMonitor, text string) {
			signal(rm, 0).Match[0].Values[1] = v1alpha1.SeriesLabelValue(text)
		},
	},
	"only value to match": {
		harmless: "failed", value: true,
		set: func(rm *v1alpha1.RAGMonitor, text string) {
			signal(rm, 1).Match[0].Values[0] = v1alpha1.SeriesLabelValue(text)
		},
	},
	"stage of a signal": {
		harmless: "reranking", value: true, meaningful: []string{"", "embedding"},
		set: func(rm *v1alpha1.RAGMonitor, text string) { signal(rm, 3).Stage = text },
	},
	"label of stages": {
		harmless: "phase", meaningful: labelNames,
		set: func(rm *v1alpha1.RAGMonitor, text string) { signal(rm, 4).StageLabel = v1alpha1.LabelName(text) },
	},
	"label of models": {
		harmless: "llm_name", meaningful: labelNames,
		set: func(rm *v1alpha1.RAGMonitor, text string) { signal(rm, 5).Labels["model"] = v1alpha1.LabelName(text) },
	},
	"stage of an objective": {
		harmless: "reranking", value: true, meaningful: []string{"retrieval", "embedding"},
		set: func(rm *v1alpha1.RAGMonitor, text string) { rm.Spec.Objectives.Stages[1].Name = text },
	},
	"SLO": {
		harmless: "uptime", value: true, meaningful: []string{"fast"},
		set: func(rm *v1alpha1.RAGMonitor, text string) { rm.Spec.SLOs[0].Name = text },
	},
	"name of a label of alerts": {
		harmless: "owner", meaningful: labelNames,
		set: func(rm *v1alpha1.RAGMonitor, text string) { rm.Spec.Alerts.Labels[text] = "x" },
	},
	"value of a label of alerts": {
		harmless: "indexing", value: true,
		set: func(rm *v1alpha1.RAGMonitor, text string) {
			rm.Spec.Alerts.Labels["team"] = v1alpha1.AlertLabelValue(text)
		},
	},
	"name of a label of one alert": {
		harmless: "owner", meaningful: labelNames,
		set: func(rm *v1alpha1.RAGMonitor, text string) { rm.Spec.Alerts.Overrides[0].Labels[text] = "x" },
	},
	"value of a label of a custom alert": {
		harmless: "indexing", value: true,
		set: func(rm *v1alpha1.RAGMonitor, text string) {
			rm.Spec.Alerts.Custom[0].Labels["area"] = v1alpha1.AlertLabelValue(text)
		},
	},
	"name of a custom alert": {
		harmless: "StoreFull", meaningful: []string{"Own", "Rehearsed"},
		set: func(rm *v1alpha1.RAGMonitor, text string) { rm.Spec.Alerts.Custom[1].Name = text },
	},
	"expression": {
		harmless: "min(fill) < 0.1",
		set:      func(rm *v1alpha1.RAGMonitor, text string) { rm.Spec.Alerts.Custom[0].Expression = text },
	},
	"rehearsed expression": {
		harmless: "min(fill) < 0.1",
		set: func(rm *v1alpha1.RAGMonitor, text string) {
			rm.Spec.Alerts.Custom[0].Mode, rm.Spec.Alerts.Custom[0].Expression = v1alpha1.AlertsBurnIn, text
		},
	},
	"summary": {
		harmless: "The store is full", value: true,
		set: func(rm *v1alpha1.RAGMonitor, text string) { rm.Spec.Alerts.Custom[0].Summary = text },
	},
	"folder": {harmless: "Search", value: true, set: func(rm *v1alpha1.RAGMonitor, text string) { rm.Spec.Dashboards.Folder = text }},
}

func signal(rm *v1alpha1.RAGMonitor, i int) *v1alpha1.SignalSeries {
	return &rm.Spec.Components[0].Signals[i]
}

// noLimit is how much the rules of the CRD may cost: api/v1alpha1 tests that.
const noLimit = math.MaxInt64

// admission is what the API server lets pass.
type admission struct {
	structural *schema.Structural
	schema     validation.SchemaValidator
	rules      *cel.Validator
}

func newAdmission(tb testing.TB) admission {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(fixture.Root(), "config/crd/bases/monitoring.ragmonitor.io_ragmonitors.yaml"))
	if err != nil {
		tb.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(data, &crd); err != nil {
		tb.Fatal(err)
	}
	var props apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(crd.Spec.Versions[0].Schema.OpenAPIV3Schema, &props, nil); err != nil {
		tb.Fatal(err)
	}
	structural, err := schema.NewStructural(&props)
	if err != nil {
		tb.Fatal(err)
	}
	validator, _, err := validation.NewSchemaValidator(&props)
	if err != nil {
		tb.Fatal(err)
	}
	return admission{structural: structural, schema: validator, rules: cel.NewValidator(structural, true, noLimit)}
}

// admits says whether the API server would take rm.
func (a admission) admits(tb testing.TB, rm *v1alpha1.RAGMonitor) bool {
	tb.Helper()
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(rm)
	if err != nil {
		tb.Fatal(err)
	}
	if len(content.IsDNS1123Label(rm.Namespace)) > 0 || len(content.IsDNS1123Subdomain(rm.Name)) > 0 ||
		len(validation.ValidateCustomResource(nil, object, a.schema)) > 0 {
		return false
	}
	errs, _ := a.rules.Validate(context.Background(), nil, a.structural, object, nil, noLimit)
	return len(errs) == 0
}
