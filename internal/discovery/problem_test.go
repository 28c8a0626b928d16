package discovery_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

func TestProblems(t *testing.T) {
	other := func(s *discovery.Service) { s.Labels = map[string]string{"app": "redis"} }
	noPorts := func(s *discovery.Service) { s.Ports = nil }
	onlyHTTP := func(s *discovery.Service) { s.Ports = s.Ports[:1] }
	byName := pointing(intstr.FromString("metrics"))
	for name, tc := range map[string]struct {
		change   func(*model.Component)
		services []discovery.Service
		pods     []discovery.Pod
		reason   v1alpha1.TargetProblemReason
		want     string
	}{
		"a namespace without Services": {
			reason: v1alpha1.TargetNoServiceMatches,
			want:   "The namespace has no Services: create one that matches app=bot, with a port named metrics.",
		},
		"a selector that nothing matches is told with what there is": {
			services: []discovery.Service{service("redis", other), service("postgres", other)},
			reason:   v1alpha1.TargetNoServiceMatches,
			want:     "No Service matches app=bot: write in selector the labels that your Service has. There are postgres, redis.",
		},
		"a selector with conditions": {
			change: func(c *model.Component) {
				c.Selector.Requirements = []model.Requirement{{Key: "track", Operator: "In", Values: []string{"b", "a"}}, {Key: "old", Operator: "DoesNotExist"}}
			},
			services: []discovery.Service{service("bot")},
			reason:   v1alpha1.TargetNoServiceMatches,
			want:     "No Service matches app=bot,!old,track in (a,b): write in selector the labels that your Service has. There are bot.",
		},
		"a selector that is none": {
			change: func(c *model.Component) {
				c.Selector.Requirements = []model.Requirement{{Key: "track", Operator: "Like"}}
			},
			services: []discovery.Service{service("bot")},
			reason:   v1alpha1.TargetNoServiceMatches,
			want:     `The selector selects nothing: "Like" is not a valid label selector operator.`,
		},
		"a Service without the port": {
			services: []discovery.Service{service("bot", onlyHTTP)},
			pods:     []discovery.Pod{pod("p", "10.0.0.1")},
			reason:   v1alpha1.TargetPortNotFound,
			want:     "Service bot has no port named metrics: it has http; write in endpoint.port a name that is there, or name a port so.",
		},
		"a Service whose port has no name": {
			services: []discovery.Service{service("bot", onlyHTTP, func(s *discovery.Service) { s.Ports[0].Name = "" })},
			reason:   v1alpha1.TargetPortNotFound,
			want:     "Service bot has no port named metrics: it has 80 without a name; write in endpoint.port a name that is there, or name a port so.",
		},
		"Services without the port, the first without any": {
			services: []discovery.Service{service("b", onlyHTTP), service("a", noPorts)},
			reason:   v1alpha1.TargetPortNotFound,
			want:     "None of the 2 Services has a port named metrics: a has none; write in endpoint.port a name that is there, or name a port so.",
		},
		"a port that points to what no container has": {
			services: []discovery.Service{service("bot", byName)},
			pods:     []discovery.Pod{pod("p", "10.0.0.1")},
			reason:   v1alpha1.TargetPortNotFound,
			want:     "Port metrics of Service bot points to container port metrics, which its pods do not have: they have http, prom. Name a port so in them, or write its number as targetPort.",
		},
		"a port that points to containers without ports": {
			services: []discovery.Service{service("bot", byName)},
			pods:     []discovery.Pod{pod("p", "10.0.0.1", func(p *discovery.Pod) { p.Containers = nil })},
			reason:   v1alpha1.TargetPortNotFound,
			want:     "Port metrics of Service bot points to container port metrics, which its pods do not have: they have none. Name a port so in them, or write its number as targetPort.",
		},
		"ports of init containers are not offered": {
			services: []discovery.Service{service("bot", byName)},
			pods:     []discovery.Pod{pod("p", "10.0.0.1", func(p *discovery.Pod) { p.Containers[1].Starts = true })},
			reason:   v1alpha1.TargetPortNotFound,
			want:     "Port metrics of Service bot points to container port metrics, which its pods do not have: they have http. Name a port so in them, or write its number as targetPort.",
		},
		"a Service that no pod matches": {
			services: []discovery.Service{service("a", func(s *discovery.Service) { s.Selector = nil }), service("b")},
			pods:     []discovery.Pod{pod("p", "10.0.0.1", func(p *discovery.Pod) { p.Labels = map[string]string{"run": "db"} })},
			reason:   v1alpha1.TargetNoPodMatches,
			want:     "No pod matches run=bot, the selector of Service b: start its pods, or write in it labels that they have.",
		},
		"a Service without a selector": {
			services: []discovery.Service{service("bot", func(s *discovery.Service) { s.Selector = map[string]string{} })},
			pods:     []discovery.Pod{pod("p", "10.0.0.1")},
			reason:   v1alpha1.TargetNoPodMatches,
			want:     "Service bot has no selector: the embedded source reads only pods that a Service selects. Give it a selector, or read from a Prometheus that scrapes it.",
		},
		"an external name, whose selector means nothing": {
			services: []discovery.Service{service("bot", func(s *discovery.Service) { s.ExternalName = true })},
			pods:     []discovery.Pod{pod("p", "10.0.0.1")},
			reason:   v1alpha1.TargetNoPodMatches,
			want:     "Service bot is of type ExternalName: the embedded source reads only pods. Select a Service of pods, or read from a Prometheus that scrapes it.",
		},
		"pods that do not run are counted, each once": {
			services: []discovery.Service{service("a"), service("b")},
			pods: []discovery.Pod{
				pod("p1", "", phase(corev1.PodPending, "Unschedulable")), pod("p2", "", phase(corev1.PodPending, "ImagePullBackOff")),
				pod("p3", "", phase(corev1.PodPending, "ImagePullBackOff")), pod("p4", "10.0.0.4", phase(corev1.PodSucceeded, "")),
				pod("p5", "10.0.0.5", phase(corev1.PodSucceeded, "")), pod("p6", "10.0.0.6", phase(corev1.PodSucceeded, "")),
			},
			reason: v1alpha1.TargetPodsNotRunning,
			want:   "No pod of the 2 Services runs and has an address: 3 Succeeded, 2 Pending (ImagePullBackOff), 1 Pending (Unschedulable). The events of the pods say why (kubectl describe pods).",
		},
		"pods that end, are gone soon or have no address": {
			services: []discovery.Service{service("bot")},
			pods: []discovery.Pod{
				pod("p1", "10.0.0.1", terminating), pod("p2", ""), pod("p3", "", phase(corev1.PodFailed, "Evicted"), terminating), pod("p4", "", phase("", "")),
			},
			reason: v1alpha1.TargetPodsNotRunning,
			want:   "No pod of Service bot runs and has an address: 1 Failed (Evicted), 1 Pending, 1 terminating, 1 without an address. The events of the pods say why (kubectl describe pods).",
		},
		"only pods that have the port are waited for": {
			services: []discovery.Service{service("bot", pointing(intstr.FromString("prom")))},
			pods: []discovery.Pod{
				pod("new", "", phase(corev1.PodPending, "ContainerCreating")),
				pod("old", "10.0.0.1", func(p *discovery.Pod) { p.Containers = p.Containers[:1] }),
			},
			reason: v1alpha1.TargetPodsNotRunning,
			want:   "No pod of Service bot runs and has an address: 1 Pending (ContainerCreating). The events of the pods say why (kubectl describe pods).",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := component()
			if tc.change != nil {
				tc.change(&c)
			}
			targets, got := discovery.Targets(c, discovery.Inventory{Services: tc.services, Pods: tc.pods})
			if len(targets) > 0 {
				t.Errorf("targets beside a problem: %v", targets)
			}
			if d := cmp.Diff(&discovery.Problem{Reason: tc.reason, Message: tc.want}, got); d != "" {
				t.Errorf("problem (-want +got):\n%s", d)
			}
		})
	}
}

