package desired

import (
	"encoding/json"
	"fmt"
	"slices"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1ac "github.com/prometheus-operator/prometheus-operator/pkg/client/applyconfiguration/monitoring/v1"
	promconfig "github.com/prometheus/common/model"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// bodySizeLimit is in the unit of the Prometheus Operator, whose MB are MiB.
var bodySizeLimit = monitoringv1.ByteSize(fmt.Sprintf("%dMB", model.ScrapeBodyMiB))

// serviceMonitors returns a ServiceMonitor for each selector: components that
// select the same Services share one, because every entry becomes a scrape job
// with a service discovery of its own.
func (c Catalogue) serviceMonitors(m model.Monitor) []Object {
	var objects []Object
	for _, shared := range bySelector(scraped(m)) {
		name := naming.ServiceMonitor(m.Name, shared[0].Name)
		config := monitoringv1ac.ServiceMonitor(name, m.Namespace).
			WithLabels(c.labels(m)).
			WithOwnerReferences(owner(m)).
			WithSpec(scrapeSpec(shared[0].Selector, endpoints(m, shared)))
		objects = append(objects, Object{Kind: ServiceMonitor, Namespace: m.Namespace, Name: name, Config: config})
	}
	return objects
}

// scraped are the components whose Services we have scraped.
func scraped(m model.Monitor) []model.Component {
	return slices.DeleteFunc(slices.Clone(m.Components), func(c model.Component) bool { return c.Existing != nil })
}

// bySelector groups components, keeping their order.
func bySelector(components []model.Component) [][]model.Component {
	var groups [][]model.Component
	at := map[string]int{}
	for _, c := range components {
		key := selectorKey(c.Selector)
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], c)
	}
	return groups
}

// selectorKey is equal for equal selectors: JSON sorts the keys of a map.
func selectorKey(s model.Selector) string {
	key, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("a selector of strings must marshal: %v", err))
	}
	return string(key)
}

func endpoints(m model.Monitor, components []model.Component) []*monitoringv1ac.EndpointApplyConfiguration {
	var out []*monitoringv1ac.EndpointApplyConfiguration
	for _, c := range components {
		out = append(out, monitoringv1ac.Endpoint().
			WithPort(c.Endpoint.Port).
			WithPath(c.Endpoint.Path).
			WithInterval(monitoringv1.Duration(promconfig.Duration(c.Endpoint.Interval).String())).
			WithHonorLabels(false).
			WithFollowRedirects(false).
			WithRelabelConfigs(
				staticLabel(naming.LabelRAGMonitor, m.Name),
				staticLabel(naming.LabelComponentTarget, c.Name),
				staticLabel(naming.LabelJobTarget, naming.Job(m.Name, c.Name)),
				withoutLabel(naming.LabelServiceTarget),
				withoutLabel(naming.LabelEndpointTarget),
			))
	}
	return out
}

// staticLabel puts a label on every target. "$" would begin a reference to a
// capture group; names of Kubernetes objects cannot hold one.
func staticLabel(label, value string) *monitoringv1ac.RelabelConfigApplyConfiguration {
	return monitoringv1ac.RelabelConfig().WithTargetLabel(label).WithReplacement(value)
}

// withoutLabel takes a label off every target, so that it is the application's.
func withoutLabel(label string) *monitoringv1ac.RelabelConfigApplyConfiguration {
	return monitoringv1ac.RelabelConfig().WithAction("labeldrop").WithRegex(label)
}

// scrapeSpec selects Services in the ServiceMonitor's own namespace only, reads no
// file and limits what a target may send.
func scrapeSpec(s model.Selector, endpoints []*monitoringv1ac.EndpointApplyConfiguration) *monitoringv1ac.ServiceMonitorSpecApplyConfiguration {
	return monitoringv1ac.ServiceMonitorSpec().
		WithSelector(labelSelector(s)).
		WithEndpoints(endpoints...).
		WithSampleLimit(model.ScrapeSamples).
		WithTargetLimit(model.ScrapeTargets).
		WithLabelLimit(model.ScrapeLabels).
		WithLabelNameLengthLimit(model.ScrapeLabelName).
		WithLabelValueLengthLimit(model.ScrapeLabelValue).
		WithBodySizeLimit(bodySizeLimit)
}

func labelSelector(s model.Selector) *metav1ac.LabelSelectorApplyConfiguration {
	out := metav1ac.LabelSelector()
	if len(s.Labels) > 0 {
		out.WithMatchLabels(s.Labels)
	}
	for _, r := range s.Requirements {
		out.WithMatchExpressions(metav1ac.LabelSelectorRequirement().
			WithKey(r.Key).
			WithOperator(metav1.LabelSelectorOperator(r.Operator)).
			WithValues(r.Values...))
	}
	return out
}
