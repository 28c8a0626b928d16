package main

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// service is one that the demo makes, changed by edit.
func service(edit func(*corev1.Service)) corev1.Service {
	s := corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "rag", Name: "support-bot",
			Labels:      map[string]string{"app": "support-bot"},
			Annotations: map[string]string{loopbackAnnotation: "true"},
		},
		Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{
			{Name: "metrics", Port: 8080, TargetPort: intstr.FromInt32(4321)},
		}},
	}
	if edit != nil {
		edit(&s)
	}
	return s
}

// monitor selects that service, changed by edit.
func monitor(edit func(*monitoringv1.ServiceMonitorSpec)) monitoringv1.ServiceMonitor {
	m := monitoringv1.ServiceMonitor{
		ObjectMeta: metav1.ObjectMeta{Namespace: "rag", Name: "bot"},
		Spec: monitoringv1.ServiceMonitorSpec{
			Selector:  metav1.LabelSelector{MatchLabels: map[string]string{"app": "support-bot"}},
			Endpoints: []monitoringv1.Endpoint{{Port: "metrics"}},
		},
	}
	if edit != nil {
		edit(&m.Spec)
	}
	return m
}

const plainJob = `global:
  evaluation_interval: 30s
  scrape_interval: 30s
rule_files:
- rules/*.yaml
scrape_configs:
- honor_labels: false
  job_name: serviceMonitor/rag/bot/0
  static_configs:
  - labels:
      __meta_kubernetes_endpoint_port_name: metrics
      __meta_kubernetes_namespace: rag
      __meta_kubernetes_service_label_app: support-bot
      __meta_kubernetes_service_labelpresent_app: "true"
      __meta_kubernetes_service_name: support-bot
      endpoint: metrics
      job: support-bot
      namespace: rag
      service: support-bot
    targets:
    - 127.0.0.1:4321
`

const fullJob = `global:
  evaluation_interval: 30s
  scrape_interval: 30s
rule_files:
- rules/*.yaml
scrape_configs:
- always_scrape_classic_histograms: true
  body_size_limit: 16MB
  convert_classic_histograms_to_nhcb: true
  enable_http2: true
  fallback_scrape_protocol: PrometheusText0.0.4
  follow_redirects: false
  honor_labels: true
  honor_timestamps: false
  job_name: serviceMonitor/rag/bot/0
  keep_dropped_targets: 6
  label_limit: 3
  label_name_length_limit: 4
  label_value_length_limit: 5
  metric_relabel_configs:
  - action: drop
    regex: go_.*
    source_labels:
    - __name__
  metrics_path: /stats
  native_histogram_bucket_limit: 160
  native_histogram_min_bucket_factor: 1.1
  params:
    format:
    - text
  relabel_configs:
  - action: replace
    replacement: bot
    target_label: ragmonitor
  - action: hashmod
    modulus: 4
    regex: (.*)
    replacement: ""
    separator: '|'
    source_labels:
    - namespace
    - service
    target_label: shard
  sample_limit: 1
  scheme: http
  scrape_interval: 5s
  scrape_native_histograms: true
  scrape_protocols:
  - PrometheusProto
  scrape_timeout: 4s
  static_configs: []
  target_limit: 2
  track_timestamps_staleness: true
`

