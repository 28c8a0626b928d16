//go:build linux

package node

import (
	"errors"
	"path"
	"slices"
	"strings"
)

// hierarchy is one tree of control groups: one for each controller in version 1, a
// single one in version 2.
type hierarchy struct {
	// Mount is where it is mounted on the machine, Root what of it is mounted there.
	Mount, Root string
	// Controllers of version 1, or the name of a tree without any ("name=systemd").
	// Empty for version 2.
	Controllers []string
}

// unified says whether it is the tree of version 2.
func (h hierarchy) unified() bool { return len(h.Controllers) == 0 }

// folder is what it is called below /sys/fs/cgroup.
func (h hierarchy) folder() string {
	return strings.TrimPrefix(strings.Join(h.Controllers, ","), "name=")
}

// own is the folder of the group at this path in the tree, as /proc/self/cgroup
// has it.
func (h hierarchy) own(group string) string {
	if h.Root != "/" {
		group = strings.TrimPrefix(group, h.Root)
	}
	return path.Join(h.Mount, group)
}

// notControllers are options of a mount that do not say what is mounted.
var notControllers = []string{"rw", "ro", "xattr", "noprefix", "clone_children", "none", "seclabel", "cpuset_v2_mode", "favordynmods"}

// hierarchies are those that /proc/self/mountinfo has. Where version 1 has any
// controller, version 2 beside it is left out: container runtimes do not use it then.
func hierarchies(mountinfo string) ([]hierarchy, error) {
	var v1, v2 []hierarchy
	for line := range strings.Lines(mountinfo) {
		before, after, _ := strings.Cut(line, " - ")
		place, what := strings.Fields(before), strings.Fields(after)
		if len(place) < 5 || len(what) < 3 {
			continue
		}
		h := hierarchy{Root: place[3], Mount: place[4]}
		switch what[0] {
		case "cgroup":
			h.Controllers = controllers(what[2])
			v1 = append(v1, h)
		case "cgroup2":
			v2 = append(v2, h)
		}
	}
	switch {
	case len(v1) > 0:
		return v1, nil
	case len(v2) > 0:
		return v2[:1], nil
	}
	return nil, errors.New("no control groups are mounted below /sys/fs/cgroup")
}

func controllers(options string) []string {
	return slices.DeleteFunc(strings.Split(options, ","), func(option string) bool {
		return slices.Contains(notControllers, option) || strings.HasPrefix(option, "release_agent=")
	})
}

// membership is the path of the group that a process is in, from /proc/PID/cgroup.
func (h hierarchy) membership(text string) string {
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) == 3 && fields[1] == strings.Join(h.Controllers, ",") {
			return fields[2]
		}
	}
	return "/"
}
