package embedded

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
)

var sumRule = []rulefmt.Rule{record(bot, "ragmonitor:asked:count", `count(asked_total{ragmonitor="bot"}) or vector(0)`)}

// lines exposes n series.
func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "asked_total{i=%q} 1\n", fmt.Sprint(i))
	}
	return b.String()
}

func TestATargetWithTooManySeriesIsDown(t *testing.T) {
	other := Key{"rag", "other"}
	for name, tc := range map[string]struct {
		limits Limits
		want   Reason
		limit  Limit
	}{
		"too many of one target":     {limits: Limits{SeriesPerTarget: 20}, want: ReasonSampleLimit},
		"too many of one RAGMonitor": {limits: Limits{SeriesPerMonitor: 20}, want: ReasonSeriesLimit, limit: LimitSeriesPerMonitor},
		"too many of all":            {limits: Limits{Series: 20}, want: ReasonSeriesLimit, limit: LimitSeries},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t, Config{Limits: tc.limits})
			small := expose(t, "asked_total 3\n")
			stays := monitor(other, []rulefmt.Rule{record(other, "ragmonitor:stays:sum", `sum(asked_total{ragmonitor="other"})`)}, small.Target)
			e.Update([]Monitor{stays})
			e.answers(t, "ragmonitor:stays:sum", is(3))
			e.Update([]Monitor{stays, monitor(bot, sumRule, expose(t, lines(30)).Target)})
			down := e.downFor(t, bot, tc.want)
			if down.Message == "" || down.Since.IsZero() {
				t.Errorf("the target is down without more: %+v", down)
			}
			// It is as if it had exposed nothing, but that it is down.
			e.answers(t, `up{ragmonitor="bot"}`, is(0))
			e.answers(t, "ragmonitor:asked:count", is(0))
			e.answers(t, `up{ragmonitor="other"}`, is(1))
			if got := testutil.ToFloat64(e.metrics.scrapeFailures.WithLabelValues(string(tc.want))); got == 0 {
				t.Error("the failure is not counted")
			}
			if tc.limit != "" && testutil.ToFloat64(e.metrics.limitsReached.WithLabelValues(string(tc.limit))) == 0 {
				t.Error("the limit is not counted")
			}
			if problems := e.Problems()[other]; !problems.none() {
				t.Errorf("the other RAGMonitor has problems: %+v", problems)
			}
		})
	}
}

func TestATargetRecoversFromALimit(t *testing.T) {
	e := start(t, Config{Limits: Limits{SeriesPerTarget: 20}})
	p := expose(t, lines(30))
	e.Update([]Monitor{monitor(bot, sumRule, p.Target)})
	e.downFor(t, bot, ReasonSampleLimit)
	p.set(lines(10))
	e.answers(t, "ragmonitor:asked:count", is(10))
	if problems := e.Problems(); len(problems) != 0 {
		t.Errorf("problems are left: %+v", problems)
	}
}

func TestRecordedSeriesAreLimited(t *testing.T) {
	e := start(t, Config{Limits: Limits{RecordedPerMonitor: 5}})
	rules := []rulefmt.Rule{record(bot, "ragmonitor:one:sum", "sum(asked_total)"), record(bot, "ragmonitor:each:sum", "sum by (i) (asked_total)")}
	e.Update([]Monitor{monitor(bot, rules, expose(t, lines(10)).Target)})
	e.answers(t, "count(ragmonitor:each:sum)", is(4))
	e.answers(t, "ragmonitor:one:sum", is(10))
	eventually(t, func() string {
		failing := e.Problems()[bot].Failing
		if len(failing) == 1 && failing[0].Rule == "ragmonitor:each:sum" && strings.Contains(failing[0].Message, "the limit of 5 on recorded series of one RAGMonitor") {
			return ""
		}
		return fmt.Sprintf("failing rules are %+v", failing)
	})
}

