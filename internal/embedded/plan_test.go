package embedded

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

func TestHowFarExpressionsReadBack(t *testing.T) {
	for expr, want := range map[string]time.Duration{
		"a":                                           lookback,
		"a offset 1h":                                 lookback + time.Hour,
		"rate(a[2h])":                                 2 * time.Hour,
		"rate(a[2h] offset 1h)":                       3 * time.Hour,
		"rate(a[2h] offset -1h)":                      time.Hour,
		"max_over_time(rate(a[5m])[1h:1m])":           65 * time.Minute,
		"max_over_time(a[1h:1m] offset 1h)":           2*time.Hour + lookback,
		"max_over_time((a @ end())[745h:1m])":         lookback,
		"sum_over_time((a and b)[3d:1m])":             72*time.Hour + lookback,
		"max_over_time((rate(a[1m] @ 0))[1h:1m])":     forever,
		"a @ 1600000000":                              forever,
		"max_over_time(a[106751d:1m] offset 106751d)": forever,
	} {
		parsed, err := parser.ParseExpr(expr)
		if err != nil {
			t.Fatal(err)
		}
		if got := readsOf(parsed)[0].span; got != want {
			t.Errorf("%s reads %s back, must be %s", expr, got, want)
		}
	}
}

func TestOnlyWhatRulesReadIsKept(t *testing.T) {
	for name, tc := range map[string]struct {
		expr      string
		keep, not []string
	}{
		"a name":                  {expr: "rate(a_total[5m]) / b", keep: []string{"a_total", "b"}, not: []string{"c", "a"}},
		"some names":              {expr: `{__name__=~"a|b_(x|y)"}`, keep: []string{"a", "b_x", "b_y"}, not: []string{"b_z", "ab"}},
		"a pattern":               {expr: `{__name__=~"a_.+"}`, keep: []string{"a_b"}, not: []string{"a_", "b_a_b"}},
		"anything":                {expr: `{job="x"}`, keep: []string{"a", "b"}, not: []string{"ragmonitor:x:sum", "ALERTS", "ALERTS_FOR_STATE"}},
		"all but one":             {expr: `{__name__!="a",job="x"}`, keep: []string{"a", "b"}},
		"what rules record":       {expr: `ragmonitor:x:sum + on () {__name__=~"ALERTS|ragmonitor:y:sum"}`, not: []string{"ragmonitor:x:sum", "ALERTS", "ragmonitor:y:sum", "a"}},
		"both in one selector":    {expr: `{__name__=~"a|ragmonitor:y:sum"}`, keep: []string{"a"}, not: []string{"ragmonitor:y:sum"}},
		"a rule that is left out": {expr: "rate(a[26h])", not: []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := planned(t, rulefmt.Rule{Record: "ragmonitor:r:sum", Expr: tc.expr})
			for _, metric := range tc.keep {
				if !p.keep.has(metric) {
					t.Errorf("%s is not kept", metric)
				}
			}
			for _, metric := range tc.not {
				if p.keep.has(metric) {
					t.Errorf("%s is kept", metric)
				}
			}
		})
	}
}

