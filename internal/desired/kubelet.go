package desired

import (
	"strings"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1ac "github.com/prometheus-operator/prometheus-operator/pkg/client/applyconfiguration/monitoring/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// Keys of the Secret with which kubelets are asked: those that Kubernetes itself writes
// for a service account.
const (
	tokenKey = "token"
	caKey    = "ca.crt"
)

// Kubelet says how the kubelets' metrics of containers are scraped.
type Kubelet struct {
	// Namespace of the Service that the Prometheus Operator keeps for all kubelets.
	Namespace string
	// Secret, in the operator's namespace, with the token of a service account that may
	// get nodes/metrics. Nobody but Prometheus reads it.
	Secret string
	// Verify has the certificates of kubelets checked against the Secret's ca.crt.
	// Without it they are not checked at all.
	Verify bool
}

// KubeletMonitor returns the ServiceMonitor of the kubelets' metrics of containers. The
// namespaces of its series are the containers'.
func (c Catalogue) KubeletMonitor(at Place, k Kubelet) Object {
	spec := scrapeSpec(
		model.Selector{Labels: map[string]string{naming.LabelName: naming.KubeletApp}},
		[]*monitoringv1ac.EndpointApplyConfiguration{k.endpoint()},
	).
		WithNamespaceSelector(monitoringv1ac.NamespaceSelector().WithMatchNames(k.Namespace)).
		WithJobLabel(naming.LabelName)
	config := monitoringv1ac.ServiceMonitor(naming.Kubelet, at.Namespace).
		WithLabels(c.agentLabels(naming.KubeletApp)).
		WithSpec(ofNodes(spec))
	if at.Owner != nil {
		config.WithOwnerReferences(at.Owner)
	}
	return Object{Kind: ServiceMonitor, Namespace: at.Namespace, Name: naming.Kubelet, Config: config}
}

func (k Kubelet) endpoint() *monitoringv1ac.EndpointApplyConfiguration {
	return monitoringv1ac.Endpoint().
		WithPort("https-metrics").
		WithScheme("https").
		WithPath("/metrics/cadvisor").
		WithInterval("30s").
		WithFollowRedirects(false).
		WithHonorLabels(true).
		// Samples carry the time of their measurement, and would outlive their
		// containers by minutes.
		WithHonorTimestamps(false).
		WithAuthorization(monitoringv1ac.SafeAuthorization().WithType("Bearer").WithCredentials(secretKey(k.Secret, tokenKey))).
		WithTLSConfig(k.tls()).
		WithMetricRelabelConfigs(onlyContainers())
}

func (k Kubelet) tls() *monitoringv1ac.TLSConfigApplyConfiguration {
	if !k.Verify {
		return monitoringv1ac.TLSConfig().WithInsecureSkipVerify(true)
	}
	return monitoringv1ac.TLSConfig().WithCA(monitoringv1ac.SecretOrConfigMap().WithSecret(secretKey(k.Secret, caKey)))
}

func secretKey(name, key string) corev1.SecretKeySelector {
	return corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: name}, Key: key}
}

// onlyContainers keeps the series that rules read: there are ten times as many.
func onlyContainers() *monitoringv1ac.RelabelConfigApplyConfiguration {
	return monitoringv1ac.RelabelConfig().
		WithAction("keep").
		WithSourceLabels("__name__").
		WithRegex(strings.Join(rules.ContainerMetrics(), "|"))
}

// Limits where the targets are nodes: a cluster has up to five thousand, with hundreds
// of containers each.
const (
	nodeTargets  = 10_000
	nodeSamples  = 50_000
	nodeBodySize = monitoringv1.ByteSize("64MB")
)

// ofNodes widens the limits, which are those of one service, to a cluster's.
func ofNodes(spec *monitoringv1ac.ServiceMonitorSpecApplyConfiguration) *monitoringv1ac.ServiceMonitorSpecApplyConfiguration {
	return spec.WithTargetLimit(nodeTargets).WithSampleLimit(nodeSamples).WithBodySizeLimit(nodeBodySize)
}
