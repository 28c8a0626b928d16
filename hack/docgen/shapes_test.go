package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShapes(t *testing.T) {
	type labels = map[string]string
	for name, tc := range map[string]struct {
		expr  string
		fixed labels
		want  []labels
	}{
		"a sum of all is one series": {
			expr: `sum(rate(a[5m])) or 0 * sum(b)`, want: []labels{{}},
		},
		"a sum by a label has one for each value": {
			expr: `sum by (model) (rate(a[5m]))`, want: []labels{{"model": "*model"}},
		},
		"values that a selector lists are counted": {
			expr: `sum by (component, model) (rate(a{component=~"api|llm"}[5m]))`,
			want: []labels{{"component": "api", "model": "*model"}, {"component": "llm", "model": "*model"}},
		},
		"a value that a selector fixes is known": {
			expr: `sum by (component) (a{component="api"})`, want: []labels{{"component": "api"}},
		},
		"a pattern fixes nothing": {
			expr: `sum by (code) (a{code=~"5.."})`, want: []labels{{"code": "*code"}},
		},
		"labels of the rule replace those of the samples": {
			expr: `sum by (stage) (a)`, fixed: labels{"stage": "retrieval"}, want: []labels{{"stage": "retrieval"}},
		},
		"a quantile takes le away": {
			expr: `histogram_quantile(0.5, sum by (le, x) (a)) and sum(b) > 0`, want: []labels{{"x": "*x"}},
		},
		"of one side with many, its labels count": {
			expr: `sum by (model) (a) / on () group_left () sum(b)`, want: []labels{{"model": "*model"}},
		},
		"also when it is the right one": {
			expr: `sum(b) * on () group_right () (sum by (model) (a))`, want: []labels{{"model": "*model"}},
		},
		"of a match of one to one, those that are matched on": {
			expr: `sum by (model, x) (a) - on (model) sum by (model) (b)`, want: []labels{{"model": "*model"}},
		},
		"a number on the left does not hide the right": {
			expr: `1 - sum by (x) (a)`, want: []labels{{"x": "*x"}},
		},
		"constants are counted one by one": {
			expr: `label_replace(vector(1), "m", "a", "", "") or label_replace(vector(2), "m", "b$$", "", "")`,
			want: []labels{{"m": "a"}, {"m": "b$"}},
		},
		"a label that is made of another adds no series to it": {
			expr: `label_replace(sum by (model) (a), "priced", "$1", "model", "(.+)")`,
			want: []labels{{"model": "*model", "priced": "*model"}},
		},
		"a recorded series has the labels that it was recorded with": {
			expr: `sum by (component, x) (known:series{component!="llm"})`,
			want: []labels{{"component": "api", "x": "*x"}},
		},
		"the name of the metric does not stay": {
			expr: `label_replace(count by (__name__) ({__name__=~"a|b\\.c"}), "metric", "$1", "__name__", "(.+)")`,
			want: []labels{{"metric": "a"}, {"metric": "b.c"}},
		},
		"what is left out of a set adds none": {
			expr: `sum by (x) (a) unless on () sum by (y) (b)`, want: []labels{{"x": "*x"}},
		},
		"the time is one series": {expr: `vector(time())`, want: []labels{{}}},
	} {
		t.Run(name, func(t *testing.T) {
			known := shapes{"known:series": {
				{labels: labels{"component": "api", "x": "*x"}}, {labels: labels{"component": "llm", "x": "*x"}},
			}}
			series, err := known.record("new:series", tc.expr, tc.fixed)
			if err != nil {
				t.Fatal(err)
			}
			var got []labels
			for _, s := range series {
				got = append(got, s.labels)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSeriesWithoutABoundAreRefused(t *testing.T) {
	for name, expr := range map[string]string{
		"labels of the application": `rate(a[5m])`,
		"in one operand of or":      `sum(a) or b`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := (shapes{}).record("new:series", expr, nil); err == nil {
				t.Error("must be refused: nothing bounds how many there are")
			}
		})
	}
}

func TestCounts(t *testing.T) {
	for name, tc := range map[string]struct {
		count count
		want  string
	}{
		"what the spec decides": {count{fixed: 24}, "24"},
		"and what the application does": {
			count{fixed: 24, prices: 3, each: map[string]int{"tool": 1, "model": 7}}, "24 + 3 prices + 7 for each `model` + 1 for each `tool`",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.count.String()); diff != "" {
				t.Errorf("count (-want +got):\n%s", diff)
			}
		})
	}
}
