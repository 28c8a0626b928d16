package discovery

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// ServiceOf takes from a Service what matters.
func ServiceOf(s *corev1.Service) Service {
	out := Service{
		Name:            s.Name,
		Labels:          s.Labels,
		Selector:        s.Spec.Selector,
		ExternalName:    s.Spec.Type == corev1.ServiceTypeExternalName,
		PublishNotReady: s.Spec.PublishNotReadyAddresses,
	}
	if len(s.Spec.IPFamilies) > 0 {
		out.Family = s.Spec.IPFamilies[0]
	}
	for _, p := range s.Spec.Ports {
		port := ServicePort{Name: p.Name, Number: p.Port, Protocol: p.Protocol, Target: p.TargetPort}
		if port.Target == (intstr.IntOrString{}) {
			port.Target = intstr.FromInt32(p.Port) // the API server's default
		}
		out.Ports = append(out.Ports, port)
	}
	return out
}

// PodOf takes from a pod what matters.
func PodOf(p *corev1.Pod) Pod {
	out := Pod{
		Name:        p.Name,
		Labels:      p.Labels,
		Phase:       p.Status.Phase,
		Reason:      reason(p),
		Terminating: p.DeletionTimestamp != nil,
	}
	for _, ip := range p.Status.PodIPs {
		if address, err := netip.ParseAddr(ip.IP); err == nil {
			out.Addresses = append(out.Addresses, address)
		}
	}
	for _, c := range p.Spec.Containers {
		out.Containers = appendDeclaring(out.Containers, c, false)
	}
	for _, c := range p.Spec.InitContainers {
		sidecar := c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
		out.Containers = appendDeclaring(out.Containers, c, !sidecar)
	}
	return out
}

func appendDeclaring(to []Container, c corev1.Container, starts bool) []Container {
	if len(c.Ports) == 0 {
		return to
	}
	container := Container{Name: c.Name, Starts: starts, Ports: make([]ContainerPort, 0, len(c.Ports))}
	for _, p := range c.Ports {
		container.Ports = append(container.Ports, ContainerPort{Name: p.Name, Number: p.ContainerPort, Protocol: p.Protocol})
	}
	return append(to, container)
}

// reason is why a pod does not run. A running pod has none, whatever its containers
// wait for: it is scraped, and one that crashes in a loop would change all the time.
func reason(p *corev1.Pod) string {
	switch {
	case p.Status.Phase == corev1.PodRunning:
		return ""
	case p.Status.Reason != "":
		return p.Status.Reason
	}
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return c.Reason
		}
	}
	return waiting(p.Status.InitContainerStatuses, p.Status.ContainerStatuses)
}

// waiting is what a container waits for: if possible not just for its turn.
func waiting(kinds ...[]corev1.ContainerStatus) string {
	found := ""
	for _, statuses := range kinds {
		for _, s := range statuses {
			switch w := s.State.Waiting; {
			case w == nil || w.Reason == "":
			case w.Reason != "PodInitializing" && w.Reason != "ContainerCreating":
				return w.Reason
			case found == "":
				found = w.Reason
			}
		}
	}
	return found
}
