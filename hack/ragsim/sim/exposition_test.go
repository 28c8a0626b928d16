package sim

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	metricName = regexp.MustCompile(`^\w+`)
	labelPair  = regexp.MustCompile(`(\w+)="([^"]*)"`)
)

// exposition maps each metric to its type and its label names in the order of
// the alphabet, from the text format.
func exposition(text string) map[string]string {
	types := map[string]string{}
	labels := map[string]map[string]bool{}
	for line := range strings.Lines(text) {
		if declared, ok := strings.CutPrefix(line, "# TYPE "); ok && ofVocabulary(declared) {
			name, kind, _ := strings.Cut(strings.TrimSpace(declared), " ")
			types[name], labels[name] = kind, map[string]bool{}
		}
		if !ofVocabulary(line) {
			continue
		}
		name := metricName.FindString(line)
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base := strings.TrimSuffix(name, suffix); types[base] == "histogram" {
				name = base
			}
		}
		if types[name] == "" {
			types[name], labels[name] = "undeclared", map[string]bool{}
		}
		for _, match := range labelPair.FindAllStringSubmatch(line, -1) {
			labels[name][match[1]] = true
		}
	}
	out := map[string]string{}
	for name, kind := range types {
		delete(labels[name], "le")
		out[name] = strings.TrimSpace(kind + " " + strings.Join(slices.Sorted(maps.Keys(labels[name])), ","))
	}
	return out
}

// processMetrics are those of the client that teams rely on, with their types.
var processMetrics = map[string]string{
	"go_goroutines":                 "gauge",
	"process_cpu_seconds_total":     "counter",
	"process_resident_memory_bytes": "gauge",
	"process_open_fds":              "gauge",
}

// checkExposition compares what the first vocabulary serves at path with what
// its teams rely on. The client's own metrics are on /metrics alone.
func checkExposition(t *testing.T, s *Service, path string, want map[string]string) {
	t.Helper()
	text := pageText(t, s.Handler(), path, "")
	if diff := cmp.Diff(want, exposition(text)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
	for name, kind := range processMetrics {
		if got := strings.Contains(text, "\n# TYPE "+name+" "+kind+"\n"+name+" "); got != (path == "/metrics") {
			t.Errorf("%s has %s %s: %v", path, kind, name, got)
		}
	}
}

// checkLabelValues compares the values of the labels that want has, each
// written like "metric label".
func checkLabelValues(t *testing.T, s series, want map[string]string) {
	t.Helper()
	values := labelValues(s)
	got := map[string]string{}
	for key := range want {
		got[key] = strings.Join(slices.Sorted(maps.Keys(values[key])), " ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("label values (-want +got):\n%s", diff)
	}
}

// labelValues maps "metric label" to the values that the label has.
func labelValues(s series) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for name := range s {
		metric, labels, _ := strings.Cut(name, "{")
		for _, match := range labelPair.FindAllStringSubmatch(labels, -1) {
			key := metric + " " + match[1]
			if out[key] == nil {
				out[key] = map[string]bool{}
			}
			out[key][match[2]] = true
		}
	}
	return out
}