func TestNotCollected(t *testing.T) {
	if got := discovery.NotCollected(component()); got != nil {
		t.Errorf("a problem of a component that is scraped: %+v", got)
	}
	got := discovery.NotCollected(model.Component{Existing: &model.Existing{}})
	want := &discovery.Problem{
		Reason:  v1alpha1.TargetNotCollected,
		Message: "The embedded source sees only what the operator scrapes itself, not series of others: give this component selector instead of existing, or read from a Prometheus that has them.",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("problem (-want +got):\n%s", d)
	}
}

// TestMessagesOfLongNames: whatever the names, what to do is still in the message.
func TestMessagesOfLongNames(t *testing.T) {
	for _, text := range []string{strings.Repeat("n", 1000), strings.Repeat("€", 400)} {
		var kinds []v1alpha1.TargetProblemReason
		for _, problem := range problemsOf(text) {
			checkMessage(t, problem)
			kinds = append(kinds, problem.Reason)
		}
		want := []v1alpha1.TargetProblemReason{
			"NoServiceMatches", "NoServiceMatches", "PortNotFound", "PortNotFound", "NoPodMatches", "NoPodMatches", "NoPodMatches", "PortNotFound", "PodsNotRunning",
		}
		if d := cmp.Diff(want, kinds); d != "" {
			t.Errorf("problems (-want +got):\n%s", d)
		}
	}
}

