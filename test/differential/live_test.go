package differential_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

// lively is watched nearly at the fastest pace that the API takes: the race detector
// makes evaluations several times as dear, and a source that skips some knows no cost.
const lively = `
metadata: {name: support-bot, namespace: rag}
spec:
  components:
  - name: api
    vocabulary: rag
    selector: {matchLabels: {app: support-bot}}
    endpoint: {interval: 1s}
  evaluation: {interval: 2s, window: 8s, costWindow: 20s}
  objectives: {cost: {perDayUSD: "1000"}}
`

const (
	// full are the evaluations after which rates rest on whole windows: times
	// until a verdict would be too short before.
	full = 6
	// lasting is how long nothing else must be said then.
	lasting = 5 * time.Second
	// between two looks.
	glance = 250 * time.Millisecond
)

func TestFaultsAreJudgedAlike(t *testing.T) {
	c := newCatalogue(t, lively, pace{interval: 6 * time.Second, wait: 24 * time.Hour})
	services := map[health.Key]service{}
	var watches []watch
	for name, s := range scenarios {
		service := startService(t, s)
		w := c.watch(t, name, s.vocabulary, "/metrics", service.addresses()...)
		watches = append(watches, w)
		services[w.key()] = service
	}
	both := startPair(t, watches)
	healthy := newRecord(time.Now(), func(health.Key) string { return fine })
	both.follow(t, healthy, glance)
	both.evaluated(t, full)

	broken := newRecord(time.Now(), func(key health.Key) string { return scenarios[key.Name].want })
	for i, w := range watches {
		watches[i] = services[w.key()].suffer(t, w)
	}
	both.tell(t, watches)
	both.follow(t, broken, lasting)
	t.Log(broken.table())
	eventually(t, func() string {
		seen, err := both.look(t.Context())
		if err != nil {
			return err.Error()
		}
		var unlike []string
		for _, key := range sorted(seen[0]) {
			if diff := gocmp.Diff(seen[0][key].readings, seen[1][key].readings, present...); diff != "" {
				unlike = append(unlike, key.Name+": readings (-Prometheus +embedded):\n"+diff)
			}
		}
		return strings.Join(unlike, "\n")
	})
}

// service is one that is simulated, in as many pods as its scenario wants.
type service struct {
	scenario
	pods []pod
}

type pod struct {
	*sim.Service
	server *httptest.Server
}

func startService(t *testing.T, s scenario) service {
	t.Helper()
	out := service{scenario: s}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	for i := range max(1, s.pods) {
		config, err := sim.ConfigFor(s.vocabulary)
		if err != nil {
			t.Fatal(err)
		}
		config.Seed, config.Rate, config.TimeScale = uint64(s.seed+i+1), 50, 1e-3
		simulated, err := sim.New(config)
		if err != nil {
			t.Fatal(err)
		}
		running.Go(func() {
			if err := simulated.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		server := httptest.NewServer(simulated.Handler())
		t.Cleanup(server.Close)
		out.pods = append(out.pods, pod{simulated, server})
	}
	return out
}

func (s service) addresses() (out []netip.AddrPort) {
	for _, p := range s.pods {
		out = append(out, addressOf(p.server))
	}
	return out
}

// suffer has happen what the scenario says, and returns what is watched then.
func (s service) suffer(t *testing.T, w watch) watch {
	t.Helper()
	for i, p := range s.pods {
		if err := p.SetFaults(s.faults); err != nil {
			t.Fatal(err)
		}
		if i < s.ends {
			p.server.CloseClientConnections()
			p.server.Close()
		}
		if i < s.deleted {
			w = w.without(addressOf(p.server))
		}
	}
	return w
}

// record is what is said of RAGMonitors in the course of time, by each source.
type record struct {
	begun time.Time
	want  func(health.Key) string
	said  [2]map[health.Key]saying
}

// saying is what is said now, and since when.
type saying struct {
	text  string
	since time.Time
}

func newRecord(begun time.Time, want func(health.Key) string) *record {
	return &record{begun: begun, want: want, said: [2]map[health.Key]saying{{}, {}}}
}

// follow looks until both sources have said what is wanted, of each RAGMonitor, and
// nothing else for a while.
func (p pair) follow(t *testing.T, r *record, lasting time.Duration) {
	t.Helper()
	var problems string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-time.After(glance) {
		looked, err := p.look(t.Context())
		if err != nil {
			t.Logf("A look is left out: %v", err) // this machine is busy
			continue
		}
		for i, seen := range looked {
			for key, s := range seen {
				if text := s.summary(); r.said[i][key].text != text {
					r.said[i][key] = saying{text, time.Now()}
				}
			}
		}
		if problems = r.missing(lasting); problems == "" {
			return
		}
	}
	t.Fatalf("after %s:\n%s\n%s", time.Since(r.begun), problems, r.table())
}

// missing is what is not said as wanted, or not for long enough.
func (r *record) missing(lasting time.Duration) string {
	var out []string
	for i, said := range r.said {
		for key, s := range said {
			if s.text != r.want(key) {
				out = append(out, fmt.Sprintf("%s: %s says %s, must be %s", key.Name, sources[i], s.text, r.want(key)))
			} else if time.Since(s.since) < lasting {
				out = append(out, fmt.Sprintf("%s: %s says %s since %s only", key.Name, sources[i], s.text, time.Since(s.since)))
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// table says what each source said last, and how long after the beginning.
func (r *record) table() string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n%-16s %-11s %8s  %s\n", "scenario", "source", "after", "verdict")
	for _, key := range sorted(r.said[0]) {
		for i, source := range sources {
			s := r.said[i][key]
			after := fmt.Sprintf("%.1fs", s.since.Sub(r.begun).Seconds())
			if s.text == fine {
				after = "" // it was said before, too
			}
			fmt.Fprintf(&out, "%-16s %-11s %8s  %s\n", key.Name, source, after, s.text)
		}
	}
	return out.String()
}
