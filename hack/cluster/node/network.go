//go:build linux

package node

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/address"
)

// inside is the name of the node's end of the link.
const inside = "eth0"

// linkName is that of the machine's end; the kernel takes 15 characters at most.
func linkName(id string) string { return "rm-" + id }

// Taken are the networks that the machine has routes to or addresses in.
func Taken(ctx context.Context) ([]netip.Prefix, error) {
	out, err := ip(ctx, "-json", "-4", "route", "show", "table", "all")
	if err != nil {
		return nil, err
	}
	return destinations(out)
}

// destinations are the networks in the output of `ip -json route`. An address of the
// machine's own has a route as well, in the table "local".
func destinations(routes []byte) ([]netip.Prefix, error) {
	var list []struct {
		Dst string `json:"dst"`
	}
	if err := json.Unmarshal(routes, &list); err != nil {
		return nil, fmt.Errorf("read the routes: %w", err)
	}
	var taken []netip.Prefix
	for _, route := range list {
		if route.Dst == "default" {
			continue
		}
		prefix, err := netip.ParsePrefix(route.Dst)
		if err != nil {
			single, err := netip.ParseAddr(route.Dst)
			if err != nil {
				return nil, fmt.Errorf("read the routes: %w", err)
			}
			prefix = netip.PrefixFrom(single, single.BitLen())
		}
		taken = append(taken, prefix)
	}
	return taken, nil
}

// connect makes the link between the machine and the network namespace of the
// process, and sets up the machine's end.
func connect(ctx context.Context, id string, plan address.Plan, pid int) error {
	name := linkName(id)
	return commands(ctx, [][]string{
		{"link", "add", name, "type", "veth", "peer", "name", inside, "netns", strconv.Itoa(pid)},
		{"address", "add", onLink(plan.Host, plan), "dev", name},
		{"link", "set", name, "up"},
	})
}

// disconnect removes the link if there is one.
func disconnect(ctx context.Context, id string) error {
	if _, err := os.Stat("/sys/class/net/" + linkName(id)); err != nil {
		return nil //nolint:nilerr // it went with the namespace of its other end
	}
	_, err := ip(ctx, "link", "delete", linkName(id))
	return err
}

// wire sets up the network inside of the node. There is no default route: nothing
// gets out.
func wire(ctx context.Context, plan address.Plan) error {
	for name, value := range map[string]string{
		"ip_forward":              "1",
		"conf/all/rp_filter":      "0",
		"conf/default/rp_filter":  "0",
		"conf/all/route_localnet": "0",
	} {
		if err := write("/proc/sys/net/ipv4/"+name, value); err != nil {
			return fmt.Errorf("set up the node's network: %w", err)
		}
	}
	return commands(ctx, [][]string{
		{"link", "set", "lo", "up"},
		{"address", "add", onLink(plan.Node, plan), "dev", inside},
		{"link", "set", inside, "up"},
		// Packets of the node's own processes need a route before kube-proxy's rules
		// see them. What no rule takes dies on the link.
		{"route", "add", plan.Services.String(), "dev", inside},
	})
}

// onLink is an address with the length of the link's network.
func onLink(a netip.Addr, plan address.Plan) string {
	return netip.PrefixFrom(a, plan.Link.Bits()).String()
}

func commands(ctx context.Context, all [][]string) error {
	for _, args := range all {
		if _, err := ip(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

func ip(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "ip", args...) //nolint:gosec // of our own making
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(said.String()))
	}
	return out, nil
}
