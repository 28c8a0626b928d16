package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// await polls check until it returns nil. The error after the deadline has what
// check returned last; the one of a context that ended has its cause.
func await(ctx context.Context, what string, every, atMost time.Duration, check func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, every, atMost, true, func(ctx context.Context) (bool, error) {
		if err := check(ctx); err != nil {
			// The deadline interrupts the last check, whose error then says nothing.
			if ctx.Err() == nil || last == nil {
				last = err
			}
			return false, nil
		}
		return true, nil
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	default:
		return fmt.Errorf("%s: not within %s: %w", what, atMost, last)
	}
}

// awaitHTTP waits until url answers with a 2xx code.
func awaitHTTP(ctx context.Context, what, url string) error {
	return await(ctx, what, 100*time.Millisecond, time.Minute, func(ctx context.Context) error {
		return send(ctx, http.MethodGet, url, "")
	})
}

// send does an HTTP request and wants a 2xx code; the error has what the server
// said instead.
func send(ctx context.Context, method, url, body string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // only read
	if response.StatusCode/100 == 2 {
		return nil
	}
	said, _ := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	return fmt.Errorf("%s %s: %s: %s", method, url, response.Status, strings.TrimSpace(string(said)))
}

// freeAddress is a loopback address with a port that the kernel chose.
func freeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return address, nil
}
