package rules

import (
	"fmt"
	"slices"
	"time"

	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/slo"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// The canonical series of SLOs.
const (
	// SLORequests are the requests that an SLO counts, good or bad.
	SLORequests = "ragmonitor:slo_requests:rate"
	// SLOBadRequests are those of them that are bad.
	SLOBadRequests = "ragmonitor:slo_bad_requests:rate"
	// SLOErrors is the share of bad requests in a window; the window follows.
	SLOErrors = "ragmonitor:slo_errors:ratio_rate"
	// BurnRate is how many times faster than allowed the budget is spent.
	BurnRate = "ragmonitor:slo_burn_rate:ratio"
	// BudgetRemaining is the share of an SLO's error budget that is left: 1 when
	// nothing failed, 0 when it is spent, negative when it is overspent.
	BudgetRemaining = "ragmonitor:slo_error_budget_remaining:ratio"
)

const labelSLO = "slo"

// Requests and bad requests, as each indicator counts them. Good requests of a
// latency SLO are counted in the bucket that ends at its threshold, and all of
// them in the last bucket of the same histogram. Of a histogram that is both
// classic and native, all expressions take the classic one.
var (
	allCounted = promql.MustParse(`sum by (component) (rate(requests[5m]))`)
	failed     = promql.MustParse(`sum by (component) (rate(requestErrors[5m])) or 0 * sum by (component) (rate(requests_judged[5m]))`)

	allTimed = promql.MustParse(`sum by (component) (rate(requestDuration_bucket{le="+Inf"}[5m]))`)
	tooSlow  = promql.MustParse(`sum by (component) (rate(requestDuration_bucket{le="+Inf"}[5m])) - sum by (component) (rate(fast[5m]))`)

	allNative = promql.MustParse(`histogram_count(sum by (component) (rate(requestDuration_native[5m])))`)
)

// tooSlowNative takes a number, because the parser wants one in that place.
func tooSlowNative(threshold float64) promql.Template {
	return promql.MustParse(fmt.Sprintf(`(1 - histogram_fraction(0, %v, sum by (component) (rate(requestDuration_native[5m])))) `+
		`* histogram_count(sum by (component) (rate(requestDuration_native[5m])))`, threshold))
}

// Ratios over longer windows divide sums of rates that were recorded at equal
// intervals: every request then weighs the same, where a mean of ratios would let a
// quiet night count as much as a busy day.
var (
	badShare = promql.MustParse(`sum(sum_over_time(ragmonitor:slo_bad_requests:rate[5m])) ` +
		`/ (sum(sum_over_time(ragmonitor:slo_requests:rate[5m])) > 0)`)
	burnRate = promql.MustParse(`sum(sum_over_time(ragmonitor:slo_bad_requests:rate[5m])) ` +
		`/ (sum(sum_over_time(ragmonitor:slo_requests:rate[5m])) > 0) / errorBudget`)
	budgetLeft = promql.MustParse(`1 - sum(sum_over_time(ragmonitor:slo_bad_requests:rate[5m])) ` +
		`/ (sum(sum_over_time(ragmonitor:slo_requests:rate[5m])) > 0) / errorBudget`)
)

// sloRecordings count the requests of each SLO, by component.
func sloRecordings(m model.Monitor) ([]rulefmt.Rule, error) {
	var out []rulefmt.Rule
	for _, s := range m.SLOs {
		for _, p := range places(ScopeComponent, serving(m)) {
			if s.Latency == 0 && !p.feeds(vocabulary.RequestErrors) {
				continue
			}
			for _, record := range []string{SLORequests, SLOBadRequests} {
				expr, ok, err := promql.Or(countedBy(m, s, p, record)...)
				if err != nil {
					return nil, err
				}
				if ok {
					labels := p.labels()
					labels[labelSLO] = s.Name
					for name, value := range identity(m) {
						labels[name] = value
					}
					out = append(out, rulefmt.Rule{Record: record, Expr: expr, Labels: labels})
				}
			}
		}
	}
	return out, nil
}

func serving(m model.Monitor) []model.Component {
	return slices.DeleteFunc(slices.Clone(m.Components), func(c model.Component) bool { return !c.Serves() })
}

// countedBy are the ways in which the requests of an SLO can be counted.
func countedBy(m model.Monitor, s model.SLO, p place, record string) []promql.Scoped {
	scope := promql.Scope{
		Resolve: func(name string, _ []*labels.Matcher) []promql.Alternative { return p.resolve(m, name) },
		Window:  sloWindow(m, p),
		Fixed:   p.fixed(),
	}
	if s.Latency == 0 {
		return []promql.Scoped{{Template: pick(record == SLORequests, allCounted, failed), Scope: scope}}
	}
	var out []promql.Scoped
	for _, factor := range p.factors(vocabulary.RequestDuration) {
		narrowed := p.narrowed(scope, vocabulary.RequestDuration, factor)
		known := narrowed.Resolve
		narrowed.Resolve = func(name string, matchers []*labels.Matcher) []promql.Alternative {
			if name == "fast" {
				return p.fast(m, s, factor)
			}
			return known(name, matchers)
		}
		out = append(out,
			promql.Scoped{Template: pick(record == SLORequests, allTimed, tooSlow), Scope: narrowed},
			promql.Scoped{Template: pick(record == SLORequests, allNative, tooSlowNative(s.Latency.Seconds()/factor)), Scope: narrowed})
	}
	return out
}

func pick(all bool, a, b promql.Template) promql.Template {
	if all {
		return a
	}
	return b
}

// fast selects the bucket of requests that were fast enough.
func (p place) fast(m model.Monitor, s model.SLO, factor float64) []promql.Alternative {
	var out []promql.Alternative
	for _, series := range p.series(vocabulary.RequestDuration) {
		if series.Factor(vocabulary.RequestDuration) != factor {
			continue
		}
		le := promql.OneOf("le", spellings(bound(s, series)))
		for _, selectors := range read(vocabulary.RequestDuration, series, suffixBucket) {
			for i := range selectors {
				selectors[i].Matchers = append(selectors[i].Matchers, le)
			}
			out = append(out, p.bound(m, selectors...)...)
		}
	}
	return out
}

// bound is the bucket bound nearest to the threshold of s, in the unit of the
// series; the threshold itself where the bounds are not known.
func bound(s model.SLO, series vocabulary.Series) float64 {
	wanted := s.Latency.Seconds() / series.Factor(vocabulary.RequestDuration)
	if nearest, ok := slo.Snap(wanted, series.Buckets); ok {
		return nearest
	}
	return wanted
}

// Bounds are the lowest and the highest bucket bound at which an SLO is measured,
// over its components, in seconds.
type Bounds struct{ Low, High float64 }

// thresholds are the bounds of all SLOs of latency.
func thresholds(m model.Monitor) map[string]Bounds {
	out := map[string]Bounds{}
	for _, s := range m.SLOs {
		for _, c := range serving(m) {
			for _, series := range c.Vocabulary.Signals[vocabulary.RequestDuration] {
				if s.Latency == 0 || series.Type != vocabulary.Histogram {
					continue
				}
				at := bound(s, series) * series.Factor(vocabulary.RequestDuration)
				b, ok := out[s.Name]
				if !ok {
					b = Bounds{Low: at, High: at}
				}
				out[s.Name] = Bounds{Low: min(b.Low, at), High: max(b.High, at)}
			}
		}
	}
	return out
}

// scrapes is the number of scrapes that a rate needs, so that it survives a missed
// one.
const scrapes = 4

// sloWindow is as short as the scrapes allow, because longer windows are added up
// from it and would be late by half of it.
func sloWindow(m model.Monitor, p place) time.Duration {
	shortest := 2 * m.Evaluation.Interval
	for _, c := range p.components {
		if c.Existing != nil {
			return m.Evaluation.Window
		}
		shortest = max(shortest, scrapes*c.Endpoint.Interval)
	}
	return min(shortest, m.Evaluation.Window)
}

// sloRatios are the rules over the windows of each SLO; they are added to recorded.
func sloRatios(m model.Monitor, recorded Recorded) ([]rulefmt.Rule, error) {
	var out []rulefmt.Rule
	for _, s := range m.SLOs {
		for _, r := range ratiosOf(s) {
			expr, ok, err := r.expand(m, s, recorded)
			if err != nil {
				return nil, err
			}
			if ok {
				out = append(out, rulefmt.Rule{Record: r.record, Expr: expr, Labels: with(identity(m), labelSLO, s.Name)})
			}
		}
	}
	for _, rule := range out {
		recorded.add(rule)
	}
	return out, nil
}

// ratio is a share of the requests of an SLO in one window.
type ratio struct {
	record   string
	template promql.Template
	window   time.Duration
}

func ratiosOf(s model.SLO) []ratio {
	out := []ratio{
		{BurnRate, burnRate, time.Hour},
		{BudgetRemaining, budgetLeft, s.Period},
	}
	for _, window := range slo.Windows(slo.Pairs(s.Period, s.ErrorBudget)...) {
		out = append(out, ratio{sloErrors(window), badShare, window})
	}
	return out
}

func (r ratio) expand(m model.Monitor, s model.SLO, recorded Recorded) (string, bool, error) {
	scope := ReadScope(m, recorded, promql.Equal(labelSLO, s.Name))
	scope.Window = r.window
	scope.Numbers = map[string]float64{"errorBudget": s.ErrorBudget}
	return r.template.Expand(scope)
}

func sloErrors(window time.Duration) string {
	return SLOErrors + promconfig.Duration(window).String()
}
