package health

import (
	"slices"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// Verdict is what the readings say of a service. It holds no text: package status
// says it, with the figures that it shows, so that no message moves by itself.
type Verdict struct {
	Health v1alpha1.Health
	// DataAvailable says whether the verdict rests on fresh data. When it does
	// not, nothing is said about the service's objectives.
	DataAvailable bool
	// Reason is a reason of the condition Healthy.
	Reason string
	// Stage is the one that Reason speaks of, where it does; it is one of Stages.
	Stage string
	// Components are those that Reason speaks of, where it does, sorted by name.
	Components []string
	// Names are those of the metric sources that there are, where Reason is that the
	// source is not known.
	Names []string
	// Detail is text for people, where Reason comes from elsewhere.
	Detail string
	// Outdated are the series whose rules fail, where Reason is that they are too old,
	// sorted by name.
	Outdated []string
	// Limit is the greatest age of data, where Reason is that it is older.
	Limit time.Duration
	// Bottleneck is the stage that makes requests slow, or fail, or nil.
	Bottleneck *Stage
	// Stages are at most three: the bottleneck, then the worst.
	Stages []Ranked
}

// Given are what readings are judged by.
type Given struct {
	Objectives model.Objectives
	// Interval is the longer of how often the rules are evaluated and how often the
	// source is read.
	Interval time.Duration
	// ViewAge is how long ago the source was read.
	ViewAge time.Duration
	// Failing says of series for how long the rules that record them have failed, or
	// rules that those read.
	Failing map[string]time.Duration
}

// staleAfter is the number of intervals after which readings are too old to judge
// by. One may be missed by chance, and a second by a restart.
const staleAfter = 3

// Evaluate judges readings by the objectives of a RAGMonitor. The first check
// that has something to say decides; their order is that of the tables below.
func Evaluate(r Readings, g Given, before Previous) Verdict {
	outdated := g.outdated()
	for _, check := range dataChecks {
		if v, decided := check.run(r, g); decided {
			if check.counts && anyCounted(outdated) {
				return g.rulesFail(outdated)
			}
			v.Reason = check.reason
			return v
		}
	}
	a := appraise(r, g.Objectives, before)
	ranked := a.stages()
	out := Verdict{Health: v1alpha1.HealthHealthy, Reason: v1alpha1.ReasonObjectivesMet}
	bottleneck := a.bottleneck(ranked)
	top := a.top(ranked, bottleneck)
	candidates := slices.Concat(top, ranked)
	for _, check := range objectiveChecks {
		about, failed := check.run(a, check.reason == before.Reason, candidates)
		if failed {
			out = Verdict{Health: check.health, Reason: check.reason, Stage: about.stage, Components: about.components}
			break
		}
	}
	if out.Health == v1alpha1.HealthHealthy && len(outdated) > 0 {
		return g.rulesFail(outdated)
	}
	out.DataAvailable = true
	out.Bottleneck = bottleneck
	out.Stages = including(top, ranked, out.Stage)
	return out
}

// NoSource is the verdict when the operator has nothing to read from.
func NoSource() Verdict { return unknown(v1alpha1.ReasonNoSource) }

// UnknownSource is the verdict when the spec names a metric source that the operator
// does not have; configured are those it has.
func UnknownSource(name string, configured []string) Verdict {
	v := unknown(v1alpha1.ReasonUnknownSource)
	v.Detail, v.Names = name, configured
	return v
}

// SourceFailed is the verdict when the source did not answer as it should. text says
// how, for people, as "it did not answer in time"; it must not change with every
// attempt. "" where only the operator's log says it.
func SourceFailed(text string) Verdict {
	v := unknown(v1alpha1.ReasonSourceFailed)
	v.Detail = text
	return v
}

// InvalidSpec is the verdict when the objectives cannot be read.
func InvalidSpec(text string) Verdict {
	v := unknown(v1alpha1.ReasonInvalidSpec)
	v.Detail = text
	return v
}

func unknown(reason string) Verdict {
	return Verdict{Health: v1alpha1.HealthUnknown, Reason: reason}
}
