package controlplane

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

const (
	// startTimeout is for a machine that compiles at the same time.
	startTimeout = 2 * time.Minute
	// stopTimeout is how long a server may take to end before it is killed.
	stopTimeout = 10 * time.Second
)

// startServers starts etcd and kube-apiserver.
func (p *Plane) startServers(ctx context.Context, o Options) error {
	if err := p.configureEtcd(ctx); err != nil {
		return err
	}
	if err := p.configureAPIServer(ctx, o); err != nil {
		return err
	}
	if err := p.launchServers(); err != nil {
		return fmt.Errorf("%w; the end of the output:\n%s", err, p.output.Tail())
	}
	for _, name := range []string{"etcd", "kube-apiserver"} {
		pid, err := readPID(p.dir, name)
		if err != nil {
			return err
		}
		p.pids[name] = pid
	}
	admin, err := p.addUser("admin", []string{"system:masters"})
	if err != nil {
		return err
	}
	admin.Config() // completes the user, which is not safe for concurrent use
	p.admin = admin
	return nil
}

func (p *Plane) configureEtcd(ctx context.Context) error {
	script, err := launcher(ctx, p.dir, "etcd", p.bins.etcd)
	if err != nil {
		return err
	}
	data := p.path("etcd-data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return fmt.Errorf("make a folder for etcd: %w", err)
	}
	p.servers.Etcd = &envtest.Etcd{
		Path: script, DataDir: data, Out: p.output, Err: p.output,
		StartTimeout: startTimeout, StopTimeout: stopTimeout,
	}
	return nil
}

func (p *Plane) configureAPIServer(ctx context.Context, o Options) error {
	script, err := launcher(ctx, p.dir, "kube-apiserver", p.bins.apiServer)
	if err != nil {
		return err
	}
	certs := p.path("certs")
	if err := os.Mkdir(certs, 0o700); err != nil {
		return fmt.Errorf("make a folder for certificates: %w", err)
	}
	server := p.servers.GetAPIServer()
	server.Path, server.CertDir = script, certs
	server.Out, server.Err = p.output, p.output
	server.StartTimeout, server.StopTimeout = startTimeout, stopTimeout

	args := server.Configure().
		Set("authorization-mode", "Node,RBAC").
		// The address of the Service "kubernetes" must not be a loopback one, and a
		// machine may have no other; so that Service gets no endpoints.
		Set("advertise-address", "127.0.0.1").
		Set("endpoint-reconciler-type", "none")
	if o.ControllerManager {
		// envtest disables the admission of service accounts, for want of the
		// controller that makes them.
		args.Disable("disable-admission-plugins")
	}
	if o.AuditLog == "" {
		return nil
	}
	policy, err := writeAuditPolicy(p.dir)
	if err != nil {
		return err
	}
	args.Set("audit-log-path", o.AuditLog).
		Set("audit-policy-file", policy).
		// In megabytes: a log that is rotated midway would be miscounted.
		Set("audit-log-maxsize", "100000")
	return nil
}

// launchServers starts the servers from a thread that stays until Stop: the kernel
// sends the signal of a dead parent when the thread that started a process ends.
func (p *Plane) launchServers() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		started <- p.servers.Start()
		<-p.release
	}()
	return <-started
}

// stopServers leaves envtest's error aside when the processes are gone all the
// same: it reports a time-out for a server that it had to kill.
func (p *Plane) stopServers() error {
	err := p.servers.Stop()
	deadline := time.Now().Add(stopTimeout)
	for _, name := range []string{"kube-apiserver", "etcd"} {
		pid, known := p.pids[name]
		for known && alive(pid) {
			if time.Now().After(deadline) {
				return fmt.Errorf("stop %s: process %d is still there: %w", name, pid, err)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	if len(p.pids) == 0 && err != nil {
		return fmt.Errorf("stop the servers: %w", err)
	}
	return nil
}
