package perf_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// prometheus answers the queries of the operator for a population, compressed,
// as a Prometheus does that has recorded its series. It counts the queries.
type prometheus struct {
	population population

	mu       sync.Mutex
	scenario string
	// round is the number of readings since the scenario began.
	round, asked int
}

func newPrometheus(p population) *prometheus {
	return &prometheus{population: p, scenario: "steady"}
}

// begin has a scenario begin with the next round.
func (p *prometheus) begin(scenario string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.scenario, p.round = scenario, 0
}

// queries counts the queries so far.
func (p *prometheus) queries() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// ServeHTTP implements http.Handler: besides the query API there is what a benchmark
// says and asks from another process.
func (p *prometheus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/api/v1/query":
		p.answer(w, r.FormValue("query"))
	case "/scenario":
		p.begin(r.FormValue("name"))
	case "/queries":
		fmt.Fprint(w, p.queries())
	default:
		http.NotFound(w, r)
	}
}

func (p *prometheus) answer(w http.ResponseWriter, query string) {
	p.mu.Lock()
	p.asked++
	var result []byte
	if strings.Contains(query, "ALERTS") {
		p.round++ // it is the last of a round
	} else {
		result = p.vector(named(query))
	}
	p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip")
	compressed, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
	fmt.Fprintf(compressed, `{"status":"success","data":{"resultType":"vector","result":[%s]}}`, result)
	_ = compressed.Close()
}

// named is the matcher on names of a query.
func named(query string) *labels.Matcher {
	matchers, err := parser.ParseMetricSelector(query)
	if err != nil {
		panic(err) // the operator asks nothing else
	}
	return matchers[slices.IndexFunc(matchers, func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel })]
}

func (p *prometheus) vector(name *labels.Matcher) []byte {
	now := float64(time.Now().UnixMilli()) / 1000
	var out bytes.Buffer
	for i := range p.population.monitors {
		key := p.population.key(i)
		of := fmt.Sprintf(`"namespace":%q,"ragmonitor":%q}`, key.Namespace, key.Name)
		all := append(scenarios[p.scenario](p.population, i, p.round).series(), series{"evaluation:timestamp_seconds", "", now})
		for _, s := range all {
			if !name.Matches("ragmonitor:" + s.record) {
				continue
			}
			if out.Len() > 0 {
				out.WriteByte(',')
			}
			fmt.Fprintf(&out, `{"metric":{"__name__":"ragmonitor:%s",%s%s,"value":[%.3f,"%s"]}`,
				s.record, s.more, of, now, strconv.FormatFloat(s.value, 'f', -1, 64))
		}
	}
	return out.Bytes()
}
