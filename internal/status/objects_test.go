package status

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

var (
	earlier = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	now     = time.Date(2026, 1, 2, 3, 14, 15, 987_654_321, time.UTC)
)

// monitor is generation 2 of a RAGMonitor with these components, of which
// nothing has been said yet.
func monitor(components ...string) *v1alpha1.RAGMonitor {
	rm := &v1alpha1.RAGMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: "rag", Name: "support-bot", UID: "u-1", Generation: 2}}
	for _, c := range components {
		rm.Spec.Components = append(rm.Spec.Components, v1alpha1.Component{Name: c})
	}
	return rm
}

// brief lists conditions as "Type=Status/Reason".
func brief(conditions []metav1.Condition) []string {
	var out []string
	for _, c := range conditions {
		out = append(out, fmt.Sprintf("%s=%s/%s", c.Type, c.Status, c.Reason))
	}
	return out
}

// done is the outcome when all went well.
func done() Outcome {
	return Outcome{NodeMetrics: v1alpha1.NodeMetricsOff, NodeExporter: NodeExporter{State: NodeExporterNone, Detail: "it is not made yet"}}
}

const (
	acceptedTrue  = "Accepted=True/Accepted"
	prereqTrue    = "PrerequisitesMet=True/APIsPresent"
	appliedTrue   = "Applied=True/Applied"
	availableTrue = "Available=True/NodeMetricsOff"
	readyTrue     = "Ready=True/Ready"
)

func TestConditionsOfOutcomes(t *testing.T) {
	for name, tc := range map[string]struct {
		edit func(*Outcome)
		want []string
	}{
		"all went well": {
			edit: func(*Outcome) {},
			want: []string{acceptedTrue, prereqTrue, appliedTrue, availableTrue, readyTrue},
		},
		"a spec that is refused before any was accepted": {
			edit: func(o *Outcome) { *o = Outcome{Refused: &Refusal{v1alpha1.ReasonUnknownVocabulary, "why"}} },
			want: []string{
				"Accepted=False/UnknownVocabulary", "PrerequisitesMet=Unknown/Pending", "Applied=Unknown/Pending",
				"Available=Unknown/Pending", "Ready=False/UnknownVocabulary",
			},
		},
		"an API is missing": {
			edit: func(o *Outcome) { o.MissingAPIs = []string{"ServiceMonitor"} },
			want: []string{acceptedTrue, "PrerequisitesMet=False/APIsMissing", appliedTrue, availableTrue, "Ready=False/APIsMissing"},
		},
		"an API is missing that the operator, being the source, does not need": {
			edit: func(o *Outcome) { o.MissingAPIs, o.Embedded = []string{"ServiceMonitor"}, true },
			want: []string{acceptedTrue, "PrerequisitesMet=True/APIsNotNeeded", appliedTrue, availableTrue, "Ready=True/Ready"},
		},
		"a name is taken": {
			edit: func(o *Outcome) { o.Conflicts = []string{"ConfigMap rag/x"} },
			want: []string{acceptedTrue, prereqTrue, "Applied=False/Conflict", availableTrue, "Ready=False/Conflict"},
		},
		"a child is refused": {
			edit: func(o *Outcome) { o.Failures = []string{"apply ConfigMap rag/x: no"} },
			want: []string{acceptedTrue, prereqTrue, "Applied=False/ApplyFailed", availableTrue, "Ready=False/ApplyFailed"},
		},
		"of a taken name and a refused child the name is told": {
			edit: func(o *Outcome) { o.Conflicts, o.Failures = []string{"ConfigMap rag/x"}, []string{"no"} },
			want: []string{acceptedTrue, prereqTrue, "Applied=False/Conflict", availableTrue, "Ready=False/Conflict"},
		},
		"readiness tells the first of several that are not true": {
			edit: func(o *Outcome) { o.MissingAPIs, o.Failures = []string{"PrometheusRule"}, []string{"no"} },
			want: []string{acceptedTrue, "PrerequisitesMet=False/APIsMissing", "Applied=False/ApplyFailed", availableTrue, "Ready=False/APIsMissing"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			outcome := done()
			tc.edit(&outcome)
			part := Objects(monitor(), outcome, now)
			if d := cmp.Diff(tc.want, brief(part.Conditions)); d != "" {
				t.Errorf("conditions (-want +got):\n%s", d)
			}
			for _, c := range part.Conditions {
				if c.Message == "" || c.ObservedGeneration != 2 {
					t.Errorf("%s has message %q and generation %d", c.Type, c.Message, c.ObservedGeneration)
				}
			}
		})
	}
}

