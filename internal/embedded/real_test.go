package embedded

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

// hurried has the smallest manifest's rules at a pace that tests can wait for.
const hurried = `
  evaluation: {interval: 1s, window: 4s, costWindow: 8s}
`

// TestOurRulesReadTheSampleService is the whole way: a service that is asked, its
// metrics, our rules, and what the aggregator reads.
func TestOurRulesReadTheSampleService(t *testing.T) {
	config, err := sim.ConfigFor("rag")
	if err != nil {
		t.Fatal(err)
	}
	config.TimeScale = 1e-3
	service, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- service.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	m := fixture.Monitor(t, fixture.Minimal+hurried)
	built, err := fixture.Rules(t).Build(m)
	if err != nil {
		t.Fatal(err)
	}
	target := serve(t, service.Handler())
	target.Labels["service"], target.Labels["endpoint"] = "support-bot", "metrics"
	e := start(t, Config{})
	e.Update([]Monitor{{
		Namespace: m.Namespace, Name: m.Name, Groups: built.Groups, Version: "1",
		Jobs: []Job{{Component: "api", Path: "/metrics", Interval: 500 * time.Millisecond, Targets: []Target{target}}},
	}})
	for _, want := range []string{
		"ragmonitor:targets:up == 1", "ragmonitor:requests:rate > 0", "ragmonitor:request_duration_seconds:p95 > 0", "sum(ragmonitor:cost_usd:rate) > 0",
	} {
		e.answers(t, want, func(*promconfig.Sample) bool { return true })
	}
	if problems := e.Problems(); len(problems) > 0 {
		t.Errorf("there are problems: %+v", problems)
	}
	series, err := e.Query(t.Context(), `{__name__=~"`+strings.Join(health.Series(), "|")+`",ragmonitor!=""}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(series) < 10 {
		t.Errorf("the aggregator reads little: %v", series)
	}
}

func TestHistogramsAreReadAsConfigured(t *testing.T) {
	registry := prometheus.NewRegistry()
	both := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "took_seconds", Help: "Time.", Buckets: []float64{1, 2}, NativeHistogramBucketFactor: 1.1})
	registry.MustRegister(both)
	both.Observe(1.5)
	rules := []rulefmt.Rule{
		record(bot, "ragmonitor:classic:sum", `sum(took_seconds_bucket{le="2.0"})`),
		record(bot, "ragmonitor:native:sum", "histogram_count(sum(took_seconds))"),
	}
	for _, native := range []bool{false, true} {
		t.Run(fmt.Sprintf("native is %t", native), func(t *testing.T) {
			target := serve(t, promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}))
			e := start(t, Config{NativeHistograms: native})
			e.Update([]Monitor{monitor(bot, rules, target)})
			e.answers(t, "ragmonitor:classic:sum", is(1))
			if native {
				e.answers(t, "ragmonitor:native:sum", is(1))
			} else {
				e.vanishes(t, "ragmonitor:native:sum")
			}
		})
	}
}

func TestQueriesAnswerAsPrometheusDoes(t *testing.T) {
	e := start(t, Config{Limits: Limits{QuerySamples: 20}})
	e.Update([]Monitor{monitor(bot, sumRule, expose(t, lines(10)).Target)})
	e.answers(t, "ragmonitor:asked:count", is(10))
	for expr, want := range map[string]string{
		"1 +":                                "query 1 +: 1:4: parse error",
		"1":                                  "the answer is a scalar, must be a vector",
		"up[5m]":                             "the answer is a matrix, must be a vector",
		"max_over_time(asked_total[5m:1ms])": "too many samples",
		"histogram_quantile(2, sum(asked_total))": "partial answer: ",
	} {
		_, err := e.Query(t.Context(), expr)
		if err == nil && want != "" || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, must be %q", expr, err, want)
		}
	}
}

func TestOwnMetrics(t *testing.T) {
	e := start(t, Config{Limits: Limits{ScrapedRetention: time.Hour}})
	registry := prometheus.NewPedanticRegistry()
	if err := e.Register(registry); err != nil {
		t.Fatal(err)
	}
	rules := slices.Concat(sumRule, []rulefmt.Rule{record(bot, "ragmonitor:long:rate", "rate(asked_total[2h])")})
	e.Update([]Monitor{monitor(bot, rules, expose(t, lines(10)).Target)})
	e.answers(t, "ragmonitor:asked:count", is(10))
	if left := e.Problems()[bot].LeftOut; len(left) != 1 || left[0].Rule != "ragmonitor:long:rate" {
		t.Errorf("left out are %+v", left)
	}
	recorder := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	for _, want := range []string{
		`ragmonitor_embedded_series{store="scraped"} 15`, `ragmonitor_embedded_series{store="recorded"} 1`,
		"ragmonitor_embedded_targets 1", "ragmonitor_embedded_ragmonitors 1", "ragmonitor_embedded_rules_left_out 1",
		`ragmonitor_embedded_limits_reached_total{limit="series"} 0`, "ragmonitor_embedded_evaluations_skipped_total 0",
	} {
		if !strings.Contains(recorder.Body.String(), want+"\n") {
			t.Errorf("%s is not among the metrics:\n%s", want, recorder.Body)
		}
	}
}
