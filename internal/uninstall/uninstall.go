// Package uninstall removes what the operator made, when the operator itself is gone:
// the children of all RAGMonitors, and the node-exporter. RAGMonitors stay, and their
// status says what happened. docs/decisions/0019 says why it is done like this.
//
//	uninstall.go  the order of things, and that no operator runs meanwhile
//	remove.go     which objects are the operator's, and their deletion
//	tell.go       the status of the RAGMonitors
package uninstall

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The times are those that the operator has, who may hold the lease at first.
const (
	leaseDuration = 15 * time.Second
	renewDeadline = 10 * time.Second
	retryPeriod   = 2 * time.Second
)

// Uninstaller removes what one operator made.
type Uninstaller struct {
	// Client reads from the API server, not from a cache. Its scheme has RAGMonitors,
	// and the kinds of Kubernetes.
	Client client.Client
	// Lock is the lease that the replicas of the operator share.
	Lock *resourcelock.LeaseLock
	// Namespace and Deployment are those of the operator.
	Namespace, Deployment string
	Clock                 clock.PassiveClock
	Log                   logr.Logger
}

// Run removes everything and returns when it is gone from the API server, or when ctx
// ends. It refuses to work beside an operator that is installed, which would make
// everything again. It may be called again after a failure.
func (u *Uninstaller) Run(ctx context.Context) error {
	if err := u.refuseBeside(ctx); err != nil {
		return err
	}
	err := u.alone(ctx, func(ctx context.Context) error {
		if err := u.remove(ctx); err != nil {
			return err
		}
		return u.tell(ctx)
	})
	if err != nil {
		return err
	}
	return u.dropLease(ctx)
}

// refuseBeside fails where the operator's Deployment is there, and is not being deleted.
func (u *Uninstaller) refuseBeside(ctx context.Context) error {
	deployment := &metav1.PartialObjectMetadata{}
	deployment.SetGroupVersionKind(deploymentKind)
	err := u.Client.Get(ctx, client.ObjectKey{Namespace: u.Namespace, Name: u.Deployment}, deployment)
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("look for the operator's Deployment: %w", err)
	case deployment.DeletionTimestamp.IsZero():
		return fmt.Errorf("the operator is installed: the Deployment %s is in the namespace %s. Uninstall it first, or it would make everything again", u.Deployment, u.Namespace)
	}
	return nil
}

// alone calls do while it holds the lease: the operator's pods, which end while their
// Deployment is already gone, do nothing then, and have finished what they did.
func (u *Uninstaller) alone(ctx context.Context, do func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	leading, ended := make(chan struct{}), make(chan struct{})
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: u.Lock, LeaseDuration: leaseDuration, RenewDeadline: renewDeadline, RetryPeriod: retryPeriod, ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { close(leading) },
			// What is done without the lease may be done against an operator.
			OnStoppedLeading: stop,
		},
	})
	if err != nil {
		return fmt.Errorf("prepare to take the lease: %w", err)
	}
	u.Log.Info("Waiting for the lease of the operator", "lease", u.Lock.Describe())
	go func() {
		defer close(ended)
		elector.Run(ctx)
	}()
	select {
	case <-leading:
		err = do(ctx)
	case <-ctx.Done():
		err = fmt.Errorf("%s holds the lease %s: no pod of the operator may be left", elector.GetLeader(), u.Lock.Describe())
	}
	stop()
	<-ended
	return err
}

// dropLease removes the lease, unless somebody took it meanwhile.
func (u *Uninstaller) dropLease(ctx context.Context) error {
	lease := &coordinationv1.Lease{}
	key := client.ObjectKey{Namespace: u.Lock.LeaseMeta.Namespace, Name: u.Lock.LeaseMeta.Name}
	if err := u.Client.Get(ctx, key, lease); err != nil {
		return client.IgnoreNotFound(fmt.Errorf("read the lease: %w", err))
	}
	if lease.Spec.HolderIdentity != nil && *lease.Spec.HolderIdentity != "" {
		u.Log.Info("Leaving the lease to an operator that was installed meanwhile", "holder", *lease.Spec.HolderIdentity)
		return nil
	}
	err := u.Client.Delete(ctx, lease, client.Preconditions{UID: &lease.UID, ResourceVersion: &lease.ResourceVersion})
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("delete the lease: %w", err)
	}
	return nil
}
