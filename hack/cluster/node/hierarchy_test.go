//go:build linux

package node

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHierarchies(t *testing.T) {
	for name, tc := range map[string]struct {
		mountinfo string
		want      []hierarchy
		fails     bool
	}{
		"version 1, a controller a tree, beside version 2": {
			mountinfo: `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs none rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup none rw,cpu
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup none rw,xattr,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 none rw
`,
			want: []hierarchy{
				{Mount: "/sys/fs/cgroup/cpu", Root: "/", Controllers: []string{"cpu"}},
				{Mount: "/sys/fs/cgroup/systemd", Root: "/", Controllers: []string{"name=systemd"}},
			},
		},
		"version 1, controllers that share a tree, optional fields": {
			mountinfo: `35 30 0:31 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:15 master:3 - cgroup none rw,seclabel,cpu,cpuacct
`,
			want: []hierarchy{{Mount: "/sys/fs/cgroup/cpu,cpuacct", Root: "/", Controllers: []string{"cpu", "cpuacct"}}},
		},
		"version 2": {
			mountinfo: `30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 none rw,nsdelegate,memory_recursiveprot
`,
			want: []hierarchy{{Mount: "/sys/fs/cgroup", Root: "/"}},
		},
		"none": {mountinfo: "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := hierarchies(tc.mountinfo)
			if (err != nil) != tc.fails {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("hierarchies (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMembership(t *testing.T) {
	const text = "9:name=systemd:/\n4:memory:/docker/abc/job\n2:cpu,cpuacct:/batch\n0::/user.slice\n"
	for name, tc := range map[string]struct {
		tree hierarchy
		want string
	}{
		"a controller": {
			tree: hierarchy{Mount: "/sys/fs/cgroup/memory", Root: "/", Controllers: []string{"memory"}},
			want: "/sys/fs/cgroup/memory/docker/abc/job",
		},
		"a controller of which a part is mounted": {
			tree: hierarchy{Mount: "/sys/fs/cgroup/memory", Root: "/docker/abc", Controllers: []string{"memory"}},
			want: "/sys/fs/cgroup/memory/job",
		},
		"two controllers": {
			tree: hierarchy{Mount: "/sys/fs/cgroup/cpu,cpuacct", Root: "/", Controllers: []string{"cpu", "cpuacct"}},
			want: "/sys/fs/cgroup/cpu,cpuacct/batch",
		},
		"a tree by name": {
			tree: hierarchy{Mount: "/sys/fs/cgroup/systemd", Root: "/", Controllers: []string{"name=systemd"}},
			want: "/sys/fs/cgroup/systemd",
		},
		"version 2": {
			tree: hierarchy{Mount: "/sys/fs/cgroup", Root: "/"},
			want: "/sys/fs/cgroup/user.slice",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.tree.own(tc.tree.membership(text)); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}
