// Command ragsim serves a simulated RAG application: see README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
)

// shutdownTimeout is for replies that are being written; requests themselves
// are cancelled at once.
const shutdownTimeout = time.Second

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
	listeners, err := listenOn(ctx, o.listen)
	if err != nil {
		return err
	}
	if err := announce(o, listeners, stdout); err != nil {
		return errors.Join(err, closeAll(listeners))
	}
	return serve(ctx, service, listeners)
}

// serve takes one listener for each handler of the service.
func serve(ctx context.Context, service *sim.Service, listeners []net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error)
	var servers []*http.Server
	for i, handler := range service.Handlers() {
		server := &http.Server{
			Handler:           handler,
			ReadHeaderTimeout: 5 * time.Second,
			// Ends the questions being answered as soon as the service stops.
			BaseContext: func(net.Listener) context.Context { return ctx },
		}
		servers = append(servers, server)
		go func() {
			err := server.Serve(listeners[i])
			cancel()
			ended <- err
		}()
	}
	go func() { ended <- service.Run(ctx) }()

	<-ctx.Done()
	slog.Info("stopping", "stats", service.Stats())
	shutDown(context.WithoutCancel(ctx), servers)
	var errs []error
	for range len(servers) + 1 {
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func shutDown(ctx context.Context, servers []*http.Server) {
	deadline, done := context.WithTimeout(ctx, shutdownTimeout)
	defer done()
	for _, server := range servers {
		if err := server.Shutdown(deadline); err != nil {
			// Too slow a client is cut off; that is no failure of ours.
			_ = server.Close()
		}
	}
}