func TestRulesThatCannotBeRightAreLeftOut(t *testing.T) {
	for name, tc := range map[string]struct {
		rules []rulefmt.Rule
		want  map[string]string
	}{
		"within what is kept": {
			rules: []rulefmt.Rule{{Record: "ragmonitor:a:rate", Expr: "rate(a[25h])"}, {Alert: "A", Expr: "avg_over_time(ragmonitor:a:rate[32d]) > 1"}},
			want:  map[string]string{},
		},
		"scraped samples of too long": {
			rules: []rulefmt.Rule{{Record: "ragmonitor:a:rate", Expr: "rate(a[26h])"}},
			want:  map[string]string{"ragmonitor:a:rate": "reads 1d2h back, and scraped samples are kept for 1d1h"},
		},
		"recorded samples of too long": {
			rules: []rulefmt.Rule{{Alert: "A", Expr: "avg_over_time(ragmonitor:a:rate[33d]) > 1"}},
			want:  map[string]string{"A": "reads 33d back, and recorded samples are kept for 32d"},
		},
		"a fixed time": {
			rules: []rulefmt.Rule{{Alert: "A", Expr: "a @ 1600000000 > 1"}},
			want:  map[string]string{"A": "reads a fixed time, and scraped samples are kept for 1d1h"},
		},
		"what would be recorded, in any order": {
			rules: []rulefmt.Rule{
				{Alert: "A", Expr: "ragmonitor:b:max > 1"},
				{Record: "ragmonitor:b:max", Expr: "max(ragmonitor:a:rate)"},
				{Record: "ragmonitor:a:rate", Expr: "rate(a[26h])"},
			},
			want: map[string]string{
				"ragmonitor:a:rate": "reads 1d2h back, and scraped samples are kept for 1d1h",
				"ragmonitor:b:max":  "reads ragmonitor:a:rate, which is left out",
				"A":                 "reads ragmonitor:b:max, which is left out",
			},
		},
		"not what another rule records too": {
			rules: []rulefmt.Rule{
				{Record: "ragmonitor:a:rate", Expr: "rate(a[26h])", Labels: map[string]string{"slo": "x"}},
				{Record: "ragmonitor:a:rate", Expr: "rate(a[1h])", Labels: map[string]string{"slo": "y"}},
				{Alert: "X", Expr: `ragmonitor:a:rate{slo="x"} > 1`},
				{Alert: "Y", Expr: `ragmonitor:a:rate{slo="y"} > 1`},
				{Alert: "XY", Expr: `ragmonitor:a:rate > 1`},
			},
			want: map[string]string{
				"ragmonitor:a:rate": "reads 1d2h back, and scraped samples are kept for 1d1h",
				"X":                 "reads ragmonitor:a:rate, which is left out",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]string{}
			for _, left := range planned(t, tc.rules...).leftOut {
				got[left.Rule] = left.Message
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("left out (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEveryRuleOfOursIsEvaluated is about the defaults: they suffice for all rules
// that a RAGMonitor can have.
func TestEveryRuleOfOursIsEvaluated(t *testing.T) {
	for name, manifest := range map[string]string{"smallest": fixture.Minimal, "largest": fixture.Largest()} {
		built, err := fixture.Rules(t).Build(fixture.Monitor(t, manifest))
		if err != nil {
			t.Fatal(err)
		}
		p, err := makePlan(built.Groups, Limits{}.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		if len(p.leftOut) > 0 || p.keep.all {
			t.Errorf("%s: %d rules are left out, and all series are kept is %t: %+v", name, len(p.leftOut), p.keep.all, p.leftOut)
		}
	}
}

func planned(t *testing.T, rules ...rulefmt.Rule) *plan {
	t.Helper()
	p, err := makePlan([]rulefmt.RuleGroup{{Name: "rules", Interval: promconfig.Duration(time.Minute), Rules: rules}}, Limits{}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSeriesThatNoRuleReadsAreNotStored(t *testing.T) {
	e := start(t, Config{Limits: Limits{SeriesPerMonitor: 10}})
	p := expose(t, "asked_total 3\nup{x=\"y\"} 1\nscrape_series_added{x=\"y\"} 1\n"+strings.ReplaceAll(lines(1000), "asked", "other"))
	e.Update([]Monitor{monitor(bot, sumRule, p.Target)})
	e.answers(t, "ragmonitor:asked:count", is(1))
	e.answers(t, `count({__name__=~".+",__name__!~"ragmonitor:.+"})`, is(1+promconfig.SampleValue(len(reports))))
	e.answers(t, "scrape_samples_scraped", is(1003))
}

func TestRulesThatCannotBeReadAreAProblem(t *testing.T) {
	e := start(t, Config{})
	m := monitor(bot, sumRule, expose(t, "asked_total 3\n").Target)
	e.Update([]Monitor{m})
	e.answers(t, "ragmonitor:asked:count", is(1))
	m.Version, m.Groups = "broken", []rulefmt.RuleGroup{{Name: "rules", Rules: []rulefmt.Rule{{Alert: "A", Expr: "1 +"}}}}
	e.Update([]Monitor{m})
	eventually(t, func() string {
		if got := e.Problems()[bot].Unreadable; !strings.HasPrefix(got, "read rule A of group rules: ") {
			return "the problem is " + got
		}
		return ""
	})
	e.answers(t, "time() - timestamp(ragmonitor:asked:count) < 1", func(*promconfig.Sample) bool { return true })
}
