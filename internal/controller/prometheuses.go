package controller

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// prometheusesAge is how long it is remembered which Prometheus there are. It is read
// live, because it is asked for only where no target of a component is known.
const prometheusesAge = 2 * time.Minute

var prometheusKind = schema.GroupVersionKind{Group: "monitoring.coreos.com", Version: "v1", Kind: "PrometheusList"}

// prometheuses knows whether some Prometheus of the Prometheus Operator selects our
// ServiceMonitors.
type prometheuses struct {
	reader client.Reader
	// labels that every child has, apart from our own.
	labels map[string]string
	clock  clock.PassiveClock

	mu         sync.Mutex
	readAt     time.Time
	found      []discovery.Prometheus
	namespaces map[string]map[string]string
}

// +kubebuilder:rbac:groups=monitoring.coreos.com,resources=prometheuses,verbs=list
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get

// problem says why no Prometheus selects the ServiceMonitors of a RAGMonitor; nil
// where one does, or where nothing is known of any.
func (s *prometheuses) problem(ctx context.Context, namespace, name string) (*discovery.Problem, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.read(ctx); err != nil {
		return nil, err
	}
	if len(s.found) == 0 {
		return nil, nil
	}
	labels, err := s.labelsOf(ctx, namespace)
	if err != nil {
		return nil, err
	}
	ours := maps.Clone(s.labels)
	if ours == nil {
		ours = map[string]string{}
	}
	maps.Copy(ours, naming.Labels(name))
	return discovery.Selected(ours, namespace, labels, s.found), nil
}

func (s *prometheuses) read(ctx context.Context) error {
	if !s.readAt.IsZero() && s.clock.Since(s.readAt) < prometheusesAge {
		return nil
	}
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(prometheusKind)
	if err := s.reader.List(ctx, list); err != nil && !meta.IsNoMatchError(err) {
		return fmt.Errorf("list Prometheus objects: %w", err)
	}
	s.found = nil
	for i := range list.Items {
		p, err := prometheusOf(&list.Items[i])
		if err != nil {
			return err
		}
		s.found = append(s.found, p)
	}
	s.readAt, s.namespaces = s.clock.Now(), map[string]map[string]string{}
	return nil
}

func prometheusOf(o *unstructured.Unstructured) (discovery.Prometheus, error) {
	out := discovery.Prometheus{Name: o.GetName(), Namespace: o.GetNamespace()}
	for field, to := range map[string]**metav1.LabelSelector{
		"serviceMonitorSelector":          &out.ServiceMonitorSelector,
		"serviceMonitorNamespaceSelector": &out.NamespaceSelector,
	} {
		value, found, err := unstructured.NestedMap(o.Object, "spec", field)
		if err != nil || !found {
			continue // of another type than the API has: it cannot be, and selects nothing
		}
		*to = &metav1.LabelSelector{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(value, *to); err != nil {
			return out, fmt.Errorf("read %s of Prometheus %s/%s: %w", field, o.GetNamespace(), o.GetName(), err)
		}
	}
	return out, nil
}

func (s *prometheuses) labelsOf(ctx context.Context, namespace string) (map[string]string, error) {
	if labels, ok := s.namespaces[namespace]; ok {
		return labels, nil
	}
	n := &corev1.Namespace{}
	if err := s.reader.Get(ctx, client.ObjectKey{Name: namespace}, n); err != nil {
		return nil, fmt.Errorf("get namespace %s: %w", namespace, err)
	}
	s.namespaces[namespace] = n.Labels
	return n.Labels, nil
}
