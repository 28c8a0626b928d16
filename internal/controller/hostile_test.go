package controller

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/ledger"
	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

// vector is an answer of a Prometheus with series of a healthy service, whose values
// are as given.
func vector(at time.Time, value, namespace string) string {
	var series []string
	for name, own := range map[string]string{
		"evaluation:timestamp_seconds": fmt.Sprint(at.Unix()), "targets:up": "1", "targets:total": "1",
		"requests:rate": value, "request_duration_seconds:p95": value,
	} {
		series = append(series, fmt.Sprintf(
			`{"metric":{"__name__":"ragmonitor:%s","namespace":%q,"ragmonitor":"support-bot","component":"api"},"value":[%d,%q]}`, name, namespace, at.Unix(), own))
	}
	return `{"status":"success","data":{"resultType":"vector","result":[` + strings.Join(series, ",") + `]}}`
}

// endless writes spaces for as long as somebody reads.
func endless(w http.ResponseWriter) {
	chunk := []byte(strings.Repeat(" ", 1<<20))
	for range 1 << 10 {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// TestAHostilePrometheusMakesNothingHealthy within two readings, whatever it does.
func TestAHostilePrometheusMakesNothingHealthy(t *testing.T) {
	now := time.Now()
	healthy := vector(now, "1", "rag")
	write := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
	}
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		want    string
		foreign int
	}{
		"one that is well":                     {handler: write(healthy), want: "Healthy/ObjectivesMet"},
		"one that answers with errors":         {handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, want: "Unknown/SourceFailed"},
		"one that never answers":               {handler: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, want: "Unknown/SourceFailed"},
		"one that answers without end":         {handler: func(w http.ResponseWriter, _ *http.Request) { endless(w) }, want: "Unknown/SourceFailed"},
		"one that answers with something else": {handler: write("<html>"), want: "Unknown/SourceFailed"},
		"one that says that series are lacking": {
			handler: write(strings.Replace(healthy, `"data"`, `"warnings":["a store is gone"],"data"`, 1)), want: "Unknown/SourceFailed",
		},
		"one that leads elsewhere": {
			handler: func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusTemporaryRedirect)
			},
			want: "Unknown/SourceFailed",
		},
		"one whose clock is an hour behind": {handler: write(vector(now.Add(-time.Hour), "1", "rag")), want: "Unknown/SourceFailed"},
		"one whose clock is an hour ahead":  {handler: write(vector(now.Add(time.Hour), "1", "rag")), want: "Unknown/SourceFailed"},
		"one whose values are no numbers":   {handler: write(vector(now, "NaN", "rag")), want: "NoData/RequestsNotMeasured"},
		"one whose values have no end":      {handler: write(vector(now, "+Inf", "rag")), want: "NoData/RequestsNotMeasured"},
		"one with series of somebody else":  {handler: write(vector(now, "1", "other")), want: "NoData/RulesNotLoaded", foreign: 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var hostile atomic.Bool
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				// A server learns that its client went away only once it has read the form.
				if err := r.ParseForm(); err != nil {
					t.Error(err)
				}
				if !strings.Contains(r.FormValue("query"), "evaluation:timestamp_seconds") {
					// One of the queries has all the answers.
					write(`{"status":"success","data":{"resultType":"vector","result":[]}}`)(w, r)
					return
				}
				if hostile.Load() {
					tc.handler(w, r)
					return
				}
				write(healthy)(w, r)
			}))
			defer server.Close()
			a, foreign := watch(t, server.URL, &hostile)
			v := a.observe(t.Context(), fixture.RAGMonitor(t, fixture.Minimal), false).Verdict
			if got := string(v.Health) + "/" + v.Reason; got != tc.want {
				t.Errorf("verdict is %s, want %s", got, tc.want)
			}
			if foreign != tc.foreign {
				t.Errorf("%d samples of others, want %d", foreign, tc.foreign)
			}
		})
	}
}

// watch reads a server as an Aggregator does: while it is well, and twice after.
func watch(t *testing.T, url string, hostile *atomic.Bool) (*Aggregator, int) {
	t.Helper()
	server, err := source.NewPrometheus(source.PrometheusConfig{URL: url, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	o := &observer{source: source.NewReader("prometheus", server, source.Options{Interval: time.Millisecond})}
	a := &Aggregator{
		observers: []*observer{o},
		clock:     clock.RealClock{},
		judge: &judge{
			models: newModels(fixture.Catalogue(t)), interval: time.Minute, clock: clock.RealClock{},
			ledgers:   map[types.UID]ledger.Memory{},
			explainer: &explainer{inventory: unread{}},
		},
	}
	watched := health.Watched{{Namespace: "rag", Name: "support-bot"}: {"api"}}
	o.look(t.Context(), watched, time.Now())
	hostile.Store(true)
	o.look(t.Context(), watched, time.Now())
	seen := o.look(t.Context(), watched, time.Now())
	return a, seen.foreign
}

// unread is an inventory that has not been read.
type unread struct{}

func (unread) Of(string) (discovery.Inventory, bool) { return discovery.Inventory{}, false }
func (unread) Err(string) error                      { return nil }
