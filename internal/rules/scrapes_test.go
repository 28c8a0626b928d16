package rules_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

var update = flag.Bool("update", false, "write the golden files under testdata/canonical")

// A fixture's counters are taken to have grown from nought within this time, at
// one pace: rates are then the values of the fixture by a hundred.
const (
	grown      = 100 * time.Second
	scrapeStep = 10 * time.Second
)

// fixtureSpec stands behind the smallest manifest. Money is read where a metric
// counts it: prices change, and are no part of a vocabulary. Nor are containers.
const fixtureSpec = `
  evaluation: {interval: 10s, window: 40s, costWindow: 60s}
  objectives: {cost: {source: Metric}}
  nodeMetrics: "Off"
`

// TestScrapesBecomeCanonicalSeries reads what each system exposes, and compares all
// canonical series with the golden file. "go test ./internal/rules -run Scrapes
// -update" writes the files anew.
func TestScrapesBecomeCanonicalSeries(t *testing.T) {
	for _, s := range scrapesOf(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(s.canonical(t), "\n") + "\n"
			golden := filepath.Join("testdata/canonical", s.name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("canonical series (-want +got):\n%s", diff)
			}
		})
	}
}

// scrape is what one system exposes.
type scrape struct {
	// name of the file, which is that of the vocabulary and a variant.
	name       string
	vocabulary vocabulary.Vocabulary
	samples    []sample
}

// sample is one line of a scrape.
type sample struct {
	labels labels.Labels
	kind   model.MetricType
	value  float64
}

func scrapesOf(t *testing.T) []scrape {
	t.Helper()
	files, err := filepath.Glob("testdata/scrapes/*.prom")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scrapes, %v", err)
	}
	known := readOnce(t).names.Vocabularies
	out := make([]scrape, 0, len(files))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".prom")
		v, ok := vocabularyOf(known, name)
		if !ok {
			t.Fatalf("%s is of no vocabulary", file)
		}
		out = append(out, scrape{name: name, vocabulary: v, samples: parse(t, file)})
	}
	return out
}

// vocabularyOf is the vocabulary with the longest name that the file's begins with.
func vocabularyOf(known vocabulary.Catalogue, file string) (vocabulary.Vocabulary, bool) {
	for stem := file; stem != ""; stem = stem[:max(strings.LastIndex(stem, "-"), 0)] {
		if v, ok := known[stem]; ok {
			return v, true
		}
	}
	return vocabulary.Vocabulary{}, false
}

// parse reads a scrape by Prometheus' own parser.
func parse(t *testing.T, file string) []sample {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := textparse.NewPromParser(data, labels.NewSymbolTable(), false)
	kinds := map[string]model.MetricType{}
	var out []sample
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if entry == textparse.EntryType {
			name, kind := p.Type()
			kinds[string(name)] = kind
		}
		if entry == textparse.EntrySeries {
			s := sample{}
			_, _, s.value = p.Series()
			p.Labels(&s.labels)
			s.kind = kindOf(kinds, s.labels.Get(model.MetricNameLabel))
			out = append(out, s)
		}
	}
}

// kindOf is the type of the metric that a series belongs to.
func kindOf(kinds map[string]model.MetricType, series string) model.MetricType {
	if kind, ok := kinds[series]; ok {
		return kind
	}
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if kind, ok := kinds[strings.TrimSuffix(series, suffix)]; ok {
			return kind
		}
	}
	return model.MetricTypeUnknown
}

// canonical are the series that the rules make of s, as lines of text.
func (s scrape) canonical(t *testing.T) []string {
	t.Helper()
	manifest := strings.Replace(fixture.Minimal, "vocabulary: rag", "vocabulary: "+s.vocabulary.Name, 1) + fixtureSpec
	e := newEngine(t, manifest, s.load())
	// Cost is known after most of a window.
	for at := grown - 3*scrapeStep; at <= grown; at += scrapeStep {
		e.record(at)
	}
	e.failures()
	var out []string
	for _, series := range e.vector(`{__name__=~"ragmonitor:.+"}`, grown) {
		b := labels.NewBuilder(series.Metric)
		if b.Get("namespace") != "rag" || b.Get("ragmonitor") != "support-bot" {
			t.Errorf("%s is not bound to its RAGMonitor", series.Metric)
		}
		b.Del(model.MetricNameLabel, "namespace", "ragmonitor")
		out = append(out, series.Metric.Get(model.MetricNameLabel)+b.Labels().String()+" "+strconv.FormatFloat(series.F, 'g', 3, 64))
	}
	slices.Sort(out)
	return out
}

// load is s as a Prometheus has it that scraped one target.
func (s scrape) load() string {
	counters := s.counters()
	lines := []string{"load " + scrapeStep.String(), "  up" + scrapedLabels(labels.EmptyLabels()).String() + " 1x10"}
	for _, sample := range s.samples {
		// Infinity cannot be written with a number of times.
		values := strings.Repeat(fmt.Sprintf("%g ", sample.value), 11)
		if sample.grows(counters) {
			values = fmt.Sprintf("0+%gx10", sample.value/10)
		}
		lines = append(lines, "  "+scrapedLabels(sample.labels).String()+" "+values)
	}
	return strings.Join(lines, "\n")
}

