package embedded

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"go.uber.org/goleak"
)

// TestMain finds what is left running; but a database that cannot be opened leaves
// the writer of its log, which is Prometheus' own doing.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/prometheus/prometheus/tsdb/wlog.(*WL).run"))
}

const (
	tick     = 20 * time.Millisecond
	interval = 200 * time.Millisecond
)

var bot = Key{"rag", "bot"}

// anywhere lets tests connect to this machine.
func anywhere(netip.Addr) bool { return true }

// engine is one that runs until its test ends, or stop.
type engine struct {
	*Engine
	stop func()
}

func start(t *testing.T, c Config) engine {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	if c.Allow == nil {
		c.Allow = anywhere
	}
	c.Tick = tick
	e, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	e.forGrace = time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return engine{e, stop}
}

// eventually waits for problem to be empty.
func eventually(t *testing.T, problem func() string) {
	t.Helper()
	last := ""
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if last = problem(); last == "" {
			return
		}
		<-time.After(tick)
	}
	t.Fatal(last)
}

// answers waits until a query has one answer for which ok holds.
func (e engine) answers(t *testing.T, expr string, ok func(*promconfig.Sample) bool) *promconfig.Sample {
	t.Helper()
	var sample *promconfig.Sample
	eventually(t, func() string {
		vector, err := e.Query(t.Context(), expr)
		if err == nil && len(vector) == 1 && ok(vector[0]) {
			sample = vector[0]
			return ""
		}
		return fmt.Sprintf("%s: %v, %v; problems %+v", expr, vector, err, e.Problems())
	})
	return sample
}

// vanishes waits until a query has no answer.
func (e engine) vanishes(t *testing.T, expr string) {
	t.Helper()
	eventually(t, func() string {
		vector, err := e.Query(t.Context(), expr)
		if err == nil && len(vector) == 0 {
			return ""
		}
		return fmt.Sprintf("%s: %v, %v", expr, vector, err)
	})
}

func is(value promconfig.SampleValue) func(*promconfig.Sample) bool {
	return func(s *promconfig.Sample) bool { return s.Value == value }
}

// downFor waits until a target is down for a reason.
func (e engine) downFor(t *testing.T, key Key, reason Reason) DownTarget {
	t.Helper()
	var down DownTarget
	eventually(t, func() string {
		problems := e.Problems()[key]
		for _, c := range problems.Components {
			for _, d := range c.Down {
				if d.Reason == reason {
					down = d
					return ""
				}
			}
		}
		return fmt.Sprintf("no target is down for %s: %+v", reason, problems.Components["api"])
	})
	return down
}

// page is a target whose body can change.
type page struct {
	Target
	mu   sync.Mutex
	body string
}

func (p *page) set(body string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.body = body
}

func (p *page) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	_, _ = io.WriteString(w, p.body)
}

func expose(t *testing.T, body string) *page {
	t.Helper()
	p := &page{body: body}
	p.Target = serve(t, p)
	return p
}

func serve(tb testing.TB, h http.Handler) Target {
	tb.Helper()
	server := httptest.NewServer(h)
	tb.Cleanup(server.Close)
	address := netip.MustParseAddrPort(server.Listener.Addr().String())
	return Target{Address: address, Labels: map[string]string{"pod": "bot-0", "job": "bot", "instance": address.String()}}
}

// monitor is a RAGMonitor with one component.
func monitor(key Key, rules []rulefmt.Rule, targets ...Target) Monitor {
	return Monitor{
		Namespace: key.Namespace, Name: key.Name, Version: fmt.Sprint(rules),
		Jobs:   []Job{{Component: "api", Path: "/metrics", Interval: interval, Targets: targets}},
		Groups: []rulefmt.RuleGroup{{Name: "rules", Interval: promconfig.Duration(interval), Rules: rules}},
	}
}

// record is a rule of a RAGMonitor.
func record(key Key, name, expr string) rulefmt.Rule {
	return rulefmt.Rule{Record: name, Expr: expr, Labels: identity(key)}
}

func identity(key Key) map[string]string {
	return map[string]string{"namespace": key.Namespace, "ragmonitor": key.Name}
}

func testLogger(t *testing.T) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}
