//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// needed are the files that a node uses beside our binaries, and the Debian package
// of each.
var needed = map[string]string{
	"/usr/sbin/runc":          "runc",
	"/usr/lib/cni/ptp":        "containernetworking-plugins",
	"/usr/lib/cni/host-local": "containernetworking-plugins",
	"/usr/lib/cni/portmap":    "containernetworking-plugins",
	"/usr/sbin/iptables":      "iptables",
	"/usr/sbin/conntrack":     "conntrack",
	"/usr/bin/ip":             "iproute2",
	"/usr/bin/mount":          "mount",
	"/usr/bin/nsenter":        "util-linux",
}

// ensurePackages installs the packages that are missing, and says so.
func ensurePackages(ctx context.Context, out io.Writer) error {
	missing := missingPackages(func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	})
	if len(missing) == 0 {
		return nil
	}
	list := strings.Join(missing, " ")
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("install these Debian packages, or what holds the same files: %s", list)
	}
	fmt.Fprintf(out, "installing the packages that a node needs: %s\n", list)
	for _, args := range [][]string{
		{"update", "--quiet"},
		append([]string{"install", "--quiet", "--yes", "--no-install-recommends"}, missing...),
	} {
		cmd := exec.CommandContext(ctx, "apt-get", args...) //nolint:gosec // from the list above
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if said, err := cmd.CombinedOutput(); err != nil {
			return errors.Join(fmt.Errorf("apt-get %s: %w", args[0], err), errors.New(strings.TrimSpace(string(said))))
		}
	}
	return nil
}

// missingPackages are those of the files that are not there.
func missingPackages(there func(path string) bool) []string {
	var missing []string
	for path, name := range needed {
		if !there(path) && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return missing
}
