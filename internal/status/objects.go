package status

import (
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	v1alpha1ac "github.com/ragmonitor/ragmonitor-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// Outcome is what became of a spec.
type Outcome struct {
	// Refused says why the spec was not accepted; nil when it was. The rest of
	// Outcome is then empty: nothing was done.
	Refused *Refusal
	// MissingAPIs are the kinds that children need and the cluster lacks.
	MissingAPIs []string
	// Embedded says that the operator itself scrapes and evaluates for this
	// RAGMonitor, which then needs none of these, unless somebody is to be notified.
	Embedded bool
	// Conflicts are children whose name somebody else's object has.
	Conflicts []string
	// Failures are children that could not be applied, each with the cause.
	Failures []string
	// NodeMetrics is what was asked for, and NodeExporter what there is.
	NodeMetrics  v1alpha1.NodeMetricsPolicy
	NodeExporter NodeExporter
	// Rules are what was made of the spec; nil when it was refused.
	Rules *rules.Rules
	// Notifications are nil where none were asked for.
	Notifications *Notifications
}

// Refusal is a reason of the condition Accepted with its message.
type Refusal struct{ Reason, Message string }

// NodeExporterState says how the cluster's node metrics are come by.
type NodeExporterState string

// The states of the cluster's node-exporter.
const (
	NodeExporterNone     NodeExporterState = "None"
	NodeExporterOurs     NodeExporterState = "Ours"
	NodeExporterExternal NodeExporterState = "External"
)

// NodeExporter is the cluster's node-exporter.
type NodeExporter struct {
	State NodeExporterState
	// Running is true when it runs on every node where it should.
	Running bool
	// Detail names the node-exporter, or says why there is none.
	Detail string
	// UID is that of ours. One that was deleted and made again is another.
	UID types.UID
	// Problem says why it does not run everywhere; "" where that is not known.
	Problem string
}

var objectConditions = []string{
	v1alpha1.ConditionAccepted,
	v1alpha1.ConditionPrerequisitesMet,
	v1alpha1.ConditionApplied,
	v1alpha1.ConditionAvailable,
	v1alpha1.ConditionNotifying,
	v1alpha1.ConditionReady,
}

// ObjectsPart is the part of the status that is about objects.
type ObjectsPart struct {
	ObservedGeneration int64
	Components         string
	Conditions         []metav1.Condition
	// Unavailable are the alerts that no vocabulary feeds; Thresholds are those of
	// the SLOs of latency, by SLO.
	Unavailable []v1alpha1.UnavailableAlert
	Thresholds  map[string]string
	// Notifications say which alerts reach which receivers.
	Notifications []v1alpha1.NotificationReading
}

// Objects computes the part of the status that is about objects.
func Objects(rm *v1alpha1.RAGMonitor, o Outcome, now time.Time) ObjectsPart {
	before := rm.Status.Conditions
	wanted := []condition{accepted(o)}
	told := notifying(o.Notifications)
	if o.Refused == nil {
		wanted = append(wanted, prerequisitesMet(o), applied(o), available(o))
	} else {
		wanted = append(wanted, unchanged(before, v1alpha1.ConditionPrerequisitesMet, v1alpha1.ConditionApplied, v1alpha1.ConditionAvailable)...)
		if find(before, v1alpha1.ConditionNotifying) != nil {
			told = unchanged(before, v1alpha1.ConditionNotifying)
		}
	}
	summary := ready(wanted)
	wanted = append(append(wanted, told...), summary)
	part := objectsPartOf(rm.Status)
	part.ObservedGeneration = rm.Generation
	part.Components = componentNames(rm.Spec.Components)
	part.Conditions = stamp(wanted, before, rm.Generation, now)
	if o.Rules != nil {
		part.Unavailable = unavailable(o.Rules.Unavailable)
		part.Thresholds = thresholds(o.Rules.Thresholds)
	}
	room := objectsShare - sizeOf(v1alpha1.RAGMonitorStatus{
		ObservedGeneration: part.ObservedGeneration, Components: part.Components, SLOs: part.slos(), Conditions: part.Conditions,
	})
	if o.Refused == nil {
		part.Notifications = routed(o.Notifications, o.Rules, room/2)
	}
	part.Unavailable = shortened(part.Unavailable, room-sizeOf(v1alpha1.RAGMonitorStatus{Notifications: part.Notifications}))
	return part
}

// slos are the thresholds, sorted by SLO.
func (p ObjectsPart) slos() []v1alpha1.SLOReading {
	var out []v1alpha1.SLOReading
	for _, name := range slices.Sorted(maps.Keys(p.Thresholds)) {
		out = append(out, v1alpha1.SLOReading{Name: name, Threshold: p.Thresholds[name]})
	}
	return out
}

func objectsPartOf(s v1alpha1.RAGMonitorStatus) ObjectsPart {
	part := ObjectsPart{
		ObservedGeneration: s.ObservedGeneration,
		Components:         s.Components,
		Conditions:         pick(s.Conditions, objectConditions...),
		Unavailable:        unavailableFor(s.UnavailableAlerts, v1alpha1.UnavailableNotInVocabulary),
		Thresholds:         map[string]string{},
		Notifications:      bySeverity(s.Notifications),
	}
	for _, slo := range s.SLOs {
		if slo.Threshold != "" {
			part.Thresholds[slo.Name] = slo.Threshold
		}
	}
	return part
}

// Same says whether a status already says what p says.
func (p ObjectsPart) Same(s v1alpha1.RAGMonitorStatus) bool {
	return equality.Semantic.DeepEqual(p, objectsPartOf(s))
}

// Apply returns what to apply to the status of rm. The UID keeps a status from
// being written to a namesake that was made since.
func (p ObjectsPart) Apply(rm *v1alpha1.RAGMonitor) *v1alpha1ac.RAGMonitorApplyConfiguration {
	status := v1alpha1ac.RAGMonitorStatus().
		WithObservedGeneration(p.ObservedGeneration).
		WithComponents(p.Components).
		WithConditions(applyConditions(p.Conditions)...).
		WithUnavailableAlerts(applyUnavailable(p.Unavailable)...).
		WithNotifications(applyNotifications(p.Notifications)...)
	for _, slo := range p.slos() {
		status.WithSLOs(v1alpha1ac.SLOReading().WithName(slo.Name).WithThreshold(slo.Threshold))
	}
	return v1alpha1ac.RAGMonitor(rm.Name, rm.Namespace).WithUID(rm.UID).WithStatus(status)
}

func componentNames(components []v1alpha1.Component) string {
	names := make([]string, 0, len(components))
	for _, c := range components {
		names = append(names, c.Name)
	}
	return strings.Join(names, ",")
}

func accepted(o Outcome) condition {
	if o.Refused != nil {
		return say(v1alpha1.ConditionAccepted, metav1.ConditionFalse, o.Refused.Reason, o.Refused.Message)
	}
	return say(v1alpha1.ConditionAccepted, metav1.ConditionTrue, v1alpha1.ReasonAccepted, "The spec was understood.")
}

func prerequisitesMet(o Outcome) condition {
	if len(o.MissingAPIs) > 0 && o.Embedded && o.Notifications == nil {
		return say(v1alpha1.ConditionPrerequisitesMet, metav1.ConditionTrue, v1alpha1.ReasonAPIsNotNeeded,
			"The operator scrapes by itself, so nothing is missed. For a Prometheus there would be no "+strings.Join(o.MissingAPIs, ", no ")+".")
	}
	if len(o.MissingAPIs) > 0 {
		return say(v1alpha1.ConditionPrerequisitesMet, metav1.ConditionFalse, v1alpha1.ReasonAPIsMissing,
			"The cluster has no "+strings.Join(o.MissingAPIs, ", no ")+": install the CRDs of the Prometheus Operator. Everything else works; this heals by itself.")
	}
	return say(v1alpha1.ConditionPrerequisitesMet, metav1.ConditionTrue, v1alpha1.ReasonAPIsPresent, "Every API that the children need is present.")
}

func applied(o Outcome) condition {
	switch {
	case len(o.Conflicts) > 0:
		return say(v1alpha1.ConditionApplied, metav1.ConditionFalse, v1alpha1.ReasonConflict,
			"Somebody else's object is in the way and was left alone: "+strings.Join(o.Conflicts, ", ")+". Delete or rename it.")
	case len(o.Failures) > 0:
		return say(v1alpha1.ConditionApplied, metav1.ConditionFalse, v1alpha1.ReasonApplyFailed, strings.Join(o.Failures, "; "))
	default:
		return say(v1alpha1.ConditionApplied, metav1.ConditionTrue, v1alpha1.ReasonApplied, "Every child whose API is present is as it should be.")
	}
}

func available(o Outcome) condition {
	kind := v1alpha1.ConditionAvailable
	external := say(kind, metav1.ConditionTrue, v1alpha1.ReasonExternalNodeExporter, "Node metrics come from "+o.NodeExporter.Detail+".")
	running := say(kind, metav1.ConditionTrue, v1alpha1.ReasonNodeExporterRunning, "The node-exporter runs on every node that it can run on.")
	unavailable := say(kind, metav1.ConditionFalse, v1alpha1.ReasonNodeExporterUnavailable, notRunning(o.NodeExporter))
	if o.Embedded {
		for _, c := range []*condition{&external, &running, &unavailable} {
			c.message += unread
		}
	}
	switch {
	case o.NodeMetrics == v1alpha1.NodeMetricsOff:
		return say(kind, metav1.ConditionTrue, v1alpha1.ReasonNodeMetricsOff, "No node metrics were asked for.")
	case o.NodeExporter.State == NodeExporterExternal && o.NodeExporter.Running:
		return external
	case o.NodeExporter.State == NodeExporterOurs && o.NodeExporter.Running:
		return running
	case o.NodeMetrics == v1alpha1.NodeMetricsRequired:
		return unavailable
	default:
		unavailable.status = metav1.ConditionTrue
		unavailable.message += " They were asked for only if available."
		return unavailable
	}
}

// unread is added where nothing is read of what the node-exporter tells.
const unread = " The operator, which scrapes this service itself, reads nothing of nodes and containers: that takes a Prometheus."

func notRunning(n NodeExporter) string {
	switch {
	case n.State == NodeExporterNone:
		return "There is no node-exporter: " + n.Detail + "."
	case n.Problem == "":
		return "The node-exporter does not run on every node: see " + n.Detail + "."
	default:
		return "The node-exporter does not run on every node: " + n.Problem + " (" + n.Detail + ")."
	}
}

// unchanged keeps what the conditions said of the last accepted spec.
func unchanged(before []metav1.Condition, kinds ...string) []condition {
	var out []condition
	for _, kind := range kinds {
		if c := find(before, kind); c != nil {
			out = append(out, condition{kind: kind, status: c.Status, reason: c.Reason, message: c.Message, generation: c.ObservedGeneration})
			continue
		}
		out = append(out, condition{kind: kind, status: metav1.ConditionUnknown, reason: v1alpha1.ReasonPending, message: "No spec was accepted yet."})
	}
	return out
}

// ready is true when all others are, and else says what the first says that is not.
func ready(others []condition) condition {
	i := slices.IndexFunc(others, func(c condition) bool { return c.status != metav1.ConditionTrue })
	if i < 0 {
		return say(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady, "Everything the operator makes is in place.")
	}
	return say(v1alpha1.ConditionReady, metav1.ConditionFalse, others[i].reason, others[i].message)
}
