package controller

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
)

// warm makes the cache know from the start every kind that will be watched. Controllers
// begin to watch a moment later, and until then a cache that has listed nothing counts as
// one that has listed everything.
func (a *APIs) warm(ctrl.Manager) error {
	watched := []client.Object{&v1alpha1.RAGMonitor{}, &corev1.Pod{}, &apiextensionsv1.CustomResourceDefinition{}}
	for _, kind := range slices.Concat(desired.MonitorKinds, desired.NodeExporterKinds) {
		if a.Has(kind) {
			watched = append(watched, object(kind))
		}
	}
	for _, o := range watched {
		// The cache does not run yet, so this does not wait.
		if _, err := a.cache.GetInformer(context.Background(), o); err != nil {
			return fmt.Errorf("watch %T: %w", o, err)
		}
	}
	return nil
}
