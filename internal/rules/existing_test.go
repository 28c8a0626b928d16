package rules_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// collected is a RAGMonitor whose only component somebody else collects.
const collected = `
metadata: {name: support-bot, namespace: rag, uid: 5e1f8c3a-0000-4000-8000-000000000001}
spec:
  components:
  - name: api
    vocabulary: rag
    existing: {matchLabels: {service_name: support.bot}}
`

// existing is manifest with the administrator's decision about namespaces.
func existing(t *testing.T, manifest string, namespaces model.Namespaces) model.Monitor {
	t.Helper()
	m := understood(t, manifest)
	for i := range m.Components {
		if m.Components[i].Existing != nil {
			m.Components[i].Existing.Namespaces = namespaces
		}
	}
	return m
}

func TestExistingSeriesAreThoseOfTheNamespace(t *testing.T) {
	const at = 10 * time.Minute
	two := []string{"namespace", "k8s_namespace_name"}
	for name, tc := range map[string]struct {
		namespaces model.Namespaces
		// more labels that the series must have.
		more map[string]string
		load string
		want *band
	}{
		"series of the namespace": {
			namespaces: model.Namespaces{Labels: []string{"namespace"}},
			load: `rag_requests_total{namespace="rag",service_name="support.bot"} 0+10x60
			       rag_requests_total{namespace="other",service_name="support.bot"} 0+100x60`,
			want: exactly(1),
		},
		"the namespace in another label": {
			namespaces: model.Namespaces{Labels: []string{"k8s_namespace_name"}},
			load: `rag_requests_total{k8s_namespace_name="rag",service_name="support.bot"} 0+10x60
			       rag_requests_total{k8s_namespace_name="other",service_name="support.bot"} 0+100x60
			       rag_requests_total{namespace="rag",service_name="support.bot"} 0+1000x60`,
			want: exactly(1),
		},
		"a dotted label": {
			namespaces: model.Namespaces{Labels: []string{"k8s.namespace.name"}},
			load: `{"rag_requests_total","k8s.namespace.name"="rag",service_name="support.bot"} 0+10x60
			       {"rag_requests_total","k8s.namespace.name"="other",service_name="support.bot"} 0+100x60`,
			want: exactly(1),
		},
		"some series with one label, some with the other": {
			namespaces: model.Namespaces{Labels: two},
			load: `rag_requests_total{namespace="rag",service_name="support.bot"} 0+10x60
			       rag_requests_total{k8s_namespace_name="rag",service_name="support.bot"} 0+20x60`,
			want: exactly(3),
		},
		"the first label that a series has decides": {
			namespaces: model.Namespaces{Labels: two},
			load: `rag_requests_total{namespace="rag",k8s_namespace_name="other",service_name="support.bot"} 0+10x60
			       rag_requests_total{namespace="other",k8s_namespace_name="rag",service_name="support.bot"} 0+100x60`,
			want: exactly(1),
		},
		"series without a namespace are nobody's": {
			namespaces: model.Namespaces{Labels: two},
			load:       `rag_requests_total{service_name="support.bot"} 0+10x60`,
		},
		"series without a namespace, where they may be used": {
			namespaces: model.Namespaces{Labels: two, Unlabelled: true},
			load: `rag_requests_total{service_name="support.bot"} 0+10x60
			       rag_requests_total{namespace="other",service_name="support.bot"} 0+100x60
			       rag_requests_total{k8s_namespace_name="other",service_name="support.bot"} 0+1000x60`,
			want: exactly(1),
		},
		"another namespace, if Resolve let it pass, is nobody's": {
			namespaces: model.Namespaces{Labels: two, Unlabelled: true},
			more:       map[string]string{"namespace": "other", "k8s_namespace_name": "other"},
			load: `rag_requests_total{namespace="rag",service_name="support.bot"} 0+10x60
			       rag_requests_total{namespace="other",service_name="support.bot"} 0+100x60
			       rag_requests_total{k8s_namespace_name="other",service_name="support.bot"} 0+1000x60
			       rag_requests_total{namespace="other",k8s_namespace_name="other",service_name="support.bot"} 0+1000x60`,
		},
		"values of labels are literal": {
			namespaces: model.Namespaces{Labels: two},
			load:       `rag_requests_total{namespace="rag",service_name="support-bot"} 0+10x60`,
		},
		"labels of the series' own that mean something here": {
			namespaces: model.Namespaces{Labels: two},
			load: `rag_requests_total{namespace="rag",service_name="support.bot",component="a",ragmonitor="x"} 0+10x60
			       rag_requests_total{namespace="rag",service_name="support.bot",component="b",role="y"} 0+20x60`,
			want: exactly(3),
		},
		"two spellings, and no instance to tell targets apart": {
			namespaces: model.Namespaces{Labels: two},
			load: `rag_query_latency_seconds_count{namespace="rag",service_name="support.bot"} 0+10x60
			       rag_request_latency_seconds_count{namespace="rag",service_name="support.bot"} 0+10x60`,
			want: exactly(1),
		},
		"two spellings of two instances": {
			namespaces: model.Namespaces{Labels: two},
			load: `rag_query_latency_seconds_count{namespace="rag",service_name="support.bot",job="rag/bot",instance="a"} 0+10x60
			       rag_request_latency_seconds_count{k8s_namespace_name="rag",service_name="support.bot",job="rag/bot",instance="b"} 0+20x60`,
			want: exactly(3),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := existing(t, collected, tc.namespaces)
			maps.Copy(m.Components[0].Existing.Labels, tc.more)
			e := engineOf(t, m, "load 10s\n"+tc.load)
			e.record(at)
			e.failures()
			// One series, under the labels of the RAGMonitor and no others.
			bound := `{namespace="rag",ragmonitor="support-bot",component="api",role="",service_name=""}`
			up := exactly(1)
			if tc.want == nil {
				up = between(0, 0)
			}
			e.expect(read{
				"ragmonitor:requests:rate" + bound:    tc.want,
				"ragmonitor:targets:up" + bound:       up,
				"ragmonitor:targets:total" + bound:    exactly(1),
				"count(ragmonitor:requests:rate) > 1": nil,
			}, at)
		})
	}
}

