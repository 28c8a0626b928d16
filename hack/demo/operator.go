package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// aggregationInterval is how often the operator looks at the results of its rules;
// the default would make the demo longer.
const aggregationInterval = 2 * time.Second

func (d *demo) startOperator(ctx context.Context) error {
	d.step("starting the operator")
	probes, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	args := append(d.source.flags(d),
		"--kubeconfig="+d.kubeconfig(),
		"--aggregation-interval="+aggregationInterval.String(),
		"--leader-elect=false",
		"--metrics-bind-address=0",
		"--health-probe-bind-address="+probes,
		"--operator-namespace="+operatorNamespace)
	log, err := d.running.start(ctx, "operator", d.binary("operator"), args...)
	if err != nil {
		return err
	}
	if err := awaitHTTP(ctx, "the operator", "http://"+probes+"/readyz"); err != nil {
		return failure{err: err, log: log}
	}
	return nil
}

// applySample applies the sample as a user would, and measures how long its
// children take.
func (d *demo) applySample(ctx context.Context) error {
	d.step("kubectl apply -n %s -f hack/demo/support-bot.yaml", sampleNamespace)
	d.applied = time.Now()
	polling, refuse := context.WithCancelCause(ctx)
	defer refuse(nil)
	applied := make(chan struct{})
	go func() {
		defer close(applied)
		if _, err := d.kubectl(ctx, "apply", "-n", sampleNamespace, "-f", d.manifest()); err != nil {
			refuse(err)
		}
	}()
	var created time.Time
	err := await(polling, "the children", 20*time.Millisecond, time.Minute, func(ctx context.Context) error {
		monitor, err := d.monitor(ctx)
		if err != nil {
			return err
		}
		if created.IsZero() {
			created = time.Now()
		}
		return d.missingChildren(ctx, monitor)
	})
	if err != nil {
		return d.explained(err)
	}
	var kinds []string
	for _, c := range d.source.children {
		kinds = append(kinds, c.kind)
	}
	d.step("%.2fs after the RAGMonitor, its children are there: %s", time.Since(created).Seconds(), strings.Join(kinds, ", "))
	<-applied
	return nil
}

// monitor is the sample RAGMonitor.
func (d *demo) monitor(ctx context.Context) (*v1alpha1.RAGMonitor, error) {
	var monitor v1alpha1.RAGMonitor
	if err := d.client.Get(ctx, client.ObjectKey{Namespace: sampleNamespace, Name: sampleName}, &monitor); err != nil {
		return nil, fmt.Errorf("read the RAGMonitor: %w", err)
	}
	return &monitor, nil
}

// missingChildren names the first kind of which the RAGMonitor has no child.
func (d *demo) missingChildren(ctx context.Context, owner *v1alpha1.RAGMonitor) error {
	for _, c := range d.source.children {
		list := c.list()
		if err := d.client.List(ctx, list, client.InNamespace(owner.Namespace)); err != nil {
			return fmt.Errorf("list %s: %w", c.kind, err)
		}
		found := false
		err := meta.EachListItem(list, func(item runtime.Object) error {
			object, err := meta.Accessor(item)
			found = found || (err == nil && metav1.IsControlledBy(object, owner))
			return err
		})
		if err != nil {
			return fmt.Errorf("list %s: %w", c.kind, err)
		}
		if !found {
			return fmt.Errorf("no %s", c.kind)
		}
	}
	return nil
}
