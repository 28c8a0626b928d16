// Command sinks takes what Alertmanager sends, for the cluster suite to look at: mail by
// SMTP, with STARTTLS and login as a mail server demands them, and webhooks.
//
//	POST   /hooks/{name}   is kept, whatever it is
//	GET    /received       is what was received, as JSON: see Received
//	DELETE /received       forgets it
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/emersion/go-smtp"
)

type options struct {
	http, smtp        string
	certificate, key  string
	user, passwordEnv string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		slog.Error("sinks failed", "error", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	certificate, err := tls.LoadX509KeyPair(o.certificate, o.key)
	if err != nil {
		return fmt.Errorf("read the certificate: %w", err)
	}
	kept := &store{}
	web := &http.Server{Addr: o.http, Handler: kept.handler(), ReadHeaderTimeout: 5 * time.Second}
	mail := smtp.NewServer(mailbox{store: kept, user: o.user, password: os.Getenv(o.passwordEnv)})
	mail.Addr, mail.Domain = o.smtp, "sinks"
	mail.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	mail.MaxMessageBytes = 1 << 20

	ended := make(chan error, 2)
	go func() { ended <- web.ListenAndServe() }()
	go func() { ended <- mail.ListenAndServe() }()
	select {
	case <-ctx.Done():
		err = nil
	case err = <-ended:
	}
	return errors.Join(err, ignoreClosed(web.Close()), ignoreClosed(mail.Close()))
}

func parse(args []string) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("sinks", flag.ContinueOnError)
	flags.StringVar(&o.http, "http", ":8080", "address for webhooks and questions")
	flags.StringVar(&o.smtp, "smtp", ":2525", "address for mail")
	flags.StringVar(&o.certificate, "certificate", "/etc/sinks/tls.crt", "file with the certificate of the mail server")
	flags.StringVar(&o.key, "key", "/etc/sinks/tls.key", "file with its key")
	flags.StringVar(&o.user, "user", "ragmonitor", "who may send mail")
	flags.StringVar(&o.passwordEnv, "password-env", "SINKS_PASSWORD", "environment variable with the password")
	return o, flags.Parse(args)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) || errors.Is(err, smtp.ErrServerClosed) {
		return nil
	}
	return err
}
