package discovery

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/version"
)

// Alertmanager is what one Alertmanager of the Prometheus Operator selects. As there,
// a selector that is nil selects nothing and an empty one selects all.
type Alertmanager struct {
	Name, Namespace string
	ConfigSelector  *metav1.LabelSelector
	// NamespaceSelector is alertmanagerConfigNamespaceSelector: nil selects the
	// namespace of the Alertmanager only.
	NamespaceSelector *metav1.LabelSelector
	// Global is the AlertmanagerConfig that it has for its own configuration, or "".
	Global string
	// Strategy is alertmanagerConfigMatcherStrategy.
	Strategy string
	// Version of Alertmanager; "" for that which the Prometheus Operator chooses.
	Version string
	// Paused says that the Prometheus Operator leaves it as it is.
	Paused bool
}

// Configuration is an AlertmanagerConfig of ours.
type Configuration struct {
	Namespace, Name         string
	Labels, NamespaceLabels map[string]string
	// Version of Alertmanager that it needs at least, or "".
	Version string
}

// Uptake is what Alertmanagers make of a Configuration.
type Uptake struct {
	// By are the Alertmanagers that take it up, "namespace/name", sorted.
	By []string
	// Strategy is that of the first.
	Strategy string
	// Obstacle says, where there is none, what keeps the nearest from it; "" where
	// there is no Alertmanager at all.
	Obstacle string
}

// strategyDefault is what the Prometheus Operator does where nothing is said.
const strategyDefault = "OnNamespace"

// TakenUp says which Alertmanagers take a configuration up.
func TakenUp(c Configuration, alertmanagers []Alertmanager) Uptake {
	var out Uptake
	var found []obstacle
	strategies := map[string]string{}
	for _, a := range alertmanagers {
		o := a.obstacle(c)
		if o.distance > 0 {
			found = append(found, o)
			continue
		}
		out.By = append(out.By, o.name)
		strategies[o.name] = a.Strategy
	}
	slices.Sort(out.By)
	if len(out.By) > 0 {
		out.Strategy = strategies[out.By[0]]
		if out.Strategy == "" {
			out.Strategy = strategyDefault
		}
		return out
	}
	if len(found) > 0 {
		out.Obstacle = nearest("Alertmanager", found)
	}
	return out
}

// NeedsLabels says whether it depends on the labels of a namespace what some of them
// selects.
func NeedsLabels(alertmanagers []Alertmanager) bool {
	return slices.ContainsFunc(alertmanagers, func(a Alertmanager) bool {
		s := a.NamespaceSelector
		return s != nil && len(s.MatchLabels)+len(s.MatchExpressions) > 0
	})
}

func (a Alertmanager) obstacle(c Configuration) obstacle {
	o := selection{
		name: a.Name, namespace: a.Namespace, what: "AlertmanagerConfig", field: "alertmanagerConfig",
		objects: a.ConfigSelector, namespaces: a.NamespaceSelector,
	}.obstacle(c.Labels, c.Namespace, c.NamespaceLabels)
	text := ""
	switch {
	case a.Global == c.Name && a.Namespace == c.Namespace:
		text = "has it for its own configuration (alertmanagerConfiguration), which it cannot be: name another there."
	case a.Paused:
		text = "is paused: the Prometheus Operator gives it no new configuration."
	case tooOld(a.Version, c.Version):
		text = fmt.Sprintf("has version %s, and a receiver needs %s.", cut(a.Version, longestLabel), c.Version)
	default:
		return o
	}
	// What is in the way of its selecting comes first: it is more often so.
	if o.distance == 0 {
		o.text = text
	}
	o.distance += byAbsence
	return o
}

// tooOld does not judge what is no version.
func tooOld(have, need string) bool {
	if need == "" {
		return false
	}
	v, err := version.ParseGeneric(strings.TrimPrefix(have, "v"))
	return err == nil && v.LessThan(version.MustParseGeneric(need))
}
