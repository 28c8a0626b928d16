package controller

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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

// prometheusesAge is how long it is remembered which Prometheus there are, and that they
// could not be read. They are read live, because they are asked for only where no target
// of a component is known.
const prometheusesAge = 2 * time.Minute

var prometheusKind = schema.GroupVersionKind{Group: "monitoring.coreos.com", Version: "v1", Kind: "PrometheusList"}

// prometheuses knows whether some Prometheus of the Prometheus Operator selects our
// ServiceMonitors.
type prometheuses struct {
	reader client.Reader
	// labels that every child has, apart from our own.
	labels map[string]string
	clock  clock.PassiveClock

	mu sync.Mutex
	// readAt is when they were read last, or should have been.
	readAt time.Time
	found  []discovery.Prometheus
	// namespaces have labels, before are those that were asked for until the reading
	// before this one.
	namespaces, before map[string]namespaceLabels
}

// namespaceLabels are not known where they could never be read.
type namespaceLabels struct {
	labels map[string]string
	known  bool
}

// +kubebuilder:rbac:groups=monitoring.coreos.com,resources=prometheuses,verbs=list
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get

// problem says why no Prometheus selects the ServiceMonitors of a RAGMonitor; nil
// where one does, or where nothing is known of any. What cannot be read stays as it was,
// and is not read again for a while; the error is for the one who asked first.
func (s *prometheuses) problem(ctx context.Context, namespace, name string) (*discovery.Problem, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.read(ctx)
	if len(s.found) == 0 {
		return nil, err
	}
	in, failed := s.labelsOf(ctx, namespace)
	err = errors.Join(err, failed)
	if !in.known {
		return nil, err
	}
	ours := maps.Clone(s.labels)
	if ours == nil {
		ours = map[string]string{}
	}
	maps.Copy(ours, naming.Labels(name))
	return discovery.Selected(ours, namespace, in.labels, s.found), err
}

// read sees which there are, where that was not done lately.
func (s *prometheuses) read(ctx context.Context) error {
	if !s.readAt.IsZero() && s.clock.Since(s.readAt) < prometheusesAge {
		return nil
	}
	s.readAt = s.clock.Now()
	found, err := s.list(ctx)
	if err != nil {
		return err
	}
	s.found, s.before, s.namespaces = found, s.namespaces, map[string]namespaceLabels{}
	return nil
}

func (s *prometheuses) list(ctx context.Context) ([]discovery.Prometheus, error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(prometheusKind)
	err := s.reader.List(ctx, list)
	// A CRD that went is forgotten by the mapper only later.
	if meta.IsNoMatchError(err) || apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list Prometheus objects: %w", err)
	}
	var out []discovery.Prometheus
	for i := range list.Items {
		p, err := prometheusOf(&list.Items[i])
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
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

// labelsOf are those of a namespace, as they were where they cannot be read.
func (s *prometheuses) labelsOf(ctx context.Context, namespace string) (namespaceLabels, error) {
	if in, asked := s.namespaces[namespace]; asked {
		return in, nil
	}
	n := &corev1.Namespace{}
	if err := s.reader.Get(ctx, client.ObjectKey{Name: namespace}, n); err != nil {
		s.namespaces[namespace] = s.before[namespace]
		return s.before[namespace], fmt.Errorf("get namespace %s: %w", namespace, err)
	}
	s.namespaces[namespace] = namespaceLabels{labels: n.Labels, known: true}
	return s.namespaces[namespace], nil
}
