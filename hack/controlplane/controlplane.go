// Package controlplane runs a real Kubernetes control plane as plain processes,
// without root: etcd, kube-apiserver and, when asked for, kube-controller-manager.
// Everything listens on loopback ports that the kernel chose and lives in one
// temporary directory.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane/process"
)

// Options say what a control plane consists of.
type Options struct {
	// BinDir holds etcd, kube-apiserver and kube-controller-manager. The default
	// is bin/ of the repository that the working directory is in.
	BinDir string
	// ControllerManager adds kube-controller-manager with its default controllers
	// (garbage collection, namespaces, DaemonSets, ...), and the admission of
	// service accounts, which needs it.
	ControllerManager bool
	// AuditLog is a file that gets one line for each request; see ReadAudit. None
	// is written when it is empty.
	AuditLog string
	// CRDs are files of CustomResourceDefinitions and folders of such files; see
	// CRDPaths. They are served when Start returns.
	CRDs []string
	// Log takes what the processes print; nil discards it.
	Log io.Writer
}

// Plane is a running control plane.
type Plane struct {
	dir     string
	bins    binaries
	output  *output
	servers *envtest.ControlPlane
	// release lets go of the thread that the servers were started from.
	release     chan struct{}
	admin       *envtest.AuthenticatedUser
	controllers *process.Process
	pids        map[string]int
	stop        func() error
}

// Start returns when the API server answers, the CRDs are served and the
// controllers work; that takes about ten seconds. On error, and when ctx ends
// before, everything that was started is stopped. Afterwards ctx has no effect:
// call Stop. When a process was the reason, the error has the end of its output.
func Start(ctx context.Context, o Options) (*Plane, error) {
	bins, err := findBinaries(o)
	if err != nil {
		return nil, fmt.Errorf("start the control plane: %w", err)
	}
	dir, err := os.MkdirTemp("", "ragmonitor-controlplane-")
	if err != nil {
		return nil, fmt.Errorf("start the control plane: %w", err)
	}
	p := &Plane{
		dir: dir, bins: bins, output: &output{next: o.Log}, servers: &envtest.ControlPlane{},
		release: make(chan struct{}), pids: map[string]int{},
	}
	p.stop = sync.OnceValue(p.stopAll)
	if err := p.start(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("start the control plane: %w", err), p.Stop())
	}
	return p, nil
}

func (p *Plane) start(ctx context.Context, o Options) error {
	if err := p.startServers(ctx, o); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := p.installCRDs(o.CRDs); err != nil {
		return err
	}
	// The controllers come after the CRDs: the garbage collector looks for new
	// kinds only every 30 seconds.
	if !o.ControllerManager {
		return nil
	}
	return p.startControllers(ctx)
}

func (p *Plane) installCRDs(paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	_, err := envtest.InstallCRDs(p.Config(), envtest.CRDInstallOptions{
		Paths: paths, ErrorIfPathMissing: true, MaxTime: time.Minute,
	})
	if err != nil {
		return fmt.Errorf("install CRDs: %w", err)
	}
	return nil
}

// Config is that of an administrator (group system:masters), without a limit on
// the rate of requests. The caller may change it.
func (p *Plane) Config() *rest.Config {
	config := rest.CopyConfig(p.admin.Config())
	config.QPS = -1
	return config
}

// WriteKubeconfig writes the administrator's kubeconfig to path.
func (p *Plane) WriteKubeconfig(path string) error {
	return writeKubeconfig(p.admin, path)
}

// UserConfig is that of a user with these groups, who may do what RBAC grants.
func (p *Plane) UserConfig(name string, groups ...string) (*rest.Config, error) {
	user, err := p.addUser(name, groups)
	if err != nil {
		return nil, err
	}
	return user.Config(), nil
}

// WriteUserKubeconfig writes to path the kubeconfig of a user with these groups,
// who may do what RBAC grants.
func (p *Plane) WriteUserKubeconfig(path, name string, groups ...string) error {
	user, err := p.addUser(name, groups)
	if err != nil {
		return err
	}
	return writeKubeconfig(user, path)
}

func (p *Plane) addUser(name string, groups []string) (*envtest.AuthenticatedUser, error) {
	user, err := p.servers.AddUser(envtest.User{Name: name, Groups: groups}, nil)
	if err != nil {
		return nil, fmt.Errorf("add user %s: %w", name, err)
	}
	return user, nil
}

func writeKubeconfig(user *envtest.AuthenticatedUser, path string) error {
	content, err := user.KubeConfig()
	if err != nil {
		return fmt.Errorf("make a kubeconfig: %w", err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return fmt.Errorf("write a kubeconfig: %w", err)
	}
	return nil
}

// PIDs are the numbers of the plane's processes by the names of their binaries.
func (p *Plane) PIDs() map[string]int { return maps.Clone(p.pids) }

// Check returns an error that names the processes of the plane that have ended,
// nil when all of them run.
func (p *Plane) Check() error {
	var ended []error
	for _, name := range slices.Sorted(maps.Keys(p.pids)) {
		if !alive(p.pids[name]) {
			ended = append(ended, fmt.Errorf("%s has ended", name))
		}
	}
	return errors.Join(ended...)
}

// Stop ends the processes, the ones that depend on others first, and removes the
// temporary directory. A process that has not ended 5 seconds (the servers: 10)
// after SIGTERM is killed. It may be called again, and then returns the same.
func (p *Plane) Stop() error { return p.stop() }

func (p *Plane) stopAll() error {
	if p.controllers != nil {
		p.controllers.Stop()
	}
	err := p.stopServers()
	close(p.release)
	if removeErr := os.RemoveAll(p.dir); removeErr != nil {
		err = errors.Join(err, fmt.Errorf("remove %s: %w", p.dir, removeErr))
	}
	return err
}

// path is a file or folder in the temporary directory.
func (p *Plane) path(name string) string { return filepath.Join(p.dir, name) }
