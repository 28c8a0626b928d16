package dashboards_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/ragmonitor/ragmonitor-operator/internal/dashboards"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// everything is a RAGMonitor that measures all that there is: no panel is missing
// on its board, and no alert.
const everything = `
metadata: {name: support-bot, namespace: rag, uid: 5e1f8c3a-0000-4000-8000-000000000001}
spec:
  components:
  - {name: api, vocabulary: rag, selector: {matchLabels: {app: api}}}
  - {name: assistant, vocabulary: assistant, selector: {matchLabels: {app: assistant}}}
  - {name: pilot, vocabulary: promptpilot, selector: {matchLabels: {app: pilot}}}
  - {name: pipeline, vocabulary: api-pipeline, selector: {matchLabels: {app: pipeline}}}
  - {name: log, vocabulary: stage-log, selector: {matchLabels: {app: log}}}
  - {name: llm, vocabulary: vllm, stage: generation, existing: {matchLabels: {job: vllm}}}
  - {name: gateway, vocabulary: litellm, stage: generation, selector: {matchLabels: {app: litellm}}}
  - name: own
    vocabulary: custom
    selector: {matchLabels: {app: own}}
    signals:
    - {signal: emptyRetrievals, metrics: [own_empty_retrievals_total]}
    - {signal: retrievals, metrics: [own_retrievals_total]}
    - {signal: cachedInputTokens, metrics: [own_cached_tokens_total]}
    - {signal: documentsRetrieved, metrics: [own_documents]}
    - {signal: contextRecall, metrics: [own_context_recall]}
    - {signal: faithfulness, metrics: [own_faithfulness]}
  objectives: {cost: {source: Tokens, budget: {amountUSD: "750", period: Month}}}
  slos:
  - {name: availability, objective: "99.9", period: 30d}
  - {name: fast, indicator: Latency, objective: "95", period: 7d, threshold: 2s}
`

type board struct {
	UID    string
	Panels []panel
}

type panel struct {
	ID          int
	Type        string
	Title       string
	GridPos     struct{ X, Y, W, H int }
	Targets     []target
	FieldConfig struct {
		Defaults struct {
			Min        *float64
			Thresholds thresholds
		}
		Overrides []struct {
			Matcher    struct{ ID, Options string }
			Properties []property
		}
	}
	Options struct{ Content string }
}

type property struct {
	ID    string
	Value json.RawMessage
}

type target struct{ RefID, Expr, LegendFormat string }

type thresholds struct {
	Steps []struct {
		Color string
		Value *float64
	}
}

func render(t *testing.T, m model.Monitor) board {
	t.Helper()
	made, err := fixture.Rules(t).Build(m)
	if err != nil {
		t.Fatal(err)
	}
	text, err := builtin(t).Render(m, fixture.Rules(t), made.Recorded)
	if err != nil {
		t.Fatal(err)
	}
	var b board
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	return b
}

func builtin(t *testing.T) dashboards.Catalogue {
	t.Helper()
	catalogue, err := dashboards.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return catalogue
}

// panelOf finds a panel by its id.
func (b board) panelOf(t *testing.T, id int) panel {
	t.Helper()
	i := slices.IndexFunc(b.Panels, func(p panel) bool { return p.ID == id })
	if i < 0 {
		t.Fatalf("the board has no panel %d", id)
	}
	return b.Panels[i]
}

// selected are the names of the series that an expression reads.
func selected(t *testing.T, expr string) []string {
	t.Helper()
	root, err := parser.ParseExpr(expr)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	parser.Inspect(root, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			out = append(out, s.Name)
		}
		return nil
	})
	return out
}

func TestEveryQueryReadsTheMonitorsCanonicalSeries(t *testing.T) {
	for _, p := range render(t, fixture.Monitor(t, everything)).Panels {
		if len(p.Targets) == 0 {
			t.Errorf("panel %q has no query: %s", p.Title, p.Options.Content)
		}
		for _, q := range p.Targets {
			expr, err := parser.ParseExpr(q.Expr)
			if err != nil {
				t.Fatalf("panel %q: %v", p.Title, err)
			}
			for _, matchers := range parser.ExtractSelectors(expr) {
				have := map[string]string{}
				for _, m := range matchers {
					have[m.Name] = m.Value
				}
				if ofNodes(t, have["__name__"]) {
					continue // the cluster's, and the same for all
				}
				if have["namespace"] != "rag" || have["ragmonitor"] != "support-bot" || !strings.HasPrefix(have["__name__"], "ragmonitor:") {
					t.Errorf("panel %q reads %v", p.Title, have)
				}
			}
		}
	}
}

// TestNoQueryIsEverLeftOut finds names that no rule records, which Render would
// silently pass over.
func TestNoQueryIsEverLeftOut(t *testing.T) {
	b := render(t, fixture.Monitor(t, everything))
	for _, p := range builtin(t) {
		legends := map[string]bool{}
		for _, q := range b.panelOf(t, p.ID).Targets {
			legends[q.LegendFormat] = true
		}
		for _, q := range p.Queries {
			if !legends[q.Legend] {
				t.Errorf("panel %q leaves out %s", p.Title, q.Expr)
			}
		}
	}
}

// grafanaUnits are the units in which a series may be drawn, by its own.
var grafanaUnits = map[string]string{
	"ratio, 0 to 1": "percentunit",
	"ratio, 0 to 1; more when stages overlap": "percentunit",
	"ratio, up to 1":      "percentunit",
	"ratio":               "percentunit",
	"seconds":             "s",
	"US dollars":          "currencyUSD",
	"bytes":               "bytes",
	"bytes per second":    "Bps",
	"packets per second":  "pps",
	"processes":           "short",
	"1":                   "short",
	"requests per second": "reqps",
	"calls per second":    "cps",
	"runs per second":     "cps",
	"tokens per second":   "short",
	"requests":            "short",
	"documents":           "short",
	"processors":          "short",
	"times":               "short",
}

