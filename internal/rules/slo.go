package rules

import (
	"fmt"
	"maps"
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
	// FastRequests are those that took no longer than the threshold of an SLO.
	FastRequests = "ragmonitor:fast_requests:rate"
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

const labelThreshold = "threshold"

// Requests of a latency SLO that were fast enough are counted in the bucket that
// ends at its threshold, or as a fraction of a native histogram.
var fastClassic = promql.MustParse(`sum by (component) (rate(fast[5m]))`)

// fastNative takes a number, because the parser wants one in that place. Of no
// observations there is no fraction, but NaN: in a sum over 30 days a single one
// would hide the budget for 30 days.
func fastNative(threshold float64) promql.Template {
	return promql.MustParse(fmt.Sprintf(`histogram_fraction(0, %v, sum by (component) (rate(requestDuration_native[5m]))) `+
		`* histogram_count(sum by (component) (rate(requestDuration_native[5m]))) >= 0`, threshold))
}

// Requests and bad requests, as each indicator counts them: only of components that
// tell the bad from the good.
var (
	judged = promql.MustParse(`sum(ragmonitor:requests:rate and on (component) ragmonitor:request_errors:rate)`)
	failed = promql.MustParse(`sum(ragmonitor:request_errors:rate)`)

	timed   = promql.MustParse(`sum(ragmonitor:request_timings:rate and on (component) fast)`)
	tooSlow = promql.MustParse(`sum(ragmonitor:request_timings:rate and on (component) fast) - sum(fast)`)
)

// Ratios over longer windows divide sums of rates that were recorded at equal
// intervals: every request then weighs the same, where a mean of ratios would let a
// quiet night count as much as a busy day.
var (
	badShare = promql.MustParse(`sum_over_time(ragmonitor:slo_bad_requests:rate[5m]) ` +
		`/ (sum_over_time(ragmonitor:slo_requests:rate[5m]) > 0)`)
	burnRate = promql.MustParse(`sum_over_time(ragmonitor:slo_bad_requests:rate[5m]) ` +
		`/ (sum_over_time(ragmonitor:slo_requests:rate[5m]) > 0) / errorBudget`)
	budgetLeft = promql.MustParse(`1 - sum_over_time(ragmonitor:slo_bad_requests:rate[5m]) ` +
		`/ (sum_over_time(ragmonitor:slo_requests:rate[5m]) > 0) / errorBudget`)
)

// sloRecordings count the requests of each SLO; what they record is added to
// recorded.
func sloRecordings(m model.Monitor, recorded Recorded) ([]rulefmt.Rule, error) {
	out, err := fastRecordings(m)
	if err != nil {
		return nil, err
	}
	for _, rule := range out {
		recorded.add(rule)
	}
	for _, s := range m.SLOs {
		for _, r := range []struct {
			record       string
			errors, slow promql.Template
		}{
			{SLORequests, judged, timed},
			{SLOBadRequests, failed, tooSlow},
		} {
			template := r.errors
			if s.Latency > 0 {
				template = r.slow
			}
			expr, ok, err := template.Expand(sloScope(m, s, recorded))
			if err != nil {
				return nil, err
			}
			if ok {
				rule := rulefmt.Rule{Record: r.record, Expr: expr, Labels: with(identity(m), labelSLO, s.Name)}
				out = append(out, rule)
				recorded.add(rule)
			}
		}
	}
	return out, nil
}

// sloScope reads canonical series; "fast" are the fast requests of the SLO.
func sloScope(m model.Monitor, s model.SLO, recorded Recorded) promql.Scope {
	all := ReadScope(m, recorded)
	fast := ReadScope(m, recorded, promql.Equal(labelThreshold, thresholdOf(s)))
	return promql.Scope{Resolve: func(name string, matchers []*labels.Matcher) []promql.Alternative {
		if name == "fast" {
			return fast.Resolve(FastRequests, nil)
		}
		return all.Resolve(name, matchers)
	}}
}

// thresholdOf is exact: two thresholds must not become one label.
func thresholdOf(s model.SLO) string { return s.Latency.String() }

// fastRecordings count the requests that were fast enough, once for each threshold
// and component.
func fastRecordings(m model.Monitor) ([]rulefmt.Rule, error) {
	var out []rulefmt.Rule
	done := map[time.Duration]bool{0: true}
	serving := places(ScopeComponent, m, serving(m))
	natives := map[float64]promql.Template{}
	for _, s := range m.SLOs {
		if done[s.Latency] {
			continue
		}
		done[s.Latency] = true
		for _, p := range serving {
			expr, ok, err := promql.Or(fastOf(m, s, p, natives)...)
			if err != nil {
				return nil, err
			}
			if ok {
				labels := with(identity(m), labelThreshold, thresholdOf(s))
				maps.Copy(labels, p.labels())
				out = append(out, rulefmt.Rule{Record: FastRequests, Expr: expr, Labels: labels})
			}
		}
	}
	return out, nil
}

func serving(m model.Monitor) []model.Component {
	return slices.DeleteFunc(slices.Clone(m.Components), func(c model.Component) bool { return !c.Serves() })
}

// fastOf are the ways in which fast requests can be counted. natives keeps templates,
// which components with the same unit share.
func fastOf(m model.Monitor, s model.SLO, p place, natives map[float64]promql.Template) []promql.Scoped {
	scope := promql.Scope{
		Resolve: func(name string, _ []*labels.Matcher) []promql.Alternative { return p.resolve(name) },
		Window:  m.Evaluation.Window,
		Fixed:   p.fixed(),
		Foreign: p.foreign(),
	}
	var out []promql.Scoped
	for _, factor := range p.factors(vocabulary.RequestDuration) {
		threshold := s.Latency.Seconds() / factor
		if _, ok := natives[threshold]; !ok {
			natives[threshold] = fastNative(threshold)
		}
		classic := scope
		classic.Resolve = func(string, []*labels.Matcher) []promql.Alternative { return p.fast(s, factor) }
		out = append(out,
			promql.Scoped{Template: fastClassic, Scope: classic},
			promql.Scoped{
				Template: natives[threshold],
				Scope:    p.narrowed(scope, vocabulary.RequestDuration, factor),
			})
	}
	return out
}

// fast selects the bucket of requests that were fast enough.
func (p place) fast(s model.SLO, factor float64) []promql.Alternative {
	var out []promql.Alternative
	for _, series := range p.series(vocabulary.RequestDuration) {
		if series.Factor(vocabulary.RequestDuration) != factor {
			continue
		}
		le := promql.OneOf("le", spellings(bound(s, series)))
		out = append(out, p.alternatives(vocabulary.RequestDuration, series, suffixBucket, le)...)
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

// unmeasured is the signal that a RAGMonitor lacks none of whose SLOs can be
// measured. A duration that is known only as a summary is lacking, too.
func unmeasured(m model.Monitor) string {
	if slices.ContainsFunc(m.SLOs, func(s model.SLO) bool { return s.Latency == 0 }) {
		return string(vocabulary.RequestErrors)
	}
	return string(vocabulary.RequestDuration)
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
