package faults_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	ragmodel "github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// kind is what can be wrong with one stage.
type kind struct {
	name          string
	slow, failing float64
}

var (
	slow3   = kind{name: "slow ×3", slow: 3}
	slow10  = kind{name: "slow ×10", slow: 10}
	failing = kind{name: "failing 10 %", failing: 0.1}
	kinds   = []kind{slow3, slow10, failing}
)

// trouble is a stage of which something is wrong.
type trouble struct {
	path string
	kind
}

func (x trouble) String() string { return x.path + " " + x.name }

func faultsOf(troubles ...trouble) sim.Faults {
	f := sim.Faults{Slow: map[string]float64{}, Failing: map[string]float64{}}
	for _, x := range troubles {
		if x.slow > 0 {
			f.Slow[x.path] = x.slow
		}
		if x.failing > 0 {
			f.Failing[x.path] = x.failing
		}
	}
	return f
}

// pairs are all pairs of troubles of different stages.
func pairs(leaves []string) [][]trouble {
	var out [][]trouble
	for i, a := range leaves {
		for j, b := range leaves {
			if i < j {
				out = append(out, []trouble{{a, slow10}, {b, slow10}})
			}
			if i != j {
				out = append(out, []trouble{{a, slow10}, {b, failing}})
			}
		}
	}
	return out
}

// answer is what was said of a case, and whether that is right.
type answer struct {
	verdict answerKind
	// reason why nothing was said.
	reason string
	// detail is for the log.
	detail string
	// both says whether all that is broken is among the stages that are shown.
	both bool
}

type answerKind string

const (
	// right names a stage that is broken, or the part of it that is.
	right answerKind = "right"
	// roughly names the stage that a broken part belongs to, where the part is measured.
	roughly answerKind = "roughly"
	// undecided names nobody, for a reason.
	undecided answerKind = "undecided"
	wrong     answerKind = "wrong"
)

// judge says what the findings of a fault are worth. None of them may name a stage that
// is not broken; the last one should name one that is.
func judge(m ragmodel.Monitor, troubles []trouble, findings []finding) answer {
	last := findings[len(findings)-1]
	exact, rough := acceptable(m, troubles)
	for i, f := range findings {
		if f.named() != "" && !slices.Contains(exact, f.named()) && !slices.Contains(rough, f.named()) {
			return answer{verdict: wrong, reason: f.named(), detail: fmt.Sprintf("after %s: %s", time.Duration(i+1)*whileBroken, f.describe())}
		}
	}
	out := answer{verdict: right, detail: last.describe(), both: last.shows(m, troubles)}
	switch {
	case last.named() == "":
		out.verdict, out.reason = last.excuses(m, troubles)
	case !slices.Contains(exact, last.named()):
		out.verdict, out.reason = roughly, last.named()
	}
	return out
}

// excuses are why none of what is broken is named.
func (f finding) excuses(m ragmodel.Monitor, troubles []trouble) (answerKind, string) {
	var reasons []string
	for _, x := range troubles {
		reason := f.excuse(m, x)
		if reason == "" {
			return wrong, "nobody"
		}
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	return undecided, strings.Join(reasons, "; ")
}

// shows says whether all that is broken is among the stages that are shown.
func (f finding) shows(m ragmodel.Monitor, troubles []trouble) bool {
	return !slices.ContainsFunc(troubles, func(x trouble) bool {
		exact, rough := acceptable(m, []trouble{x})
		return !slices.ContainsFunc(f.verdict.Stages, func(s health.Ranked) bool {
			return slices.Contains(exact, s.Name) || slices.Contains(rough, s.Name)
		})
	})
}

// acceptable are the names of what is broken, and those of what it is a part of.
func acceptable(m ragmodel.Monitor, troubles []trouble) (exact, rough []string) {
	for _, x := range troubles {
		whole, _, _ := strings.Cut(x.path, "/")
		duration, failures := measured(m, x.path)
		if x.slow > 0 {
			exact = append(exact, duration)
		}
		if x.failing > 0 {
			exact = append(exact, failures)
		}
		rough = append(rough, whole)
	}
	return exact, rough
}

// describe is a line of the log.
func (f finding) describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%s named %q", f.verdict.Health, f.verdict.Reason, f.named())
	if rest := f.readings.Unaccounted(); rest != nil {
		fmt.Fprintf(&b, ", unaccounted %.2f", *rest)
	}
	if f.readings.LatencyP95 != nil {
		fmt.Fprintf(&b, ", p95 %.2g s", *f.readings.LatencyP95)
	}
	for _, s := range f.verdict.Stages {
		fmt.Fprintf(&b, "; %s share %.3f score %.2f", s.Name, s.Share, s.Score)
		if growth := s.Growth(); growth != nil {
			fmt.Fprintf(&b, " growth %.2f", *growth)
		}
		if s.ErrorRatio != nil {
			fmt.Fprintf(&b, " failed %.3f", *s.ErrorRatio)
		}
	}
	return b.String()
}
