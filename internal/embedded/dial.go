package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// dialTimeout is for the connection only. A pod in the same cluster answers within
// milliseconds, and one behind a network policy never does.
const dialTimeout = 3 * time.Second

// PodAddress says whether an address may be that of a pod: it is not this pod, not
// the node, and not one of the services that clouds offer to machines, under any of
// the spellings that lead there.
func PodAddress(address netip.Addr) bool {
	if !address.IsValid() || address.Zone() != "" {
		return false
	}
	address = address.Unmap()
	if address.IsUnspecified() || address.IsLoopback() || address.IsMulticast() || address.IsLinkLocalUnicast() || address.IsInterfaceLocalMulticast() {
		return false
	}
	for _, prefix := range neverPods {
		if prefix.Contains(address) {
			return false
		}
	}
	return true
}

// neverPods are addresses that mean something else wherever they are used.
var neverPods = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),          // this host
	netip.MustParsePrefix("255.255.255.255/32"), // all hosts
	netip.MustParsePrefix("100.100.100.200/32"), // metadata of Alibaba Cloud
	netip.MustParsePrefix("168.63.129.16/32"),   // services of Azure
	netip.MustParsePrefix("192.0.0.192/32"),     // metadata of Oracle Cloud
	netip.MustParsePrefix("fd00:ec2::254/128"),  // metadata of AWS
	netip.MustParsePrefix("fd20:ce::254/128"),   // metadata of Google Cloud
	netip.MustParsePrefix("::/96"),              // IPv4 in an old spelling
	netip.MustParsePrefix("64:ff9b::/96"),       // IPv4 behind a translator
	netip.MustParsePrefix("64:ff9b:1::/48"),     // the same, of an operator's own
	netip.MustParsePrefix("2001::/32"),          // IPv4 through a Teredo relay
	netip.MustParsePrefix("2002::/16"),          // IPv4 through a 6to4 relay
}

// errForbidden marks an address to which no connection is made.
var errForbidden = errors.New("address is not allowed")

// dialer connects to targets and to nothing else. It knows no names, so that none
// can be resolved to another address later.
type dialer struct {
	allow   func(netip.Addr) bool
	targets atomic.Pointer[map[netip.AddrPort]bool]
	// bytes are read from one connection at most.
	bytes int64
}

func (d *dialer) dial(ctx context.Context, _, address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("connect to %q: %w", address, errForbidden)
	}
	targets := d.targets.Load()
	if targets == nil || !(*targets)[to] || !d.allow(to.Addr()) {
		return nil, fmt.Errorf("connect to %s: %w", to, errForbidden)
	}
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", to.String())
	if err != nil {
		return nil, err
	}
	return &boundedConn{Conn: conn, left: d.bytes}, nil
}

// boundedConn ends a response that is larger than any that is accepted. The limit on
// the body is on what is left of it after decompression; this one is on its headers,
// and on the rest that would be read to the end otherwise.
type boundedConn struct {
	net.Conn
	left int64
}

// Read implements net.Conn. Only one goroutine reads from a connection.
func (c *boundedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errors.New("the response is larger than any that is accepted")
	}
	n, err := c.Conn.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}
