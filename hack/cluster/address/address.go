// Package address chooses the addresses of a cluster so that none of them is used
// by anything else on the machine.
package address

import (
	"errors"
	"net/netip"
)

// Plan is the addresses of a cluster with one node.
type Plan struct {
	// Host is the machine's end of the link to the node.
	Host netip.Addr `json:"host"`
	// Node is the node's end: its kubelet, its API server and its node ports.
	Node netip.Addr `json:"node"`
	// Link is the network of these two alone.
	Link netip.Prefix `json:"link"`
	// Pods is the network of the pods' addresses; it exists only inside the node.
	Pods netip.Prefix `json:"pods"`
	// Services is the network of the Services' addresses; it exists only in the
	// node's packet filter.
	Services netip.Prefix `json:"services"`
	// API is the address of the Service "kubernetes", the first of Services.
	API netip.Addr `json:"api"`
	// DNS is the address of the cluster's DNS server, the tenth of Services.
	DNS netip.Addr `json:"dns"`
}

// Choose returns a plan within the first free /16 of the private ranges. taken are
// the networks that the machine has routes to or addresses in; a default route
// (length 0) takes nothing. It is an error when no such /16 is free.
func Choose(taken []netip.Prefix) (Plan, error) {
	for _, block := range candidates() {
		if free(block, taken) {
			return plan(block), nil
		}
	}
	return Plan{}, errors.New("choose addresses: every private network that a cluster could use has a route already")
}

// candidates are the private /16 networks, the least used by others first: people
// and clouds count from the lower end of 10.0.0.0/8.
func candidates() []netip.Prefix {
	var blocks []netip.Prefix
	for second := byte(254); second >= 200; second-- {
		blocks = append(blocks, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, second, 0, 0}), 16))
	}
	for second := byte(31); second >= 16; second-- {
		blocks = append(blocks, netip.PrefixFrom(netip.AddrFrom4([4]byte{172, second, 0, 0}), 16))
	}
	return blocks
}

func free(block netip.Prefix, taken []netip.Prefix) bool {
	for _, other := range taken {
		if other.Bits() > 0 && other.Overlaps(block) {
			return false
		}
	}
	return true
}

func plan(block netip.Prefix) Plan {
	services := part(block, 2, 24)
	return Plan{
		Host: host(block, 0, 1), Node: host(block, 0, 2), Link: part(block, 0, 30),
		Pods: part(block, 1, 24), Services: services,
		API: host(block, 2, 1), DNS: host(block, 2, 10),
	}
}

// part is a network of this length at the beginning of the third byte's range.
func part(block netip.Prefix, third byte, bits int) netip.Prefix {
	return netip.PrefixFrom(host(block, third, 0), bits)
}

func host(block netip.Prefix, third, fourth byte) netip.Addr {
	b := block.Addr().As4()
	return netip.AddrFrom4([4]byte{b[0], b[1], third, fourth})
}
