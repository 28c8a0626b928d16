//go:build linux

// Package node runs a node of a cluster in namespaces of its own (network, mounts,
// processes, host name, IPC, control groups), so that it leaves nothing on the
// machine: the kernel takes all of it away when its first process ends.
//
// Three processes do that. The keeper (Keep) stays on the machine; it makes the
// namespaces, the link and the control groups, and removes what is left of them. The
// first process of the node (Init) furnishes the namespaces from inside, and buries
// orphans. The supervisor (Supervise) starts the components, starts them again when
// they end, and answers on a socket (Client).
package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/config"
)

// launch is what the keeper tells the node's first process.
type launch struct {
	Dir, Bin string
	Settings config.Settings
	Trees    []hierarchy
}

// Keep runs the node of the cluster in a folder that was prepared for it, until ctx
// ends or the node does, and leaves nothing but the folder. bin holds the binaries.
func Keep(ctx context.Context, place Place, bin string) error {
	lock, err := place.lock(keeperFile)
	if err != nil {
		return err
	}
	defer lock.Close() //nolint:errcheck // it lets go of the lock in any case
	if err := writePID(lock, os.Getpid()); err != nil {
		return err
	}
	settings, err := place.Settings()
	if err != nil {
		return err
	}
	groups, err := findGroups(place.ID())
	if err != nil {
		return err
	}
	l := launch{Dir: place.Dir, Bin: bin, Settings: settings, Trees: groups.trees}
	err = run(ctx, place, groups, l)
	return errors.Join(err, sweep(context.WithoutCancel(ctx), place.ID(), groups))
}

// run starts the node and returns when it has ended.
func run(ctx context.Context, place Place, groups groups, l launch) error {
	// The kernel ends the node when the thread that started it ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	first, tell, err := start(groups)
	if err != nil {
		return err
	}
	defer kill(first)
	defer context.AfterFunc(ctx, func() { kill(first) })()
	if err := os.WriteFile(place.path(firstFile), []byte(strconv.Itoa(first.Process.Pid)), 0o600); err != nil {
		return fmt.Errorf("write the pid of the node: %w", err)
	}
	if err := connect(ctx, place.ID(), l.Settings.Addresses, first.Process.Pid); err != nil {
		return err
	}
	// It has waited for this: now its link is there, and we are out of its groups.
	if err := errors.Join(json.NewEncoder(tell).Encode(l), tell.Close()); err != nil {
		return fmt.Errorf("tell the node what it is: %w", err)
	}
	err = first.Wait()
	if ctx.Err() != nil {
		slog.Info("the node was ended")
		return nil
	}
	return fmt.Errorf("the node ended by itself: %w", err)
}

// start starts the node's first process in new namespaces and in the groups.
func start(groups groups) (*exec.Cmd, io.WriteCloser, error) {
	if err := groups.create(); err != nil {
		return nil, nil, err
	}
	leave, err := groups.enter()
	if err != nil {
		return nil, nil, err
	}
	// It must outlive ctx for as long as kill takes.
	first := exec.Command("/proc/self/exe", "init") //nolint:noctx // see kill
	first.Args[0] = "cluster"
	first.Stdout, first.Stderr = os.Stdout, os.Stderr
	first.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID |
			syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC | syscall.CLONE_NEWCGROUP,
		Pdeathsig: syscall.SIGKILL,
	}
	tell, err := first.StdinPipe()
	if err != nil {
		return nil, nil, fmt.Errorf("start the node: %w", err)
	}
	if err := first.Start(); err != nil {
		return nil, nil, fmt.Errorf("start the node: %w", errors.Join(err, leave()))
	}
	if err := leave(); err != nil {
		kill(first)
		return nil, nil, err
	}
	return first, tell, nil
}

// kill ends the first process and with it, by the kernel, every other in the node.
// Nothing in there is worth an orderly end: the data goes with the cluster.
func kill(first *exec.Cmd) {
	_ = first.Process.Kill() // an error says that it has ended
}

// sweep removes what a node leaves on the machine. It is no error when there is
// nothing.
func sweep(ctx context.Context, id string, groups groups) error {
	return errors.Join(groups.remove(ctx), disconnect(ctx, id))
}
