// Command probe asks for a URL from inside of a cluster, as curl would: our images
// hold no shell. It tries again until it is answered with 200, prints the body and
// ends with 0, or with 1 when the time is over.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// pause between two tries.
const pause = 500 * time.Millisecond

type options struct {
	within    time.Duration
	tokenFile string
	insecure  bool
	url       string
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, err)
		return 2
	}
	ctx, cancel := context.WithTimeout(context.Background(), o.within)
	defer cancel()
	if err := persist(ctx, o, stdout); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("probe", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.DurationVar(&o.within, "within", 30*time.Second, "how long to try")
	flags.StringVar(&o.tokenFile, "token-file", "", "file with a token to log in with")
	flags.BoolVar(&o.insecure, "insecure", false, "take any certificate")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() != 1 {
		return o, errors.New("usage: probe [flags] URL")
	}
	o.url = flags.Arg(0)
	return o, nil
}

// persist asks until it is answered. Each try has a connection of its own, since a
// Service may lead to another pod next time.
func persist(ctx context.Context, o options, stdout io.Writer) error {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: o.insecure}, //nolint:gosec // only when told to
	}}
	for {
		body, err := ask(ctx, client, o)
		if err == nil {
			_, err = io.WriteString(stdout, body)
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no answer within %s: %w", o.within, err)
		case <-time.After(pause):
		}
	}
}

func ask(ctx context.Context, client *http.Client, o options) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url, nil)
	if err != nil {
		return "", err
	}
	if o.tokenFile != "" {
		token, err := os.ReadFile(o.tokenFile)
		if err != nil {
			return "", fmt.Errorf("read the token: %w", err)
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close() //nolint:errcheck // it was read to its end
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answers %s: %s", o.url, response.Status, body)
	}
	return string(body), nil
}
