//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/address"
	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/config"
	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/images"
	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/node"
)

// up is idempotent: on a cluster that runs, every step finds its work done.
func up(ctx context.Context, o options, out io.Writer) error {
	if err := requireRoot(); err != nil {
		return err
	}
	lock, err := o.place.Lock(ctx)
	if err != nil {
		return err
	}
	defer lock.Close() //nolint:errcheck // it lets go of the lock in any case
	say := newConsole(out)
	if err := ensurePackages(ctx, out); err != nil {
		return err
	}
	if err := makeImages(o, say); err != nil {
		return err
	}
	pid, err := o.place.Keeper()
	if err != nil {
		return err
	}
	b := &bringing{options: o, console: say, client: node.NewClient(o.place)}
	if pid != 0 {
		return b.finish(ctx)
	}
	return b.fresh(ctx)
}

// bringing is a cluster on its way up.
type bringing struct {
	options
	*console
	client *node.Client
}

// fresh starts a new cluster. When that fails, it ends it and shows why.
func (b *bringing) fresh(ctx context.Context) error {
	if err := b.place.End(ctx); err != nil {
		return err
	}
	err := b.launch(ctx)
	if err == nil {
		err = b.finish(ctx)
	}
	if err == nil {
		return nil
	}
	b.blame(ctx)
	return errors.Join(err, b.place.End(context.WithoutCancel(ctx)))
}

// launch prepares the folder and starts the keeper, which outlives us.
func (b *bringing) launch(ctx context.Context) error {
	done, err := node.Turn(ctx)
	if err != nil {
		return err
	}
	defer done() //nolint:errcheck // there is nothing left to do about it
	taken, err := node.Taken(ctx)
	if err != nil {
		return err
	}
	plan, err := address.Choose(taken)
	if err != nil {
		return err
	}
	settings := config.Settings{Addresses: plan, Snapshotter: snapshotter(b.place.Dir)}
	if err := b.place.Prepare(settings, time.Now()); err != nil {
		return err
	}
	b.step("starting a node at %s", plan.Node)
	log, err := os.Create(b.place.Log("node"))
	if err != nil {
		return fmt.Errorf("make a log file: %w", err)
	}
	defer log.Close() //nolint:errcheck // the keeper has its own descriptor
	//nolint:gosec,noctx // ourselves, for longer than ctx
	keeper := exec.Command("/proc/self/exe", "keep", "--dir="+b.place.Dir, "--bin="+b.bin)
	keeper.Args[0] = "cluster"
	keeper.Dir = "/"
	keeper.Stdout, keeper.Stderr = log, log
	keeper.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := keeper.Start(); err != nil {
		return fmt.Errorf("start the node: %w", err)
	}
	return b.awaitSupervisor(ctx, keeper)
}

// awaitSupervisor returns once the node answers; it does not wait for a keeper that
// has ended.
func (b *bringing) awaitSupervisor(ctx context.Context, keeper *exec.Cmd) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() { cancel(fmt.Errorf("the node ended at once: %w", keeper.Wait())) }()
	err := await(ctx, "the node to answer", func(ctx context.Context) (bool, error) {
		_, err := b.client.Status(ctx)
		return err == nil, err
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// finish brings a node that runs to where it can be used.
func (b *bringing) finish(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		loading sync.WaitGroup
		loadErr error
	)
	loading.Go(func() { loadErr = b.loadImages(ctx) })
	err := b.awaitReady(ctx)
	if err != nil {
		cancel()
	}
	loading.Wait()
	if err := errors.Join(err, loadErr); err != nil {
		return err
	}
	b.step("the cluster is ready: export KUBECONFIG=%s", b.place.Kubeconfig())
	return nil
}

// awaitReady waits for the components, the node, and the cluster's DNS.
func (b *bringing) awaitReady(ctx context.Context) error {
	if err := b.awaitComponents(ctx); err != nil {
		return err
	}
	settings, err := b.place.Settings()
	if err != nil {
		return err
	}
	c, err := connect(b.place.Kubeconfig())
	if err != nil {
		return err
	}
	if err := awaitNode(ctx, c); err != nil {
		return err
	}
	b.step("node %s is Ready", config.NodeName)
	if err := applyCoreDNS(ctx, c, settings.Addresses.DNS.String()); err != nil {
		return err
	}
	if err := awaitCoreDNS(ctx, c); err != nil {
		return err
	}
	b.step("CoreDNS answers")
	return nil
}

// awaitComponents says which component works as soon as it does.
func (b *bringing) awaitComponents(ctx context.Context) error {
	said := map[string]bool{}
	var problem error
	err := await(ctx, "the components", func(ctx context.Context) (bool, error) {
		report, err := b.client.Status(ctx)
		if err != nil {
			return false, err
		}
		for _, component := range report.Components {
			if component.State == node.Running && !said[component.Name] {
				said[component.Name] = true
				b.step("%s works", component.Name)
			}
		}
		if report.Problem != "" {
			problem = errors.New(report.Problem)
		}
		return report.Ready || problem != nil, nil
	})
	return errors.Join(err, problem)
}

// blame shows the end of the log of what did not come up.
func (b *bringing) blame(ctx context.Context) {
	culprit := "node"
	if report, err := b.client.Status(context.WithoutCancel(ctx)); err == nil {
		for _, component := range report.Components {
			if component.State == node.Starting || component.State == node.Failed {
				culprit = component.Name
			}
		}
	}
	b.block("the end of "+b.place.Log(culprit), tail(b.place.Log(culprit)))
}

// snapshotter is containerd's for a cluster in this folder: overlays cannot be
// mounted upon an overlay, as the root of a container is.
func snapshotter(dir string) string {
	var stat unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(dir), &stat); err == nil && stat.Type == unix.OVERLAYFS_SUPER_MAGIC {
		return "native"
	}
	return "overlayfs"
}

// makeImages writes the images whose binaries have changed.
func makeImages(o options, say *console) error {
	return images.WriteAll(o.bin, o.images(), func(name string) { say.step("made image %s", images.Ref(name)) })
}