func fullSpec(spec *monitoringv1.ServiceMonitorSpec) {
	factor := resource.MustParse("1.1")
	spec.Selector = metav1.LabelSelector{MatchLabels: map[string]string{"app": "nothing"}}
	spec.SampleLimit, spec.TargetLimit, spec.LabelLimit = new(int64(1)), new(int64(2)), new(int64(3))
	spec.LabelNameLengthLimit, spec.LabelValueLengthLimit = new(int64(4)), new(int64(5))
	spec.KeepDroppedTargets = new(int64(6))
	spec.BodySizeLimit = new(monitoringv1.ByteSize("16MB"))
	spec.ScrapeProtocols = []monitoringv1.ScrapeProtocol{monitoringv1.PrometheusProto}
	spec.FallbackScrapeProtocol = new(monitoringv1.PrometheusText0_0_4)
	spec.NativeHistogramConfig = monitoringv1.NativeHistogramConfig{
		ScrapeNativeHistograms: new(true), ScrapeClassicHistograms: new(true), ConvertClassicHistogramsToNHCB: new(true),
		NativeHistogramBucketLimit: new(int64(160)), NativeHistogramMinBucketFactor: &factor,
	}
	endpoint := monitoringv1.Endpoint{
		Port: "metrics", Path: "/stats", Scheme: new(monitoringv1.SchemeHTTP), Interval: "5s", ScrapeTimeout: "4s",
		Params: map[string][]string{"format": {"text"}}, HonorLabels: true,
		HonorTimestamps: new(false), TrackTimestampsStaleness: new(true),
		RelabelConfigs: []monitoringv1.RelabelConfig{
			{Action: "Replace", TargetLabel: "ragmonitor", Replacement: new("bot")},
			{
				Action: "HashMod", SourceLabels: []monitoringv1.LabelName{"namespace", "service"}, Separator: new("|"),
				Regex: "(.*)", Modulus: 4, TargetLabel: "shard", Replacement: new(""),
			},
		},
		MetricRelabelConfigs: []monitoringv1.RelabelConfig{
			{Action: "drop", SourceLabels: []monitoringv1.LabelName{"__name__"}, Regex: "go_.*"},
		},
	}
	endpoint.FollowRedirects, endpoint.EnableHTTP2 = new(false), new(true)
	spec.Endpoints = []monitoringv1.Endpoint{endpoint}
}