// scrapedLabels are those that Prometheus gives a sample of the target: it moves
// labels of the same name out of the way.
func scrapedLabels(exposed labels.Labels) labels.Labels {
	b := labels.NewBuilder(exposed)
	for name, value := range map[string]string{
		"namespace": "rag", "ragmonitor": "support-bot", "component": "api", "job": "support-bot", "instance": "10.0.0.1:8000",
		"service": "support-bot", "pod": "support-bot-0", "container": "app",
	} {
		if own := exposed.Get(name); own != "" {
			b.Set("exported_"+name, own)
		}
		b.Set(name, value)
	}
	return b.Labels()
}

// counters are the names of what the vocabulary takes for counters, whatever type
// the application gives them.
func (s scrape) counters() map[string]bool {
	out := map[string]bool{}
	for _, alternatives := range s.vocabulary.Signals {
		for _, series := range alternatives {
			for _, name := range series.Metrics {
				out[name] = out[name] || series.Type == vocabulary.Counter
			}
		}
	}
	return out
}

// grows says whether the value counts up.
func (s sample) grows(counters map[string]bool) bool {
	if s.kind == model.MetricTypeSummary {
		return !s.labels.Has("quantile")
	}
	return s.kind == model.MetricTypeCounter || s.kind == model.MetricTypeHistogram ||
		counters[s.labels.Get(model.MetricNameLabel)]
}

// record evaluates the recordings, which is all that vocabularies are for.
func (e engine) record(at time.Duration) {
	for _, g := range e.groups {
		if strings.HasPrefix(g.Name(), "ragmonitor.recordings") {
			g.Eval(e.t.Context(), e.epoch.Add(at))
		}
	}
}

// failures reports the rules whose last evaluation failed.
func (e engine) failures() {
	e.t.Helper()
	for _, g := range e.groups {
		for _, rule := range g.Rules() {
			if rule.LastError() != nil {
				e.t.Errorf("rule %s: %v", rule.Name(), rule.LastError())
			}
		}
	}
}

// series is a line of a golden file.
type series struct{ name, labels string }

// golden are the series of a golden file, but for those about names of metrics.
func golden(t *testing.T, scrape string) []series {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata/canonical", scrape+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	var out []series
	for line := range strings.Lines(string(data)) {
		name, rest, _ := strings.Cut(line, "{")
		if name != "ragmonitor:vocabulary_metrics:count" {
			out = append(out, series{name: name, labels: rest[:strings.LastIndex(rest, "}")]})
		}
	}
	return out
}

// sameSystems are scrapes of one system under different names: the canonical series
// must not differ but in their values.
var sameSystems = [][]string{
	{"otel-genai", "otel-genai-nosuffix", "otel-genai-utf8"},
	{"otel-genai-new", "otel-genai-utf8-new"},
	{"otel-genai-server", "otel-genai-server-utf8"},
	{"openlit", "openlit-nosuffix", "openlit-utf8"},
	{"openllmetry", "openllmetry-python", "openllmetry-utf8"},
	{"http-otel", "http-otel-2023", "http-utf8"},
	{"http-express", "http-node"},
	{"rag-pair", "rag-singular"},
	{"vllm", "vllm-otel"},
	{"qdrant-grpc", "qdrant-2024"},
	{"kaito-rag", "kaito-rag-hybrid"},
	{"envoy", "envoy-classes"},
	{"istio", "istio-waypoint"},
}

func TestSameSystemsBecomeTheSameSeries(t *testing.T) {
	for _, names := range sameSystems {
		for _, other := range names[1:] {
			if diff := cmp.Diff(golden(t, names[0]), golden(t, other), cmp.AllowUnexported(series{})); diff != "" {
				t.Errorf("canonical series of %s and %s (-+):\n%s", names[0], other, diff)
			}
		}
	}
}

// TestReleasesBecomeAlikeSeries compares what the variants of a vocabulary have in
// common: older releases lack some signals, and models and errors have other names.
func TestReleasesBecomeAlikeSeries(t *testing.T) {
	known := map[string]map[string][]string{}
	for _, s := range scrapesOf(t) {
		v := s.vocabulary.Name
		if known[v] == nil {
			known[v] = map[string][]string{}
		}
		of := map[string][]string{}
		for _, series := range golden(t, s.name) {
			names := labelName.FindAllString(series.labels, -1)
			if !slices.Equal(of[series.name], names) && of[series.name] != nil {
				t.Errorf("%s of %s has labels %v and %v", series.name, s.name, of[series.name], names)
			}
			of[series.name] = names
		}
		for name, names := range of {
			if first, ok := known[v][name]; ok && !slices.Equal(first, names) {
				t.Errorf("%s of %s has labels %v, elsewhere %v", name, s.name, names, first)
			}
			known[v][name] = names
		}
	}
}

var labelName = regexp.MustCompile(`\w+="`)
