//go:build linux

package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/util/wait"
)

// ending is how long a keeper may take to end the node and to tidy up.
const ending = time.Minute

// End ends the keeper, and with it the node, and removes everything but the logs. It
// is no error when there is nothing.
func (p Place) End(ctx context.Context) error {
	if err := p.endKeeper(ctx); err != nil {
		return err
	}
	groups, err := findGroups(p.ID())
	if err != nil {
		return err
	}
	if err := sweep(ctx, p.ID(), groups); err != nil {
		return err
	}
	return p.clear()
}

// endKeeper ends it by its pid, which is certain as long as the file is locked.
func (p Place) endKeeper(ctx context.Context) error {
	pid, err := p.Keeper()
	if err != nil || pid == 0 {
		return err
	}
	if err := unix.Kill(pid, unix.SIGTERM); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("end process %d: %w", pid, err)
	}
	err = p.awaitEnd(ctx)
	if err == nil {
		return nil
	}
	if pid, err := p.Keeper(); err != nil || pid == 0 {
		return err
	}
	// The kernel ends the node with it.
	if err := unix.Kill(pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("kill process %d: %w", pid, err)
	}
	return p.awaitEnd(ctx)
}

func (p Place) awaitEnd(ctx context.Context) error {
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, ending, true, func(context.Context) (bool, error) {
		pid, err := p.Keeper()
		return pid == 0, err
	})
	if err != nil {
		return fmt.Errorf("wait for the node to end: %w", err)
	}
	return nil
}

// clear removes everything but the logs and the lock that the caller holds.
func (p Place) clear() error {
	entries, err := os.ReadDir(p.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove the cluster's files: %w", err)
	}
	for _, entry := range entries {
		if entry.Name() == logFolder || entry.Name() == commandFile {
			continue
		}
		if err := os.RemoveAll(p.path(entry.Name())); err != nil {
			return fmt.Errorf("remove the cluster's files: %w", err)
		}
	}
	return nil
}
