package discovery

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// Problem is why a component has no targets.
type Problem struct {
	Reason v1alpha1.TargetProblemReason
	// Message says it to people, and what to do, in at most 256 bytes.
	Message string
}

func problem(reason v1alpha1.TargetProblemReason, format string, args ...any) *Problem {
	return &Problem{Reason: reason, Message: cut(fmt.Sprintf(format, args...), longestMessage)}
}

// NotCollected is the problem of a component that somebody else collects, where the
// embedded source is to read it; nil for a component that has itself scraped.
func NotCollected(c model.Component) *Problem {
	if c.Existing == nil {
		return nil
	}
	return problem(v1alpha1.TargetNotCollected,
		"The embedded source sees only what the operator scrapes itself, not series of others: give this component selector instead of existing, or read from a Prometheus that has them.")
}

func badSelector(err error) *Problem {
	return problem(v1alpha1.TargetNoServiceMatches, "The selector selects nothing: %s.", cut(err.Error(), longestText))
}

func noService(selector labels.Selector, port string, services []Service) *Problem {
	text := cut(selector.String(), longestText)
	if len(services) == 0 {
		return problem(v1alpha1.TargetNoServiceMatches,
			"The namespace has no Services: create one that matches %s, with a port named %s.", text, cut(port, longestName))
	}
	return problem(v1alpha1.TargetNoServiceMatches,
		"No Service matches %s: write in selector the labels that your Service has. There are %s.", text, list(names(services)))
}

func noServicePort(services []Service, port string) *Problem {
	port = cut(port, longestName)
	first := services[0]
	name := cut(first.Name, longestName)
	has := "none"
	if len(first.Ports) > 0 {
		has = list(portNames(first))
	}
	const advice = "write in endpoint.port a name that is there, or name a port so."
	if len(services) == 1 {
		return problem(v1alpha1.TargetPortNotFound, "Service %s has no port named %s: it has %s; %s", name, port, has, advice)
	}
	return problem(v1alpha1.TargetPortNotFound, "None of the %d Services has a port named %s: %s has %s; %s", len(services), port, name, has, advice)
}

// portNames are the ports of a Service as people know them.
func portNames(s Service) []string {
	var out []string
	for _, p := range s.Ports {
		out = append(out, cmp.Or(p.Name, strconv.Itoa(int(p.Number))+" without a name"))
	}
	return out
}

func noPod(exposed []exposure) *Problem {
	name := cut(exposed[0].Name, longestName)
	at := slices.IndexFunc(exposed, func(e exposure) bool { return e.readsPods() })
	switch {
	case at < 0 && exposed[0].ExternalName:
		return problem(v1alpha1.TargetNoPodMatches,
			"Service %s is of type ExternalName: the embedded source reads only pods. Select a Service of pods, or read from a Prometheus that scrapes it.", name)
	case at < 0:
		return problem(v1alpha1.TargetNoPodMatches,
			"Service %s has no selector: the embedded source reads only pods that a Service selects. Give it a selector, or read from a Prometheus that scrapes it.", name)
	}
	return problem(v1alpha1.TargetNoPodMatches,
		"No pod matches %s, the selector of Service %s: start its pods, or write in it labels that they have.",
		cut(labels.SelectorFromSet(exposed[at].Selector).String(), longestText), cut(exposed[at].Name, longestName))
}

func noContainerPort(backends []backend) *Problem {
	first := backends[0]
	target := cut(first.port.Target.String(), longestShort)
	has := "they have none"
	if found := containerPortNames(backends); len(found) > 0 {
		has = "they have " + cut(strings.Join(found, ", "), longestShort)
	}
	return problem(v1alpha1.TargetPortNotFound,
		"Port %s of Service %s points to container port %s, which its pods do not have: %s. Name a port so in them, or write its number as targetPort.",
		cut(first.port.Name, longestShort), cut(first.Name, longestName), target, has)
}

// containerPortNames are the names of ports in pods that a Service can point to.
func containerPortNames(backends []backend) []string {
	found := map[string]bool{}
	for _, b := range backends {
		for _, c := range b.pod.Containers {
			for _, p := range c.Ports {
				if p.Name != "" && !c.Starts {
					found[p.Name] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func notRunning(backends []backend) *Problem {
	services, pods := map[string]bool{}, map[string]string{}
	for _, b := range backends {
		services[b.Name] = true
		pods[b.pod.Name] = b.pod.state()
	}
	who := "Service " + cut(backends[0].Name, longestName)
	if len(services) > 1 {
		who = fmt.Sprintf("the %d Services", len(services))
	}
	return problem(v1alpha1.TargetPodsNotRunning,
		"No pod of %s runs and has an address: %s. The events of the pods say why (kubectl describe pods).", who, cut(tally(pods), longestText))
}

// state of a pod that is not scraped.
func (p Pod) state() string {
	switch {
	case p.ended():
	case p.Terminating:
		return "terminating"
	case p.Phase == corev1.PodRunning:
		return "without an address"
	}
	phase := cmp.Or(string(p.Phase), string(corev1.PodPending))
	if p.Reason == "" {
		return phase
	}
	return phase + " (" + cut(p.Reason, longestShort) + ")"
}

// tally counts the states of pods, the most frequent first.
func tally(states map[string]string) string {
	counts := map[string]int{}
	for _, state := range states {
		counts[state]++
	}
	sorted := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	var out []string
	for _, state := range sorted {
		out = append(out, fmt.Sprintf("%d %s", counts[state], state))
	}
	return strings.Join(out, ", ")
}
