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
		o := p.selects().obstacle(monitorLabels, namespace, namespaceLabels)
		if o.distance == 0 {
			return nil
		}
		found = append(found, o)
	}
	if len(found) == 0 {
		return nil
	}
	return problem(v1alpha1.TargetNotSelected, "%s", nearest("Prometheus", found))
}

func (p Prometheus) selects() selection {
	return selection{
		name: p.Name, namespace: p.Namespace, what: "ServiceMonitor", field: "serviceMonitor",
		objects: p.ServiceMonitorSelector, namespaces: p.NamespaceSelector,
	}
}

// selection is what an object of the Prometheus Operator selects of a kind.
type selection struct {
	name, namespace string
	// what is the kind, and field what the names of its selectors begin with.
	what, field         string
	objects, namespaces *metav1.LabelSelector
}

// obstacle is what keeps it from an object.
type obstacle struct {
	name string
	// distance is 0 without an obstacle, and larger the more is to be changed.
	distance int
	text     string
}

// Distances: our labels are changed more easily than those of a namespace, and both
// more easily than who selects.
const (
	byLabel     = 1
	byNamespace = 2
	byAbsence   = 4
)

// nearest says of who has the least to be changed what that is.
func nearest(kind string, found []obstacle) string {
	first := slices.MinFunc(found, func(a, b obstacle) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	who := kind + " " + cut(first.name, longestKey)
	if len(found) > 1 {
		who += fmt.Sprintf(", one of %d,", len(found))
	}
	return who + " " + first.text
}

func (s selection) obstacle(objectLabels map[string]string, namespace string, namespaceLabels map[string]string) obstacle {
	o := obstacle{name: s.namespace + "/" + s.name}
	if s.objects == nil {
		o.distance = byAbsence
		o.text = fmt.Sprintf("selects no %ss: set its %sSelector.", s.what, s.field)
		return o
	}
	if unmet := unmet(s.objects, objectLabels); unmet != nil {
		o.distance += byLabel
		o.text = fmt.Sprintf("selects %ss with %s: ours has %s; set --child-labels (chart: childLabels).", s.what, unmet.wanted, unmet.has)
	}
	if text := s.namespaceObstacle(namespace, namespaceLabels); text != "" {
		o.distance += byNamespace
		o.text = cmp.Or(o.text, text)
	}
	return o
}

func (s selection) namespaceObstacle(namespace string, namespaceLabels map[string]string) string {
	if s.namespaces == nil {
		if namespace == s.namespace {
			return ""
		}
		return fmt.Sprintf("selects %ss of its own namespace only: set its %sNamespaceSelector.", s.what, s.field)
	}
	unmet := unmet(s.namespaces, namespaceLabels)
	if unmet == nil {
		return ""
	}
	return fmt.Sprintf("selects %ss of namespaces with %s: this one has %s; change its labels.", s.what, unmet.wanted, unmet.has)
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
