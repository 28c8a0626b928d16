//go:build linux

// Command cluster runs a whole Kubernetes on this machine, in one folder and without
// a trace outside of it: etcd, the control plane, and a node with kubelet, kube-proxy
// and containerd. It also makes the images of everything that the suites run on it.
// See README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/node"
)

const usage = `usage: cluster COMMAND [flags] [arguments]

  up                    start the cluster unless it runs, and load images that have changed
  down                  end it and remove everything but its logs
  status                say what runs
  restart [--hard] NAME end a component, with SIGKILL when hard, and wait until it works again
  load FILE...          load images from files as "docker save" writes them
  images                write the images of our binaries into bin/images
  exec COMMAND...       run a command inside of the node, such as "ctr -n k8s.io images ls"
`

// options are the flags of all commands.
type options struct {
	place node.Place
	bin   string
	hard  bool
	args  []string
}

// images is the folder of the images' files.
func (o options) images() string { return filepath.Join(o.bin, "images") }

// commands are what the first argument may be. The last three are for our own
// processes.
var commands = map[string]func(ctx context.Context, o options, out io.Writer) error{
	"up":      up,
	"down":    down,
	"status":  status,
	"restart": restart,
	"load":    load,
	"images":  writeImages,
	"exec":    execute,
	"keep": func(ctx context.Context, o options, _ io.Writer) error {
		return node.Keep(ctx, o.place, o.bin)
	},
	"init": func(ctx context.Context, _ options, _ io.Writer) error {
		return node.Init(ctx, os.Stdin)
	},
	"supervise": func(ctx context.Context, _ options, _ io.Writer) error {
		return node.Supervise(ctx)
	},
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code: 0 when it was done, 1 when not, 2 for flags that are
// wrong.
func run(args []string, stdout, stderr io.Writer) int {
	log.SetLogger(logr.Discard())
	if len(args) == 0 || commands[args[0]] == nil {
		fmt.Fprint(stderr, usage)
		return 2
	}
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := commands[args[0]](ctx, o, stdout); err != nil {
		if ended, ok := errors.AsType[exitError](err); ok {
			return int(ended)
		}
		fmt.Fprintf(stderr, "cluster %s: %v\n", args[0], err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (options, error) {
	executable, err := os.Executable()
	if err != nil {
		fmt.Fprintln(stderr, err)
		return options{}, err
	}
	bin := filepath.Dir(executable)
	var o options
	flags := flag.NewFlagSet("cluster "+args[0], flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.bin, "bin", bin, "folder of the binaries")
	flags.StringVar(&o.place.Dir, "dir", filepath.Join(filepath.Dir(bin), ".cluster"), "folder of the cluster, one for each")
	flags.BoolVar(&o.hard, "hard", false, "restart: with SIGKILL, as after a crash")
	if err := flags.Parse(args[1:]); err != nil {
		return o, err
	}
	o.args = flags.Args()
	for _, path := range []*string{&o.bin, &o.place.Dir} {
		if *path, err = filepath.Abs(*path); err != nil {
			fmt.Fprintln(stderr, err)
			return o, err
		}
	}
	return o, nil
}

// errNotRoot is the one thing that everybody will meet.
var errNotRoot = errors.New("it needs root, for namespaces, mounts and control groups: run it with sudo")

func requireRoot() error {
	if os.Geteuid() != 0 {
		return errNotRoot
	}
	return nil
}
