package main

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

// loopbackAnnotation marks the Services whose targetPort is a port of this
// machine. No other Service can be reached: there is no pod network.
const loopbackAnnotation = "ragmonitor.io/loopback"

// prometheusConfig is the part of Prometheus' configuration file that is written.
type prometheusConfig struct {
	Global        globalConfig `json:"global"`
	RuleFiles     []string     `json:"rule_files"`
	ScrapeConfigs []scrapeJob  `json:"scrape_configs"`
}

type globalConfig struct {
	ScrapeInterval     string `json:"scrape_interval"`
	EvaluationInterval string `json:"evaluation_interval"`
}

// staticTargets are addresses and the labels that a discovery would have found.
type staticTargets struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// configuration is Prometheus' configuration file, with the Prometheus Operator's
// defaults. Rule files lie in the folder rules beside it.
func configuration(jobs []scrapeJob) ([]byte, error) {
	content, err := yaml.Marshal(prometheusConfig{
		Global:        globalConfig{ScrapeInterval: "30s", EvaluationInterval: "30s"},
		RuleFiles:     []string{"rules/*.yaml"},
		ScrapeConfigs: jobs,
	})
	if err != nil {
		return nil, fmt.Errorf("write Prometheus' configuration: %w", err)
	}
	return content, nil
}

// ruleFiles are the rule files by name. Groups are written as they stand in the
// PrometheusRules, so that Prometheus judges what the operator wrote.
func ruleFiles(rules []monitoringv1.PrometheusRule) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, rule := range rules {
		content, err := yaml.Marshal(rule.Spec)
		if err != nil {
			return nil, fmt.Errorf("write the rules of %s/%s: %w", rule.Namespace, rule.Name, err)
		}
		files[fmt.Sprintf("%s-%s-%s.yaml", rule.Namespace, rule.Name, rule.UID)] = content
	}
	return files, nil
}

// scrapeJobs are the jobs that the Prometheus Operator would make of the monitors,
// one for each endpoint, with the services as their targets. A monitor that cannot
// be translated is left out and named in the error.
func scrapeJobs(monitors []monitoringv1.ServiceMonitor, services []corev1.Service) ([]scrapeJob, error) {
	var (
		jobs   []scrapeJob
		failed []error
	)
	for _, monitor := range monitors {
		selected, err := selectServices(monitor, services)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		for i, endpoint := range monitor.Spec.Endpoints {
			if needsCredentials(endpoint) {
				failed = append(failed, fmt.Errorf("ServiceMonitor %s/%s: endpoint %d needs credentials or TLS, which are not translated",
					monitor.Namespace, monitor.Name, i))
				continue
			}
			job := newScrapeJob(monitor, i)
			job.StaticConfigs = targets(monitor.Spec, endpoint, selected)
			jobs = append(jobs, job)
		}
	}
	return jobs, errors.Join(failed...)
}

// needsCredentials says whether the endpoint refers to Secrets, files or
// certificates.
func needsCredentials(e monitoringv1.Endpoint) bool {
	return e.Authorization != nil || e.BasicAuth != nil || e.OAuth2 != nil || e.TLSConfig != nil ||
		e.BearerTokenSecret != nil || e.BearerTokenFile != "" //nolint:staticcheck // deprecated, and still to be noticed
}

// selectServices are the loopback services that the monitor is about.
func selectServices(monitor monitoringv1.ServiceMonitor, services []corev1.Service) ([]corev1.Service, error) {
	selector, err := metav1.LabelSelectorAsSelector(&monitor.Spec.Selector)
	if err != nil {
		return nil, fmt.Errorf("ServiceMonitor %s/%s: selector: %w", monitor.Namespace, monitor.Name, err)
	}
	var selected []corev1.Service
	for _, service := range services {
		if service.Annotations[loopbackAnnotation] == "true" &&
			inNamespaces(monitor, service.Namespace) &&
			selector.Matches(labels.Set(service.Labels)) {
			selected = append(selected, service)
		}
	}
	return selected, nil
}

// inNamespaces says whether the monitor looks into the namespace.
func inNamespaces(monitor monitoringv1.ServiceMonitor, namespace string) bool {
	selector := monitor.Spec.NamespaceSelector
	switch {
	case selector.Any:
		return true
	case len(selector.MatchNames) > 0:
		return slices.Contains(selector.MatchNames, namespace)
	default:
		return namespace == monitor.Namespace
	}
}

// targets are the endpoint's port of every service that has it.
func targets(spec monitoringv1.ServiceMonitorSpec, endpoint monitoringv1.Endpoint, services []corev1.Service) []staticTargets {
	found := []staticTargets{}
	for _, service := range services {
		for _, port := range service.Spec.Ports {
			if port.Name != endpoint.Port || port.TargetPort.IntVal == 0 {
				continue
			}
			found = append(found, staticTargets{
				Targets: []string{net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port.TargetPort.IntVal)))},
				Labels:  targetLabels(spec, service, port.Name),
			})
		}
	}
	return found
}

// targetLabels are those that the Prometheus Operator sets before the endpoint's
// own relabelings, and the discovered ones of the service that these may read.
// Prometheus itself adds instance, from the address.
func targetLabels(spec monitoringv1.ServiceMonitorSpec, service corev1.Service, port string) map[string]string {
	set := map[string]string{
		"__meta_kubernetes_namespace":          service.Namespace,
		"__meta_kubernetes_service_name":       service.Name,
		"__meta_kubernetes_endpoint_port_name": port,
	}
	for name, value := range service.Labels {
		set["__meta_kubernetes_service_label_"+sanitize(name)] = value
		set["__meta_kubernetes_service_labelpresent_"+sanitize(name)] = "true"
	}
	set["namespace"] = service.Namespace
	set["service"] = service.Name
	for _, name := range spec.TargetLabels {
		if value := service.Labels[name]; value != "" {
			set[sanitize(name)] = value
		}
	}
	set["job"] = service.Name
	if job := service.Labels[spec.JobLabel]; spec.JobLabel != "" && job != "" {
		set["job"] = job
	}
	set["endpoint"] = port
	return set
}

// sanitize makes a Kubernetes label's name one that Prometheus takes.
func sanitize(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_':
			return r
		default:
			return '_'
		}
	}, name)
}
