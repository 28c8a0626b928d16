package perf_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// population is how many RAGMonitors there are, and in how many namespaces.
type population struct{ monitors, namespaces int }

func (p population) key(i int) types.NamespacedName {
	return types.NamespacedName{Namespace: fmt.Sprintf("team-%02d", i%p.namespaces), Name: fmt.Sprintf("support-bot-%04d", i)}
}

// create makes those that are not there yet.
func (p population) create(tb testing.TB, c client.Client) {
	tb.Helper()
	var namespaces sync.WaitGroup
	errs := make([]error, p.namespaces)
	for n := range p.namespaces {
		namespaces.Go(func() { errs[n] = p.createIn(tb.Context(), c, n) })
	}
	namespaces.Wait()
	if err := errors.Join(errs...); err != nil {
		tb.Fatal(err)
	}
}

func (p population) createIn(ctx context.Context, c client.Client, n int) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.key(n).Namespace}}
	if err := c.Create(ctx, namespace); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	for i := n; i < p.monitors; i += p.namespaces {
		if err := c.Create(ctx, monitor(p.key(i))); err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	return nil
}

// monitor has objectives that the service keeps, each by far.
func monitor(key types.NamespacedName) *v1alpha1.RAGMonitor {
	return &v1alpha1.RAGMonitor{
		ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name},
		Spec: v1alpha1.RAGMonitorSpec{
			Components: []v1alpha1.Component{{
				Name: component, Vocabulary: "rag",
				Selector: &v1alpha1.ServiceSelector{MatchLabels: map[string]v1alpha1.LabelValue{"app": v1alpha1.LabelValue(key.Name)}},
			}},
			SLOs:        []v1alpha1.SLO{{Name: slo, Objective: "99.9"}},
			NodeMetrics: v1alpha1.NodeMetricsOff,
		},
	}
}

// healthOf counts the RAGMonitors by what the API server says of their health.
func healthOf(tb testing.TB, c client.Client) map[v1alpha1.Health]int {
	tb.Helper()
	list := &v1alpha1.RAGMonitorList{}
	if err := c.List(tb.Context(), list); err != nil {
		tb.Fatal(err)
	}
	out := map[v1alpha1.Health]int{}
	for i := range list.Items {
		out[list.Items[i].Status.Health]++
	}
	return out
}
