//go:build linux

package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// removal is how long the kernel may take to let go of groups whose processes have
// ended.
const removal = 20 * time.Second

// groups are the control groups of one cluster: one in each tree, with this name.
type groups struct {
	name  string
	trees []hierarchy
}

func findGroups(id string) (groups, error) {
	mountinfo, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return groups{}, fmt.Errorf("find the control groups: %w", err)
	}
	trees, err := hierarchies(string(mountinfo))
	if err != nil {
		return groups{}, fmt.Errorf("find the control groups: %w", err)
	}
	return groups{name: "ragmonitor-" + id, trees: trees}, nil
}

func (g groups) path(tree hierarchy) string { return filepath.Join(tree.Mount, g.name) }

// create makes the groups, ready for processes.
func (g groups) create() error {
	for _, tree := range g.trees {
		if tree.unified() {
			if err := delegate(tree.Mount); err != nil {
				return err
			}
		}
		if err := os.Mkdir(g.path(tree), 0o755); err != nil && !errors.Is(err, fs.ErrExist) { //nolint:gosec // the kernel's own mode
			return fmt.Errorf("make a control group: %w", err)
		}
		if err := copyCPUs(tree.Mount, g.path(tree)); err != nil {
			return err
		}
	}
	return nil
}

// delegate lets groups below this one of version 2 use all its controllers.
func delegate(group string) error {
	available, err := os.ReadFile(filepath.Join(group, "cgroup.controllers"))
	if err != nil {
		return fmt.Errorf("delegate control groups: %w", err)
	}
	for controller := range strings.FieldsSeq(string(available)) {
		if err := write(filepath.Join(group, "cgroup.subtree_control"), "+"+controller); err != nil {
			return fmt.Errorf("delegate control groups: %w", err)
		}
	}
	return nil
}

// copyCPUs gives a new group of version 1 the CPUs of the one above: it begins with
// none, and then takes no process.
func copyCPUs(parent, group string) error {
	for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
		content, err := os.ReadFile(filepath.Join(parent, name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("make a control group: %w", err)
		}
		if err := write(filepath.Join(group, name), string(content)); err != nil {
			return fmt.Errorf("make a control group: %w", err)
		}
	}
	return nil
}

// enter puts our own process into the groups. What it starts in a new namespace of
// control groups has them as its root. leave brings it back.
func (g groups) enter() (leave func() error, err error) {
	before, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, fmt.Errorf("enter the control groups: %w", err)
	}
	for _, tree := range g.trees {
		if err := join(g.path(tree)); err != nil {
			return nil, err
		}
	}
	return func() error {
		for _, tree := range g.trees {
			if err := join(tree.own(tree.membership(string(before)))); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func join(group string) error {
	if err := write(filepath.Join(group, "cgroup.procs"), strconv.Itoa(os.Getpid())); err != nil {
		return fmt.Errorf("enter a control group: %w", err)
	}
	return nil
}

// remove takes the groups away with all that are below. It is no error when there
// are none.
func (g groups) remove(ctx context.Context) error {
	for _, tree := range g.trees {
		var last error
		err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, removal, true, func(context.Context) (bool, error) {
			last = removeTree(g.path(tree))
			return last == nil, nil
		})
		if err != nil {
			return fmt.Errorf("remove a control group: %w", errors.Join(last, err))
		}
	}
	return nil
}

// removeTree removes folders only, from the leaves on: the files in them are the
// kernel's, and go with them.
func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		if err := removeTree(filepath.Join(dir, entry.Name())); err != nil {
			return err
		}
	}
	err = os.Remove(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// write sets a file of the kernel, which is there already.
func write(path, value string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(value)
	return errors.Join(err, file.Close())
}
