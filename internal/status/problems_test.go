package status

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

func problem(component string, reason v1alpha1.TargetProblemReason, message string) v1alpha1.TargetProblem {
	return v1alpha1.TargetProblem{Component: component, Reason: reason, Message: message}
}

// observed are problems of a service of which nothing else is known.
func observed(problems ...v1alpha1.TargetProblem) Observation {
	return Observation{Verdict: health.SourceFailed(""), Problems: problems}
}

func TestProblemsKeepWhenTheyBegan(t *testing.T) {
	rm := monitor("api", "llm", "db")
	before := Health(rm, observed(
		problem("llm", v1alpha1.TargetDown, "2 of 3 pods do not answer."),
		problem("api", v1alpha1.TargetPortNotFound, "No port."),
	), earlier)
	rm = saying(rm, before)
	got := Health(rm, observed(
		problem("db", v1alpha1.TargetUnseen, ""),
		problem("llm", v1alpha1.TargetDown, "3 of 3 pods do not\x1b[2J answer."),
		problem("api", v1alpha1.TargetNoPodMatches, "No pod."),
		problem("api", v1alpha1.TargetDown, "A second problem of the same component."),
		problem("stranger", v1alpha1.TargetDown, "A component that is not in the spec."),
	), now).Problems
	at := func(p v1alpha1.TargetProblem, since time.Time) v1alpha1.TargetProblem {
		p.Since = metav1.NewTime(since.Truncate(time.Second))
		return p
	}
	want := []v1alpha1.TargetProblem{
		at(problem("api", v1alpha1.TargetNoPodMatches, "No pod."), now),
		at(problem("db", v1alpha1.TargetUnseen, ""), now),
		at(problem("llm", v1alpha1.TargetDown, "3 of 3 pods do not [2J answer."), earlier),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
}

func TestWhichProblemsAndCostsAreUrgent(t *testing.T) {
	down := problem("llm", v1alpha1.TargetDown, "2 of 3 pods do not answer.")
	cost := v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "12", BudgetSpent: "50%"}
	begin := observed(down)
	begin.Cost = &cost
	for name, tc := range map[string]struct {
		edit         func(*Observation)
		same, urgent bool
	}{
		"nothing":                       {edit: func(*Observation) {}, same: true},
		"a message with other figures":  {edit: func(o *Observation) { o.Problems[0].Message = "3 of 3 pods do not answer." }},
		"another reason":                {edit: func(o *Observation) { o.Problems[0].Reason = v1alpha1.TargetUnseen }, urgent: true},
		"another component":             {edit: func(o *Observation) { o.Problems[0].Component = "api" }, urgent: true},
		"a component more":              {edit: func(o *Observation) { o.Problems = append(o.Problems, problem("api", v1alpha1.TargetDown, "")) }, urgent: true},
		"no problem":                    {edit: func(o *Observation) { o.Problems = nil }, urgent: true},
		"more is spent":                 {edit: func(o *Observation) { o.Cost.TodayUSD = "14" }},
		"another day":                   {edit: func(o *Observation) { o.Cost.Day = "2026-11-23" }, urgent: true},
		"a cost that is no longer kept": {edit: func(o *Observation) { o.Cost = nil }, urgent: true},
	} {
		t.Run(name, func(t *testing.T) {
			rm := monitor("api", "llm")
			rm = saying(rm, Health(rm, begin, earlier))
			o, kept := observed(down), cost
			o.Cost = &kept
			tc.edit(&o)
			part := Health(rm, o, now)
			if got := part.Same(rm.Status); got != tc.same {
				t.Errorf("same is %t", got)
			}
			if got := part.Urgent(rm.Status); got != tc.urgent {
				t.Errorf("urgent is %t", got)
			}
		})
	}
}

func TestProblemsAndCostAreToldWithoutData(t *testing.T) {
	o := observed(problem("api", v1alpha1.TargetDown, "Down."))
	o.Cost = &v1alpha1.CostReading{Day: "2026-11-22", TodayUSD: "12.3", MonthUSD: "345", BudgetSpent: "71%", BudgetExceededOn: "2026-11-27"}
	rm := monitor("api")
	part := Health(rm, o, now)
	got := asStatus(t, part.Apply(rm), rm)
	if d := cmp.Diff(o.Cost, got.Cost); d != "" {
		t.Errorf("cost (-want +got):\n%s", d)
	}
	if len(got.TargetProblems) != 1 || !part.Same(got) {
		t.Errorf("problems are %v", got.TargetProblems)
	}
}

func TestProblemsAreToldBriefly(t *testing.T) {
	var problems []v1alpha1.TargetProblem
	for i := range 16 {
		problems = append(problems, problem(long(i), v1alpha1.TargetNoServiceMatches, strings.Repeat("é", 200)))
	}
	for _, room := range []int{1 << 20, 5_000, 4_000, 2_000, 500, 10, 0} {
		got := briefly(problems, room)
		if len(got) > 0 && sizeOf(got) > room {
			t.Errorf("%d bytes in a room of %d", sizeOf(got), room)
		}
		if room >= 2_500 && len(got) != len(problems) {
			t.Errorf("%d problems in a room of %d", len(got), room)
		}
		for _, p := range got {
			if len(p.Message) > 256 {
				t.Errorf("a message of %d bytes", len(p.Message))
			}
		}
		if again := briefly(got, room); !cmp.Equal(got, again, cmpEmpty) {
			t.Errorf("in a room of %d it is cut again", room)
		}
	}
}
