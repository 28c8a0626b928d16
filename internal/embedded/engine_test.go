package embedded

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"go.uber.org/goleak"
)

func TestARuleReadsWhatATargetExposes(t *testing.T) {
	e := start(t, Config{})
	p := expose(t, "asked_total 3\n")
	e.Update([]Monitor{monitor(bot, []rulefmt.Rule{record(bot, "ragmonitor:asked:sum", "sum(asked_total)")}, p.Target)})
	got := e.answers(t, "ragmonitor:asked:sum", is(3))
	want := promconfig.Metric{"__name__": "ragmonitor:asked:sum", "namespace": "rag", "ragmonitor": "bot"}
	if diff := cmp.Diff(want, got.Metric); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	p.set("asked_total 4\n")
	e.answers(t, "ragmonitor:asked:sum", is(4))
}

func TestATargetCannotNameItself(t *testing.T) {
	e := start(t, Config{})
	p := expose(t, `asked_total{namespace="other",ragmonitor="other",component="other"} 3`+"\n"+`ragmonitor:asked:sum{x="y"} 9`+"\n"+`ALERTS{alertstate="firing"} 1`+"\n")
	p.Labels["namespace"], p.Labels["__scheme__"], p.Labels["__metrics_path__"] = "another", "https", "/secret"
	e.Update([]Monitor{monitor(bot, []rulefmt.Rule{
		record(bot, "ragmonitor:asked:sum", "sum by (component, pod, exported_namespace) (asked_total{namespace=\"rag\",ragmonitor=\"bot\"})"),
	}, p.Target)})
	got := e.answers(t, `{__name__=~".+",__name__!~"asked_total|up|scrape_.+"}`, is(3))
	want := promconfig.Metric{"__name__": "ragmonitor:asked:sum", "namespace": "rag", "ragmonitor": "bot", "component": "api", "pod": "bot-0", "exported_namespace": "other"}
	if diff := cmp.Diff(want, got.Metric); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}

// hurry is an alert that fires after a second.
func hurry(expr string, hold time.Duration) rulefmt.Rule {
	return rulefmt.Rule{Alert: "Hurry", Expr: expr, For: promconfig.Duration(hold), Labels: identity(bot)}
}

const (
	firing  = `ALERTS{alertstate="firing"}`
	pending = `ALERTS{alertstate="pending"}`
	active  = `max(ALERTS_FOR_STATE)`
)

func TestAnAlertFiresAfterItsTime(t *testing.T) {
	e := start(t, Config{})
	p := expose(t, "asked_total 3\n")
	e.Update([]Monitor{monitor(bot, []rulefmt.Rule{hurry("asked_total > 2", time.Second)}, p.Target)})
	before := time.Now()
	e.answers(t, pending, is(1))
	e.answers(t, firing, is(1))
	if took := time.Since(before); took < 700*time.Millisecond {
		t.Errorf("the alert fired after %s, must wait for a second", took)
	}
	p.set("asked_total 1\n")
	e.vanishes(t, "ALERTS")
}

func TestAPendingAlertOutlivesAChangeOfRules(t *testing.T) {
	e := start(t, Config{})
	p := expose(t, "asked_total 3\n")
	alert := hurry("asked_total > 2", time.Hour)
	e.Update([]Monitor{monitor(bot, []rulefmt.Rule{alert, record(bot, "ragmonitor:old:sum", "sum(asked_total)")}, p.Target)})
	e.answers(t, "ragmonitor:old:sum", is(3))
	since := e.answers(t, active, func(*promconfig.Sample) bool { return true }).Value
	e.Update([]Monitor{monitor(bot, []rulefmt.Rule{record(bot, "ragmonitor:new:sum", "sum(asked_total)"), alert}, p.Target)})
	e.answers(t, "ragmonitor:new:sum", is(3))
	e.vanishes(t, "ragmonitor:old:sum")
	if got := e.answers(t, active, func(*promconfig.Sample) bool { return true }).Value; got != since {
		t.Errorf("the alert is active since %v, was since %v", got, since)
	}
}

func TestAMovedRuleGoesOn(t *testing.T) {
	e := start(t, Config{})
	p := expose(t, "asked_total 3\n")
	m := monitor(bot, []rulefmt.Rule{record(bot, "ragmonitor:asked:sum", "sum(asked_total)")}, p.Target)
	e.Update([]Monitor{m})
	e.answers(t, "ragmonitor:asked:sum", is(3))
	m.Version, m.Groups = "moved", []rulefmt.RuleGroup{{Name: "other", Interval: m.Groups[0].Interval, Rules: m.Groups[0].Rules}}
	e.Update([]Monitor{m})
	// Every answer must have it, until the group that had it is long buried.
	for until := time.Now().Add(5 * interval); time.Now().Before(until); <-time.After(tick) {
		vector, err := e.Query(t.Context(), "ragmonitor:asked:sum")
		if err != nil || len(vector) != 1 {
			t.Fatalf("the series is gone: %v, %v", vector, err)
		}
	}
}

