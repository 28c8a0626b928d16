package embedded

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// BenchmarkEngine collects targets of 300 series each, ten to a RAGMonitor, with the
// rules of the smallest manifest. The series are those of a histogram that the rules
// read, in 25 routes; or ten times as many routes of which 270 series are not read.
// It reports the heap that is held for a target, and the time of a processor for a
// scrape with its share of the evaluations, at the pace of one scrape in 15 s and two
// evaluations in a minute.
func BenchmarkEngine(b *testing.B) {
	built, err := fixture.Rules(b).Build(fixture.Monitor(b, fixture.Minimal))
	if err != nil {
		b.Fatal(err)
	}
	for _, targets := range []int{10, 100, 500} {
		for _, read := range []int{30, 300} {
			b.Run(fmt.Sprintf("targets=%d/read=%d", targets, read), func(b *testing.B) {
				for range b.N {
					collect(b, built, targets, read)
				}
			})
		}
	}
}

// scrapesEach is the number of scrapes of a target in one measurement.
const scrapesEach = 8

func collect(b *testing.B, built rules.Rules, targets, read int) {
	b.Helper()
	body := []byte(hundreds(read))
	target := serve(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = w.Write(body)
	}))
	e, err := New(Config{Dir: b.TempDir(), Allow: anywhere, Tick: 50 * time.Millisecond, Limits: Limits{Series: 1_000_000}})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error)
	before, cpu := heap(), processor(b)
	go func() { ended <- e.Run(ctx) }()
	// A target is scraped once in a second, and rules are evaluated half as often.
	e.Update(crowd(built, target.Address, targets))
	for testutil.ToFloat64(e.metrics.scrapes) < float64(targets*scrapesEach) {
		<-time.After(5 * time.Millisecond)
	}
	used := processor(b) - cpu
	b.ReportMetric(float64(heap()-before)/float64(targets), "B/target")
	b.ReportMetric(float64(used.Microseconds())/testutil.ToFloat64(e.metrics.scrapes), "µs/scrape")
	b.ReportMetric(float64(e.store.scraped.guard.held()), "series")
	b.ReportMetric(float64(e.store.recorded.guard.held()), "recorded")
	b.ReportMetric(testutil.ToFloat64(e.metrics.scrapeFailures.WithLabelValues(string(ReasonTimeout))), "timeouts")
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}

func crowd(built rules.Rules, address netip.AddrPort, targets int) []Monitor {
	var out []Monitor
	groups := built.Groups
	for i := range groups {
		groups[i].Interval /= 15
	}
	defer func() {
		for i := range groups {
			groups[i].Interval *= 15
		}
	}()
	for i := range targets / 10 {
		m := Monitor{Namespace: "rag", Name: fmt.Sprintf("bot-%d", i), Version: "1"}
		for _, g := range groups {
			for j, r := range g.Rules {
				if j == 0 {
					g.Rules = append(g.Rules[:0:0], g.Rules...)
				}
				g.Rules[j].Expr = strings.ReplaceAll(r.Expr, "support-bot", m.Name)
				g.Rules[j].Labels = identityOf(r.Labels, m.Name)
			}
			m.Groups = append(m.Groups, g)
		}
		job := Job{Component: "api", Path: "/metrics", Interval: time.Second}
		for j := range 10 {
			pod := fmt.Sprintf("bot-%d-7d9f8b6c5-x%d", i, j)
			job.Targets = append(job.Targets, Target{Address: address, Labels: map[string]string{
				"service": m.Name, "pod": pod, "container": "app", "endpoint": "metrics", "job": m.Name, "instance": fmt.Sprintf("10.0.%d.%d:8080", i, j),
			}})
		}
		m.Jobs = []Job{job}
		out = append(out, m)
	}
	return out
}

func identityOf(labels map[string]string, name string) map[string]string {
	out := maps.Clone(labels)
	out["ragmonitor"] = name
	return out
}

// hundreds exposes 300 series, some of which rules read.
func hundreds(read int) string {
	var b strings.Builder
	for i := range 300 {
		name := "rag_request_latency_seconds_bucket"
		if i >= read {
			name = "some_other_latency_seconds_bucket"
		}
		fmt.Fprintf(&b, "%s{endpoint=\"/api/v1/route-%d\",le=\"%d\"} %d\n", name, i/12, i%12, i%12*100)
	}
	return b.String()
}

// heap is the least of some readings: what scrapes under way have is not held.
func heap() int64 {
	least := int64(math.MaxInt64)
	for range 5 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		least = min(least, int64(m.HeapAlloc))
	}
	return least
}

// processor is the time of the whole process: the target's share is small.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