func TestAvailableFollowsTheNodeExporter(t *testing.T) {
	ours, running := NodeExporter{State: NodeExporterOurs, Detail: "DaemonSet ns/x"}, NodeExporter{State: NodeExporterOurs, Running: true, Detail: "DaemonSet ns/x"}
	external, none := NodeExporter{State: NodeExporterExternal, Running: true, Detail: "DaemonSet ns/y"}, NodeExporter{State: NodeExporterNone, Detail: "for a reason"}
	elsewhere := NodeExporter{State: NodeExporterExternal, Detail: "DaemonSet ns/y"}
	blocked := NodeExporter{State: NodeExporterOurs, Detail: "DaemonSet ns/x", Problem: "port 9100 of node a is taken by Pod ns/z"}
	const off, ifAvailable, required = v1alpha1.NodeMetricsOff, v1alpha1.NodeMetricsIfAvailable, v1alpha1.NodeMetricsRequired
	for name, tc := range map[string]struct {
		policy v1alpha1.NodeMetricsPolicy
		state  NodeExporter
		want   string
		text   string
	}{
		"not asked for, none":                  {policy: off, state: none, want: "True/NodeMetricsOff"},
		"not asked for, ours still runs":       {policy: off, state: running, want: "True/NodeMetricsOff"},
		"not asked for, another's":             {policy: off, state: external, want: "True/NodeMetricsOff"},
		"if available, ours runs":              {policy: ifAvailable, state: running, want: "True/NodeExporterRunning"},
		"if available, another's":              {policy: ifAvailable, state: external, want: "True/ExternalNodeExporter", text: "come from DaemonSet ns/y."},
		"if available, ours does not run":      {policy: ifAvailable, state: ours, want: "True/NodeExporterUnavailable", text: "see DaemonSet ns/x. They were asked for only if available."},
		"if available, none":                   {policy: ifAvailable, state: none, want: "True/NodeExporterUnavailable", text: "no node-exporter: for a reason. They were"},
		"required, ours runs":                  {policy: required, state: running, want: "True/NodeExporterRunning"},
		"required, another's":                  {policy: required, state: external, want: "True/ExternalNodeExporter"},
		"required, ours does not run":          {policy: required, state: ours, want: "False/NodeExporterUnavailable", text: "does not run on every node: see DaemonSet ns/x."},
		"if available, another's does not run": {policy: ifAvailable, state: elsewhere, want: "True/NodeExporterUnavailable", text: "see DaemonSet ns/y."},
		"required, another's does not run":     {policy: required, state: elsewhere, want: "False/NodeExporterUnavailable", text: "see DaemonSet ns/y."},
		"required, none":                       {policy: required, state: none, want: "False/NodeExporterUnavailable", text: "no node-exporter: for a reason."},
		"a policy that the API left out, none": {state: none, want: "True/NodeExporterUnavailable"},
		"required, and it is known what is in the way": {
			policy: required, state: blocked, want: "False/NodeExporterUnavailable",
			text: "does not run on every node: port 9100 of node a is taken by Pod ns/z (DaemonSet ns/x).",
		},
		"if available, and it is known what is in the way": {
			policy: ifAvailable, state: blocked, want: "True/NodeExporterUnavailable", text: "taken by Pod ns/z (DaemonSet ns/x). They were",
		},
	} {
		t.Run(name, func(t *testing.T) {
			part := Objects(monitor(), Outcome{NodeMetrics: tc.policy, NodeExporter: tc.state}, now)
			got := find(part.Conditions, v1alpha1.ConditionAvailable)
			if d := cmp.Diff(tc.want, fmt.Sprintf("%s/%s", got.Status, got.Reason)); d != "" {
				t.Errorf("condition (-want +got):\n%s", d)
			}
			if !strings.Contains(got.Message, tc.text) {
				t.Errorf("message is %q, must hold %q", got.Message, tc.text)
			}
			if ready := find(part.Conditions, v1alpha1.ConditionReady); ready.Status != got.Status {
				t.Errorf("Ready is %s", ready.Status)
			}
		})
	}
}

