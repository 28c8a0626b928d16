package perf_test

import (
	"fmt"
	"testing"
	"time"
)

const (
	// pause is the interval of the aggregator here: long enough for what a round has
	// written.
	pause = time.Second
	// rounds of one measurement, and idle how long it is watched how much goes on
	// between rounds.
	rounds = 12
	idle   = 15 * time.Second
)

// BenchmarkAggregator runs the operator with a thousand RAGMonitors, in 50 namespaces
// of a real API server, and a Prometheus with all series of a service of five stages
// for each. It was restarted once, so that no write is put off because another was made
// a moment ago. Figures are of one interval of 30 s, the default: of one round, and of
// all else that goes on meanwhile.
func BenchmarkAggregator(b *testing.B) {
	plane, server, empty := startPlane(b), startPrometheus(b), heap()
	admin := newClient(b, plane)
	thousand.create(b, admin)
	first := startOperator(b, plane, server.url, pause)
	first.settle(b, admin, thousand)
	first.stop(b)

	o := startOperator(b, plane, server.url, pause)
	defer o.stop(b)
	o.settle(b, admin, thousand)
	restart := o.requests.now()
	between := watch(b)
	t := newTable(
		fmt.Sprintf("One interval of %d s with %d RAGMonitors, and one Prometheus with %d series of each",
			defaultInterval, thousand.monitors, len(service{quiet, 1, noon}.series())+1),
		"services", "queries", "CPU ms", "for the round", "MiB allocated", "for the round", "objects", "status writes", "a minute", "events", "other writes", "heap MiB",
	)
	for _, name := range []string{"steady", "wobbling", "spending", "flapping"} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				server.begin(b, name)
				o.measure(b, server, between, empty).report(b, t, name)
			}
		})
	}
	if n := restart.writes(); n > 0 {
		b.Errorf("the restarted operator wrote %d times, though nothing had changed: %+v", n, restart)
	}
}

// watch is what is used in a second while no round is made.
func watch(b *testing.B) usage {
	b.Helper()
	before := used(b)
	<-time.After(idle)
	return used(b).minus(before).during(time.Second)
}

// interval is what one costs.
type interval struct {
	queries  float64
	round    usage
	all      usage
	requests requestCounts
	heap     float64
}

func (o *operator) measure(b *testing.B, server remote, between usage, empty float64) interval {
	b.Helper()
	queries, requests, before := server.queries(b), o.requests.now(), used(b)
	for range rounds {
		o.round(b)
	}
	u := used(b).minus(before)
	round := u.minus(between.times(u.wall.Seconds())).times(1.0 / rounds)
	idle := between.times(defaultInterval)
	return interval{
		queries:  float64(server.queries(b)-queries) / rounds,
		round:    round,
		all:      usage{processor: round.processor + idle.processor, bytes: round.bytes + idle.bytes, objects: round.objects + idle.objects},
		requests: o.requests.now().minus(requests),
		heap:     heap() - empty,
	}
}

func (i interval) report(b *testing.B, t *table, name string) {
	b.Helper()
	milliseconds := func(u usage) float64 { return float64(u.processor.Microseconds()) / 1000 }
	mebibytes := func(bytes float64) float64 { return bytes / (1 << 20) }
	writes := float64(i.requests.status) / rounds
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(i.queries, "queries/interval")
	b.ReportMetric(milliseconds(i.all), "CPU-ms/interval")
	b.ReportMetric(i.all.bytes, "B/interval")
	b.ReportMetric(i.all.objects, "allocs/interval")
	b.ReportMetric(writes*60/defaultInterval, "status-writes/min")
	b.ReportMetric(i.heap, "B-heap")
	t.add(name, i.queries, milliseconds(i.all), milliseconds(i.round), mebibytes(i.all.bytes), mebibytes(i.round.bytes),
		i.all.objects, writes, writes*60/defaultInterval, float64(i.requests.events)/rounds, float64(i.requests.children)/rounds, mebibytes(i.heap))
}
