package check

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// mostNames of RAGMonitors are told.
const mostNames = 5

// monitors wants the operator to have said something of the present spec of each: what
// it says is the RAGMonitor's business.
func (t Target) monitors(ctx context.Context) (string, error) {
	var unseen []string
	total, next := 0, ""
	for {
		list := &v1alpha1.RAGMonitorList{}
		if err := t.Client.List(ctx, list, client.Limit(500), client.Continue(next)); err != nil {
			return "", fmt.Errorf("list RAGMonitors: %w", err)
		}
		total += len(list.Items)
		for i := range list.Items {
			if rm := &list.Items[i]; !seen(rm) {
				unseen = append(unseen, rm.Namespace+"/"+rm.Name)
			}
		}
		if next = list.Continue; next == "" {
			break
		}
	}
	if n := len(unseen); n > 0 {
		return "", fmt.Errorf("the operator has not looked at %d of %d: %s", n, total, strings.Join(unseen[:min(n, mostNames)], ", "))
	}
	return fmt.Sprintf("the operator has looked at all %d", total), nil
}

func seen(rm *v1alpha1.RAGMonitor) bool {
	ready := meta.FindStatusCondition(rm.Status.Conditions, v1alpha1.ConditionReady)
	return !rm.DeletionTimestamp.IsZero() ||
		ready != nil && ready.Reason != v1alpha1.ReasonUninstalled && ready.ObservedGeneration >= rm.Generation
}
