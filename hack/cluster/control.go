//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/node"
)

// errDown is what commands say that need a cluster.
var errDown = errors.New("no cluster runs here: `make cluster-up` starts one")

// exitError is the exit code of a command that ran inside of the node.
type exitError int

func (e exitError) Error() string { return "exit code " + strconv.Itoa(int(e)) }

// down is idempotent.
func down(ctx context.Context, o options, out io.Writer) error {
	if err := requireRoot(); err != nil {
		return err
	}
	if _, err := os.Stat(o.place.Dir); errors.Is(err, os.ErrNotExist) {
		fmt.Fprintf(out, "no cluster in %s\n", o.place.Dir)
		return nil
	}
	lock, err := o.place.Lock(ctx)
	if err != nil {
		return err
	}
	defer lock.Close() //nolint:errcheck // it lets go of the lock in any case
	pid, err := o.place.Keeper()
	if err != nil {
		return err
	}
	if err := o.place.End(ctx); err != nil {
		return err
	}
	if pid == 0 {
		fmt.Fprintf(out, "no cluster runs in %s\n", o.place.Dir)
		return nil
	}
	fmt.Fprintf(out, "the cluster has ended; its logs are in %s\n", o.place.Logs())
	return nil
}

func status(ctx context.Context, o options, out io.Writer) error {
	if err := requireRunning(o); err != nil {
		return err
	}
	report, err := node.NewClient(o.place).Status(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "COMPONENT\tSTATE\tPID\tSTARTS\tSINCE")
	for _, c := range report.Components {
		since := ""
		if !c.Since.IsZero() {
			since = time.Since(c.Since).Round(time.Second).String()
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\n", c.Name, c.State, c.PID, c.Starts, since)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if !report.Ready {
		return errors.New("not every component works; " + report.Problem)
	}
	return nil
}

func restart(ctx context.Context, o options, out io.Writer) error {
	if err := requireRunning(o); err != nil {
		return err
	}
	if len(o.args) != 1 {
		return errors.New("name one component; `cluster status` lists them")
	}
	begun := time.Now()
	if _, err := node.NewClient(o.place).Restart(ctx, o.args[0], o.hard); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s works again after %.1fs\n", o.args[0], time.Since(begun).Seconds())
	return nil
}

// execute runs a command in all namespaces of the node.
func execute(ctx context.Context, o options, out io.Writer) error {
	if err := requireRunning(o); err != nil {
		return err
	}
	pid, err := o.place.First()
	if err != nil {
		return err
	}
	args := append([]string{
		"--target=" + strconv.Itoa(pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--wd=/", "--",
		"env", node.SearchPath,
	}, o.args...)
	cmd := exec.CommandContext(ctx, "nsenter", args...) //nolint:gosec // it runs what it is asked to
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, out, os.Stderr
	err = cmd.Run()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		return exitError(ended.ExitCode())
	}
	return err
}

func requireRunning(o options) error {
	if err := requireRoot(); err != nil {
		return err
	}
	pid, err := o.place.Keeper()
	if err != nil {
		return err
	}
	if pid == 0 {
		return errDown
	}
	return nil
}
