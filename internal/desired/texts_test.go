package desired_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
)

// past is how long ago the recorded series of a service begin: alerts compare with
// a week ago.
const past = 8 * 24 * time.Hour

// worse are the values of canonical series with which alerts fire: for eight days,
// and for the last hour. Others are 1000000 all the time.
var worse = map[string][2]string{
	"ragmonitor:requests:rate":               {"100", "1"},
	"ragmonitor:request_errors:rate":         {"0", "1"},
	"ragmonitor:cost_usd:rate":               {"1", "1000000"},
	"ragmonitor:cache_hits:ratio":            {"0.5", "0"},
	"ragmonitor:rate_limit_remaining:min":    {"0", "0"},
	"ragmonitor:relevance_score:p50":         {"0", "0"},
	"ragmonitor:context_precision:p50":       {"0", "0"},
	"ragmonitor:targets:up":                  {"1", "1"},
	"ragmonitor:targets:reporting":           {"0", "0"},
	"ragmonitor:vocabulary_successors:count": {"1", "1"},
}

// situations are further values for the last hour; "_" is none.
var situations = []map[string]string{
	{},
	{"ragmonitor:targets:up": "0"},
	{"ragmonitor:targets:total": "0"},
	{"ragmonitor:requests:rate": "0"},
	{"ragmonitor:requests:rate": "_"},
}

// load writes the series that the rules record, in the notation of promqltest.
func load(t *testing.T, objects []desired.Object, situation map[string]string) string {
	t.Helper()
	const step = 5 * time.Minute
	out := fmt.Sprintf("load %s\n", model.Duration(step))
	keeps := map[string][]string{}
	has := map[string]map[string]string{}
	eachRule(t, objects, func(r rulefmt.Rule) {
		if r.Record == "" {
			return
		}
		expr, err := parser.ParseExpr(r.Expr)
		if err != nil {
			t.Fatal(err)
		}
		keeps[r.Record] = keptBy(expr, keeps)
		values, ok := worse[r.Record]
		if !ok {
			values = [2]string{"1000000", "1000000"}
		}
		if value, ok := situation[r.Record]; ok {
			values[1] = value
		}
		series := map[string]string{}
		for _, label := range keeps[r.Record] {
			series[label] = readBy(expr, label, has)
		}
		maps.Copy(series, r.Labels)
		has[r.Record] = series
		now := values[1] + "x12"
		if values[1] == "_" {
			now = "_x13"
		}
		out += fmt.Sprintf("  %s%s %sx%d %s\n", r.Record, labels.FromMap(series), values[0], past/step, now)
	})
	return out
}

// keptBy are the labels that the result of an expression has, as far as it names
// them.
func keptBy(expr parser.Expr, recorded map[string][]string) []string {
	switch e := expr.(type) {
	case *parser.AggregateExpr:
		return e.Grouping
	case *parser.BinaryExpr:
		return keptBy(e.LHS, recorded)
	case *parser.ParenExpr:
		return keptBy(e.Expr, recorded)
	case *parser.VectorSelector:
		return recorded[e.Name]
	case *parser.Call:
		for _, arg := range e.Args {
			if arg.Type() == parser.ValueTypeVector {
				return slices.Concat(keptBy(arg, recorded), setBy(e))
			}
		}
	}
	return nil
}

// readBy is the value that a label has in the first series that an expression reads,
// where that is recorded too: alerts compare series with each other.
func readBy(expr parser.Expr, label string, recorded map[string]map[string]string) string {
	selectors := append(parser.ExtractSelectors(expr), nil)
	for _, m := range selectors[0] {
		if value := recorded[m.Value][label]; m.Name == model.MetricNameLabel && value != "" {
			return value
		}
	}
	return "some-" + label
}

// setBy is the label that a call of label_replace sets.
func setBy(call *parser.Call) []string {
	if call.Func.Name != "label_replace" {
		return nil
	}
	return []string{call.Args[1].(*parser.StringLiteral).Val}
}

// TestAlertTextsExpand lets Prometheus' own rule engine write the texts of alerts
// that fire.
func TestAlertTextsExpand(t *testing.T) {
	for _, name := range []string{"minimal", "everything"} {
		t.Run(name, func(t *testing.T) {
			objects := build(t, cases(t)[name])
			silent := map[string]bool{}
			eachRule(t, objects, func(r rulefmt.Rule) { silent[r.Alert] = r.Annotations["runbook_url"] != "" })
			for _, situation := range situations {
				for _, alert := range firing(t, objects, load(t, objects, situation), time.Unix(0, 0).Add(past+time.Hour)) {
					delete(silent, alert.Labels.Get("alertname"))
					checkTexts(t, alert)
				}
			}
			for alert, ours := range silent {
				if ours {
					t.Errorf("%s is silent", alert)
				}
			}
		})
	}
}

func checkTexts(t *testing.T, alert *rules.Alert) {
	t.Helper()
	name := alert.Labels.Get("alertname")
	for _, text := range []string{"<error", "<no value>", "{{", "}}", "{threshold}", "{long}", "%!", "NaN"} {
		if strings.Contains(alert.Annotations.String(), text) {
			t.Errorf("texts of %s hold %q: %s", name, text, alert.Annotations)
		}
	}
	if summary := alert.Annotations.Get("summary"); !strings.Contains(summary, "support-bot") {
		t.Errorf("summary of %s does not say of which RAGMonitor: %q", name, summary)
	}
	description := alert.Annotations.Get("description")
	if !strings.Contains(description, "rag/support-bot") {
		t.Errorf("description of %s does not say of which RAGMonitor: %q", name, description)
	}
	for _, gap := range []string{"component of", "component ,", "component  ", "stage  ", "tool  ", "model ,"} {
		if strings.Contains(description, gap) {
			t.Errorf("description of %s names something that is not there: %q", name, description)
		}
	}
}

// firing are the alerts among objects that fire, or soon will, over the series of a
// load.
func firing(t *testing.T, objects []desired.Object, series string, at time.Time) []*rules.Alert {
	t.Helper()
	storage := promqltest.LoadedStorage(t, series)
	t.Cleanup(func() { _ = storage.Close() })
	var files []string
	for i, data := range ruleFiles(t, objects) {
		files = append(files, filepath.Join(t.TempDir(), fmt.Sprintf("rules-%d.yaml", i)))
		if err := os.WriteFile(files[i], data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	manager := rules.NewManager(&rules.ManagerOptions{
		NameValidationScheme: model.UTF8Validation,
		Context:              t.Context(),
		Appendable:           storage,
		Queryable:            storage,
		QueryFunc:            rules.EngineQueryFunc(promqltest.NewTestEngine(t, false, 5*time.Minute, 1_000_000), storage),
		NotifyFunc:           func(context.Context, string, ...*rules.Alert) {},
		Logger:               slog.New(slog.DiscardHandler),
		Registerer:           prometheus.NewRegistry(),
	})
	loaded, errs := manager.LoadGroups(time.Minute, labels.EmptyLabels(), "", nil, false, files...)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var found []*rules.Alert
	for _, g := range loaded {
		if len(g.AlertingRules()) > 0 {
			g.Eval(t.Context(), at)
		}
		for _, rule := range g.AlertingRules() {
			if err := rule.LastError(); err != nil {
				t.Errorf("%s: %v", rule.Name(), err)
			}
			found = append(found, rule.ActiveAlerts()...)
		}
	}
	return found
}
