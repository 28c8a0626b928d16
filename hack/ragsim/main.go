// Command ragsim serves a simulated RAG application: see README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
)

// shutdownTimeout is for replies that are being written; requests themselves
// are cancelled at once.
const shutdownTimeout = time.Second

type options struct {
	listen      string
	addressFile string
	sim         sim.Config
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		slog.Error("ragsim failed", "error", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	o := options{sim: sim.DefaultConfig()}
	flags := flag.NewFlagSet("ragsim", flag.ContinueOnError)
	flags.StringVar(&o.listen, "listen", "127.0.0.1:0", "`address` to serve HTTP on; port 0 takes a free one")
	flags.StringVar(&o.addressFile, "address-file", "", "`file` to write host:port to, once listening")
	flags.Float64Var(&o.sim.Rate, "rate", o.sim.Rate, "own traffic in `requests per second`; 0 for none")
	flags.Uint64Var(&o.sim.Seed, "seed", o.sim.Seed, "`number` that makes the traffic repeatable")
	flags.StringVar(&o.sim.Vocabulary, "vocabulary", o.sim.Vocabulary, "`names` of the metrics: "+strings.Join(sim.Vocabularies(), ", "))
	if err := flags.Parse(args); err != nil {
		return options{}, fmt.Errorf("read flags: %w", err)
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("read flags: unexpected %q: write flags only", flags.Args())
	}
	o.sim.Logger = slog.Default()
	return o, nil
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	service, err := sim.New(o.sim)
	if err != nil {
		return err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", o.listen, err)
	}
	address := listener.Addr().String()
	if o.addressFile != "" {
		if err := writeAtomically(o.addressFile, address+"\n"); err != nil {
			return errors.Join(fmt.Errorf("write address file: %w", err), listener.Close())
		}
	}
	if _, err := fmt.Fprintf(stdout, "ragsim: listening on http://%s\n", address); err != nil {
		return errors.Join(fmt.Errorf("print address: %w", err), listener.Close())
	}
	return serve(ctx, service, listener)
}

func serve(ctx context.Context, service *sim.Service, listener net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := &http.Server{
		Handler:           service.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		// Ends the questions being answered as soon as the service stops.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	served, traffic := make(chan error, 1), make(chan error, 1)
	go func() {
		served <- server.Serve(listener)
		cancel()
	}()
	go func() { traffic <- service.Run(ctx) }()

	<-ctx.Done()
	slog.Info("stopping", "stats", service.Stats())
	deadline, done := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer done()
	if err := server.Shutdown(deadline); err != nil {
		// Too slow a client is cut off; that is no failure of ours.
		_ = server.Close()
	}
	err := <-served
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, <-traffic)
}

// writeAtomically lets a reader see all of the content or no file.
func writeAtomically(path, content string) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = temporary.WriteString(content)
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}
