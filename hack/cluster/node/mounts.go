//go:build linux

package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/config"
)

// furnish makes the mounts of the node in a new namespace: what it writes to outside
// of the cluster's folder, and what shows the namespaces it is in.
func furnish(l launch) error {
	// They are found while the machine's folders are still in sight.
	dir, err := open(l.Dir)
	if err != nil {
		return err
	}
	defer unix.Close(dir) //nolint:errcheck // it was only looked at
	bin, err := open(l.Bin)
	if err != nil {
		return err
	}
	defer unix.Close(bin) //nolint:errcheck // it was only looked at

	steps := []func() error{
		// Nothing from here on is seen on the machine.
		func() error { return mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") },
		func() error { return mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "") },
		func() error { return mount("sysfs", "/sys", "sysfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "") },
		func() error { return mountGroups(l.Trees) },
		func() error { return mount("tmpfs", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755") },
		func() error { return bind(fmt.Sprintf("/proc/self/fd/%d", dir), config.Dir) },
		func() error { return bind(fmt.Sprintf("/proc/self/fd/%d", bin), config.Bin) },
		func() error { return mount(config.Dir+"/tmp", "/tmp", "", unix.MS_BIND, "") },
		func() error { return mount(config.Dir+"/var", "/var", "", unix.MS_BIND, "") },
		func() error { return symlink("/run", "/var/run") },
		coverSysctls,
		// The kubelet's mounts must reach the pods that look at the node's.
		func() error { return mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "") },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func open(path string) (int, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("open %s: %w", path, err)
	}
	return fd, nil
}

func mount(source, target, kind string, flags uintptr, data string) error {
	if err := unix.Mount(source, target, kind, flags, data); err != nil {
		return fmt.Errorf("mount %s: %w", target, err)
	}
	return nil
}

// bind shows source at a new folder.
func bind(source, target string) error {
	if err := os.MkdirAll(target, 0o755); err != nil { //nolint:gosec // as the folders beside it
		return fmt.Errorf("mount %s: %w", target, err)
	}
	return mount(source, target, "", unix.MS_BIND, "")
}

func symlink(target, path string) error {
	if err := os.Symlink(target, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("link %s: %w", path, err)
	}
	return nil
}

// coverSysctls shows the kubelet the settings that it wants, see config.Sysctls.
func coverSysctls() error {
	for _, name := range config.Sysctls() {
		if err := mount(filepath.Join(config.Dir, config.SysctlFile(name)), "/proc/sys/"+name, "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	return nil
}

// mountGroups mounts the control groups anew: in the new namespace, the cluster's are
// the root of what is seen.
func mountGroups(trees []hierarchy) error {
	const root = "/sys/fs/cgroup"
	flags := uintptr(unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC)
	if len(trees) == 1 && trees[0].unified() {
		if err := mount("cgroup2", root, "cgroup2", flags, ""); err != nil {
			return err
		}
		return settle(root)
	}
	if err := mount("tmpfs", root, "tmpfs", flags, "mode=755"); err != nil {
		return err
	}
	for _, tree := range trees {
		if err := mountTree(root, tree, flags); err != nil {
			return err
		}
	}
	return nil
}

// mountTree mounts a tree of version 1. Where controllers share one, each gets its
// own name as well.
func mountTree(root string, tree hierarchy, flags uintptr) error {
	target := filepath.Join(root, tree.folder())
	if err := os.Mkdir(target, 0o755); err != nil { //nolint:gosec // as the folders beside it
		return fmt.Errorf("mount %s: %w", target, err)
	}
	options := strings.Join(tree.Controllers, ",")
	if strings.HasPrefix(options, "name=") {
		options = "none," + options
	}
	if err := mount("cgroup", target, "cgroup", flags, options); err != nil {
		return err
	}
	if len(tree.Controllers) == 1 {
		return nil
	}
	for _, controller := range tree.Controllers {
		if err := symlink(tree.folder(), filepath.Join(root, controller)); err != nil {
			return err
		}
	}
	return nil
}

// settle moves us out of the root of version 2, where no process may be when groups
// below it are to have limits.
func settle(root string) error {
	group := filepath.Join(root, "node")
	if err := os.Mkdir(group, 0o755); err != nil { //nolint:gosec // the kernel's own mode
		return fmt.Errorf("make a control group: %w", err)
	}
	if err := join(group); err != nil {
		return err
	}
	return delegate(root)
}
