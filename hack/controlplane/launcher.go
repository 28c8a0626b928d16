package controlplane

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// launcher writes a script that stands in for the binary at path. envtest starts
// it and keeps the process to itself; the script leaves the pid in the directory,
// and has the kernel end the process with us where setpriv can.
func launcher(ctx context.Context, dir, name, path string) (string, error) {
	run := "exec " + quote(path)
	if exec.CommandContext(ctx, "setpriv", "--pdeathsig", "KILL", "true").Run() == nil {
		run = "exec setpriv --pdeathsig KILL " + quote(path)
	}
	script := fmt.Sprintf("#!/bin/sh\necho $$ >%s\n%s \"$@\"\n", quote(pidFile(dir, name)), run)
	file := filepath.Join(dir, name)

	// A process that is forked while the script is open for writing inherits the
	// descriptor for a moment, and starting the script then fails as "busy".
	syscall.ForkLock.RLock()
	err := os.WriteFile(file, []byte(script), 0o700) //nolint:gosec // it is to be executed
	syscall.ForkLock.RUnlock()
	if err != nil {
		return "", fmt.Errorf("write the launcher of %s: %w", name, err)
	}
	return file, nil
}

// readPID reads what the launcher left.
func readPID(dir, name string) (int, error) {
	content, err := os.ReadFile(pidFile(dir, name))
	if err != nil {
		return 0, fmt.Errorf("read the pid of %s: %w", name, err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0, fmt.Errorf("read the pid of %s: %w", name, err)
	}
	return pid, nil
}

func pidFile(dir, name string) string { return filepath.Join(dir, name+".pid") }

// quote makes s one word for the shell.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// alive says whether the process is there. One that has ended counts until its
// parent has taken notice.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || err == syscall.EPERM
}