// TestWhoeverScrapesByItselfReadsNothingOfNodes: it says so, whatever runs on them.
func TestWhoeverScrapesByItselfReadsNothingOfNodes(t *testing.T) {
	const text = "reads nothing of nodes and containers"
	for name, tc := range map[string]struct {
		policy v1alpha1.NodeMetricsPolicy
		state  NodeExporter
		want   bool
	}{
		"ours runs":     {v1alpha1.NodeMetricsIfAvailable, NodeExporter{State: NodeExporterOurs, Running: true}, true},
		"another's":     {v1alpha1.NodeMetricsRequired, NodeExporter{State: NodeExporterExternal, Running: true}, true},
		"none":          {v1alpha1.NodeMetricsIfAvailable, NodeExporter{State: NodeExporterNone}, true},
		"not asked for": {v1alpha1.NodeMetricsOff, NodeExporter{State: NodeExporterNone}, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, embedded := range []bool{true, false} {
				part := Objects(monitor(), Outcome{NodeMetrics: tc.policy, NodeExporter: tc.state, Embedded: embedded}, now)
				got := find(part.Conditions, v1alpha1.ConditionAvailable).Message
				if strings.Contains(got, text) != (tc.want && embedded) {
					t.Errorf("embedded is %v, and the message %q", embedded, got)
				}
			}
		})
	}
}

func TestMessagesSayWhichObject(t *testing.T) {
	for name, tc := range map[string]struct {
		outcome Outcome
		kind    string
		want    string
	}{
		"missing APIs":    {Outcome{MissingAPIs: []string{"ServiceMonitor", "PrometheusRule"}}, v1alpha1.ConditionPrerequisitesMet, "has no ServiceMonitor, no PrometheusRule: install"},
		"conflicts":       {Outcome{Conflicts: []string{"ConfigMap rag/x", "ServiceMonitor rag/y"}}, v1alpha1.ConditionApplied, "ConfigMap rag/x, ServiceMonitor rag/y. Delete"},
		"failures":        {Outcome{Failures: []string{"apply x: no", "apply y: no"}}, v1alpha1.ConditionApplied, "apply x: no; apply y: no"},
		"refused specs":   {Outcome{Refused: &Refusal{"R", "spec.x is wrong"}}, v1alpha1.ConditionAccepted, "spec.x is wrong"},
		"the summary too": {Outcome{Conflicts: []string{"ConfigMap rag/x"}}, v1alpha1.ConditionReady, "ConfigMap rag/x"},
	} {
		t.Run(name, func(t *testing.T) {
			got := find(Objects(monitor(), tc.outcome, now).Conditions, tc.kind).Message
			if !strings.Contains(got, tc.want) {
				t.Errorf("message is %q, must hold %q", got, tc.want)
			}
		})
	}
}

// said is a RAGMonitor of which an earlier generation was applied.
func said() *v1alpha1.RAGMonitor {
	rm := monitor("api")
	rm.Generation = 1
	rm.Status.Conditions = Objects(rm, done(), earlier).Conditions
	rm.Generation = 2
	return rm
}

