package controller

import (
	"context"
	"maps"
	"slices"
	"strings"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/internal/apply"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
	"github.com/ragmonitor/ragmonitor-operator/internal/status"
)

// teamsVersion is the first Alertmanager that can write to Microsoft Teams.
const teamsVersion = "0.28.0"

// notifier finds out what becomes of the AlertmanagerConfigs that were applied.
type notifier struct {
	// children are read from the cache.
	children      client.Reader
	alertmanagers *alertmanagers
	// labels that every child has, apart from our own.
	labels map[string]string
}

// state is what became of the notifications of m, nil where none were asked for.
func (n *notifier) state(ctx context.Context, m model.Monitor, result apply.Result) *status.Notifications {
	if m.Notifications == nil {
		return nil
	}
	out := &status.Notifications{Routes: m.Notifications.Routes}
	child, ok := n.child(ctx, m, result)
	out.Missing = !ok
	// What is said of the old one, by its status or its labels, is not said of ours.
	out.Outdated = ok && failed(m, result)
	if out.Missing || out.Outdated {
		return out
	}
	out.Accepted, out.Rejected = judged(child)
	uptake, err := n.alertmanagers.uptake(ctx, n.configuration(m))
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Looking for Alertmanagers failed")
		out.Unknown = err.Error()
	}
	out.Uptake = uptake
	return out
}

// child is our AlertmanagerConfig, and whether it is there. One that was made just now
// need not be in the cache yet; nobody has judged it then.
func (n *notifier) child(ctx context.Context, m model.Monitor, result apply.Result) (*unstructured.Unstructured, bool) {
	if slices.Contains(result.Missing, desired.AlertmanagerConfig) || slices.Contains(result.Conflicts, childName(m)) {
		return nil, false
	}
	child := object(desired.AlertmanagerConfig)
	if err := n.children.Get(ctx, childKey(m), child); err != nil {
		return nil, !failed(m, result) && apierrors.IsNotFound(err)
	}
	return child, true
}

// failed says whether our AlertmanagerConfig could not be made what it should be.
func failed(m model.Monitor, result apply.Result) bool {
	return slices.ContainsFunc(result.Failures, func(err error) bool { return strings.Contains(err.Error(), childName(m)) })
}

func childKey(m model.Monitor) client.ObjectKey {
	return client.ObjectKey{Namespace: m.Namespace, Name: naming.AlertmanagerConfig(m.Name)}
}

// childName is what a result calls our AlertmanagerConfig.
func childName(m model.Monitor) string {
	return desired.AlertmanagerConfig.Kind + " " + childKey(m).String()
}

func (n *notifier) configuration(m model.Monitor) discovery.Configuration {
	labels := map[string]string{}
	maps.Copy(labels, n.labels)
	maps.Copy(labels, naming.Labels(m.Name))
	out := discovery.Configuration{Namespace: m.Namespace, Name: naming.AlertmanagerConfig(m.Name), Labels: labels}
	for _, r := range m.Notifications.Receivers {
		if r.Teams != nil {
			out.Version = teamsVersion
		}
	}
	return out
}

// judged is what the Prometheus Operator says of an AlertmanagerConfig, where it says
// anything: newer ones do, if they are told to.
func judged(child *unstructured.Unstructured) (accepted, rejected string) {
	if child == nil {
		return "", ""
	}
	value, _, _ := unstructured.NestedMap(child.Object, "status")
	said := &monitoringv1.ConfigResourceStatus{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(value, said); err != nil {
		return "", "" // of another form than the API has: it cannot be
	}
	for _, b := range said.Bindings {
		c := verdict(b, child.GetGeneration())
		if c == nil {
			continue
		}
		who := b.Namespace + "/" + b.Name
		switch {
		case c.Status == monitoringv1.ConditionTrue && accepted == "":
			accepted = who
		case c.Status == monitoringv1.ConditionFalse && rejected == "":
			rejected = who + ": " + c.Message
		}
	}
	return accepted, rejected
}

// verdict is what is said of a generation for one Alertmanager, or nil. Older ones
// speak of what is no longer so.
func verdict(b monitoringv1.WorkloadBinding, generation int64) *monitoringv1.ConfigResourceCondition {
	if b.Resource != "alertmanagers" {
		return nil
	}
	i := slices.IndexFunc(b.Conditions, func(c monitoringv1.ConfigResourceCondition) bool {
		return c.Type == monitoringv1.Accepted && (c.ObservedGeneration == 0 || c.ObservedGeneration == generation)
	})
	if i < 0 {
		return nil
	}
	return &b.Conditions[i]
}
