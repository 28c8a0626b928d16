// Package check finds out whether an operator that is installed works, from outside of
// it: by its lease, by its metrics as Prometheus gets them, and by what RAGMonitors say.
// "helm test" runs it in a pod of its own.
//
//	check.go    the checks, in their order, until they hold
//	leader.go   somebody holds the lease
//	metrics.go  metrics are served to those who may read them, and to nobody else
//	monitors.go every RAGMonitor was seen
package check

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// retry is the time between two attempts: what was installed a moment ago may need
// some.
const retry = time.Second

// Target is the operator that is looked at.
type Target struct {
	// Client reads from the API server, not from a cache. Its scheme has Leases and
	// RAGMonitors.
	Client client.Reader
	// Namespace and Lease are those of the operator's lease.
	Namespace, Lease string
	// MetricsURL is where it serves metrics, by https; "" where it serves none.
	MetricsURL string
	// Authenticate adds the credentials of an account that may read metrics.
	Authenticate func(http.RoundTripper) (http.RoundTripper, error)
	Clock        clock.PassiveClock
}

// Run makes every check until it holds, and writes a line about each to out. The error
// names the first that did not hold before ctx ended.
func (t Target) Run(ctx context.Context, out io.Writer) error {
	for _, check := range []struct {
		what string
		// run returns what was found, for people.
		run func(context.Context) (string, error)
	}{
		{"leader", t.leader},
		{"metrics", t.metrics},
		{"RAGMonitors", t.monitors},
	} {
		found, err := until(ctx, check.run)
		if err != nil {
			return fmt.Errorf("%s: %w", check.what, err)
		}
		fmt.Fprintf(out, "%s: %s\n", check.what, found)
	}
	return nil
}

// until runs a check until it holds. The error is that of the last attempt which was
// not cut off.
func until(ctx context.Context, check func(context.Context) (string, error)) (string, error) {
	var found string
	var last error
	err := wait.PollUntilContextCancel(ctx, retry, true, func(ctx context.Context) (bool, error) {
		text, err := check(ctx)
		if err == nil || last == nil || ctx.Err() == nil {
			found, last = text, err
		}
		return err == nil, nil
	})
	if err != nil && last == nil {
		last = err
	}
	return found, last
}
