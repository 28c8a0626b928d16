package faults_test

import (
	"slices"

	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	ragmodel "github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// Reasons not to name a stage that is broken.
const (
	notCounted    = "no metric counts failures of the stage"
	notMeasured   = "no metric has the time of the stage"
	notTimed      = "no metric has the time of requests"
	notExplained  = "more of the request is unaccounted for than explained"
	notWorthAName = "it adds less than a tenth to the request, which keeps its objective"
)

// excuseTexts are in the order of the page.
var excuseTexts = []string{notCounted, notMeasured, notTimed, notExplained, notWorthAName}

// excuse says why a stage that is broken is not named, by what the metrics say; "" when
// it should have been.
func (f finding) excuse(m ragmodel.Monitor, x trouble) string {
	duration, failures := measured(m, x.path)
	switch {
	case x.failing > 0 && failures == "":
		return notCounted
	case x.failing > 0:
		return ""
	case duration == "":
		return notMeasured
	case f.readings.LatencyMean == nil:
		return notTimed
	}
	if rest := f.readings.Unaccounted(); rest != nil && *rest > 0.5 {
		return notExplained
	}
	i := slices.IndexFunc(f.readings.Stages, func(s health.Stage) bool { return s.Name == duration })
	if i < 0 {
		return ""
	}
	s := f.readings.Stages[i]
	growth := s.Growth()
	if growth == nil {
		return ""
	}
	added := s.Share / f.readings.Overlap() * (1 - 1 / *growth)
	p95 := f.readings.LatencyP95
	if added < 0.1 && (p95 == nil || *p95 <= m.Objectives.LatencyP95.Seconds()) {
		return notWorthAName
	}
	return ""
}
