package perf_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	client_golang "github.com/prometheus/client_golang/prometheus"

	"github.com/ragmonitor/ragmonitor-operator/internal/embedded"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

const (
	// haste is how much faster than by default targets are scraped and rules are
	// evaluated here, which keeps the proportion of the two.
	haste = 15
	// scrapeInterval is the default.
	scrapeInterval = 15 * time.Second
	// scrapesEach is the number of scrapes of a target in one measurement.
	scrapesEach = 8
)

// BenchmarkEmbedded collects targets of 300 series each, ten to a RAGMonitor, with the
// rules of the smallest manifest. The series are those of a histogram that the rules
// read, in 25 routes; or ten times as many routes of which 270 series are not read.
// It reports the heap that is held for a target, and the time of a processor for a
// scrape with its share of the evaluations, the target's own share of it included.
func BenchmarkEmbedded(b *testing.B) {
	built, err := fixture.Rules(b).Build(fixture.Monitor(b, fixture.Minimal))
	if err != nil {
		b.Fatal(err)
	}
	t := newTable(
		"The embedded source, with targets of 300 series that are scraped every 15 s",
		"targets", "series read", "KiB a target", "MiB in all", "CPU µs a scrape", "millicores in all", "series held", "recorded", "timeouts",
	)
	for _, targets := range []int{10, 100, 500} {
		for _, read := range []int{30, 300} {
			b.Run(fmt.Sprintf("targets=%d/read=%d", targets, read), func(b *testing.B) {
				for range b.N {
					collect(b, built, targets, read).report(b, t)
				}
			})
		}
	}
}

// collection is what it costs to collect so many targets.
type collection struct {
	targets, read              int
	heap                       float64
	scrape                     time.Duration
	scraped, recorded, timeout float64
}

func collect(b *testing.B, built rules.Rules, targets, read int) collection {
	b.Helper()
	address := expose(b, []byte(exposition(read)))
	empty, before := heap(), used(b)
	e, err := embedded.New(embedded.Config{
		Dir: b.TempDir(), Tick: 50 * time.Millisecond,
		Allow:  func(netip.Addr) bool { return true },
		Limits: embedded.Limits{Series: 1_000_000},
	})
	if err != nil {
		b.Fatal(err)
	}
	m := metrics{client_golang.NewRegistry()}
	if err := e.Register(m.registry); err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error)
	go func() { ended <- e.Run(ctx) }()
	e.Update(crowd(built, address, targets))
	for m.value(b, "ragmonitor_embedded_scrapes_total") < float64(targets*scrapesEach) {
		<-time.After(20 * time.Millisecond)
	}
	scrapes := m.value(b, "ragmonitor_embedded_scrapes_total")
	out := collection{
		targets: targets, read: read,
		scrape:   time.Duration(float64(used(b).minus(before).processor) / scrapes),
		heap:     heap() - empty,
		scraped:  m.value(b, "ragmonitor_embedded_series", "store", "scraped"),
		recorded: m.value(b, "ragmonitor_embedded_series", "store", "recorded"),
		timeout:  m.value(b, "ragmonitor_embedded_scrape_failures_total", "reason", string(embedded.ReasonTimeout)),
	}
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	return out
}

func (c collection) report(b *testing.B, t *table) {
	b.Helper()
	each := c.heap / float64(c.targets)
	cores := c.scrape.Seconds() * float64(c.targets) / scrapeInterval.Seconds()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(each, "B/target")
	b.ReportMetric(float64(c.scrape.Microseconds()), "µs/scrape")
	b.ReportMetric(c.scraped, "series")
	b.ReportMetric(c.recorded, "recorded")
	b.ReportMetric(c.timeout, "timeouts")
	t.add(c.targets, c.read, each/1024, c.heap/(1<<20), float64(c.scrape.Microseconds()), 1000*cores, c.scraped, c.recorded, c.timeout)
}

// expose is a target. It listens until the benchmark ends.
func expose(b *testing.B, body []byte) netip.AddrPort {
	b.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = w.Write(body)
	}))
	b.Cleanup(server.Close)
	return netip.MustParseAddrPort(server.Listener.Addr().String())
}
