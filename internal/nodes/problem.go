package nodes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Rollout is how far a DaemonSet has got.
type Rollout struct {
	// Wanted is the number of nodes that it can run on, Made the number of those that
	// have a pod of it, and Available of those whose pod works, in its present form.
	Wanted, Made, Available int64
	// Current says that these figures are of its present form.
	Current bool
}

// Everywhere says whether it runs on every node that it can run on, and there is one.
func (r Rollout) Everywhere() bool { return r.Current && r.Wanted > 0 && r.Available >= r.Wanted }

// What stands in the status of a pod whose port is taken, by the scheduler or, where
// nobody said so, by the program itself.
const (
	noFreePort = "didn't have free ports"
	portInUse  = "address already in use"
)

// Problem says why ours does not run everywhere: of its pods, as far as they are known,
// the one on the first node that has one. It is "" where nothing can be said but that it
// takes its time. others are pods that may have its port.
func Problem(r Rollout, pods []corev1.Pod, others []Workload, port int32) string {
	switch {
	case !r.Current:
		return ""
	case r.Wanted == 0:
		return "there is no node that it can run on"
	case r.Made == 0 && len(pods) == 0:
		return "none of its pods can be made; its namespace must admit pods with access to the host (Pod Security level privileged), and no quota or webhook be in the way"
	}
	pods = slices.Clone(pods)
	slices.SortFunc(pods, func(a, b corev1.Pod) int { return cmp.Compare(nodeOf(&a), nodeOf(&b)) })
	for i := range pods {
		if text := problemOf(&pods[i], others, port); text != "" {
			return text
		}
	}
	return ""
}

func problemOf(p *corev1.Pod, others []Workload, port int32) string {
	node := nodeOf(p)
	if ready(p) {
		return ""
	}
	if c := condition(p, corev1.PodScheduled); c != nil && c.Reason == corev1.PodReasonUnschedulable {
		if strings.Contains(c.Message, noFreePort) {
			return taken(node, others, port)
		}
		return fmt.Sprintf("there is no room for its pod on node %s", node)
	}
	for _, s := range p.Status.ContainerStatuses {
		if end := lastEnd(s); end != nil {
			if strings.Contains(end.Message, portInUse) {
				return taken(node, others, port)
			}
			return fmt.Sprintf("its container on node %s ends all the time; see the log of pod %s", node, p.Name)
		}
		if s.State.Waiting != nil && strings.Contains(s.State.Waiting.Reason, "Image") {
			return fmt.Sprintf("its image cannot be pulled on node %s", node)
		}
	}
	return ""
}

// taken says who has the port of a node: a pod that says so, or somebody who does not.
func taken(node string, others []Workload, port int32) string {
	for _, w := range others {
		if w.Node == node && w.Takes(port) {
			return fmt.Sprintf("port %d of node %s is taken by %s", port, node, w)
		}
	}
	return fmt.Sprintf("port %d of node %s is taken by a program that no pod declares, such as a node_exporter outside of Kubernetes", port, node)
}

// lastEnd is how a container that is not running, or was started anew, ended.
func lastEnd(s corev1.ContainerStatus) *corev1.ContainerStateTerminated {
	if s.State.Terminated != nil {
		return s.State.Terminated
	}
	return s.LastTerminationState.Terminated
}

// nodeOf is the node that a pod of a DaemonSet is meant for, whether it got there or not.
func nodeOf(p *corev1.Pod) string {
	if p.Spec.NodeName != "" || p.Spec.Affinity == nil || p.Spec.Affinity.NodeAffinity == nil {
		return p.Spec.NodeName
	}
	required := p.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	if required == nil {
		return ""
	}
	for _, term := range required.NodeSelectorTerms {
		for _, field := range term.MatchFields {
			if field.Key == "metadata.name" && len(field.Values) == 1 {
				return field.Values[0]
			}
		}
	}
	return ""
}

func ready(p *corev1.Pod) bool {
	c := condition(p, corev1.PodReady)
	return c != nil && c.Status == corev1.ConditionTrue
}

func condition(p *corev1.Pod, kind corev1.PodConditionType) *corev1.PodCondition {
	for i := range p.Status.Conditions {
		if p.Status.Conditions[i].Type == kind {
			return &p.Status.Conditions[i]
		}
	}
	return nil
}
