package main

import (
	"context"
	"fmt"
	"time"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// aggregationInterval is how often the operator looks at Prometheus; the default
// would make the demo longer.
const aggregationInterval = 5 * time.Second

func (d *demo) startOperator(ctx context.Context) error {
	d.step("starting the operator")
	probes, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	log, err := d.running.start(ctx, "operator", d.binary("operator"),
		"--kubeconfig="+d.kubeconfig(),
		"--prometheus-url="+d.prometheus,
		"--aggregation-interval="+aggregationInterval.String(),
		"--leader-elect=false",
		"--metrics-bind-address=0",
		"--health-probe-bind-address="+probes,
		"--operator-namespace="+operatorNamespace)
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
	d.step("kubectl apply -n %s -f config/samples/", sampleNamespace)
	polling, refuse := context.WithCancelCause(ctx)
	defer refuse(nil)
	applied := make(chan struct{})
	go func() {
		defer close(applied)
		if _, err := d.kubectl(ctx, "apply", "-n", sampleNamespace, "-f", d.samples()); err != nil {
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
		return failure{err: err, log: d.path("logs/operator.log")}
	}
	d.step("%.2fs after the RAGMonitor, its ServiceMonitor, PrometheusRule and dashboards are there", time.Since(created).Seconds())
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
	for kind, list := range map[string]client.ObjectList{
		"ServiceMonitor": &monitoringv1.ServiceMonitorList{},
		"PrometheusRule": &monitoringv1.PrometheusRuleList{},
		"ConfigMap":      &corev1.ConfigMapList{},
	} {
		if err := d.client.List(ctx, list, client.InNamespace(owner.Namespace)); err != nil {
			return fmt.Errorf("list %s: %w", kind, err)
		}
		found := false
		err := meta.EachListItem(list, func(item runtime.Object) error {
			object, err := meta.Accessor(item)
			found = found || (err == nil && metav1.IsControlledBy(object, owner))
			return err
		})
		if err != nil {
			return fmt.Errorf("list %s: %w", kind, err)
		}
		if !found {
			return fmt.Errorf("no %s", kind)
		}
	}
	return nil
}
