package discovery

import (
	"cmp"
	"math"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// Target is one address to scrape.
type Target struct {
	// Address is the pod's, as its kubelet reported it.
	Address netip.AddrPort
	// Service through which the pod was found: the first by name, where there are several.
	Service string
	Pod     string
	// Container that declares the port; "" when none does.
	Container string
	// Endpoint is the name of the Service's port.
	Endpoint string
}

// Labels are those that this target of a job of our ServiceMonitor in namespace has, but
// for those of RAGMonitor and component. The names of Service and port are not among them:
// see naming.LabelServiceTarget and naming.LabelEndpointTarget.
func (t Target) Labels(namespace, job string) map[string]string {
	out := map[string]string{
		"namespace":           namespace,
		"pod":                 t.Pod,
		naming.LabelJobTarget: job,
		"instance":            t.Address.String(),
	}
	if t.Container != "" {
		out["container"] = t.Container
	}
	return out
}

// Targets are what is scraped for a component, sorted; and where there are none,
// why. A component that somebody else collects has neither: see NotCollected.
//
// It follows what Kubernetes makes of a Service and the Prometheus Operator, by
// default, of a ServiceMonitor: pods are scraped whether they are ready or not, as
// soon as they have an address, until they have ended or are being deleted. In two
// things it is stricter than Prometheus, to which "." and "-" in the name of a label
// are "_", and which takes the values of labels for regular expressions.
func Targets(c model.Component, in Inventory) ([]Target, *Problem) {
	if c.Existing != nil {
		return nil, nil
	}
	selector, err := selectorOf(c.Selector)
	if err != nil {
		return nil, badSelector(err)
	}
	services := matching(selector, in.Services)
	if len(services) == 0 {
		return nil, noService(selector, c.Endpoint.Port, in.Services)
	}
	exposed := exposing(services, c.Endpoint.Port)
	if len(exposed) == 0 {
		return nil, noServicePort(services, c.Endpoint.Port)
	}
	backends := backing(exposed, in.Pods)
	if len(backends) == 0 {
		return nil, noPod(exposed)
	}
	listening := resolve(backends)
	if len(listening) == 0 {
		return nil, noContainerPort(backends)
	}
	targets := addressed(listening)
	if len(targets) == 0 {
		return nil, notRunning(listening)
	}
	return targets, nil
}

func selectorOf(s model.Selector) (labels.Selector, error) {
	in := &metav1.LabelSelector{MatchLabels: s.Labels}
	for _, r := range s.Requirements {
		in.MatchExpressions = append(in.MatchExpressions, metav1.LabelSelectorRequirement{
			Key: r.Key, Operator: metav1.LabelSelectorOperator(r.Operator), Values: r.Values,
		})
	}
	return metav1.LabelSelectorAsSelector(in)
}

// matching are the Services that a selector selects, by name.
func matching(selector labels.Selector, services []Service) []Service {
	var out []Service
	for _, s := range services {
		if selector.Matches(labels.Set(s.Labels)) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Service) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// exposure is a Service with the port that is scraped.
type exposure struct {
	Service
	port ServicePort
}

func exposing(services []Service, port string) []exposure {
	var out []exposure
	for _, s := range services {
		for _, p := range s.Ports {
			if p.Name == port {
				out = append(out, exposure{s, p})
			}
		}
	}
	return out
}

// readsPods says whether Kubernetes looks for the pods of the Service.
func (s Service) readsPods() bool { return !s.ExternalName && len(s.Selector) > 0 }

// backend is a pod behind a Service.
type backend struct {
	exposure
	pod Pod
	// number of the pod's port, once that is resolved.
	number uint16
}

func backing(exposed []exposure, pods []Pod) []backend {
	var out []backend
	for _, e := range exposed {
		if !e.readsPods() {
			continue
		}
		selector := labels.SelectorFromSet(e.Selector)
		for _, p := range pods {
			if selector.Matches(labels.Set(p.Labels)) {
				out = append(out, backend{exposure: e, pod: p})
			}
		}
	}
	return out
}

// resolve keeps the backends whose port is known.
func resolve(backends []backend) []backend {
	var out []backend
	for _, b := range backends {
		number := b.port.Target.IntVal
		if b.port.Target.Type == intstr.String {
			number = b.pod.named(b.port.Target.StrVal, b.port.Protocol)
		}
		if number > 0 && number <= math.MaxUint16 {
			b.number = uint16(number)
			out = append(out, b)
		}
	}
	return out
}

// named is the number of a container port, 0 when there is none with the name.
func (p Pod) named(name string, protocol corev1.Protocol) int32 {
	for _, c := range p.Containers {
		if c.Starts {
			continue
		}
		for _, port := range c.Ports {
			if port.Name == name && port.Protocol == protocol {
				return port.Number
			}
		}
	}
	return 0
}

// addressed are the targets of the backends that can be scraped, each once: a pod may be
// behind several Services.
func addressed(backends []backend) []Target {
	var out []Target
	for _, b := range backends {
		address, ok := b.pod.address(b.Family)
		if !ok || b.pod.ended() || b.pod.Terminating && !b.PublishNotReady {
			continue
		}
		out = append(out, Target{
			Address:   netip.AddrPortFrom(address, b.number),
			Service:   b.Name,
			Pod:       b.pod.Name,
			Container: b.pod.declaring(int32(b.number)),
			Endpoint:  b.port.Name,
		})
	}
	slices.SortFunc(out, func(a, b Target) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Pod, b.Pod))
	})
	return once(out)
}

func once(targets []Target) []Target {
	type identity struct {
		pod     string
		address netip.AddrPort
	}
	seen := map[identity]bool{}
	return slices.DeleteFunc(targets, func(t Target) bool {
		id := identity{t.Pod, t.Address}
		again := seen[id]
		seen[id] = true
		return again
	})
}

// ended says whether no container will run again.
func (p Pod) ended() bool { return p.Phase == corev1.PodSucceeded || p.Phase == corev1.PodFailed }

// address is the first of a family; where there is none of it, the first of all,
// because it is the pod that is asked, not the Service.
func (p Pod) address(family corev1.IPFamily) (netip.Addr, bool) {
	if len(p.Addresses) == 0 {
		return netip.Addr{}, false
	}
	for _, a := range p.Addresses {
		if family != "" && a.Is4() == (family == corev1.IPv4Protocol) {
			return a, true
		}
	}
	return p.Addresses[0], true
}

// declaring is the container that declares a port: of several the last, as in
// Prometheus.
func (p Pod) declaring(number int32) string {
	name := ""
	for _, c := range p.Containers {
		if slices.ContainsFunc(c.Ports, func(port ContainerPort) bool { return port.Number == number }) {
			name = c.Name
		}
	}
	return name
}
