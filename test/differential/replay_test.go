package differential_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// grown is the time in which the counters of a recorded scrape grow to what was
// recorded, and by as much again ever after.
const grown = 100 * time.Second

// recording is what a real application exposed, brought back to life.
type recording struct {
	name       string
	vocabulary vocabulary.Vocabulary
	lines      []line
}

// line is one of a scrape: a comment, or a series and its value.
type line struct {
	text  string
	value float64
	kind  lineKind
}

type lineKind int

const (
	comment lineKind = iota
	still
	growing
)

// recordings are all of the folder in which rules are tested.
func recordings(t *testing.T, known vocabulary.Catalogue) []recording {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(fixture.Root(), "internal/rules/testdata/scrapes/*.prom"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no recorded scrapes, %v", err)
	}
	var out []recording
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r := recording{name: strings.TrimSuffix(filepath.Base(file), ".prom")}
		r.vocabulary = vocabularyOf(t, known, r.name)
		if r.lines, err = linesOf(data, countersOf(r.vocabulary)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out = append(out, r)
	}
	return out
}

// vocabularyOf is the one with the longest name that the file's begins with.
func vocabularyOf(t *testing.T, known vocabulary.Catalogue, file string) vocabulary.Vocabulary {
	t.Helper()
	for stem := file; stem != ""; stem = stem[:max(strings.LastIndex(stem, "-"), 0)] {
		if v, ok := known[stem]; ok {
			return v
		}
	}
	t.Fatalf("%s is of no vocabulary", file)
	return vocabulary.Vocabulary{}
}

// countersOf are the names of what a vocabulary takes for counters, whatever type the
// application gives them.
func countersOf(v vocabulary.Vocabulary) map[string]bool {
	out := map[string]bool{}
	for _, alternatives := range v.Signals {
		for _, series := range alternatives {
			for _, name := range series.Metrics {
				out[name] = out[name] || series.Type == vocabulary.Counter
			}
		}
	}
	return out
}

// linesOf reads a scrape by Prometheus' own parser.
func linesOf(data []byte, counters map[string]bool) ([]line, error) {
	p := textparse.NewPromParser(data, labels.NewSymbolTable(), false)
	kinds := map[string]promconfig.MetricType{}
	var out []line
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if entry == textparse.EntryType {
			name, kind := p.Type()
			kinds[string(name)] = kind
			out = append(out, line{text: typeLine(string(name), kind)})
		}
		if entry == textparse.EntrySeries {
			out = append(out, seriesLine(p, kinds, counters))
		}
	}
}

func seriesLine(p textparse.Parser, kinds map[string]promconfig.MetricType, counters map[string]bool) line {
	var set labels.Labels
	text, _, value := p.Series()
	p.Labels(&set)
	out := line{text: string(text), value: value, kind: still}
	if grows(set, kinds, counters) {
		out.kind = growing
	}
	return out
}

func typeLine(name string, kind promconfig.MetricType) string {
	if !promconfig.LegacyValidation.IsValidMetricName(name) {
		name = strconv.Quote(name)
	}
	if kind == promconfig.MetricTypeUnknown {
		kind = "untyped"
	}
	return "# TYPE " + name + " " + string(kind)
}

// grows says whether the value of a series counts up.
func grows(series labels.Labels, kinds map[string]promconfig.MetricType, counters map[string]bool) bool {
	name := series.Get(promconfig.MetricNameLabel)
	kind, ok := kinds[name]
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if !ok {
			kind, ok = kinds[strings.TrimSuffix(name, suffix)]
		}
	}
	if kind == promconfig.MetricTypeSummary {
		return !series.Has("quantile")
	}
	return kind == promconfig.MetricTypeCounter || kind == promconfig.MetricTypeHistogram || counters[name]
}

// at is the scrape after some time. All that grows does so by the same factor, so that
// buckets and sums stay those of one histogram, and a rate is the same whenever
// somebody begins to look.
func (r recording) at(since time.Duration) []byte {
	var out bytes.Buffer
	for _, l := range r.lines {
		out.WriteString(l.text)
		value := l.value
		if l.kind == growing {
			value *= since.Seconds() / grown.Seconds()
		}
		if l.kind != comment {
			out.WriteByte(' ')
			out.Write(strconv.AppendFloat(out.AvailableBuffer(), value, 'g', -1, 64))
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// replay serves all recordings, each under its name, and returns where.
func replay(t *testing.T, recordings []recording) netip.AddrPort {
	t.Helper()
	begun := time.Now()
	mux := http.NewServeMux()
	for _, r := range recordings {
		mux.HandleFunc("GET /"+r.name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
			_, _ = w.Write(r.at(time.Since(begun)))
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return addressOf(server)
}

func addressOf(server *httptest.Server) netip.AddrPort {
	return netip.MustParseAddrPort(server.Listener.Addr().String())
}
