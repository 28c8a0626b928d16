package check

import (
	"context"
	"errors"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// leader wants a lease that is held and was renewed in time: an operator that cannot
// reach the API server, or may not, holds none.
func (t Target) leader(ctx context.Context) (string, error) {
	lease := &coordinationv1.Lease{}
	if err := t.Client.Get(ctx, client.ObjectKey{Namespace: t.Namespace, Name: t.Lease}, lease); err != nil {
		return "", fmt.Errorf("read the lease: %w", err)
	}
	return leading(lease, t.Clock.Now())
}

func leading(lease *coordinationv1.Lease, now time.Time) (string, error) {
	holder := ptr.Deref(lease.Spec.HolderIdentity, "")
	if holder == "" || lease.Spec.RenewTime == nil {
		return "", errors.New("no pod of the operator leads: nobody holds the lease")
	}
	age := now.Sub(lease.Spec.RenewTime.Time)
	if valid := time.Duration(ptr.Deref(lease.Spec.LeaseDurationSeconds, 0)) * time.Second; age > valid {
		return "", fmt.Errorf("no pod of the operator leads: %s renewed the lease %s ago, and it lasts %s", holder, age.Round(time.Second), valid)
	}
	return holder + " leads", nil
}
