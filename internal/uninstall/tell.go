package uninstall

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/apply"
	"github.com/ragmonitor/ragmonitor-operator/internal/controller"
	"github.com/ragmonitor/ragmonitor-operator/internal/status"
)

// tell has every RAGMonitor say that nobody looks after it any more. It writes as the
// operator does, so that the next operator takes its fields over.
func (u *Uninstaller) tell(ctx context.Context) error {
	told, next := 0, ""
	for {
		list := &v1alpha1.RAGMonitorList{}
		err := u.Client.List(ctx, list, client.Limit(page), client.Continue(next))
		if meta.IsNoMatchError(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list RAGMonitors: %w", err)
		}
		done, err := atOnce(ctx, list.Items, func(rm *v1alpha1.RAGMonitor) error { return u.tellOne(ctx, rm) })
		told += done
		if err != nil {
			return err
		}
		if next = list.Continue; next == "" {
			u.Log.Info("Told RAGMonitors, which stay", "count", told)
			return nil
		}
	}
}

func (u *Uninstaller) tellOne(ctx context.Context, rm *v1alpha1.RAGMonitor) error {
	objects, health := status.Uninstalled(rm, u.Clock.Now())
	for _, part := range []struct {
		same    bool
		config  runtime.ApplyConfiguration
		manager string
	}{
		{objects.Same(rm.Status), objects.Apply(rm), apply.FieldManager},
		{health.Same(rm.Status), health.Apply(rm), controller.AggregatorManager},
	} {
		if part.same || !rm.DeletionTimestamp.IsZero() {
			continue
		}
		err := u.Client.Status().Apply(ctx, part.config, client.FieldOwner(part.manager), client.ForceOwnership)
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("apply the status of RAGMonitor %s/%s: %w", rm.Namespace, rm.Name, err)
		}
	}
	return nil
}
