package differential_test

import (
	"fmt"
	"testing"

	"github.com/prometheus/prometheus/model/rulefmt"
	"go.yaml.in/yaml/v3"
)

// fields are a part of a file in YAML.
type fields = map[string]any

// scrapeJob is what the Prometheus Operator makes of the ServiceMonitor of a RAGMonitor,
// as far as that says something. What it does not say has Prometheus' defaults.
func scrapeJob(w watch) fields {
	spec, endpoint := w.monitor.Spec, w.monitor.Spec.Endpoints[0]
	job := fields{
		"job_name":                 fmt.Sprintf("serviceMonitor/%s/%s/0", w.monitor.Namespace, w.monitor.Name),
		"honor_labels":             endpoint.HonorLabels,
		"follow_redirects":         *endpoint.FollowRedirects,
		"scrape_interval":          string(endpoint.Interval),
		"metrics_path":             endpoint.Path,
		"sample_limit":             *spec.SampleLimit,
		"target_limit":             *spec.TargetLimit,
		"label_limit":              *spec.LabelLimit,
		"label_name_length_limit":  *spec.LabelNameLengthLimit,
		"label_value_length_limit": *spec.LabelValueLengthLimit,
		"body_size_limit":          string(*spec.BodySizeLimit),
	}
	var relabeling []fields
	for _, r := range endpoint.RelabelConfigs {
		if r.Action != "" {
			relabeling = append(relabeling, fields{"action": r.Action, "regex": r.Regex})
			continue
		}
		relabeling = append(relabeling, fields{"target_label": r.TargetLabel, "replacement": *r.Replacement})
	}
	targets := []fields{}
	for _, target := range w.targets {
		// Every pod is behind a headless Service, too.
		for _, service := range []string{target.Service, target.Service + "-headless"} {
			targets = append(targets, fields{
				"targets": []string{target.Address.String()},
				"labels": fields{
					"namespace": w.rm.Namespace, "service": service, "pod": target.Pod, "container": target.Container,
					"endpoint": target.Endpoint, "job": service,
				},
			})
		}
	}
	job["relabel_configs"], job["static_configs"] = relabeling, targets
	return job
}

// configuration is Prometheus' own file, with the Prometheus Operator's defaults.
func configuration(t *testing.T, watches []watch) []byte {
	t.Helper()
	jobs := make([]fields, 0, len(watches))
	for _, w := range watches {
		jobs = append(jobs, scrapeJob(w))
	}
	return inYAML(t, fields{
		"global":         fields{"scrape_interval": "30s", "evaluation_interval": "30s"},
		"rule_files":     []string{"rules/*.yaml"},
		"scrape_configs": jobs,
	})
}

// ruleFile is what the Prometheus Operator writes of a PrometheusRule.
func ruleFile(t *testing.T, w watch) []byte {
	t.Helper()
	return inYAML(t, rulefmt.RuleGroups{Groups: w.groups})
}

func inYAML(t *testing.T, value any) []byte {
	t.Helper()
	text, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
