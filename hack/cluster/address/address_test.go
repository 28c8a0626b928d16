package address_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/address"
)

func TestChoose(t *testing.T) {
	for name, tc := range map[string]struct {
		taken []string
		want  string // the node's address; "" when none is left
	}{
		"a machine without routes": {want: "10.254.0.2"},
		"a default route takes nothing": {
			taken: []string{"0.0.0.0/0", "::/0"},
			want:  "10.254.0.2",
		},
		"a network inside of the first block": {
			taken: []string{"10.254.7.0/24"},
			want:  "10.253.0.2",
		},
		"a network around of several blocks": {
			taken: []string{"10.252.0.0/14"},
			want:  "10.251.0.2",
		},
		"a single address, as another cluster's link has": {
			taken: []string{"10.254.0.1/32", "10.253.0.0/30"},
			want:  "10.252.0.2",
		},
		"all of 10.0.0.0/8": {
			taken: []string{"10.0.0.0/8"},
			want:  "172.31.0.2",
		},
		"everything that is private": {
			taken: []string{"10.0.0.0/8", "172.16.0.0/12"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var taken []netip.Prefix
			for _, text := range tc.taken {
				taken = append(taken, netip.MustParsePrefix(text))
			}
			plan, err := address.Choose(taken)
			if (err != nil) != (tc.want == "") {
				t.Fatalf("error %v", err)
			}
			if err == nil && plan.Node.String() != tc.want {
				t.Errorf("node %s, want %s", plan.Node, tc.want)
			}
		})
	}
}

func TestPlan(t *testing.T) {
	got, err := address.Choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := address.Plan{
		Host:     netip.MustParseAddr("10.254.0.1"),
		Node:     netip.MustParseAddr("10.254.0.2"),
		Link:     netip.MustParsePrefix("10.254.0.0/30"),
		Pods:     netip.MustParsePrefix("10.254.1.0/24"),
		Services: netip.MustParsePrefix("10.254.2.0/24"),
		API:      netip.MustParseAddr("10.254.2.1"),
		DNS:      netip.MustParseAddr("10.254.2.10"),
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}