func TestSeriesAreDrawnInTheirOwnUnit(t *testing.T) {
	units := map[string]string{}
	for _, r := range slices.Concat(fixture.Rules(t).Recordings, fixture.Rules(t).NodeRecordings) {
		units[r.Record] = r.Unit
	}
	for _, s := range rules.Derived {
		units[s.Record] = s.Unit
	}
	for _, p := range slices.Concat(builtin(t), nodes(t)) {
		for _, q := range p.Queries {
			unit, bare := units[strings.Split(q.Expr.String(), "{")[0]]
			drawn := q.Unit
			if drawn == "" {
				drawn = p.Unit
			}
			if bare && drawn != grafanaUnits[unit] {
				t.Errorf("panel %q draws %s, which is in %s, as %q", p.Title, q.Expr, unit, drawn)
			}
		}
	}
}

func TestPanelsDoNotOverlap(t *testing.T) {
	for name, manifest := range map[string]string{"everything is measured": everything, "much is not": fixture.Minimal} {
		t.Run(name, func(t *testing.T) {
			taken := map[[2]int]string{}
			for _, p := range render(t, fixture.Monitor(t, manifest)).Panels {
				for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
					for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
						if other, ok := taken[[2]int{x, y}]; ok || x >= 24 {
							t.Fatalf("panel %q overlaps %q at %d,%d", p.Title, other, x, y)
						}
						taken[[2]int{x, y}] = p.Title
					}
				}
			}
		})
	}
}

func TestEveryAlertLinksToAPanelThatShowsWhatItReads(t *testing.T) {
	m := fixture.Monitor(t, everything)
	b := render(t, m)
	made, err := fixture.Rules(t).Build(m)
	if err != nil {
		t.Fatal(err)
	}
	reads := map[string][]string{}
	for _, g := range made.Groups {
		for _, rule := range g.Rules {
			if rule.Alert != "" {
				reads[rule.Alert] = append(reads[rule.Alert], selected(t, rule.Expr)...)
			}
		}
	}
	for _, alert := range fixture.Rules(t).Alerts {
		if len(reads[alert.Alert]) == 0 {
			t.Errorf("alert %s is not among the rules of a RAGMonitor that measures everything", alert.Alert)
			continue
		}
		var shown []string
		for _, q := range b.panelOf(t, alert.Panel).Targets {
			shown = append(shown, selected(t, q.Expr)...)
		}
		if !slices.ContainsFunc(reads[alert.Alert], func(series string) bool { return slices.Contains(shown, series) }) {
			t.Errorf("alert %s reads %v, its panel %d shows %v", alert.Alert, reads[alert.Alert], alert.Panel, shown)
		}
	}
}

func TestTheBudgetIsDrawnInDollars(t *testing.T) {
	const amount = `0 * ragmonitor:budget_spent_usd:sum{namespace="rag",ragmonitor="support-bot"} + 750`
	var got []string
	for _, q := range render(t, fixture.Monitor(t, everything)).panelOf(t, 20).Targets {
		got = append(got, q.Expr)
	}
	if !slices.Contains(got, amount) {
		t.Errorf("queries are %q, want %q among them", got, amount)
	}
}

const own = `
metadata: {name: support-bot, namespace: rag}
spec:
  components:
  - name: api
    vocabulary: custom
    selector: {matchLabels: {app: own}}
    signals: [{signal: requests, metrics: [own_requests_total]}]
`

func TestPanelsWithNothingToShowAreNamedInstead(t *testing.T) {
	const (
		link  = " ([which would](https://github.com/ragmonitor/ragmonitor-operator/blob/main/docs/vocabularies.md))."
		unset = "Not set: SLOs (`spec.slos`), Budget (`spec.objectives.cost.budget`)."
	)
	for name, tc := range map[string]struct{ manifest, want string }{
		"everything is measured": {manifest: everything},
		"most is neither measured nor asked for": {
			manifest: own,
			want: "No component exposes metrics for: Error ratio, Active requests, Cache hit ratio, Rate limit remaining, " +
				"Request duration, Where the time goes, Stage duration, Stage failures, Errors by type, Cost, Tokens, " +
				"Time to first token, Queue and key-value cache, Answer quality, Retrieval, Tools, Pipelines and prompts, " +
				"Machine as the application sees it" + link + "\n\n" + unset,
		},
		"a budget and SLOs are set and cannot be measured": {
			manifest: own + `
  objectives: {cost: {budget: {amountUSD: "750"}}}
  slos: [{name: availability, objective: "99.9"}]
`,
			want: "No component exposes metrics for: Error ratio, Active requests, Cache hit ratio, Rate limit remaining, " +
				"Request duration, Where the time goes, Stage duration, Stage failures, Errors by type, SLOs, Budget, Cost, Tokens, " +
				"Time to first token, Queue and key-value cache, Answer quality, Retrieval, Tools, Pipelines and prompts, " +
				"Machine as the application sees it" + link,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := render(t, fixture.Monitor(t, tc.manifest))
			last := b.Panels[len(b.Panels)-1]
			if diff := cmp.Diff(tc.want, last.Options.Content); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			for _, p := range b.Panels[:len(b.Panels)-1] {
				if strings.Contains(tc.want, p.Title+",") {
					t.Errorf("panel %q is both drawn and said to have nothing to show", p.Title)
				}
			}
		})
	}
}