func TestAComponentIsScrapedWholeOrNotAtAll(t *testing.T) {
	e := start(t, Config{Limits: Limits{TargetsPerMonitor: 2}})
	one, two, three := expose(t, "asked_total 1\n").Target, expose(t, "asked_total 2\n").Target, expose(t, "asked_total 4\n").Target
	m := monitor(bot, []rulefmt.Rule{record(bot, "ragmonitor:asked:sum", "sum(asked_total)")}, one)
	m.Jobs = append(m.Jobs, Job{Component: "llm", Path: "/metrics", Interval: interval, Targets: []Target{two, three}})
	e.Update([]Monitor{m})
	e.answers(t, "ragmonitor:asked:sum", is(1))
	if got := e.Problems()[bot].Components["llm"]; got == nil || !strings.Contains(got.NotScraped, "limit of 2 on targets of one RAGMonitor") {
		t.Errorf("the problem of the component is %+v", got)
	}
	m.Jobs = []Job{m.Jobs[0], {Component: "llm", Path: "/metrics", Interval: interval, Targets: []Target{two}}}
	e.Update([]Monitor{m})
	e.answers(t, "ragmonitor:asked:sum", is(3))
}

func TestTargetsOfWhoCameFirstStay(t *testing.T) {
	job := func(n int) []Job { return []Job{{Component: "api", Targets: make([]Target, n)}} }
	a, b := Monitor{Name: "a", Jobs: job(3)}, Monitor{Name: "b", Jobs: job(3)}
	limits := Limits{Targets: 5, TargetsPerMonitor: 5}
	if got := admit([]Monitor{b, a}, nil, limits); len(got[a.Key()].jobs) != 1 || got[b.Key()].refused["api"].Limit != LimitTargets {
		t.Errorf("in the order of their names, the first must be scraped: %+v", got)
	}
	for _, order := range [][]Monitor{{a, b}, {b, a}} {
		if got := admit(order, map[Key]int{b.Key(): 1}, limits); len(got[b.Key()].jobs) != 1 || got[a.Key()].refused["api"].Limit != LimitTargets {
			t.Errorf("the one that is scraped already must stay: %+v", got)
		}
		if got := admit(order, map[Key]int{b.Key(): 1, a.Key(): 2}, limits); len(got[b.Key()].jobs) != 1 || got[a.Key()].refused["api"].Limit != LimitTargets {
			t.Errorf("the one that came first must stay: %+v", got)
		}
	}
}

func TestBadTargetsAreDown(t *testing.T) {
	write := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4")
			_, _ = w.Write([]byte(text))
		}
	}
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		want    Reason
	}{
		"a body that is too large": {handler: write(lines(20_000)), want: ReasonBodySize},
		"a body without end": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/plain; version=0.0.4")
				for err := error(nil); err == nil; {
					_, err = w.Write(make([]byte, 1<<16))
				}
			},
			want: ReasonBodySize,
		},
		"headers that are too large": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				for i := range 30 {
					w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 100_000))
				}
			},
			want: ReasonOther,
		},
		"an answer that comes byte by byte": {
			handler: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/plain; version=0.0.4")
				for r.Context().Err() == nil {
					_, _ = w.Write([]byte("#"))
					_ = http.NewResponseController(w).Flush()
					<-time.After(tick)
				}
			},
			want: ReasonTimeout,
		},
		"no answer":        {handler: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, want: ReasonTimeout},
		"an error":         {handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }, want: ReasonStatus},
		"no metrics":       {handler: write("<html>"), want: ReasonOther},
		"a label too long": {handler: write(`asked_total{a="` + strings.Repeat("x", 2000) + "\"} 1\n"), want: ReasonLabelLimit},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t, Config{Limits: Limits{BodyBytes: 100_000}})
			e.Update([]Monitor{monitor(bot, sumRule, serve(t, tc.handler))})
			down := e.downFor(t, bot, tc.want)
			if len(down.Message) > longestMessage+3 {
				t.Errorf("the message has %d bytes", len(down.Message))
			}
			e.answers(t, "up", is(0))
		})
	}
}

func TestNoTargetSeesACredentialOrSendsUsElsewhere(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	elsewhere := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	var mu sync.Mutex
	var headers []http.Header
	target := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		headers = append(headers, r.Header.Clone())
		http.Redirect(w, r, "http://"+elsewhere.Address.String()+"/metrics", http.StatusFound)
	}))
	e := start(t, Config{})
	e.Update([]Monitor{monitor(bot, sumRule, target)})
	e.downFor(t, bot, ReasonStatus)
	mu.Lock()
	defer mu.Unlock()
	for _, h := range headers {
		for _, secret := range []string{"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key"} {
			if h.Get(secret) != "" {
				t.Errorf("the target was sent %s", secret)
			}
		}
	}
}

