package discovery_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// byValue compares addresses with ==, as they have fields that are not exported.
var byValue = cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{})

// component selects app=bot and the port metrics.
func component() model.Component {
	return model.Component{
		Name:     "api",
		Selector: model.Selector{Labels: map[string]string{"app": "bot"}},
		Endpoint: model.Endpoint{Port: "metrics", Path: "/metrics"},
	}
}

// service has app=bot, picks pods with run=bot and has the port metrics.
func service(name string, change ...func(*discovery.Service)) discovery.Service {
	s := discovery.Service{
		Name:     name,
		Labels:   map[string]string{"app": "bot"},
		Selector: map[string]string{"run": "bot"},
		Family:   corev1.IPv4Protocol,
		Ports: []discovery.ServicePort{
			{Name: "http", Number: 80, Protocol: corev1.ProtocolTCP, Target: intstr.FromInt32(8080)},
			{Name: "metrics", Number: 9000, Protocol: corev1.ProtocolTCP, Target: intstr.FromInt32(9090)},
		},
	}
	for _, f := range change {
		f(&s)
	}
	return s
}

// pointing has the port metrics point elsewhere.
func pointing(target intstr.IntOrString) func(*discovery.Service) {
	return func(s *discovery.Service) { s.Ports[1].Target = target }
}

// pod runs, has run=bot and declares 9090 as prom.
func pod(name, address string, change ...func(*discovery.Pod)) discovery.Pod {
	p := discovery.Pod{
		Name:   name,
		Labels: map[string]string{"run": "bot"},
		Phase:  corev1.PodRunning,
		Containers: []discovery.Container{
			{Name: "app", Ports: []discovery.ContainerPort{{Name: "http", Number: 8080, Protocol: corev1.ProtocolTCP}}},
			{Name: "exporter", Ports: []discovery.ContainerPort{{Name: "prom", Number: 9090, Protocol: corev1.ProtocolTCP}}},
		},
	}
	for a := range strings.FieldsSeq(address) {
		p.Addresses = append(p.Addresses, netip.MustParseAddr(a))
	}
	for _, f := range change {
		f(&p)
	}
	return p
}

func phase(phase corev1.PodPhase, reason string) func(*discovery.Pod) {
	return func(p *discovery.Pod) { p.Phase, p.Reason = phase, reason }
}

func terminating(p *discovery.Pod) { p.Terminating = true }

func target(service, pod, address string) discovery.Target {
	return discovery.Target{
		Address: netip.MustParseAddrPort(address), Service: service, Pod: pod, Container: "exporter", Endpoint: "metrics",
	}
}

