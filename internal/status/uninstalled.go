package status

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

const objectsGone = "The operator was uninstalled, and took its objects with it. It makes them again when it is installed again."

// Uninstalled are both parts of the status of a RAGMonitor whose objects were removed
// with the operator. A status that still said Healthy, or Ready, would go on saying so
// for ever. What was spent stays: it is remembered nowhere else.
func Uninstalled(rm *v1alpha1.RAGMonitor, now time.Time) (ObjectsPart, HealthPart) {
	var wanted []condition
	objects := objectsPartOf(rm.Status)
	for _, c := range objects.Conditions {
		if c.Type != v1alpha1.ConditionReady {
			wanted = append(wanted, afterUninstalling(c))
		}
	}
	if len(wanted) == 0 {
		// It was made while the operator was away.
		wanted = append(wanted, say(v1alpha1.ConditionApplied, metav1.ConditionFalse, v1alpha1.ReasonUninstalled, objectsGone))
	}
	wanted = append(wanted, ready(wanted))
	objects.Conditions = stamp(wanted, rm.Status.Conditions, rm.Generation, now)
	return objects, Health(rm, Observation{Verdict: health.Uninstalled(), Cost: rm.Status.Cost}, now)
}

// afterUninstalling is what becomes of a condition: only what our objects made true
// ends with them.
func afterUninstalling(c metav1.Condition) condition {
	told := c.Type == v1alpha1.ConditionNotifying && (c.Status == metav1.ConditionTrue || c.Reason == v1alpha1.ReasonConfigurationOutdated)
	if c.Type == v1alpha1.ConditionApplied || told || c.Reason == v1alpha1.ReasonNodeExporterRunning {
		return say(c.Type, metav1.ConditionFalse, v1alpha1.ReasonUninstalled, objectsGone)
	}
	return condition{kind: c.Type, status: c.Status, reason: c.Reason, message: c.Message, generation: c.ObservedGeneration}
}
