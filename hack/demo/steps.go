package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
)

// demo is everything that runs. Fields are filled by the steps, in their order.
type demo struct {
	options
	*console
	root string // the repository
	dir  string // temporary

	running    *supervisor
	background sync.WaitGroup
	plane      *controlplane.Plane
	client     client.Client
	ragsim     string // its URL
	ports      []port // those of ragsim
	prometheus string // its URL; "" without one
	applied    time.Time
	measured   []measurement
}

// steps are the table of contents.
func (d *demo) steps() []func(context.Context) error {
	return []func(context.Context) error{
		d.startControlPlane,
		d.startService,
		d.createObjects,
		d.startSource,
		d.startOperator,
		d.applySample,
		d.awaitHealthy,
		d.breakThings,
		d.finish,
	}
}

// show goes through the steps, ends everything that was started, and returns what
// kept it from seeing everything.
func (d *demo) show(interrupt context.Context) error {
	ctx, fail := context.WithCancelCause(interrupt)
	defer fail(nil)
	d.running = newSupervisor(d.path("logs"), fail)

	err := d.walk(ctx)
	if log := logOf(err); log != "" {
		d.block("the end of "+log, tail(log))
	}
	d.step("stopping everything")
	fail(nil)
	d.background.Wait()
	// Nobody asks for the logs of a demo that was cut short.
	keep := d.keepLogs || err != nil && interrupt.Err() == nil
	return errors.Join(err, d.stop(keep))
}

// walk takes one step after the other. A process that ends early, see supervisor,
// ends the step with that as the reason; so does Ctrl-C.
func (d *demo) walk(ctx context.Context) error {
	for _, step := range d.steps() {
		err := step(ctx)
		switch {
		case errors.Is(err, errLeave):
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return err
		}
	}
	return nil
}

// stop ends what was started, the last first, and removes the files, the logs only
// when they are not to be kept.
func (d *demo) stop(keepLogs bool) error {
	d.running.stop()
	var err error
	if d.plane != nil {
		err = d.plane.Stop()
	}
	if !keepLogs {
		return errors.Join(err, os.RemoveAll(d.dir)) //nolint:gosec // made by os.MkdirTemp
	}
	entries, readErr := os.ReadDir(d.dir)
	err = errors.Join(err, readErr)
	for _, entry := range entries {
		if entry.Name() != "logs" {
			err = errors.Join(err, os.RemoveAll(d.path(entry.Name()))) //nolint:gosec // made by os.MkdirTemp
		}
	}
	d.step("the logs are in %s", d.path("logs"))
	return err
}

// path is a file or folder in the temporary directory.
func (d *demo) path(name string) string { return filepath.Join(d.dir, name) }

// binary is one of the repository's.
func (d *demo) binary(name string) string { return filepath.Join(d.bin, name) }

// kubeconfig is the administrator's.
func (d *demo) kubeconfig() string { return d.path("kubeconfig") }

// startControlPlane also installs the CRDs that the source is about.
func (d *demo) startControlPlane(ctx context.Context) error {
	d.step("starting a control plane: etcd, kube-apiserver, kube-controller-manager, CRDs")
	crds, err := d.source.crds(ctx, d.root)
	if err != nil {
		return err
	}
	log, err := d.running.log("controlplane")
	if err != nil {
		return err
	}
	plane, err := controlplane.Start(ctx, controlplane.Options{BinDir: d.bin, ControllerManager: true, CRDs: crds, Log: log})
	if err != nil {
		return err
	}
	d.plane = plane
	d.running.watchPlane(plane, log.Name())
	if d.client, err = newClient(plane.Config()); err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	return plane.WriteKubeconfig(d.kubeconfig())
}

// errLeave is what the last step returns when it has been told to leave.
var errLeave = errors.New("told to leave")

// finish leaves, or explains how to look around and waits for Ctrl-C.
func (d *demo) finish(ctx context.Context) error {
	if err := d.table(ctx); err != nil {
		return err
	}
	d.summary()
	if d.once {
		return nil
	}
	d.explain()
	<-ctx.Done()
	if logOf(context.Cause(ctx)) != "" {
		return nil // a process ended early
	}
	return errLeave
}