func TestTargets(t *testing.T) {
	for name, tc := range map[string]struct {
		change   func(*model.Component)
		services []discovery.Service
		pods     []discovery.Pod
		want     []discovery.Target
	}{
		"targets are sorted by Service and pod, whatever the order of the inventory": {
			services: []discovery.Service{service("b", pointing(intstr.FromInt32(7070))), service("a")},
			pods:     []discovery.Pod{pod("p2", "10.0.0.2"), pod("p1", "10.0.0.9")},
			want: []discovery.Target{
				target("a", "p1", "10.0.0.9:9090"), target("a", "p2", "10.0.0.2:9090"),
				{Address: netip.MustParseAddrPort("10.0.0.9:7070"), Service: "b", Pod: "p1", Endpoint: "metrics"},
				{Address: netip.MustParseAddrPort("10.0.0.2:7070"), Service: "b", Pod: "p2", Endpoint: "metrics"},
			},
		},
		"a pod behind two Services is one target, of the first by name": {
			services: []discovery.Service{service("bot-headless"), service("bot")},
			pods:     []discovery.Pod{pod("p2", "10.0.0.2"), pod("p1", "10.0.0.9")},
			want:     []discovery.Target{target("bot", "p1", "10.0.0.9:9090"), target("bot", "p2", "10.0.0.2:9090")},
		},
		"two pods at one address, which is their node's, are two targets": {
			services: []discovery.Service{service("bot")},
			pods:     []discovery.Pod{pod("old", "10.0.0.2"), pod("new", "10.0.0.2")},
			want:     []discovery.Target{target("bot", "new", "10.0.0.2:9090"), target("bot", "old", "10.0.0.2:9090")},
		},
		"a port that points to a name is looked up in each pod": {
			services: []discovery.Service{service("bot", pointing(intstr.FromString("prom")))},
			pods: []discovery.Pod{
				pod("old", "10.0.0.1"),
				pod("new", "10.0.0.2", func(p *discovery.Pod) { p.Containers[1].Ports[0].Number = 9191 }),
				pod("without", "10.0.0.3", func(p *discovery.Pod) { p.Containers = p.Containers[:1] }),
			},
			want: []discovery.Target{target("bot", "new", "10.0.0.2:9191"), target("bot", "old", "10.0.0.1:9090")},
		},
		"a name counts only with the protocol of the Service's port": {
			services: []discovery.Service{service("bot", pointing(intstr.FromString("prom")))},
			pods: []discovery.Pod{
				pod("tcp", "10.0.0.1"),
				pod("udp", "10.0.0.2", func(p *discovery.Pod) { p.Containers[1].Ports[0].Protocol = corev1.ProtocolUDP }),
			},
			want: []discovery.Target{target("bot", "tcp", "10.0.0.1:9090")},
		},
		"a name in an init container counts only when that is a sidecar": {
			services: []discovery.Service{service("bot", pointing(intstr.FromString("prom")))},
			pods: []discovery.Pod{
				pod("sidecar", "10.0.0.1"),
				pod("init", "10.0.0.2", func(p *discovery.Pod) { p.Containers[1].Starts = true }),
			},
			want: []discovery.Target{target("bot", "sidecar", "10.0.0.1:9090")},
		},
		"a number needs no container that declares it": {
			services: []discovery.Service{service("bot", pointing(intstr.FromInt32(7070)))},
			pods:     []discovery.Pod{pod("p", "10.0.0.1")},
			want:     []discovery.Target{{Address: netip.MustParseAddrPort("10.0.0.1:7070"), Service: "bot", Pod: "p", Endpoint: "metrics"}},
		},
		"of two containers that declare a number the last gives its name": {
			services: []discovery.Service{service("bot")},
			pods:     []discovery.Pod{pod("p", "10.0.0.1", func(p *discovery.Pod) { p.Containers[0].Ports[0].Number = 9090 })},
			want:     []discovery.Target{target("bot", "p", "10.0.0.1:9090")},
		},
		"pods that have ended, have no address or are being deleted are left out": {
			services: []discovery.Service{service("bot")},
			pods: []discovery.Pod{
				pod("failed", "10.0.0.1", phase(corev1.PodFailed, "")), pod("succeeded", "10.0.0.2", phase(corev1.PodSucceeded, "")),
				pod("pending", "", phase(corev1.PodPending, "")), pod("terminating", "10.0.0.4", terminating), pod("running", "10.0.0.5"),
			},
			want: []discovery.Target{target("bot", "running", "10.0.0.5:9090")},
		},
		"a pending pod with an address is scraped, as one that is not ready": {
			services: []discovery.Service{service("bot")},
			pods:     []discovery.Pod{pod("p", "10.0.0.1", phase(corev1.PodPending, "PodInitializing"))},
			want:     []discovery.Target{target("bot", "p", "10.0.0.1:9090")},
		},
		"a terminating pod is scraped where the Service publishes what is not ready": {
			services: []discovery.Service{service("bot", func(s *discovery.Service) { s.PublishNotReady = true })},
			pods:     []discovery.Pod{pod("p", "10.0.0.1", terminating), pod("ended", "10.0.0.2", terminating, phase(corev1.PodFailed, ""))},
			want:     []discovery.Target{target("bot", "p", "10.0.0.1:9090")},
		},
		"of several addresses the first is scraped": {
			services: []discovery.Service{service("bot", func(s *discovery.Service) { s.Family = "" })},
			pods:     []discovery.Pod{pod("p", "fd00::7 10.0.0.1")},
			want:     []discovery.Target{target("bot", "p", "[fd00::7]:9090")},
		},
		"of several addresses the first of the Service's family is scraped": {
			services: []discovery.Service{service("four"), service("six", func(s *discovery.Service) { s.Family = corev1.IPv6Protocol })},
			pods:     []discovery.Pod{pod("p", "10.0.0.1 10.0.0.2 fd00::7 fd00::8")},
			want:     []discovery.Target{target("four", "p", "10.0.0.1:9090"), target("six", "p", "[fd00::7]:9090")},
		},
		"a pod without an address of the Service's family is scraped at what it has": {
			services: []discovery.Service{service("bot")},
			pods:     []discovery.Pod{pod("p", "fd00::7")},
			want:     []discovery.Target{target("bot", "p", "[fd00::7]:9090")},
		},
		"a Service that lacks the port is no problem beside one that has it": {
			services: []discovery.Service{service("a", func(s *discovery.Service) { s.Ports = nil }), service("b")},
			pods:     []discovery.Pod{pod("p", "10.0.0.1")},
			want:     []discovery.Target{target("b", "p", "10.0.0.1:9090")},
		},
		"Services without a selector and external names are passed over": {
			services: []discovery.Service{
				service("a", func(s *discovery.Service) { s.Selector = nil }),
				service("b", func(s *discovery.Service) { s.ExternalName = true }), service("c"),
			},
			pods: []discovery.Pod{pod("p", "10.0.0.1")},
			want: []discovery.Target{target("c", "p", "10.0.0.1:9090")},
		},
		"conditions on labels are kept": {
			change: func(c *model.Component) {
				c.Selector = model.Selector{Requirements: []model.Requirement{
					{Key: "app", Operator: "In", Values: []string{"bot", "other"}},
					{Key: "track", Operator: "NotIn", Values: []string{"canary"}},
					{Key: "legacy", Operator: "DoesNotExist"},
					{Key: "app", Operator: "Exists"},
				}}
			},
			services: []discovery.Service{
				service("a"), service("b", labelled("track", "canary")), service("c", labelled("legacy", "")), service("d", labelled("app", "db")),
			},
			pods: []discovery.Pod{pod("p", "10.0.0.1")},
			want: []discovery.Target{target("a", "p", "10.0.0.1:9090")},
		},
		"what somebody else collects has no targets": {
			change: func(c *model.Component) {
				*c = model.Component{Name: "llm", Existing: &model.Existing{}, Endpoint: c.Endpoint}
			},
			services: []discovery.Service{service("bot")},
			pods:     []discovery.Pod{pod("p", "10.0.0.1")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := component()
			if tc.change != nil {
				tc.change(&c)
			}
			got, problem := discovery.Targets(c, discovery.Inventory{Services: tc.services, Pods: tc.pods})
			if problem != nil {
				t.Errorf("a problem: %+v", *problem)
			}
			if d := cmp.Diff(tc.want, got, byValue); d != "" {
				t.Errorf("targets (-want +got):\n%s", d)
			}
		})
	}
}

func labelled(key, value string) func(*discovery.Service) {
	return func(s *discovery.Service) { s.Labels[key] = value }
}

func TestLabels(t *testing.T) {
	for name, tc := range map[string]struct {
		target discovery.Target
		want   map[string]string
	}{
		"all labels of a target": {
			target: target("bot", "bot-0", "10.0.0.1:9090"),
			want: map[string]string{
				"namespace": "rag", "pod": "bot-0", "container": "exporter", "job": "support-bot.api",
				"instance": "10.0.0.1:9090",
			},
		},
		"a port that no container declares, on IPv6": {
			target: discovery.Target{Address: netip.MustParseAddrPort("[fd00::7]:1"), Service: "bot", Pod: "bot-0", Endpoint: "metrics"},
			want: map[string]string{
				"namespace": "rag", "pod": "bot-0", "job": "support-bot.api", "instance": "[fd00::7]:1",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, tc.target.Labels("rag", "support-bot.api")); d != "" {
				t.Errorf("labels (-want +got):\n%s", d)
			}
		})
	}
}
