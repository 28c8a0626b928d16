// Package process runs the real components that the suites and the demo consist
// of: one command each, that ends when it is told to, and at the latest with the
// process that started it.
package process

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// grace is how long a process may take to end before it is killed.
const grace = 5 * time.Second

// Command is what to run.
type Command struct {
	// Name stands for the process in messages.
	Name string
	// Path of the binary.
	Path string
	// Args without the binary's own name.
	Args []string
	// Env are the environment's entries ("KEY=value"); nil is our own environment.
	Env []string
	// Output takes what it prints on standard output and standard error; nil
	// discards it. An *os.File is handed over as it is, anything else is written
	// to by a goroutine.
	Output io.Writer
}

// Process is a running command.
type Process struct {
	name   string
	cmd    *exec.Cmd
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

// Start runs c until it ends by itself, ctx ends or Stop is called. On Linux the
// kernel ends it when our process dies, however that happens.
func Start(ctx context.Context, c Command) (*Process, error) {
	ctx, cancel := context.WithCancel(ctx)
	p := &Process{name: c.Name, cancel: cancel, done: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, c.Path, c.Args...) //nolint:gosec // it runs what it is asked to
	p.cmd.Env = c.Env
	p.cmd.Stdout, p.cmd.Stderr = c.Output, c.Output
	p.cmd.SysProcAttr = attributes()
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = grace

	started := make(chan error)
	go p.run(started)
	if err := <-started; err != nil {
		cancel()
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	return p, nil
}

// run holds on to its thread for as long as the process lives: the kernel sends
// the signal of a dead parent when the thread that started the process ends.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	p.err = p.cmd.Wait()
	close(p.done)
}

// Name stands for the process in messages.
func (p *Process) Name() string { return p.name }

// PID is the number that the kernel gave to the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says how the process ended: nil for exit code 0. It is valid once Done is
// closed.
func (p *Process) Err() error { return p.err }

// Stop ends the process and returns when it is gone: SIGTERM, and SIGKILL when
// that has not ended it after 5 seconds. It may be called again.
func (p *Process) Stop() {
	p.cancel()
	<-p.done
}