func TestSlowTargetsHoldUpOnlyTheirNamespace(t *testing.T) {
	e := start(t, Config{Limits: Limits{Scrapes: 4}})
	var slow []Target
	for range 20 {
		slow = append(slow, serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })))
	}
	other := Key{"other", "quick"}
	quick := monitor(other, []rulefmt.Rule{record(other, "ragmonitor:asked:sum", "count_over_time(asked_total[2s])")}, expose(t, "asked_total 3\n").Target)
	held := monitor(bot, nil, slow...)
	// The timeout is as long as the interval.
	held.Jobs[0].Interval = 5 * interval
	e.Update([]Monitor{held, quick})
	e.downFor(t, bot, ReasonTimeout)
	e.answers(t, "ragmonitor:asked:sum", func(s *promconfig.Sample) bool { return s.Value >= 8 })
}

func TestATargetOfManyTextsIsLeftOut(t *testing.T) {
	var b strings.Builder
	for i := range 12_000 {
		fmt.Fprintf(&b, "# HELP m%d text\n", i)
	}
	e := start(t, Config{})
	quiet := expose(t, "asked_total 3\n")
	e.Update([]Monitor{monitor(bot, sumRule, expose(t, b.String()+"m1 1\n").Target, quiet.Target)})
	e.downFor(t, bot, ReasonMetadataLimit)
	e.vanishes(t, "up offset 100ms unless on (instance) asked_total")
	e.answers(t, "ragmonitor:asked:count", is(1))
}

func TestOnlyTargetsAreConnectedTo(t *testing.T) {
	target := serve(t, http.NotFoundHandler()).Address
	d := &dialer{allow: anywhere, bytes: 1 << 20}
	d.targets.Store(&map[netip.AddrPort]bool{target: true})
	if conn, err := d.dial(t.Context(), "tcp", target.String()); err != nil {
		t.Errorf("a target: %v", err)
	} else {
		_ = conn.Close()
	}
	other := serve(t, http.NotFoundHandler()).Address
	for _, address := range []string{other.String(), fmt.Sprintf("localhost:%d", target.Port()), fmt.Sprintf("[::ffff:127.0.0.1]:%d", target.Port()), ""} {
		if _, err := d.dial(t.Context(), "tcp", address); err == nil || reasonOf(err) != ReasonForbidden {
			t.Errorf("%q: %v, must be forbidden", address, err)
		}
	}
}

func TestForbiddenTargetsAreDown(t *testing.T) {
	e := start(t, Config{Allow: PodAddress})
	e.Update([]Monitor{monitor(bot, sumRule, serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a forbidden target was asked") })))})
	since := e.downFor(t, bot, ReasonForbidden).Since
	failures := e.metrics.scrapeFailures.WithLabelValues(string(ReasonForbidden))
	eventually(t, func() string {
		if testutil.ToFloat64(failures) < 4 {
			return "the target is not scraped again"
		}
		return ""
	})
	if got := e.downFor(t, bot, ReasonForbidden).Since; !got.Equal(since) {
		t.Errorf("the target is down since %s, must be since %s", got, since)
	}
}

func TestPodAddresses(t *testing.T) {
	for _, address := range []string{"10.0.0.1", "172.16.3.4", "192.168.1.1", "100.64.0.7", "8.8.8.8", "fd12:3456::1", "2a00::1", "::ffff:10.0.0.1"} {
		if !PodAddress(netip.MustParseAddr(address)) {
			t.Errorf("%s must be allowed", address)
		}
	}
	for _, address := range []string{
		"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "64:ff9b::127.0.0.1",
		"169.254.169.254", "169.254.1.1", "::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe",
		"2002:a9fe:a9fe::", "2001:0:a9fe:a9fe::1", "fe80::1", "fe80::1%eth0", "10.0.0.1%eth0", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192",
		"0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0", "224.0.0.1", "239.255.255.250", "255.255.255.255", "ff02::1", "ff01::1", "ff0e::1",
	} {
		parsed, err := netip.ParseAddr(address)
		if err == nil && PodAddress(parsed) {
			t.Errorf("%s must be forbidden", address)
		}
	}
	if PodAddress(netip.Addr{}) {
		t.Error("no address must be forbidden")
	}
}