// TestExistingIsAvailableWhileSamplesArrive pushes samples for ten minutes and then
// none, without "up" and with no two metrics told apart by their labels.
func TestExistingIsAvailableWhileSamplesArrive(t *testing.T) {
	t.Parallel()
	const labels = `{k8s_namespace_name="rag",service_name="support.bot"}`
	e := engineOf(t, existing(t, collected, model.Namespaces{Labels: []string{"namespace", "k8s_namespace_name"}}), `load 15s
	rag_requests_total{k8s_namespace_name="rag",service_name="support.bot",status="success"} 0+10x120
	rag_active_requests`+labels+` 1x120
	rag_rate_limit_remaining`+labels+` 400x120
	`+`rag_input_tokens_total`+labels+` 0+10x120
	`+`rag_query_latency_seconds`+labels+` {{schema:0}}+{{schema:0 sum:5 count:10 offset:0 buckets:[10]}}x120
	`)
	e.runUntil(25 * time.Minute)
	e.expect(read{
		"ragmonitor:targets:up":                   exactly(1),
		"ragmonitor:targets:reporting":            exactly(1),
		"ragmonitor:requests:rate":                exactly(10.0 / 15),
		"ragmonitor:request_duration_seconds:p95": between(0.5, 1),
		"ragmonitor:requests_in_flight:sum":       exactly(1),
	}, 25*time.Minute)
	if slices.Contains(e.firing(), "RAGScrapeIncomplete") || slices.Contains(e.firing(), "RAGServiceDown") {
		t.Errorf("alerts that fire while samples arrive: %v", e.firing())
	}
	e.runFrom(25*time.Minute+30*time.Second, 40*time.Minute)
	e.expect(read{
		"ragmonitor:targets:up":        between(0, 0),
		"ragmonitor:targets:total":     exactly(1),
		"ragmonitor:targets:reporting": nil,
		"ragmonitor:requests:rate":     nil,
		// While the window had samples.
		"min_over_time(ragmonitor:targets:up[25m:1m] offset 8m)": exactly(1),
	}, 40*time.Minute)
	if !slices.Contains(e.firing(), "RAGServiceDown") {
		t.Errorf("alerts that fire when no samples arrive any more: %v", e.firing())
	}
}

// TestExistingBesideScraped has an API that is scraped and an inference server whose
// samples are pushed: the one must not be taken for the other.
func TestExistingBesideScraped(t *testing.T) {
	t.Parallel()
	const at = 10 * time.Minute
	manifest := fixture.Minimal + `  - name: llm
    vocabulary: rag
    stage: generation
    existing: {matchLabels: {service_name: llm}}
`
	e := engineOf(t, existing(t, manifest, model.Namespaces{Labels: []string{"namespace"}, Unlabelled: true}), `load 10s
	up{`+podA+`} 1x60
	rag_query_latency_seconds_sum{`+podA+`} 0+10x60
	rag_query_latency_seconds_count{`+podA+`} 0+10x60
	rag_query_latency_seconds_sum{service_name="llm"} 0+6x60
	rag_query_latency_seconds_count{service_name="llm"} 0+3x60
	`)
	e.record(at)
	e.failures()
	e.expect(read{
		`ragmonitor:requests:rate{component="api"}`:                       exactly(1),
		`ragmonitor:requests:rate{component="llm"}`:                       nil,
		`ragmonitor:stage_calls:rate{component="llm",stage="generation"}`: exactly(0.3),
		`ragmonitor:stage_share:ratio{stage="generation"}`:                exactly(0.6),
		`ragmonitor:targets:up{component="api"}`:                          exactly(1),
		`ragmonitor:targets:up{component="llm"}`:                          exactly(1),
		`ragmonitor:targets:reporting{component="api"}`:                   exactly(1),
		`ragmonitor:targets:reporting{component="llm"}`:                   exactly(1),
	}, at)
}

// TestExistingLabelsMayBeRenamed: who scrapes a Service by a ServiceMonitor of their own
// has the name of its port in the label endpoint, and the application's beside it.
func TestExistingLabelsMayBeRenamed(t *testing.T) {
	const at = 10 * time.Minute
	for name, labels := range map[string]string{
		"as the application has it":           `endpoint="/v1/generate"`,
		"as a ServiceMonitor leaves it":       `endpoint="metrics",exported_endpoint="/v1/generate"`,
		"and another one is still left alone": `endpoint="metrics",exported_endpoint="/v1/generate"} 0+10x60` + "\n" + `api_requests_total{namespace="rag",job="bot",endpoint="metrics",exported_endpoint="/health"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			manifest := strings.NewReplacer("vocabulary: rag", "vocabulary: nvidia-rag", "service_name: support.bot", "job: bot").Replace(collected)
			e := newEngine(t, manifest, "load 10s\n"+`api_requests_total{namespace="rag",job="bot",`+labels+"} 0+10x60")
			e.record(at)
			e.failures()
			e.expect(read{"ragmonitor:requests:rate": exactly(1)}, at)
		})
	}
}
