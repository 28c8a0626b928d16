package perf_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane/process"
)

// asPrometheus is set in the environment of the process that is the Prometheus.
const asPrometheus = "RAGMONITOR_PERF_PROMETHEUS"

// thousand is the population of the benchmarks.
var thousand = population{monitors: 1000, namespaces: 50}

// servePrometheus prints its URL and serves until the process ends.
func servePrometheus(out io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "http://"+listener.Addr().String())
	return http.Serve(listener, newPrometheus(thousand))
}

// remote is a prometheus in a process of its own, so that what it needs is not
// counted as the operator's.
type remote struct{ url string }

func startPrometheus(tb testing.TB) remote {
	tb.Helper()
	binary, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	from, to, err := os.Pipe()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = from.Close() })
	p, err := process.Start(context.WithoutCancel(tb.Context()), process.Command{
		Name: "prometheus", Path: binary, Env: append(os.Environ(), asPrometheus+"=1"), Output: to,
	})
	_ = to.Close()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.Stop)
	line, err := bufio.NewReader(from).ReadString('\n')
	if err != nil {
		tb.Fatalf("the Prometheus did not start: %v", err)
	}
	return remote{strings.TrimSpace(line)}
}

func (r remote) begin(tb testing.TB, scenario string) {
	tb.Helper()
	r.get(tb, "/scenario?name="+url.QueryEscape(scenario))
}

func (r remote) queries(tb testing.TB) int {
	tb.Helper()
	n, err := strconv.Atoi(r.get(tb, "/queries"))
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func (r remote) get(tb testing.TB, path string) string {
	tb.Helper()
	request, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, r.url+path, nil)
	if err != nil {
		tb.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		tb.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		tb.Fatalf("%s: %s, %v", path, response.Status, err)
	}
	return string(body)
}
