package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	promconfig "github.com/prometheus/common/model"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/slo"
)

// errorBudget of the SLO that is replayed: 99.9 % over 30 days.
const errorBudget = 0.001

func pairs() []slo.Pair { return slo.Pairs(30*day, errorBudget) }

func nameOf(p slo.Pair) string {
	return promconfig.Duration(p.Long).String() + "/" + promconfig.Duration(p.Short).String()
}

// workbook is what the alerts of the Google SRE workbook would do if they saw every
// request at once: the same windows and factors over exact counts, every second,
// without a least number of requests.
func workbook(tr trace) firings {
	c := tr.count()
	out := firings{}
	for now := time.Duration(0); now <= tr.length; now += time.Second {
		var keys []string
		for _, p := range pairs() {
			if c.burns(now, p.Long, p.Factor) && c.burns(now, p.Short, p.Factor) {
				keys = append(keys, nameOf(p))
			}
		}
		out.observe(now, keys)
	}
	return out
}

func (c counts) burns(now, window time.Duration, factor float64) bool {
	from := max(now-window, -before)
	requests, bad := c.requests(now)-c.requests(from), c.bad(now)-c.bad(from)
	return float64(bad) > factor*errorBudget*float64(requests)
}

// TestWorkbook compares exact counts with the formulas of the workbook: a burn is
// seen once it has filled its part of the long window, and over once it fills less
// than that of the short one.
func TestWorkbook(t *testing.T) {
	for _, one := range []int{1, 10, 100} {
		end := 12 * time.Hour
		got := workbook(trace{each: share(one, int(end.Seconds())), length: 20 * time.Hour})
		for _, p := range pairs() {
			part := p.Factor * errorBudget * float64(one)
			f := got[nameOf(p)]
			if part >= 1 {
				if f != nil {
					t.Errorf("of 1/%d, %s fires", one, nameOf(p))
				}
				continue
			}
			// Failures come one by one, up to ten seconds apart.
			first := time.Duration(part * float64(p.Long))
			last := end + time.Duration((1-part)*float64(p.Short))
			if f == nil || (f.first-first).Abs() > 11*time.Second || (f.last-last).Abs() > 11*time.Second {
				t.Errorf("of 1/%d, %s fires %+v, want from %s to %s", one, nameOf(p), f, first, last)
			}
		}
	}
}

// result is what became of a trace, here and in the workbook.
type result struct {
	trace     trace
	got, want firings
}

// latest is how much later than exact counts the rules may be: the window of the
// rates, and the time until the next evaluation.
const latest = 5*time.Minute + ruleInterval

// check bounds the difference to the workbook where the guard plays no part.
func (r result) check(t *testing.T) {
	t.Helper()
	for _, p := range pairs() {
		got, want := r.got[nameOf(p)], r.want[nameOf(p)]
		switch {
		case r.trace.few && got == nil:
		case (got == nil) != (want == nil):
			t.Errorf("%s fires: %v, and in the workbook: %v", nameOf(p), got != nil, want != nil)
		case got == nil:
		case got.first < want.first || got.first > want.first+latest:
			t.Errorf("%s fires after %s, and in the workbook after %s", nameOf(p), got.first, want.first)
		case got.last < want.last || got.last > want.last+latest:
			t.Errorf("%s ends after %s, and in the workbook after %s", nameOf(p), got.last, want.last)
		}
	}
}

// rows of the table, one for each alert that fires here or in the workbook.
func (r result) rows() []string {
	var out []string
	for _, p := range pairs() {
		got, want := r.got[nameOf(p)], r.want[nameOf(p)]
		if got == nil && want == nil {
			continue
		}
		severity := "ticket"
		if p.Page {
			severity = "page"
		}
		out = append(out, r.row(nameOf(p), severity, got, want))
	}
	if stuck := r.got["RAGRequestsStuck"]; stuck != nil {
		out = append(out, r.row("RAGRequestsStuck", "page", stuck, nil))
	}
	if out == nil {
		out = append(out, r.row("none", "", nil, nil))
	}
	return out
}

func (r result) row(alert, severity string, got, want *firing) string {
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s | %s |", r.trace.name, alert, severity,
		got.fired(), want.fired(), r.resolved(got), r.resolved(want), times(got, want))
}

func (f *firing) fired() string {
	if f == nil {
		return "never"
	}
	return promconfig.Duration(f.first).String()
}

// resolved is told from the end of the failures on.
func (r result) resolved(f *firing) string {
	switch {
	case f == nil || r.trace.ended == 0 && f.active:
		return ""
	case f.active:
		return "never"
	case r.trace.ended == 0:
		return "with each burst"
	default:
		return promconfig.Duration(f.last - r.trace.ended).String()
	}
}

func times(got, want *firing) string {
	count := func(f *firing) int {
		if f == nil {
			return 0
		}
		return f.times
	}
	return fmt.Sprintf("%d (%d)", count(got), count(want))
}

// table is the part of the page that the replay writes.
func table(results []result) string {
	out := []string{
		"| Requests | Alert | | Fires after | Workbook | Ends, after the failures did | Workbook | Times (workbook) |",
		"|---|---|---|---|---|---|---|---|",
	}
	var ours, theirs int
	for _, r := range results {
		out = append(out, r.rows()...)
		if r.trace.harmless {
			ours += r.got.pages()
			theirs += r.want.pages()
		}
	}
	return strings.Join(append(out, "", fmt.Sprintf("False pages: %d (workbook: %d).", ours, theirs), ""), "\n")
}

func (f firings) pages() int {
	total := 0
	for _, p := range pairs() {
		if seen := f[nameOf(p)]; seen != nil && p.Page {
			total += seen.times
		}
	}
	return total
}

// checkPage compares a part of the page, which stands between two marks, with what
// came out, or writes it.
func checkPage(t *testing.T, part, got string) {
	t.Helper()
	page := filepath.Join(fixture.Root(), "docs/slo.md")
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+part+": begin -->\n", "<!-- "+part+": end -->"
	head, rest, found := strings.Cut(string(data), begin)
	old, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the %s", page, part)
	}
	if *update {
		if err := os.WriteFile(page, []byte(head+begin+got+end+tail), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(old, "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the %s in %s (-page +test), to be written by -update:\n%s", part, page, diff)
	}
}

// TestPageOfPairs checks the table of windows and factors in docs/slo.md;
// "go test ./internal/rules -run TestPageOfPairs -update" writes it.
func TestPageOfPairs(t *testing.T) {
	out := []string{
		"| Objective | Period | Page, when the budget burns faster than | Ticket |",
		"|---|---|---|---|",
	}
	for _, tc := range []struct {
		objective float64
		days      time.Duration
	}{{99.9, 30}, {99.9, 28}, {99.9, 90}, {99.9, 14}, {99.9, 7}, {99.9, 1}, {90, 30}, {80, 30}} {
		cells := map[bool][]string{true: {}, false: {}}
		for _, p := range slo.Pairs(tc.days*day, 1-tc.objective/100) {
			cells[p.Page] = append(cells[p.Page], fmt.Sprintf("%.4g× in %s", p.Factor, nameOf(p)))
		}
		out = append(out, fmt.Sprintf("| %v %% | %dd | %s | %s |", tc.objective, tc.days,
			strings.Join(cells[true], ", "), strings.Join(cells[false], ", ")))
	}
	checkPage(t, "pairs", strings.Join(out, "\n")+"\n")
}
