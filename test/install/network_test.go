package install

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestNetworkPolicyIsOffByDefault(t *testing.T) {
	r := renderings()["chart with default values"]
	for _, o := range append(r.objects(t), r.hooks(t)...) {
		if o.GetKind() == "NetworkPolicy" {
			t.Errorf("there is the NetworkPolicy %s", o.GetName())
		}
	}
}

// port is a rule's port, in short.
func port(number int32) networkingv1.NetworkPolicyPort {
	tcp, of := corev1.ProtocolTCP, intstr.FromInt32(number)
	return networkingv1.NetworkPolicyPort{Protocol: &tcp, Port: &of}
}

func toPort(number int32) networkingv1.NetworkPolicyEgressRule {
	return networkingv1.NetworkPolicyEgressRule{Ports: []networkingv1.NetworkPolicyPort{port(number)}}
}

func toNamespace(name string) networkingv1.NetworkPolicyEgressRule {
	of := &metav1.LabelSelector{}
	if name != "" {
		of.MatchLabels = map[string]string{corev1.LabelMetadataName: name}
	}
	return networkingv1.NetworkPolicyEgressRule{To: []networkingv1.NetworkPolicyPeer{{NamespaceSelector: of}}}
}

func TestNetworkPolicyReachesTheSources(t *testing.T) {
	own := networkingv1.NetworkPolicyEgressRule{To: []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{}}}}
	for name, tc := range map[string]struct {
		values []string
		want   []networkingv1.NetworkPolicyEgressRule
	}{
		"where the operator scrapes, every pod": {want: []networkingv1.NetworkPolicyEgressRule{toNamespace("")}},
		"a Service with its domain": {
			values: []string{"--set", "prometheus.url=http://prometheus.monitoring.svc.cluster.local:9090/path"},
			want:   []networkingv1.NetworkPolicyEgressRule{toNamespace("monitoring")},
		},
		"a Service of another port than its pods": {
			values: []string{"--set", "prometheus.url=http://vmselect.metrics.svc"},
			want:   []networkingv1.NetworkPolicyEgressRule{toNamespace("metrics")},
		},
		"what may be a Service and a host": {
			values: []string{"--set", "prometheus.url=https://thanos.example:10902"},
			want:   []networkingv1.NetworkPolicyEgressRule{toNamespace("example"), toPort(10902)},
		},
		"a Service of the operator's namespace": {
			values: []string{"--set", "prometheus.url=http://prometheus:9090"},
			want:   []networkingv1.NetworkPolicyEgressRule{own},
		},
		"a host elsewhere, by the port of https": {
			values: []string{"--set", "prometheus.url=https://mimir.eu.example.com/prometheus"},
			want:   []networkingv1.NetworkPolicyEgressRule{toPort(443)},
		},
		"an address of IPv6, by the port of http": {
			values: []string{"--set", "prometheus.url=http://[2001:db8::1]/"},
			want:   []networkingv1.NetworkPolicyEgressRule{toPort(80)},
		},
		"the one Prometheus of a namespace": {
			values: []string{"--set", "prometheus.operated.namespace=monitoring"},
			want:   []networkingv1.NetworkPolicyEgressRule{toNamespace("monitoring")},
		},
		"several sources, one of them the operator": {
			values: []string{"--set-json", `metricSources=[{"name":"a","url":"http://a.b.svc"},{"name":"c","url":"https://c.d.e:8443"},{"name":"own","embedded":true}]`},
			want:   []networkingv1.NetworkPolicyEgressRule{toNamespace("b"), toPort(8443), toNamespace("")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			objects := chart(operatorName, systemNamespace, append(tc.values, "--set", "networkPolicy.enabled=true")...).objects(t)
			got := only[networkingv1.NetworkPolicy](t, objects, "NetworkPolicy").Spec.Egress
			if len(got) < 2 {
				t.Fatalf("%d rules", len(got))
			}
			// The first two are those for DNS and for the API server.
			if diff := cmp.Diff(tc.want, got[2:]); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNetworkPolicyTakesWhatIsAdded(t *testing.T) {
	spec := only[networkingv1.NetworkPolicy](t, renderings()["chart with every option"].objects(t), "NetworkPolicy").Spec
	api := spec.Egress[1]
	if diff := cmp.Diff([]networkingv1.NetworkPolicyPort{port(8443)}, api.Ports); diff != "" {
		t.Errorf("ports of the API server (-want +got):\n%s", diff)
	}
	if len(api.To) != 2 || api.To[1].IPBlock.CIDR != "2001:db8::/32" {
		t.Errorf("the API server is reached at %v", api.To)
	}
	if last := spec.Egress[len(spec.Egress)-1]; len(last.To) != 1 || last.To[0].IPBlock == nil || last.To[0].IPBlock.CIDR != "203.0.113.0/24" {
		t.Errorf("the last rule is %v, want the one that was added", last)
	}
	if last := spec.Ingress[len(spec.Ingress)-1]; len(last.From) != 1 || last.From[0].IPBlock == nil || len(last.From[0].IPBlock.Except) != 1 {
		t.Errorf("the last rule is %v, want the one that was added", last)
	}
}

// TestNetworkPolicyLetsReadersIn, and the pod of "helm test", which reads as well.
func TestNetworkPolicyLetsReadersIn(t *testing.T) {
	r := renderings()["chart with every option"]
	metrics := only[networkingv1.NetworkPolicy](t, r.objects(t), "NetworkPolicy").Spec.Ingress[1]
	var from []string
	for _, peer := range metrics.From {
		if peer.NamespaceSelector != nil {
			from = append(from, fmt.Sprint("namespace ", peer.NamespaceSelector.MatchLabels[corev1.LabelMetadataName]))
			continue
		}
		from = append(from, fmt.Sprint("pods ", peer.PodSelector.MatchLabels["app.kubernetes.io/name"]))
	}
	if diff := cmp.Diff([]string{"pods rag-watch-hook", "namespace monitoring"}, from); diff != "" {
		t.Errorf("readers (-want +got):\n%s", diff)
	}
	hooks := only[networkingv1.NetworkPolicy](t, r.hooks(t), "NetworkPolicy").Spec
	for _, pod := range pods(t, r.hooks(t)) {
		for name, value := range hooks.PodSelector.MatchLabels {
			if pod.Labels[name] != value {
				t.Errorf("the policy of hooks does not select the pod of %s", pod.Name)
			}
		}
	}
}
