//go:build linux

package node

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/config"
)

// Files in the cluster's folder.
const (
	keeperFile   = "keeper.pid" // locked by the keeper for as long as it lives
	firstFile    = "node.pid"   // the node's first process, as the machine counts
	commandFile  = "lock"       // locked by commands that change the cluster
	settingsFile = "etc/settings.json"
	controlFile  = "control.sock"
	logFolder    = "logs"
)

// ErrLocked says that another process holds a lock.
var ErrLocked = errors.New("locked by another process")

// Place is a cluster's folder.
type Place struct {
	// Dir is absolute.
	Dir string
}

// ID tells the clusters of a machine apart: 8 hexadecimal digits.
func (p Place) ID() string {
	sum := sha256.Sum256([]byte(p.Dir))
	return hex.EncodeToString(sum[:4])
}

// Logs is the folder of the components' output.
func (p Place) Logs() string { return p.path(logFolder) }

// Log is the file that holds what a component printed, or the node's own processes
// as "node".
func (p Place) Log(component string) string { return p.path(logFolder, component+".log") }

// Kubeconfig is that of the administrator.
func (p Place) Kubeconfig() string { return p.path(config.AdminKubeconfig) }

func (p Place) path(names ...string) string {
	return filepath.Join(append([]string{p.Dir}, names...)...)
}

// Lock keeps other commands from changing the cluster until the returned file is
// closed; it waits for theirs to end. It makes the folder when there is none.
func (p Place) Lock(ctx context.Context) (*os.File, error) {
	if err := os.MkdirAll(p.Dir, 0o755); err != nil { //nolint:gosec // its secrets have modes of their own
		return nil, fmt.Errorf("make the cluster's folder: %w", err)
	}
	var file *os.File
	err := wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(context.Context) (bool, error) {
		var err error
		file, err = p.lock(commandFile)
		if errors.Is(err, ErrLocked) {
			return false, nil
		}
		return err == nil, err
	})
	return file, err
}

// lock locks a file, which it makes when there is none. The kernel lets go of the
// lock when the process ends, however that happens.
func (p Place) lock(name string) (*os.File, error) {
	file, err := os.OpenFile(p.path(name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the cluster: %w", err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil, errors.Join(ErrLocked, file.Close())
	case err != nil:
		return nil, fmt.Errorf("lock %s: %w", file.Name(), errors.Join(err, file.Close()))
	}
	return file, nil
}

// Keeper is the pid of the keeper, 0 when none is alive.
func (p Place) Keeper() (int, error) {
	if _, err := os.Stat(p.path(keeperFile)); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	lock, err := p.lock(keeperFile)
	if err == nil {
		return 0, lock.Close()
	}
	if !errors.Is(err, ErrLocked) {
		return 0, err
	}
	return readPID(p.path(keeperFile))
}

// First is the pid of the node's first process, as the machine counts.
func (p Place) First() (int, error) { return readPID(p.path(firstFile)) }

func writePID(file *os.File, pid int) error {
	if err := file.Truncate(0); err != nil {
		return fmt.Errorf("write the pid: %w", err)
	}
	if _, err := file.WriteAt([]byte(strconv.Itoa(pid)), 0); err != nil {
		return fmt.Errorf("write the pid: %w", err)
	}
	return nil
}

func readPID(path string) (int, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("read a pid: %w", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0, fmt.Errorf("read a pid: %w", err)
	}
	return pid, nil
}
