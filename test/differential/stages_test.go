package differential_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

// crowded is watched slowly enough for a service of each stage and fault at once.
const crowded = `
metadata: {name: support-bot, namespace: rag}
spec:
  components:
  - name: api
    vocabulary: rag
    selector: {matchLabels: {app: support-bot}}
    endpoint: {interval: 4s}
  evaluation: {interval: 4s, window: 16s, costWindow: 20s}
  objectives: {cost: {perDayUSD: "1000"}}
`

const (
	// usual are the evaluations of a healthy service, and unusual those of a broken one:
	// two windows, and fewer than the usual ones, or the median would be that of the fault.
	usual   = 12
	unusual = 8
)

// TestEveryStageIsNamedOrNobody breaks each stage of each vocabulary that can be played,
// in each way. A stage that is not broken must not be named by either source at any time:
// not in the first half hour, and not once it is known what is usual.
func TestEveryStageIsNamedOrNobody(t *testing.T) {
	all := newTrials(t, newCatalogue(t, crowded, pace{interval: 6 * time.Second, wait: 24 * time.Hour}))
	var watches []watch
	for _, x := range all {
		x.watch.groups = hasty(t, x.watch.groups)
		watches = append(watches, x.watch)
	}
	both := startPair(t, watches)
	views := [2]pair{both.unaware(t, watches), both}
	for _, view := range views {
		for _, eye := range view.eyes {
			eye.queries = queries[:2]
		}
	}
	all.attend(t, views, testimony.beforehand)
	all.begin(t)
	all.attend(t, views, testimony.afterwards)
	t.Log(all.table())
	all.judge(t)
}

// hasty has seconds make a baseline: as they are, the rules make none of less than half
// an hour, which no test can wait for. Nothing else of them changes.
func hasty(t *testing.T, groups []rulefmt.RuleGroup) []rulefmt.RuleGroup {
	t.Helper()
	// Means, of a whole window together.
	const enough = 4
	changed := 0
	for _, g := range groups {
		for i, rule := range g.Rules {
			if rule.Record == rules.StageBaseline || rule.Record == rules.RequestBaseline {
				g.Rules[i].Expr = withLimit(t, rule.Expr, enough)
				changed++
			}
		}
	}
	if changed != 2 {
		t.Fatalf("%d rules make a baseline, must be 2", changed)
	}
	return groups
}

// withLimit has the only comparison of an expression be one with another number.
func withLimit(t *testing.T, expr string, limit float64) string {
	t.Helper()
	parsed, err := parser.ParseExpr(expr)
	if err != nil {
		t.Fatal(err)
	}
	changed := 0
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if comparison, ok := node.(*parser.BinaryExpr); ok && comparison.Op == parser.GTE {
			comparison.RHS = &parser.NumberLiteral{Val: limit}
			changed++
		}
		return nil
	})
	if changed != 1 {
		t.Fatalf("%s has %d limits, must have one", expr, changed)
	}
	return parsed.String()
}

// unaware is the same pair as the operator sees it in the first half hour.
func (p pair) unaware(t *testing.T, watches []watch) pair {
	t.Helper()
	p.eyes[0] = newEye(sources[0], unaware{p.prometheus.querier(t)}, watches)
	p.eyes[1] = newEye(sources[1], unaware{p.embedded}, watches)
	return p
}

// unaware answers without baselines. The operator alone reads them, so that nothing else
// is as if there were none.
type unaware struct{ source.Querier }

// Query implements source.Querier.
func (u unaware) Query(ctx context.Context, expr string) (promconfig.Vector, error) {
	found, err := u.Querier.Query(ctx, expr)
	var out promconfig.Vector
	for _, s := range found {
		if name := s.Metric[promconfig.MetricNameLabel]; name != rules.StageBaseline && name != rules.RequestBaseline {
			out = append(out, s)
		}
	}
	return out, err
}

// attend looks until nothing is missing in what is said of any trial.
func (all trials) attend(t *testing.T, views [2]pair, missing func(testimony) string) {
	t.Helper()
	begun := time.Now()
	problems := "nobody has looked"
	for deadline := begun.Add(patience); time.Now().Before(deadline); <-time.After(time.Second) {
		if err := all.look(t.Context(), views); err != nil {
			t.Logf("A look is left out: %v", err) // this machine is busy
			continue
		}
		if problems = all.each(missing); problems == "" {
			t.Logf("Both sources watched %d services for %s.", len(all), time.Since(begun).Round(100*time.Millisecond))
			return
		}
	}
	t.Fatalf("after %s:\n%s", patience, problems)
}

// look has everybody say something of each trial.
func (all trials) look(ctx context.Context, views [2]pair) error {
	// Asked first: what is seen rests on these evaluations at least.
	evaluations, err := views[0].evaluations(ctx)
	if err != nil {
		return err
	}
	for past, view := range views {
		for i, eye := range view.eyes {
			seen, err := eye.look(ctx)
			if err != nil {
				return err
			}
			for _, x := range all {
				key := x.watch.key()
				x.hears(&x.said[past][i], evaluations[i][key], seen[key])
			}
		}
	}
	return nil
}

// each is what is missing of any trial, by anybody.
func (all trials) each(missing func(testimony) string) string {
	var out []string
	for _, x := range all {
		for past, said := range x.said {
			for i, source := range sources {
				if problem := missing(said[i]); problem != "" {
					out = append(out, fmt.Sprintf("%s, %s: %s: %s", x.watch.rm.Name, pasts[past], source, problem))
				}
			}
		}
	}
	return strings.Join(out, "\n")
}
