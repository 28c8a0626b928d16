package health

import (
	"fmt"
	"strings"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// Verdict is what the readings say of a service.
type Verdict struct {
	Health v1alpha1.Health
	// DataAvailable says whether the verdict rests on fresh data. When it does
	// not, nothing is said about the service's objectives.
	DataAvailable bool
	// Reason is a reason of the condition Healthy; Message is for people, and
	// holds no figure that moves by itself.
	Reason, Message string
	// Bottleneck is the stage that makes requests slow, or nil.
	Bottleneck *Stage
}

// staleAfter is the number of evaluation intervals after which readings are too
// old to judge by. One may be missed by chance, and a second by a restart.
const staleAfter = 3

// Evaluate judges readings by the objectives of a RAGMonitor. The first check
// that has something to say decides; their order is that of the tables below.
func Evaluate(r Readings, o model.Objectives, interval time.Duration) Verdict {
	for _, check := range dataChecks {
		if v, decided := check(r, interval); decided {
			return v
		}
	}
	bottleneck := Bottleneck(r, o)
	for _, check := range objectiveChecks {
		if v, decided := check(r, o); decided {
			v.DataAvailable = true
			v.Bottleneck = bottleneck
			return v
		}
	}
	return Verdict{
		Health:        v1alpha1.HealthHealthy,
		DataAvailable: true,
		Reason:        v1alpha1.ReasonObjectivesMet,
		Message:       "Every objective that is measured is met.",
	}
}

// NoSource is the verdict when the operator has nothing to read from.
func NoSource() Verdict {
	return Verdict{
		Health:  v1alpha1.HealthUnknown,
		Reason:  v1alpha1.ReasonNoSource,
		Message: "The operator has no metric source: start it with --prometheus-url (in the chart: prometheus.url).",
	}
}

// SourceFailed is the verdict when the source did not answer as it should. The
// cause is in the operator's log, not here: it may change with every attempt.
func SourceFailed() Verdict {
	return Verdict{
		Health:  v1alpha1.HealthUnknown,
		Reason:  v1alpha1.ReasonSourceFailed,
		Message: "The metric source does not answer as it should; the operator's log says how.",
	}
}

// InvalidSpec is the verdict when the objectives cannot be read.
func InvalidSpec(message string) Verdict {
	return Verdict{Health: v1alpha1.HealthUnknown, Reason: v1alpha1.ReasonInvalidSpec, Message: message}
}

// dataChecks say whether there is anything to judge. They come first, so that a
// service is never called healthy, nor unhealthy, for want of data.
var dataChecks = []func(Readings, time.Duration) (Verdict, bool){
	rulesNotLoaded,
	rulesNotEvaluated,
	noTargets,
	allTargetsDown,
	requestsNotMeasured,
	countersFrozen,
	noRequests,
}

func rulesNotLoaded(r Readings, _ time.Duration) (Verdict, bool) {
	return Verdict{
		Health:  v1alpha1.HealthNoData,
		Reason:  v1alpha1.ReasonRulesNotLoaded,
		Message: "The metric source has no result of this RAGMonitor's rules: check that its Prometheus selects the PrometheusRule (ruleSelector, ruleNamespaceSelector).",
	}, r.Age == nil
}

func rulesNotEvaluated(r Readings, interval time.Duration) (Verdict, bool) {
	return Verdict{
		Health:  v1alpha1.HealthStale,
		Reason:  v1alpha1.ReasonRulesNotEvaluated,
		Message: fmt.Sprintf("The rules were last evaluated more than %s ago.", staleAfter*interval),
	}, *r.Age > staleAfter*interval
}

const lookForTargets = ": check that pods run, that the selector matches Services with the named port, and that Prometheus selects the ServiceMonitors (serviceMonitorSelector, serviceMonitorNamespaceSelector)."

// noTargets holds as well when a component is not seen and the others count no
// requests: those may be the ones that it serves.
func noTargets(r Readings, _ time.Duration) (Verdict, bool) {
	none := r.Targets == nil || *r.Targets == 0
	of := ""
	if !none {
		of = " of " + components(r.Unseen)
	}
	return Verdict{
		Health:  v1alpha1.HealthNoData,
		Reason:  v1alpha1.ReasonNoTargets,
		Message: "Nothing is scraped" + of + lookForTargets,
	}, none || idle(r) && !frozen(r) && len(r.Unseen) > 0
}

// allTargetsDown holds as well when some are down and the others count no requests.
func allTargetsDown(r Readings, _ time.Duration) (Verdict, bool) {
	none := r.TargetsUp == nil || *r.TargetsUp == 0
	v := Verdict{
		Health:  v1alpha1.HealthNoData,
		Reason:  v1alpha1.ReasonTargetsDown,
		Message: "No target answers its scrapes or sends samples: the service is down, or its metrics port is.",
	}
	if !none {
		v.Message = "Targets of " + components(r.Down) + " do not answer their scrapes or send samples, and no other target counts requests."
	}
	return v, none || unmeasured(r) && len(r.Down) > 0
}

func requestsNotMeasured(r Readings, _ time.Duration) (Verdict, bool) {
	return Verdict{
		Health:  v1alpha1.HealthNoData,
		Reason:  v1alpha1.ReasonRequestsNotMeasured,
		Message: "The targets are up and expose no metric that counts requests: check the vocabulary of the components. A service that has not had its first request yet may look the same.",
	}, unmeasured(r)
}

func unmeasured(r Readings) bool { return r.RequestRate == nil && r.InFlightMin == nil }

// components names them, for a message.
func components(names []string) string {
	if len(names) == 1 {
		return "component " + names[0]
	}
	return "components " + strings.Join(names, ", ")
}

// countersFrozen tells a service that hangs from one that rests: both count no
// requests, but only one has some in flight.
func countersFrozen(r Readings, _ time.Duration) (Verdict, bool) {
	return Verdict{
		Health:  v1alpha1.HealthStale,
		Reason:  v1alpha1.ReasonCountersFrozen,
		Message: "Requests are in flight all the time, and none is counted: the service hangs, or its metrics are stuck.",
	}, frozen(r)
}

func frozen(r Readings) bool { return idle(r) && r.InFlightMin != nil && *r.InFlightMin > 0 }

func noRequests(r Readings, _ time.Duration) (Verdict, bool) {
	message := "The service is up and had no requests to judge by."
	if len(r.Down) > 0 {
		message = "There were no requests to judge by, and targets of " + components(r.Down) + " do not answer."
	}
	return Verdict{
		Health:        v1alpha1.HealthNoTraffic,
		DataAvailable: true,
		Reason:        v1alpha1.ReasonNoRequests,
		Message:       message,
	}, idle(r)
}

// idle counts a service as such that has no counter of requests yet, but says how
// many are in flight: counters with labels begin with the first request.
func idle(r Readings) bool { return r.RequestRate == nil || *r.RequestRate == 0 }

// objectiveChecks judge by the objectives. What fails comes before what is slow,
// and what is slow before what is dear.
var objectiveChecks = []func(Readings, model.Objectives) (Verdict, bool){
	errorRatioHigh,
	criticalAlertFiring,
	someTargetsDown,
	someComponentsUnseen,
	latencyHigh,
	stageLatencyHigh,
	rateLimitLow,
	costPerDayHigh,
	costPerRequestHigh,
	relevanceLow,
	contextPrecisionLow,
	cacheHitRatioLow,
}

func errorRatioHigh(r Readings, o model.Objectives) (Verdict, bool) {
	return Verdict{
		Health:  v1alpha1.HealthCritical,
		Reason:  v1alpha1.ReasonErrorRatioHigh,
		Message: fmt.Sprintf("The share of failed requests is above the objective of %.4g %%.", o.ErrorRatio*100),
	}, above(r.ErrorRatio(), o.ErrorRatio)
}

func criticalAlertFiring(r Readings, _ model.Objectives) (Verdict, bool) {
	return Verdict{
		Health:  v1alpha1.HealthCritical,
		Reason:  v1alpha1.ReasonCriticalAlertFiring,
		Message: "An alert of severity critical is firing.",
	}, r.CriticalAlerts > 0
}

func someTargetsDown(r Readings, _ model.Objectives) (Verdict, bool) {
	return degraded(v1alpha1.ReasonTargetsDown,
			"Some targets of "+components(r.Down)+" do not answer their scrapes or send samples."),
		len(r.Down) > 0
}

func someComponentsUnseen(r Readings, _ model.Objectives) (Verdict, bool) {
	return degraded(v1alpha1.ReasonNoTargets, "Nothing is scraped of "+components(r.Unseen)+lookForTargets),
		len(r.Unseen) > 0
}

func latencyHigh(r Readings, o model.Objectives) (Verdict, bool) {
	return degraded(v1alpha1.ReasonLatencyHigh,
			fmt.Sprintf("The 95th percentile of the request duration is above the objective of %s.", o.LatencyP95)),
		above(r.LatencyP95, o.LatencyP95.Seconds())
}

func stageLatencyHigh(r Readings, o model.Objectives) (Verdict, bool) {
	for _, s := range r.Stages {
		limit, ok := o.Stage(s.Name)
		if ok && above(s.P95, limit.Seconds()) {
			return degraded(v1alpha1.ReasonStageLatencyHigh,
				fmt.Sprintf("The 95th percentile of stage %s is above its objective of %s.", s.Name, limit)), true
		}
	}
	return Verdict{}, false
}

func rateLimitLow(r Readings, o model.Objectives) (Verdict, bool) {
	return degraded(v1alpha1.ReasonRateLimitLow,
			fmt.Sprintf("The model provider allows fewer than %.0f more requests.", o.RateLimitRemaining)),
		below(r.RateLimitRemaining, o.RateLimitRemaining)
}

func costPerDayHigh(r Readings, o model.Objectives) (Verdict, bool) {
	return degraded(v1alpha1.ReasonCostPerDayHigh,
			fmt.Sprintf("At the present rate a day costs more than its budget of $%.6g.", o.CostPerDay)),
		above(r.CostPerDay(), o.CostPerDay)
}

func costPerRequestHigh(r Readings, o model.Objectives) (Verdict, bool) {
	return degraded(v1alpha1.ReasonCostPerRequestHigh,
			fmt.Sprintf("The 95th percentile of the cost of a request is above the objective of $%.6g.", o.CostPerRequestP95)),
		above(r.CostPerRequestP95, o.CostPerRequestP95)
}

func relevanceLow(r Readings, o model.Objectives) (Verdict, bool) {
	return degraded(v1alpha1.ReasonRelevanceLow,
			fmt.Sprintf("The median relevance of the answers is below the objective of %.4g.", o.RelevanceP50)),
		below(r.RelevanceP50, o.RelevanceP50)
}

func contextPrecisionLow(r Readings, o model.Objectives) (Verdict, bool) {
	return degraded(v1alpha1.ReasonContextPrecisionLow,
			fmt.Sprintf("The median precision of the retrieved context is below the objective of %.4g.", o.ContextPrecisionP50)),
		below(r.ContextPrecisionP50, o.ContextPrecisionP50)
}

func cacheHitRatioLow(r Readings, o model.Objectives) (Verdict, bool) {
	return degraded(v1alpha1.ReasonCacheHitRatioLow,
			fmt.Sprintf("The share of cache look-ups that hit is below the objective of %.4g %%.", o.CacheHitRatio*100)),
		below(r.CacheHitRatio, o.CacheHitRatio)
}

func degraded(reason, message string) Verdict {
	return Verdict{Health: v1alpha1.HealthDegraded, Reason: reason, Message: message}
}

// above and below are false for what was not measured.
func above(value *float64, limit float64) bool { return value != nil && *value > limit }
func below(value *float64, limit float64) bool { return value != nil && *value < limit }
