package controller

import (
	"context"
	"fmt"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
	"github.com/ragmonitor/ragmonitor-operator/internal/nodes"
	"github.com/ragmonitor/ragmonitor-operator/internal/status"
)

// exporters are the programs that tell of the cluster's nodes, or are in their way.
type exporters struct {
	// ours is our node-exporter, and pods are its pods, as far as they are in the
	// network of their nodes.
	ours *appsv1.DaemonSet
	pods []corev1.Pod
	// others are pods that may have its port.
	others []nodes.Workload
	// aside is for whom ours stands aside, or nil.
	aside *aside
}

// aside is somebody else's.
type aside struct {
	// name it, for people; namespace is that of its series.
	name, namespace string
	// exporter says that it is a node-exporter, and running that it runs where it should,
	// as far as can be known.
	exporter, running bool
}

func (r *NodeExporterReconciler) look(ctx context.Context) (exporters, error) {
	var out exporters
	sets, rollouts, err := r.daemonSets(ctx, &out)
	if err != nil {
		return out, err
	}
	alone, err := r.pods(ctx, &out)
	if err != nil {
		return out, err
	}
	if other := nodes.Aside(sets, alone, r.hostPort()); other != nil {
		rollout, isSet := rollouts[other.String()]
		out.aside = &aside{
			name: other.String(), namespace: other.Namespace, exporter: other.Exporter,
			running: !isSet || rollout.Everywhere(),
		}
		return out, nil
	}
	out.aside, err = r.monitors.other(ctx)
	return out, err
}

// hostPort is the port that ours takes of every node, or 0.
func (r *NodeExporterReconciler) hostPort() int32 {
	if !r.config.Exporter.HostNetwork {
		return 0
	}
	return r.config.Exporter.Port
}

// daemonSets finds ours, and returns those of others, with how far each has got.
func (r *NodeExporterReconciler) daemonSets(ctx context.Context, out *exporters) ([]nodes.Workload, map[string]nodes.Rollout, error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(desired.DaemonSet)
	if err := r.client.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, nil, fmt.Errorf("list DaemonSets: %w", err)
	}
	var others []nodes.Workload
	rollouts := map[string]nodes.Rollout{}
	for i := range list.Items {
		u := &list.Items[i]
		if u.GetDeletionTimestamp() != nil {
			continue
		}
		d := &appsv1.DaemonSet{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, d); err != nil {
			return nil, nil, fmt.Errorf("read DaemonSet %s/%s: %w", u.GetNamespace(), u.GetName(), err)
		}
		switch app := r.ownApp(u); app {
		case naming.NodeExporterApp:
			out.ours = d
		case "":
			w := nodes.OfDaemonSet(d)
			others = append(others, w)
			rollouts[w.String()] = rollout(d)
		}
	}
	return others, rollouts, nil
}

// ownApp is the program that a DaemonSet of ours runs, or "" of others'.
func (r *NodeExporterReconciler) ownApp(u *unstructured.Unstructured) string {
	for name, app := range map[string]string{naming.NodeExporter: naming.NodeExporterApp, naming.CAdvisor: naming.CAdvisorApp} {
		if u.GetNamespace() == r.config.Namespace && u.GetName() == name && r.set(app).Owns(u) {
			return app
		}
	}
	return ""
}

// pods finds those of ours and those that may be in the way, and returns those that no
// DaemonSet made. The cache holds only pods in the network of their nodes.
func (r *NodeExporterReconciler) pods(ctx context.Context, out *exporters) ([]nodes.Workload, error) {
	list := &corev1.PodList{}
	if err := r.client.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list pods: %w", err)
	}
	ours := labels.SelectorFromSet(naming.AgentLabels(naming.NodeExporterApp))
	var alone []nodes.Workload
	for i := range list.Items {
		p := &list.Items[i]
		switch {
		case !nodes.Runs(p):
		case p.Namespace == r.config.Namespace && ours.Matches(labels.Set(p.Labels)):
			out.pods = append(out.pods, *p)
		default:
			w := nodes.OfPod(p)
			out.others = append(out.others, w)
			if !nodes.OfASet(p) {
				alone = append(alone, w)
			}
		}
	}
	return alone, nil
}

func rollout(d *appsv1.DaemonSet) nodes.Rollout {
	s := d.Status
	return nodes.Rollout{
		Wanted: int64(s.DesiredNumberScheduled), Made: int64(s.CurrentNumberScheduled),
		Available: int64(min(s.NumberAvailable, s.UpdatedNumberScheduled)),
		Current:   s.ObservedGeneration >= d.Generation,
	}
}

// state is that of ours.
func (e exporters) state(config desired.NodeExporter) status.NodeExporter {
	got := rollout(e.ours)
	out := status.NodeExporter{
		State: status.NodeExporterOurs, Running: got.Everywhere(),
		Detail: nodes.OfDaemonSet(e.ours).String(), UID: e.ours.UID,
	}
	if !out.Running {
		out.Problem = nodes.Problem(got, e.pods, e.others, config.Port)
	}
	return out
}

func (a aside) state(port int32) status.NodeExporter {
	if !a.exporter {
		return status.NodeExporter{State: status.NodeExporterNone, Detail: fmt.Sprintf("port %d of the nodes is taken by %s", port, a.name)}
	}
	return status.NodeExporter{State: status.NodeExporterExternal, Running: a.running, Detail: a.name}
}

// exporterMonitors are the ServiceMonitors of others' node-exporters. They tell of one
// that runs outside of Kubernetes. Ours alone are watched, so they are read live, and
// seldom.
type exporterMonitors struct {
	reader client.Reader
	// known says whether the cluster knows ServiceMonitors.
	known func() bool
	clock clock.PassiveClock
	// age is how long it is remembered what was read.
	age time.Duration

	mu     sync.Mutex
	readAt time.Time
	found  *aside
}

// others selects them. A ServiceMonitor of a node-exporter that is in the cluster is not
// missed where it has other labels: its DaemonSet or pods tell of it.
var others = labels.NewSelector().Add(
	*must(labels.NewRequirement(naming.LabelName, selection.In, []string{naming.NodeExporterApp, "prometheus-node-exporter"})),
	*must(labels.NewRequirement(naming.LabelManagedBy, selection.NotEquals, []string{naming.ManagedBy})),
)

func (m *exporterMonitors) other(ctx context.Context) (*aside, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.known() {
		return nil, nil
	}
	if !m.readAt.IsZero() && m.clock.Since(m.readAt) < m.age {
		return m.found, nil
	}
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(desired.ServiceMonitor)
	if err := m.reader.List(ctx, list, client.MatchingLabelsSelector{Selector: others}); err != nil {
		return nil, fmt.Errorf("list ServiceMonitors of node-exporters: %w", err)
	}
	m.found, m.readAt = nil, m.clock.Now()
	for i := range list.Items {
		if first := asideOf(&list.Items[i]); m.found == nil || first.name < m.found.name {
			m.found = first
		}
	}
	return m.found, nil
}

// asideOf is what a ServiceMonitor tells of. Its series are in the namespace of the
// Services that it selects.
func asideOf(u *unstructured.Unstructured) *aside {
	out := &aside{name: "ServiceMonitor " + u.GetNamespace() + "/" + u.GetName(), namespace: u.GetNamespace(), exporter: true, running: true}
	if names, _, _ := unstructured.NestedStringSlice(u.Object, "spec", "namespaceSelector", "matchNames"); len(names) == 1 {
		out.namespace = names[0]
	}
	return out
}
