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
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// nodes is the board of the cluster's nodes.
func nodes(t *testing.T) dashboards.Catalogue {
	t.Helper()
	catalogue, err := dashboards.Nodes()
	if err != nil {
		t.Fatal(err)
	}
	return catalogue
}

func renderNodes(t *testing.T) board {
	t.Helper()
	text, err := nodes(t).RenderNodes(fixture.Rules(t), "ragmonitor-system")
	if err != nil {
		t.Fatal(err)
	}
	var b board
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// ofNodes says whether a series is recorded of the cluster's nodes.
func ofNodes(t *testing.T, name string) bool {
	t.Helper()
	for _, r := range fixture.Rules(t).NodeRecordings {
		if r.Record == name {
			return true
		}
	}
	return false
}

func TestTheBoardOfNodesReadsWhatIsRecordedOfThem(t *testing.T) {
	b := renderNodes(t)
	if b.UID != naming.NodeBoardUID {
		t.Errorf("UID is %q, to which alerts do not link", b.UID)
	}
	if len(b.Panels) != len(nodes(t)) {
		t.Errorf("%d panels, of %d: some show nothing", len(b.Panels), len(nodes(t)))
	}
	shown := map[string]bool{}
	for _, p := range b.Panels {
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
				shown[have["__name__"]] = true
				if have["namespace"] != "ragmonitor-system" || !ofNodes(t, have["__name__"]) {
					t.Errorf("panel %q reads %v", p.Title, have)
				}
			}
		}
	}
	for _, r := range fixture.Rules(t).NodeRecordings {
		if !shown[r.Record] && r.Record != "ragmonitor:node:info" {
			t.Errorf("no panel shows %s", r.Record)
		}
	}
}

func TestAlertsOnNodesLinkToPanelsThatShowWhatTheyRead(t *testing.T) {
	b := renderNodes(t)
	for _, a := range fixture.Rules(t).NodeAlerts {
		var shown []string
		for _, q := range b.panelOf(t, a.Panel).Targets {
			shown = append(shown, selected(t, q.Expr)...)
		}
		read := slices.DeleteFunc(a.Expr.Names(), func(name string) bool { return !strings.HasPrefix(name, "ragmonitor:") })
		if !slices.Contains(shown, read[0]) {
			t.Errorf("alert %s reads %v, its panel %d shows %v", a.Alert, read, a.Panel, shown)
		}
	}
}

func TestLimitsOfNodesAreThoseOfTheirAlerts(t *testing.T) {
	b := renderNodes(t)
	for panel, want := range map[int][]string{1: {"0.8 red"}, 2: {"0.85 red"}, 3: {"0.9 red"}, 6: {"0.01 red"}, 7: {"0.9 red"}} {
		if diff := cmp.Diff(want, lines(t, b.panelOf(t, panel))); diff != "" {
			t.Errorf("lines of panel %d (-want +got):\n%s", panel, diff)
		}
	}
}

// TestNoFiguresOfNodesUnlessAskedFor: the board says which field asks for them.
func TestNoFiguresOfNodesUnlessAskedFor(t *testing.T) {
	b := render(t, fixture.Monitor(t, everything+"  nodeMetrics: \"Off\"\n"))
	last := b.Panels[len(b.Panels)-1]
	want := "Not set: Container processors (`spec.nodeMetrics`), Container memory (`spec.nodeMetrics`), Pod network (`spec.nodeMetrics`), " +
		"Container restarts and processes (`spec.nodeMetrics`), Nodes (`spec.nodeMetrics`)."
	if diff := cmp.Diff(want, last.Options.Content); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

// TestNodesOfTheBoard: those that the pods run on, where that is known, or else all.
func TestNodesOfTheBoard(t *testing.T) {
	const want = `topk(10, max by (node) (ragmonitor:node_cpu_usage:ratio * on (instance) group_left (node) ragmonitor:node:info ` +
		`and on (node) ragmonitor:pod_node:info{namespace="rag",ragmonitor="support-bot"}) ` +
		`or max by (node) (ragmonitor:node_cpu_usage:ratio * on (instance) group_left (node) ragmonitor:node:info) ` +
		`unless on () ragmonitor:pod_node:info{namespace="rag",ragmonitor="support-bot"})`
	got := render(t, fixture.Monitor(t, everything)).panelOf(t, 27).Targets[0].Expr
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("query (-want +got):\n%s", diff)
	}
}