func TestWhatIsRemovedIsGone(t *testing.T) {
	var scrapes atomic.Int64
	e := start(t, Config{})
	p := expose(t, "asked_total 3\n")
	target := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scrapes.Add(1)
		p.ServeHTTP(w, r)
	}))
	other := Key{"rag", "other"}
	rules := []rulefmt.Rule{record(bot, "ragmonitor:asked:sum", "sum(asked_total)"), hurry(`asked_total{ragmonitor="bot"} > 2`, 0)}
	stays := monitor(other, []rulefmt.Rule{record(other, "ragmonitor:stays:sum", "sum(asked_total)")}, p.Target)
	e.Update([]Monitor{monitor(bot, rules, target), stays})
	e.answers(t, "ragmonitor:asked:sum", func(*promconfig.Sample) bool { return true })
	e.answers(t, firing, is(1))
	e.Update([]Monitor{stays})
	e.vanishes(t, `{__name__=~"ragmonitor:asked:sum|ALERTS|ALERTS_FOR_STATE"}`)
	seen := scrapes.Load()
	at := e.answers(t, "timestamp(ragmonitor:stays:sum)", func(*promconfig.Sample) bool { return true }).Value
	e.answers(t, "timestamp(ragmonitor:stays:sum)", func(s *promconfig.Sample) bool { return s.Value > at+3*promconfig.SampleValue(interval.Seconds()) })
	if got := scrapes.Load(); got != seen {
		t.Errorf("the target was scraped %d times after its RAGMonitor was removed", got-seen)
	}
	if problems := e.Problems(); len(problems) != 0 {
		t.Errorf("problems are left: %+v", problems)
	}
}

func TestRecordedSeriesAndAlertsOutliveARestart(t *testing.T) {
	dir := t.TempDir()
	e := start(t, Config{Dir: dir})
	p := expose(t, "asked_total 3\n")
	m := monitor(bot, []rulefmt.Rule{
		record(bot, "ragmonitor:asked:sum", "sum(asked_total)"),
		record(bot, "ragmonitor:first:min", "min_over_time(ragmonitor:asked:sum[1h])"),
		hurry("asked_total > 2", time.Hour),
	}, p.Target)
	e.Update([]Monitor{m})
	e.answers(t, "ragmonitor:first:min", is(3))
	since := e.answers(t, active, func(*promconfig.Sample) bool { return true }).Value
	e.stop()
	if _, err := e.Query(t.Context(), "up"); err == nil {
		t.Error("a query after the end must fail")
	}

	p.set("asked_total 5\n")
	e = start(t, Config{Dir: dir})
	e.Update([]Monitor{m})
	e.answers(t, "ragmonitor:asked:sum", is(5))
	e.answers(t, "ragmonitor:first:min", is(3))
	// The time for which it was down does not count as pending.
	e.answers(t, active, func(s *promconfig.Sample) bool { return s.Value >= since && s.Value < since+15 })
	e.answers(t, "count_over_time(ALERTS_FOR_STATE[5m]) > 2", func(*promconfig.Sample) bool { return true })
}

func TestNothingIsLeftRunning(t *testing.T) {
	before := goleak.IgnoreCurrent()
	p := &page{body: "asked_total 3\n"}
	server := httptest.NewServer(p)
	p.Target = Target{Address: netip.MustParseAddrPort(server.Listener.Addr().String())}
	e := start(t, Config{})
	m := monitor(bot, []rulefmt.Rule{record(bot, "ragmonitor:asked:sum", "sum(asked_total)"), hurry("asked_total > 2", 0)}, p.Target)
	e.Update([]Monitor{m})
	e.answers(t, "ragmonitor:asked:sum", is(3))
	// The target is gone, and is still to be marked as such, when all ends.
	m.Jobs = nil
	e.Update([]Monitor{m})
	e.answers(t, firing, is(1))
	e.stop()
	server.Close()
	goleak.VerifyNone(t, before)
}

func TestAnEngineRunsOnce(t *testing.T) {
	e := start(t, Config{})
	e.Update(nil)
	eventually(t, func() string {
		if _, err := e.Query(t.Context(), "vector(1)"); err != nil {
			return err.Error()
		}
		return ""
	})
	if err := e.Run(t.Context()); err == nil {
		t.Error("a second Run must fail")
	}
}

func TestWithoutADirectoryThereIsNoEngine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	for _, dir := range []string{"", file, filepath.Join(file, "x")} {
		if _, err := New(Config{Dir: dir}); err == nil || !strings.HasPrefix(err.Error(), "find the directory for samples: ") {
			t.Errorf("%q: %v", dir, err)
		}
	}
}
