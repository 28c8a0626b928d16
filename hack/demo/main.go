// Command demo shows RAGMonitor at work, from nothing to the table and through three
// faults: a real control plane, the operator and a sample RAG service, as plain
// processes on loopback ports. It needs neither root nor a container runtime.
//
// There is no kubelet in it, so the demo says itself that the service runs in a pod,
// whose address is that of this machine: see service.go. The operator scrapes it.
//
// With --source=prometheus a real Prometheus does. There is no Prometheus Operator
// then: the demo turns ServiceMonitors and PrometheusRules into the configuration
// that one would write, see translate.go.
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
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
)

// options are the command's flags.
type options struct {
	once     bool
	keepLogs bool
	bin      string
	source   source
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code: 0 when everything was seen, 1 when something was not,
// 2 for flags that are wrong.
func run(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	// What the libraries have to say is in the way of the table.
	log.SetLogger(logr.Discard())
	rest.SetDefaultWarningHandler(rest.NoWarnings{})

	ctx, restore := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// The second Ctrl-C ends the demo at once, and the kernel its processes.
	context.AfterFunc(ctx, restore)
	defer restore()

	d, err := newDemo(o, stdout)
	if err != nil {
		fmt.Fprintf(stderr, "demo failed: %v\n", err)
		return 1
	}
	if err := d.show(ctx); err != nil {
		fmt.Fprintf(stderr, "demo failed: %v\n", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&o.once, "once", false, "leave when everything was seen, instead of waiting for Ctrl-C")
	flags.BoolVar(&o.keepLogs, "keep-logs", false, "keep the log files also when nothing failed")
	flags.StringVar(&o.bin, "bin", "", "folder of the binaries (default: bin/ of the repository)")
	name := flags.String("source", defaultSource, "where the operator has its metrics from: embedded, it scrapes itself; or prometheus")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var err error
	if o.source, err = findSource(*name); err != nil {
		fmt.Fprintln(stderr, err)
	}
	return o, err
}

// newDemo finds the repository and makes the temporary directory.
func newDemo(o options, out io.Writer) (*demo, error) {
	root, err := controlplane.Root()
	if err != nil {
		return nil, err
	}
	if o.bin == "" {
		o.bin = filepath.Join(root, "bin")
	}
	if o.bin, err = filepath.Abs(o.bin); err != nil {
		return nil, fmt.Errorf("find the binaries: %w", err)
	}
	for _, name := range append([]string{"kubectl", "ragsim", "operator"}, o.source.binaries...) {
		if _, err := os.Stat(filepath.Join(o.bin, name)); err != nil {
			return nil, fmt.Errorf("%w: `make demo` builds it", err)
		}
	}
	dir, err := os.MkdirTemp("", "ragmonitor-demo-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary directory: %w", err)
	}
	for _, name := range append([]string{"logs"}, o.source.folders...) {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			return nil, fmt.Errorf("make a temporary directory: %w", err)
		}
	}
	return &demo{options: o, console: newConsole(out), root: root, dir: dir}, nil
}
