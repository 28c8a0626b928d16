package desired_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// FuzzBoard looks for text that, as any of the names in a RAGMonitor, breaks the
// board, changes its form, or lets a query leave the namespace.
func FuzzBoard(f *testing.F) {
	for _, text := range []string{
		`plain`, `"`, `\`, `"} or vector(1) #`, "\n", `{{component}}`, `${datasource}`, `$__interval`, `</script>`, "\u2028", "\x00", `","panels":[],"x":"`, `é日本`, `.*`,
	} {
		f.Add(text)
	}
	c := catalogue(f)
	m := fixture.Monitor(f, fixture.Minimal+`
  slos: [{name: availability, objective: "99.9"}]
  objectives: {stages: [{name: retrieval, p95: 1s}], cost: {budget: {amountUSD: "100"}}}
`)
	harmless := form(f, board(f, c, m), m)
	f.Fuzz(func(t *testing.T, text string) {
		// Neither is in a name that the API server lets pass.
		if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
			return
		}
		of := m
		of.Name, of.Namespace, of.Folder = text, text, text
		of.Components, of.SLOs, of.Objectives.Stages = slices.Clone(m.Components), slices.Clone(m.SLOs), slices.Clone(m.Objectives.Stages)
		of.Components[0].Name, of.SLOs[0].Name = text, text
		if d := cmp.Diff(harmless, form(t, board(t, c, of), of)); d != "" {
			t.Errorf("form of the board (-harmless text +this):\n%s", d)
		}
	})
}

func board(tb testing.TB, c desired.Catalogue, m model.Monitor) string {
	tb.Helper()
	children, err := c.Build(m)
	if err != nil {
		tb.Fatal(err)
	}
	config, ok := children.Objects[len(children.Objects)-1].Config.(*corev1ac.ConfigMapApplyConfiguration)
	if !ok || len(config.Data) != 1 {
		tb.Fatal("the last child is no board")
	}
	for _, text := range config.Data {
		return text
	}
	return ""
}

// form is what of a board does not depend on any text: its fields, and its texts but
// for queries, titles and the like. Every query must be of the RAGMonitor.
func form(tb testing.TB, text string, of model.Monitor) []string {
	tb.Helper()
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil || d.More() {
		tb.Fatalf("the board is not JSON: %v", err)
	}
	var out []string
	walk(value, "", func(path string, leaf any) {
		switch {
		case strings.HasSuffix(path, ".expr"):
			checkQuery(tb, fmt.Sprint(leaf), of)
			fallthrough
		case path == ".uid", path == ".title", path == ".description":
			out = append(out, path)
		default:
			out = append(out, fmt.Sprint(path, "=", leaf))
		}
	})
	slices.Sort(out)
	return out
}

func walk(value any, path string, leaf func(path string, value any)) {
	switch value := value.(type) {
	case map[string]any:
		for key, field := range value {
			walk(field, path+"."+key, leaf)
		}
	case []any:
		for i, element := range value {
			walk(element, fmt.Sprint(path, i), leaf)
		}
	default:
		leaf(path, value)
	}
}

func checkQuery(tb testing.TB, query string, of model.Monitor) {
	tb.Helper()
	expr, err := parser.ParseExpr(query)
	if err != nil {
		tb.Fatalf("query %q: %v", query, err)
	}
	for _, matchers := range parser.ExtractSelectors(expr) {
		if slices.ContainsFunc(matchers, ofNodes) {
			continue
		}
		for label, value := range map[string]string{"namespace": of.Namespace, "ragmonitor": of.Name} {
			if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool {
				return m.Type == labels.MatchEqual && m.Name == label && m.Value == value
			}) {
				tb.Errorf("%v is not bound to %s=%q", matchers, label, value)
			}
		}
	}
}

// ofNodes says whether a matcher picks what is recorded of the cluster's nodes, which is
// the same for all.
func ofNodes(m *labels.Matcher) bool {
	return m.Name == prommodel.MetricNameLabel && (m.Value == "ragmonitor:node:info" || strings.HasPrefix(m.Value, "ragmonitor:node_"))
}
