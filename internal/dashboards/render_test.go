package dashboards_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/ragmonitor/ragmonitor-operator/internal/dashboards"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

type board struct {
	UID    string
	Panels []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ Expr, LegendFormat string }
		Options struct{ Content string }
	}
}

func render(t *testing.T, m model.Monitor) board {
	t.Helper()
	groups, err := fixture.Rules(t).Build(m)
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := dashboards.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	text, err := catalogue.Render(m, rules.RecordedBy(groups))
	if err != nil {
		t.Fatal(err)
	}
	var b board
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryQueryReadsTheMonitorsCanonicalSeries(t *testing.T) {
	for _, p := range render(t, fixture.Monitor(t, fixture.Minimal)).Panels {
		if len(p.Targets) == 0 {
			t.Errorf("panel %q has no query", p.Title)
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
				if have["namespace"] != "rag" || have["ragmonitor"] != "support-bot" || !strings.HasPrefix(have["__name__"], "ragmonitor:") {
					t.Errorf("panel %q reads %v", p.Title, have)
				}
			}
		}
	}
}

func TestPanelsDoNotOverlap(t *testing.T) {
	taken := map[[2]int]string{}
	for _, p := range render(t, fixture.Monitor(t, fixture.Minimal)).Panels {
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, ok := taken[[2]int{x, y}]; ok || x >= 24 {
					t.Fatalf("panel %q overlaps %q at %d,%d", p.Title, other, x, y)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

func TestPanelsWithoutSeriesAreNamedInstead(t *testing.T) {
	m := fixture.Monitor(t, fixture.Minimal)
	known := maps.Clone(m.Components[0].Vocabulary.Signals)
	delete(known, vocabulary.Relevance)
	delete(known, vocabulary.ContextPrecision)
	m.Components[0].Vocabulary.Signals = known
	b := render(t, m)
	titles := []string{}
	for _, p := range b.Panels {
		titles = append(titles, p.Title)
	}
	if slices.Contains(titles, "Answer quality") {
		t.Error("a panel without series is drawn")
	}
	last := b.Panels[len(b.Panels)-1]
	if diff := cmp.Diff("Not measured", last.Title); diff != "" {
		t.Errorf("last panel (-want +got):\n%s", diff)
	}
	if !strings.Contains(last.Options.Content, "Answer quality") {
		t.Errorf("text is %q", last.Options.Content)
	}
}

func TestAlertsLinkToPanelsThatExist(t *testing.T) {
	ids := map[int]bool{}
	for _, p := range render(t, fixture.Monitor(t, fixture.Minimal)).Panels {
		ids[p.ID] = true
	}
	for _, alert := range fixture.Rules(t).Alerts {
		if !ids[alert.Panel] {
			t.Errorf("alert %s links to panel %d, which is not on the board", alert.Alert, alert.Panel)
		}
	}
}