func TestConfiguration(t *testing.T) {
	for name, tc := range map[string]struct {
		monitor monitoringv1.ServiceMonitor
		want    string
	}{
		"the smallest monitor leaves the rest to Prometheus' defaults": {monitor: monitor(nil), want: plainJob},
		"every field that can be set arrives under Prometheus' key":    {monitor: monitor(fullSpec), want: fullJob},
	} {
		t.Run(name, func(t *testing.T) {
			jobs, err := scrapeJobs([]monitoringv1.ServiceMonitor{tc.monitor}, []corev1.Service{service(nil)})
			if err != nil {
				t.Fatal(err)
			}
			got, err := configuration(jobs)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, string(got)); diff != "" {
				t.Errorf("configuration (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTargets(t *testing.T) {
	other := func(s *corev1.Service) { s.Namespace = "other" }
	for name, tc := range map[string]struct {
		monitor  func(*monitoringv1.ServiceMonitorSpec)
		services []corev1.Service
		want     []string
	}{
		"a service with the labels and the port is a target": {
			services: []corev1.Service{service(nil)}, want: []string{"127.0.0.1:4321"},
		},
		"every such service is a target": {
			services: []corev1.Service{service(nil), service(func(s *corev1.Service) { s.Spec.Ports[0].TargetPort = intstr.FromInt32(4322) })},
			want:     []string{"127.0.0.1:4321", "127.0.0.1:4322"},
		},
		"a service that is not on this machine is not": {
			services: []corev1.Service{service(func(s *corev1.Service) { s.Annotations = nil })},
		},
		"a service with other labels is not": {
			services: []corev1.Service{service(func(s *corev1.Service) { s.Labels["app"] = "shop" })},
		},
		"a service with other ports is not": {
			services: []corev1.Service{service(func(s *corev1.Service) { s.Spec.Ports[0].Name = "http" })},
		},
		"a service whose target port is a name is not": {
			services: []corev1.Service{service(func(s *corev1.Service) { s.Spec.Ports[0].TargetPort = intstr.FromString("metrics") })},
		},
		"a service in another namespace is not": {
			services: []corev1.Service{service(other)},
		},
		"a service in a namespace that is named is a target": {
			monitor:  func(s *monitoringv1.ServiceMonitorSpec) { s.NamespaceSelector.MatchNames = []string{"other"} },
			services: []corev1.Service{service(nil), service(other)}, want: []string{"127.0.0.1:4321"},
		},
		"with any namespace all are": {
			monitor:  func(s *monitoringv1.ServiceMonitorSpec) { s.NamespaceSelector.Any = true },
			services: []corev1.Service{service(nil), service(other)}, want: []string{"127.0.0.1:4321", "127.0.0.1:4321"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			jobs, err := scrapeJobs([]monitoringv1.ServiceMonitor{monitor(tc.monitor)}, tc.services)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, job := range jobs {
				for _, config := range job.StaticConfigs {
					got = append(got, config.Targets...)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("targets (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTargetLabels(t *testing.T) {
	labelled := func(s *corev1.Service) { s.Labels = map[string]string{"app.kubernetes.io/name": "bot", "empty": ""} }
	for name, tc := range map[string]struct {
		spec monitoringv1.ServiceMonitorSpec
		want map[string]string
	}{
		"the job is named after the service": {
			want: map[string]string{"job": "support-bot"},
		},
		"the job is the value of the job label": {
			spec: monitoringv1.ServiceMonitorSpec{JobLabel: "app.kubernetes.io/name"},
			want: map[string]string{"job": "bot"},
		},
		"a job label that the service lacks changes nothing": {
			spec: monitoringv1.ServiceMonitorSpec{JobLabel: "team"},
			want: map[string]string{"job": "support-bot"},
		},
		"target labels are copied from the service unless they are empty": {
			spec: monitoringv1.ServiceMonitorSpec{TargetLabels: []string{"app.kubernetes.io/name", "empty", "team"}},
			want: map[string]string{"job": "support-bot", "app_kubernetes_io_name": "bot"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := targetLabels(tc.spec, service(labelled), "metrics")
			for label := range got {
				if strings.HasPrefix(label, "__meta_") {
					delete(got, label)
				}
			}
			want := map[string]string{"namespace": "rag", "service": "support-bot", "endpoint": "metrics"}
			maps.Copy(want, tc.want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMonitorsThatCannotBeTranslated(t *testing.T) {
	for name, tc := range map[string]struct {
		edit func(*monitoringv1.ServiceMonitorSpec)
		want string
	}{
		"a selector that Kubernetes refuses": {
			edit: func(s *monitoringv1.ServiceMonitorSpec) {
				s.Selector.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: "app", Operator: "Near"}}
			},
			want: "ServiceMonitor rag/bot: selector",
		},
		"an endpoint with credentials": {
			edit: func(s *monitoringv1.ServiceMonitorSpec) {
				s.Endpoints[0].Authorization = &monitoringv1.SafeAuthorization{}
			},
			want: "ServiceMonitor rag/bot: endpoint 0 needs credentials or TLS",
		},
	} {
		t.Run(name, func(t *testing.T) {
			jobs, err := scrapeJobs([]monitoringv1.ServiceMonitor{monitor(tc.edit), monitor(nil)}, nil)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
			if len(jobs) != 1 {
				t.Errorf("%d jobs, want that of the other monitor", len(jobs))
			}
		})
	}
}

func TestRuleFiles(t *testing.T) {
	rule := monitoringv1.PrometheusRule{
		ObjectMeta: metav1.ObjectMeta{Namespace: "rag", Name: "bot", UID: "1-2"},
		Spec: monitoringv1.PrometheusRuleSpec{Groups: []monitoringv1.RuleGroup{{
			Name: "ragmonitor", Interval: new(monitoringv1.Duration("5s")),
			Rules: []monitoringv1.Rule{
				{Record: "ragmonitor:requests:rate", Expr: intstr.FromString(`sum(rate(x{a="b"}[1m]))`)},
				{
					Alert: "Slow", Expr: intstr.FromInt32(1), For: new(monitoringv1.Duration("1m")),
					Labels: map[string]string{"severity": "page"}, Annotations: map[string]string{"summary": "{{ $value }} is slow"},
				},
			},
		}}},
	}
	want := map[string]string{"rag-bot-1-2.yaml": `groups:
- interval: 5s
  name: ragmonitor
  rules:
  - expr: sum(rate(x{a="b"}[1m]))
    record: ragmonitor:requests:rate
  - alert: Slow
    annotations:
      summary: '{{ $value }} is slow'
    expr: 1
    for: 1m
    labels:
      severity: page
`}
	files, err := ruleFiles([]monitoringv1.PrometheusRule{rule})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for name, content := range files {
		got[name] = string(content)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rule files (-want +got):\n%s", diff)
	}
}