func TestTransitionTimes(t *testing.T) {
	for name, tc := range map[string]struct {
		outcome Outcome
		changed []string
	}{
		"nothing changed": {outcome: done()},
		"another reason with the same status": {outcome: Outcome{
			NodeMetrics: v1alpha1.NodeMetricsRequired, NodeExporter: NodeExporter{State: NodeExporterOurs, Running: true},
		}},
		"a condition that is no longer true": {
			outcome: Outcome{NodeMetrics: v1alpha1.NodeMetricsOff, Failures: []string{"no"}},
			changed: []string{v1alpha1.ConditionApplied, v1alpha1.ConditionReady},
		},
		"a spec that is refused": {
			outcome: Outcome{Refused: &Refusal{v1alpha1.ReasonInvalidSpec, "why"}},
			changed: []string{v1alpha1.ConditionAccepted, v1alpha1.ConditionReady},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var changed []string
			for _, c := range Objects(said(), tc.outcome, now).Conditions {
				if tc.outcome.Refused == nil && c.ObservedGeneration != 2 {
					t.Errorf("%s speaks of generation %d", c.Type, c.ObservedGeneration)
				}
				switch c.LastTransitionTime.Time {
				case earlier:
				case now.Truncate(time.Second):
					changed = append(changed, c.Type)
				default:
					t.Errorf("time of %s is %s", c.Type, c.LastTransitionTime)
				}
			}
			if d := cmp.Diff(tc.changed, changed); d != "" {
				t.Errorf("conditions with a new time (-want +got):\n%s", d)
			}
		})
	}
}

func TestRefusedSpecKeepsWhatWasSaid(t *testing.T) {
	rm := said()
	rm.Generation = 1
	failed := Outcome{NodeMetrics: v1alpha1.NodeMetricsOff, Failures: []string{"apply ConfigMap rag/x: no"}}
	before := Objects(rm, failed, earlier)
	rm.Generation, rm.Status.Conditions = 2, before.Conditions
	after := Objects(rm, Outcome{Refused: &Refusal{v1alpha1.ReasonUnknownAlert, "why"}}, now)

	want := []string{"Accepted=False/UnknownAlert", prereqTrue, "Applied=False/ApplyFailed", availableTrue, "Ready=False/UnknownAlert"}
	if d := cmp.Diff(want, brief(after.Conditions)); d != "" {
		t.Errorf("conditions (-want +got):\n%s", d)
	}
	kept := []string{v1alpha1.ConditionPrerequisitesMet, v1alpha1.ConditionApplied, v1alpha1.ConditionAvailable}
	if d := cmp.Diff(pick(before.Conditions, kept...), pick(after.Conditions, kept...)); d != "" {
		t.Errorf("conditions that speak of the last accepted generation (-want +got):\n%s", d)
	}
	if after.ObservedGeneration != 2 {
		t.Errorf("observedGeneration is %d: the refusal is of generation 2", after.ObservedGeneration)
	}
}

func TestObjectsSame(t *testing.T) {
	rm := said()
	before := Objects(rm, done(), now)
	status := v1alpha1.RAGMonitorStatus{ObservedGeneration: before.ObservedGeneration, Components: before.Components, Conditions: before.Conditions}
	other := metav1.Condition{Type: v1alpha1.ConditionHealthy, Status: metav1.ConditionTrue}
	status.Conditions = append([]metav1.Condition{other}, status.Conditions...)
	rm.Status = status
	if !Objects(rm, done(), now.Add(time.Hour)).Same(status) {
		t.Error("the same outcome an hour later must be the same, whatever else the status holds")
	}
	for name, edit := range map[string]func(*v1alpha1.RAGMonitorStatus){
		"another generation": func(s *v1alpha1.RAGMonitorStatus) { s.ObservedGeneration++ },
		"other components":   func(s *v1alpha1.RAGMonitorStatus) { s.Components = "llm" },
		"another message":    func(s *v1alpha1.RAGMonitorStatus) { s.Conditions[1].Message = "edited" },
		"a lost condition":   func(s *v1alpha1.RAGMonitorStatus) { s.Conditions = s.Conditions[:3] },
		"no status at all":   func(s *v1alpha1.RAGMonitorStatus) { *s = v1alpha1.RAGMonitorStatus{} },
	} {
		t.Run(name, func(t *testing.T) {
			edited := status.DeepCopy()
			edit(edited)
			if before.Same(*edited) {
				t.Error("counts as the same")
			}
		})
	}
}

