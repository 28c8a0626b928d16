// Package perf_test measures what the operator costs: the aggregator with a thousand
// RAGMonitors and one Prometheus, and the embedded source with hundreds of targets.
// "make perf" prints the tables. Figures are of this process, which has the operator
// in it and next to nothing else: the API server and the Prometheus have processes of
// their own.
package perf_test

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"testing"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// TestMain is the Prometheus too, when a benchmark has started it as that.
func TestMain(m *testing.M) {
	if os.Getenv(asPrometheus) != "" {
		fmt.Fprintln(os.Stderr, servePrometheus(os.Stdout))
		os.Exit(1)
	}
	ctrl.SetLogger(zap.New(zap.WriteTo(logged)))
	code := m.Run()
	for _, t := range tables {
		t.print(os.Stdout)
	}
	os.Exit(code)
}

// logged is what the operator logs, which is only of interest where a test fails.
var logged = &logBuffer{}

type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBuffer) showFailure(tb testing.TB) {
	tb.Helper()
	tb.Cleanup(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if tb.Failed() {
			tb.Log(l.text.String())
		}
	})
}
