//go:build linux

package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/config"
)

// SearchPath is the environment entry for where the components find one another and the packages' tools.
const SearchPath = "PATH=" + config.Bin + ":/usr/sbin:/usr/bin:/sbin:/bin"

// Init is the first process of a node. It reads from in what the keeper has to tell,
// furnishes the namespaces it was started in, starts the supervisor, and returns when
// that has ended: the kernel then ends everything else.
func Init(ctx context.Context, in io.Reader) error {
	var l launch
	if err := json.NewDecoder(in).Decode(&l); err != nil {
		return fmt.Errorf("listen to the keeper: %w", err)
	}
	if err := unix.Sethostname([]byte(config.NodeName)); err != nil {
		return fmt.Errorf("set the host name: %w", err)
	}
	if err := furnish(l); err != nil {
		return fmt.Errorf("furnish the node: %w", err)
	}
	if err := wire(ctx, l.Settings.Addresses); err != nil {
		return err
	}
	supervisor := exec.CommandContext(ctx, "/proc/self/exe", "supervise")
	supervisor.Args[0] = "cluster"
	supervisor.Env = []string{SearchPath, "HOME=/run", "LANG=C.UTF-8"}
	supervisor.Dir = "/"
	supervisor.Stdout, supervisor.Stderr = os.Stdout, os.Stderr
	if err := supervisor.Start(); err != nil {
		return fmt.Errorf("start the supervisor: %w", err)
	}
	return bury(supervisor.Process.Pid)
}

// bury waits for children to end, our own and those that were left by their parents,
// until it is the supervisor that has ended.
func bury(supervisor int) error {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return fmt.Errorf("wait for the supervisor: %w", err)
		case pid == supervisor:
			return fmt.Errorf("the supervisor ended: exit code %d, signal %d", status.ExitStatus(), status.Signal())
		}
	}
}