func TestComponentsAreListed(t *testing.T) {
	for want, rm := range map[string]*v1alpha1.RAGMonitor{"": monitor(), "api": monitor("api"), "api,llm": monitor("api", "llm")} {
		if d := cmp.Diff(want, Objects(rm, done(), now).Components); d != "" {
			t.Errorf("components (-want +got):\n%s", d)
		}
	}
}

func TestObjectsApplySaysWhatThePartSays(t *testing.T) {
	rm := monitor("api", "llm")
	part := Objects(rm, made(), now)
	got := asStatus(t, part.Apply(rm), rm)
	want := v1alpha1.RAGMonitorStatus{
		ObservedGeneration: 2, Components: "api,llm", Conditions: part.Conditions,
		UnavailableAlerts: []v1alpha1.UnavailableAlert{
			{Alert: "RAGDiskHigh", Reason: "NotInVocabulary", Missing: "diskUsage"},
			{Alert: "RAGKVCacheSaturated", Reason: "NotInVocabulary", Missing: "kvCacheUsage"},
		},
		SLOs: []v1alpha1.SLOReading{{Name: "fast", Threshold: "2.5s"}, {Name: "nightly", Threshold: "1s-2s"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("status (-want +got):\n%s", d)
	}
}

// asStatus reads an apply configuration as the API server would, and checks
// whose status it is.
func asStatus(t *testing.T, config any, rm *v1alpha1.RAGMonitor) v1alpha1.RAGMonitorStatus {
	t.Helper()
	data, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	var got v1alpha1.RAGMonitor
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got.Name != rm.Name || got.Namespace != rm.Namespace || got.UID != rm.UID || got.APIVersion != v1alpha1.GroupVersion.String() || got.Kind != v1alpha1.Kind {
		t.Errorf("applied to %s %s %s/%s (%s)", got.APIVersion, got.Kind, got.Namespace, got.Name, got.UID)
	}
	if d := cmp.Diff(v1alpha1.RAGMonitorSpec{}, got.Spec); d != "" {
		t.Errorf("spec must not be applied:\n%s", d)
	}
	for i := range got.Status.Conditions {
		got.Status.Conditions[i].LastTransitionTime.Time = got.Status.Conditions[i].LastTransitionTime.UTC()
	}
	return got.Status
}

func TestLongMessagesAreCut(t *testing.T) {
	for name, letter := range map[string]string{"letters of one byte": "a", "of two": "é", "of three": "語", "of four": "🙂"} {
		for shift := range 4 {
			t.Run(fmt.Sprintf("%s, shifted by %d", name, shift), func(t *testing.T) {
				failure := strings.Repeat("x", shift) + strings.Repeat(letter, 2000)
				got := find(Objects(monitor(), Outcome{Failures: []string{failure}}, now).Conditions, v1alpha1.ConditionApplied).Message
				if !utf8.ValidString(got) {
					t.Errorf("message is not UTF-8: %q", got[len(got)-10:])
				}
				kept := strings.TrimSuffix(got, " …")
				if kept == got || !strings.HasPrefix(failure, kept) || len(kept) > maxMessage || len(kept) <= maxMessage-len(" …")-len(letter) {
					t.Errorf("message has %d bytes, of which %d are the beginning of the failure", len(got), len(kept))
				}
				checkStays(t, failure)
			})
		}
	}
	whole := strings.Repeat("x", maxMessage)
	if got := truncate(whole); got != whole {
		t.Errorf("a message that just fits is cut to %d bytes", len(got))
	}
}

// checkStays: a message that was cut is not cut again when it is kept, because
// every change of it is a write.
func checkStays(t *testing.T, failure string) {
	t.Helper()
	rm := monitor()
	rm.Status.Conditions = Objects(rm, Outcome{Failures: []string{failure}}, earlier).Conditions
	before := find(rm.Status.Conditions, v1alpha1.ConditionApplied).Message
	refused := Outcome{Refused: &Refusal{v1alpha1.ReasonInvalidSpec, "why"}}
	after := find(Objects(rm, refused, now).Conditions, v1alpha1.ConditionApplied).Message
	if before != after {
		t.Errorf("message ends in %q, and when it is kept in %q", before[len(before)-10:], after[len(after)-10:])
	}
}
