package main

import (
	"fmt"
	"strings"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
)

// scrapeJob is an entry of Prometheus' scrape_configs. Its fields are those that a
// ServiceMonitor can set; the keys are Prometheus'.
type scrapeJob struct {
	JobName                  string                `json:"job_name"`
	HonorLabels              bool                  `json:"honor_labels"`
	HonorTimestamps          *bool                 `json:"honor_timestamps,omitempty"`
	TrackTimestampsStaleness *bool                 `json:"track_timestamps_staleness,omitempty"`
	ScrapeInterval           monitoringv1.Duration `json:"scrape_interval,omitempty"`
	ScrapeTimeout            monitoringv1.Duration `json:"scrape_timeout,omitempty"`
	MetricsPath              string                `json:"metrics_path,omitempty"`
	Scheme                   string                `json:"scheme,omitempty"`
	Params                   map[string][]string   `json:"params,omitempty"`
	FollowRedirects          *bool                 `json:"follow_redirects,omitempty"`
	EnableHTTP2              *bool                 `json:"enable_http2,omitempty"`
	limits
	histograms
	ScrapeProtocols        []monitoringv1.ScrapeProtocol `json:"scrape_protocols,omitempty"`
	FallbackScrapeProtocol *monitoringv1.ScrapeProtocol  `json:"fallback_scrape_protocol,omitempty"`
	StaticConfigs          []staticTargets               `json:"static_configs"`
	RelabelConfigs         []relabelConfig               `json:"relabel_configs,omitempty"`
	MetricRelabelConfigs   []relabelConfig               `json:"metric_relabel_configs,omitempty"`
}

// limits make a scrape fail, or forget targets, rather than fill up Prometheus.
type limits struct {
	SampleLimit           *int64                 `json:"sample_limit,omitempty"`
	TargetLimit           *int64                 `json:"target_limit,omitempty"`
	LabelLimit            *int64                 `json:"label_limit,omitempty"`
	LabelNameLengthLimit  *int64                 `json:"label_name_length_limit,omitempty"`
	LabelValueLengthLimit *int64                 `json:"label_value_length_limit,omitempty"`
	KeepDroppedTargets    *int64                 `json:"keep_dropped_targets,omitempty"`
	BodySizeLimit         *monitoringv1.ByteSize `json:"body_size_limit,omitempty"`
}

// histograms say which form of a histogram is stored.
type histograms struct {
	ScrapeNative    *bool    `json:"scrape_native_histograms,omitempty"`
	ScrapeClassic   *bool    `json:"always_scrape_classic_histograms,omitempty"`
	ConvertClassic  *bool    `json:"convert_classic_histograms_to_nhcb,omitempty"`
	BucketLimit     *int64   `json:"native_histogram_bucket_limit,omitempty"`
	MinBucketFactor *float64 `json:"native_histogram_min_bucket_factor,omitempty"`
}

// relabelConfig is an entry of Prometheus' relabel_configs.
type relabelConfig struct {
	SourceLabels []monitoringv1.LabelName `json:"source_labels,omitempty"`
	Separator    *string                  `json:"separator,omitempty"`
	TargetLabel  string                   `json:"target_label,omitempty"`
	Regex        string                   `json:"regex,omitempty"`
	Modulus      int64                    `json:"modulus,omitempty"`
	Replacement  *string                  `json:"replacement,omitempty"`
	Action       string                   `json:"action,omitempty"`
}

// newScrapeJob is the job of the monitor's i-th endpoint, without targets.
func newScrapeJob(monitor monitoringv1.ServiceMonitor, i int) scrapeJob {
	spec, endpoint := monitor.Spec, monitor.Spec.Endpoints[i]
	return scrapeJob{
		JobName:                  fmt.Sprintf("serviceMonitor/%s/%s/%d", monitor.Namespace, monitor.Name, i),
		HonorLabels:              endpoint.HonorLabels,
		HonorTimestamps:          endpoint.HonorTimestamps,
		TrackTimestampsStaleness: endpoint.TrackTimestampsStaleness,
		ScrapeInterval:           endpoint.Interval,
		ScrapeTimeout:            endpoint.ScrapeTimeout,
		MetricsPath:              endpoint.Path,
		Scheme:                   endpoint.Scheme.String(),
		Params:                   endpoint.Params,
		FollowRedirects:          endpoint.FollowRedirects,
		EnableHTTP2:              endpoint.EnableHTTP2,
		limits: limits{
			SampleLimit:           spec.SampleLimit,
			TargetLimit:           spec.TargetLimit,
			LabelLimit:            spec.LabelLimit,
			LabelNameLengthLimit:  spec.LabelNameLengthLimit,
			LabelValueLengthLimit: spec.LabelValueLengthLimit,
			KeepDroppedTargets:    spec.KeepDroppedTargets,
			BodySizeLimit:         spec.BodySizeLimit,
		},
		histograms:             newHistograms(spec.NativeHistogramConfig),
		ScrapeProtocols:        spec.ScrapeProtocols,
		FallbackScrapeProtocol: spec.FallbackScrapeProtocol,
		RelabelConfigs:         relabelConfigs(endpoint.RelabelConfigs),
		MetricRelabelConfigs:   relabelConfigs(endpoint.MetricRelabelConfigs),
	}
}

func newHistograms(config monitoringv1.NativeHistogramConfig) histograms {
	h := histograms{
		ScrapeNative:   config.ScrapeNativeHistograms,
		ScrapeClassic:  config.ScrapeClassicHistograms,
		ConvertClassic: config.ConvertClassicHistogramsToNHCB,
		BucketLimit:    config.NativeHistogramBucketLimit,
	}
	if config.NativeHistogramMinBucketFactor != nil {
		factor := config.NativeHistogramMinBucketFactor.AsApproximateFloat64()
		h.MinBucketFactor = &factor
	}
	return h
}

// relabelConfigs are the same relabelings under Prometheus' keys.
func relabelConfigs(relabelings []monitoringv1.RelabelConfig) []relabelConfig {
	var configs []relabelConfig
	for _, r := range relabelings {
		configs = append(configs, relabelConfig{
			SourceLabels: r.SourceLabels,
			Separator:    r.Separator,
			TargetLabel:  r.TargetLabel,
			Regex:        r.Regex,
			Modulus:      r.Modulus,
			Replacement:  r.Replacement,
			Action:       strings.ToLower(r.Action),
		})
	}
	return configs
}
