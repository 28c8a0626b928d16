package discovery

import (
	"cmp"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// Prometheus is what one Prometheus of the Prometheus Operator selects. As there, a
// selector that is nil selects nothing and an empty one selects all.
type Prometheus struct {
	Name, Namespace        string
	ServiceMonitorSelector *metav1.LabelSelector
	// NamespaceSelector is serviceMonitorNamespaceSelector: nil selects the
	// namespace of the Prometheus only.
	NamespaceSelector *metav1.LabelSelector
}

// Selected returns nil when a Prometheus selects a ServiceMonitor with these labels,
// in a namespace with these labels, and otherwise what keeps the one from it that
// is nearest to it. Where there is no Prometheus nothing is known, so nothing is
// said.
func Selected(monitorLabels map[string]string, namespace string, namespaceLabels map[string]string, prometheuses []Prometheus) *Problem {
	var found []obstacle
	for _, p := range prometheuses {
		o := p.obstacle(monitorLabels, namespace, namespaceLabels)
		if o.distance == 0 {
			return nil
		}
		found = append(found, o)
	}
	if len(found) == 0 {
		return nil
	}
	nearest := slices.MinFunc(found, func(a, b obstacle) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	who := "Prometheus " + cut(nearest.name, longestKey)
	if len(found) > 1 {
		who += fmt.Sprintf(", one of %d,", len(found))
	}
	return problem(v1alpha1.TargetNotSelected, "%s %s", who, nearest.text)
}

// obstacle is what keeps a Prometheus from a ServiceMonitor.
type obstacle struct {
	name string
	// distance is 0 without an obstacle, and larger the more is to be changed.
	distance int
	text     string
}

// Distances: our labels are changed more easily than those of a namespace, and both
// more easily than the Prometheus.
const (
	byLabel     = 1
	byNamespace = 2
	byAbsence   = 4
)

func (p Prometheus) obstacle(monitorLabels map[string]string, namespace string, namespaceLabels map[string]string) obstacle {
	o := obstacle{name: p.Namespace + "/" + p.Name}
	if p.ServiceMonitorSelector == nil {
		o.distance = byAbsence
		o.text = "selects no ServiceMonitors: set its serviceMonitorSelector."
		return o
	}
	if unmet := unmet(p.ServiceMonitorSelector, monitorLabels); unmet != nil {
		o.distance += byLabel
		o.text = fmt.Sprintf("selects ServiceMonitors with %s: ours has %s; set --child-labels (chart: childLabels).", unmet.wanted, unmet.has)
	}
	if text := p.namespaceObstacle(namespace, namespaceLabels); text != "" {
		o.distance += byNamespace
		o.text = cmp.Or(o.text, text)
	}
	return o
}

func (p Prometheus) namespaceObstacle(namespace string, namespaceLabels map[string]string) string {
	if p.NamespaceSelector == nil {
		if namespace == p.Namespace {
			return ""
		}
		return "selects ServiceMonitors of its own namespace only: set its serviceMonitorNamespaceSelector."
	}
	unmet := unmet(p.NamespaceSelector, namespaceLabels)
	if unmet == nil {
		return ""
	}
	return fmt.Sprintf("selects ServiceMonitors of namespaces with %s: this one has %s; change its labels.", unmet.wanted, unmet.has)
}

// condition is one that labels do not meet.
type condition struct{ wanted, has string }

// unmet is the first condition of a selector that the labels do not meet, or nil.
func unmet(selector *metav1.LabelSelector, set map[string]string) *condition {
	s, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return &condition{wanted: "a selector that is not valid", has: "nothing for it"}
	}
	requirements, _ := s.Requirements()
	for _, r := range requirements {
		if r.Matches(labels.Set(set)) {
			continue
		}
		has := "no such label"
		if value, ok := set[r.Key()]; ok {
			has = cut(r.Key()+"="+value, longestLabel)
		}
		return &condition{wanted: cut(r.String(), longestLabel), has: has}
	}
	return nil
}
