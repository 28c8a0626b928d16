// Package discovery says which pods are scraped for a component, as its
// ServiceMonitor makes Prometheus scrape them, and if none are, why not.
//
// Addresses come from one place: the status of a pod, which only its kubelet
// writes. EndpointSlices, and Services without a selector, would let whoever may
// write them have the operator connect to any address.
//
// A pod on the network of its node has the node's address, so its Service can point
// at any port of the node. Prometheus scrapes it, hence so is it here: who may make
// such a pod is trusted with the node's network already.
package discovery

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Inventory is what one namespace has. It is only read: maps and slices in it may
// be shared.
type Inventory struct {
	Services []Service
	Pods     []Pod
}

// Service is what matters of a Service.
type Service struct {
	Name   string
	Labels map[string]string
	// Selector picks the pods; empty where their addresses are written by hand.
	Selector map[string]string
	// ExternalName means that the Service is a name for something elsewhere.
	ExternalName bool
	// PublishNotReady means that terminating pods are still part of it.
	PublishNotReady bool
	// Family of its addresses; "" means that of the pod's first address.
	Family corev1.IPFamily
	Ports  []ServicePort
}

// ServicePort is one port of a Service.
type ServicePort struct {
	// Name is "" only where it is the only port.
	Name     string
	Number   int32
	Protocol corev1.Protocol
	// Target is the number of a port of the pod, or the name of a container port.
	Target intstr.IntOrString
}

// Pod is what matters of a pod.
type Pod struct {
	Name   string
	Labels map[string]string
	Phase  corev1.PodPhase
	// Reason why it does not run, such as "ImagePullBackOff"; "" when it runs, or
	// when nobody says.
	Reason      string
	Terminating bool
	// Addresses that the kubelet reported, the first of which is the pod's own
	// choice of family.
	Addresses []netip.Addr
	// Containers that declare ports: first those that run, then the init containers.
	Containers []Container
}

// Container is what matters of a container.
type Container struct {
	Name string
	// Starts is set for an init container that ends before the others begin, not
	// for a sidecar.
	Starts bool
	Ports  []ContainerPort
}

// ContainerPort is a port that a container declares.
type ContainerPort struct {
	Name     string
	Number   int32
	Protocol corev1.Protocol
}