// problemsOf has each kind of problem, with text for every name.
func problemsOf(text string) []*discovery.Problem {
	c := component()
	label := strings.Repeat("k", 63)
	c.Selector.Labels = map[string]string{strings.Repeat("p", 253) + "/" + label: label}
	c.Endpoint.Port = text
	long := func(s *discovery.Service) { s.Labels, s.Selector = c.Selector.Labels, c.Selector.Labels }
	named := func(s *discovery.Service) {
		s.Ports = []discovery.ServicePort{{Name: text, Target: intstr.FromString(text + "2")}, {Name: text}, {Name: text}}
	}
	unlike := func(s *discovery.Service) { s.Ports = []discovery.ServicePort{{Name: text + "2"}, {Name: text + "2"}} }
	ports := func(p *discovery.Pod) {
		p.Labels = c.Selector.Labels
		p.Containers[0].Ports[0].Name = text
	}
	waiting := func(p *discovery.Pod) { ports(p); p.Phase, p.Reason = corev1.PodPending, text }
	numbered := func(s *discovery.Service) { named(s); s.Ports[0].Target = intstr.FromInt32(1) }
	var out []*discovery.Problem
	for _, in := range []discovery.Inventory{
		{},
		{Services: []discovery.Service{service(text), service(text)}},
		{Services: []discovery.Service{service(text, long, unlike)}},
		{Services: []discovery.Service{service(text, long, unlike), service(text, long, unlike)}},
		{Services: []discovery.Service{service(text, long, named)}},
		{Services: []discovery.Service{service(text, long, named, func(s *discovery.Service) { s.Selector = nil })}},
		{Services: []discovery.Service{service(text, long, named, func(s *discovery.Service) { s.ExternalName = true })}},
		{Services: []discovery.Service{service(text, long, named)}, Pods: []discovery.Pod{pod(text, "", ports)}},
		{Services: []discovery.Service{service(text, long, numbered)}, Pods: []discovery.Pod{
			pod(text, "", waiting), pod(text+"1", "", waiting, func(p *discovery.Pod) { p.Phase = "Odd" }), pod(text+"2", "", ports),
		}},
	} {
		_, problem := discovery.Targets(c, in)
		out = append(out, problem)
	}
	return out
}

func checkMessage(t *testing.T, p *discovery.Problem) {
	t.Helper()
	if p == nil {
		t.Error("no problem")
		return
	}
	if len(p.Message) > 256 || !utf8.ValidString(p.Message) || strings.HasSuffix(p.Message, "…") {
		t.Error(fmt.Sprintf("%s: %d bytes: ", p.Reason, len(p.Message)), p.Message)
	}
}
