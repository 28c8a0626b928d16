// Package desired turns a model.Monitor into the objects that should exist for it,
// as apply configurations: only the fields that the operator means to own.
//
// There is one file for each kind of child; Build is the table of contents.
package desired

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/dashboards"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// The kinds of children.
var (
	ConfigMap      = schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}
	Service        = schema.GroupVersionKind{Version: "v1", Kind: "Service"}
	DaemonSet      = schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "DaemonSet"}
	ServiceMonitor = schema.GroupVersionKind{Group: "monitoring.coreos.com", Version: "v1", Kind: "ServiceMonitor"}
	PrometheusRule = schema.GroupVersionKind{Group: "monitoring.coreos.com", Version: "v1", Kind: "PrometheusRule"}

	AlertmanagerConfig = schema.GroupVersionKind{Group: "monitoring.coreos.com", Version: "v1alpha1", Kind: "AlertmanagerConfig"}
)

// MonitorKinds are the kinds that a RAGMonitor may have children of.
var MonitorKinds = []schema.GroupVersionKind{ServiceMonitor, PrometheusRule, AlertmanagerConfig, ConfigMap}

// OptionalKinds are the kinds that a cluster may lack.
var OptionalKinds = []schema.GroupVersionKind{ServiceMonitor, PrometheusRule, AlertmanagerConfig}

// Object is one object that should exist.
type Object struct {
	Kind            schema.GroupVersionKind
	Namespace, Name string
	// Config is what is applied. It marshals to JSON.
	Config runtime.ApplyConfiguration
}

// Catalogue is what children are made from, besides the RAGMonitor.
type Catalogue struct {
	Rules rules.Catalogue
	Board dashboards.Catalogue
	// Nodes is the board of the cluster's nodes.
	Nodes dashboards.Catalogue
	// Labels are put on every child, because the Prometheus of a cluster may
	// select only objects that have them.
	Labels map[string]string
}

// Children are the objects of one RAGMonitor, and what its rules can do.
type Children struct {
	// Objects in the order in which they are applied.
	Objects []Object
	Rules   rules.Rules
}

// Build returns the children of m. An error is an *model.InvalidSpecError when the
// rules are too large, and otherwise means that the catalogue is broken.
func (c Catalogue) Build(m model.Monitor) (Children, error) {
	made, err := c.Rules.Build(m)
	if err != nil {
		return Children{}, fmt.Errorf("build rules: %w", err)
	}
	board, err := c.Board.Render(m, c.Rules, made.Recorded)
	if err != nil {
		return Children{}, fmt.Errorf("build dashboard: %w", err)
	}
	prometheusRules, err := c.prometheusRules(m, made.Groups)
	if err != nil {
		return Children{}, err
	}
	objects := slices.Concat(c.serviceMonitors(m), prometheusRules, c.alertmanagerConfigs(m), []Object{c.dashboardConfigMap(m, board)})
	return Children{Objects: objects, Rules: made}, nil
}

// labels are those of every child of m. Our own win: we find our children by them.
func (c Catalogue) labels(m model.Monitor) map[string]string {
	return withLabels(c.Labels, naming.Labels(m.Name))
}

func withLabels(theirs, ours map[string]string) map[string]string {
	out := maps.Clone(ours)
	for name, value := range theirs {
		if _, taken := ours[name]; !taken {
			out[name] = value
		}
	}
	return out
}

// owner makes the RAGMonitor the controller of a child, so that deleting it
// deletes the child. It does not block the owner's deletion: that would take a
// right to change the owner's finalizers, and there is nothing to wait for.
func owner(m model.Monitor) *metav1ac.OwnerReferenceApplyConfiguration {
	return metav1ac.OwnerReference().
		WithAPIVersion(v1alpha1.GroupVersion.String()).
		WithKind(v1alpha1.Kind).
		WithName(m.Name).
		WithUID(m.UID).
		WithController(true)
}
