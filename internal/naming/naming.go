// Package naming is the only place where names and labels of children are made.
// The rules by which they are made must not change: a child under a new name is
// another child, and the old one is deleted.
package naming

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

const (
	// ManagedBy is the value of the label app.kubernetes.io/managed-by on every
	// object that the operator makes.
	ManagedBy = "ragmonitor-operator"
	// LabelManagedBy is Kubernetes' label for the program that manages an object.
	LabelManagedBy = "app.kubernetes.io/managed-by"
	// LabelName is Kubernetes' label for the name of an application.
	LabelName = "app.kubernetes.io/name"
	// LabelPartOf is Kubernetes' label for what an application is part of.
	LabelPartOf = "app.kubernetes.io/part-of"
	// LabelRAGMonitor is the label, on children and on targets, that holds the
	// name of the RAGMonitor.
	LabelRAGMonitor = "ragmonitor"
	// LabelComponentTarget is the label on targets that holds the component.
	LabelComponentTarget = "component"
	// LabelEndpointTarget is the label on targets that would hold the name of the port.
	// Ours have none: applications say with a label of this name what was asked for,
	// and Prometheus would rename theirs.
	LabelEndpointTarget = "endpoint"
	// LabelServiceTarget is the label on targets that would hold the name of the Service.
	// Ours have none: a pod behind two Services, one of which may be headless, would be two
	// targets, and be counted twice.
	LabelServiceTarget = "service"
	// LabelJobTarget is the label on targets that holds Job, and not the name of the
	// Service, for the same reason.
	LabelJobTarget = "job"
	// LabelDashboard is what Grafana's dashboard sidecar looks for, with the
	// value "1".
	LabelDashboard = "grafana_dashboard"
	// AnnotationFolder is where the sidecar reads the folder of a board.
	AnnotationFolder = "grafana_folder"

	// NodeExporter is the name of the cluster's node-exporter objects, in the
	// operator's namespace.
	NodeExporter = "ragmonitor-node-exporter"
	// NodeExporterApp is the name under which every node-exporter is known.
	NodeExporterApp = "node-exporter"
	// NodeBoardUID identifies the board of the cluster's nodes in Grafana. Those of
	// RAGMonitors end in a hash.
	NodeBoardUID = "ragmonitor-nodes"
	// CAdvisor is the name of the objects of the cluster's cAdvisor, in the operator's
	// namespace.
	CAdvisor = "ragmonitor-cadvisor"
	// CAdvisorApp is the name under which every cAdvisor is known.
	CAdvisorApp = "cadvisor"
	// Kubelet is the name of what has kubelets scraped, in the operator's namespace.
	Kubelet = "ragmonitor-kubelet"
	// KubeletApp is the name that the Prometheus Operator gives the Service of all
	// kubelets.
	KubeletApp = "kubelet"
)

// ForNodes are the names of the objects, in the operator's namespace, that there are
// once for all nodes.
var ForNodes = []string{NodeExporter, CAdvisor, Kubelet}

// maxName is the longest name of a child. 63 keeps it valid as a label value and
// as the name of any kind.
const maxName = 63

// hashLength is the number of hexadecimal digits that make a shortened name
// unique: 40 bits, one collision in a million names at most.
const hashLength = 10

// ServiceMonitor names the ServiceMonitor of a component. The dot keeps the two
// names apart: component names have none, so no two pairs give one name.
func ServiceMonitor(monitor, component string) string {
	return shorten(monitor+"."+component, monitor, component)
}

// Job names the scrape job of a component, on its targets: as the ServiceMonitor that it
// would have, did it share none.
func Job(monitor, component string) string { return ServiceMonitor(monitor, component) }

// PrometheusRule names the PrometheusRule of a RAGMonitor.
func PrometheusRule(monitor string) string { return shorten(monitor+"-rules", monitor) }

// PrometheusRulePart names the PrometheusRules that follow the first, where one is
// too small; n is 2 or more.
func PrometheusRulePart(monitor string, n int) string {
	part := strconv.Itoa(n)
	return shorten(monitor+"-rules-"+part, monitor, part)
}

// AlertmanagerConfig names the AlertmanagerConfig of a RAGMonitor.
func AlertmanagerConfig(monitor string) string {
	return shorten(monitor+"-notifications", monitor)
}

// Dashboard names the ConfigMap that holds the board of a RAGMonitor.
func Dashboard(monitor string) string { return shorten(monitor+"-dashboard", monitor) }

// DashboardUID identifies the board of a RAGMonitor in Grafana, which allows 40
// characters.
func DashboardUID(namespace, monitor string) string {
	return "ragmonitor-" + hash(namespace, monitor)
}

// Labels are the labels of every child of a RAGMonitor.
func Labels(monitor string) map[string]string {
	return map[string]string{
		LabelManagedBy:  ManagedBy,
		LabelPartOf:     "ragmonitor",
		LabelRAGMonitor: monitor,
	}
}

// AgentLabels are the labels of the objects of a program that the operator runs, or
// has scraped, on every node; app is the name under which it is known.
func AgentLabels(app string) map[string]string {
	return map[string]string{
		LabelManagedBy: ManagedBy,
		LabelName:      app,
		LabelPartOf:    "ragmonitor",
	}
}

// shortened is what the end of a shortened name looks like.
var shortened = regexp.MustCompile(fmt.Sprintf(`-[0-9a-f]{%d}$`, hashLength))

// shorten returns name, or when that is too long a readable beginning of it and
// a hash of the parts it was made of, so that two long names never become one. A
// name that looks as if it had been shortened is, so that it never is another's.
func shorten(name string, parts ...string) string {
	if len(name) <= maxName && !shortened.MatchString(name) {
		return name
	}
	tail := "-" + hash(parts...)
	return strings.TrimRight(name[:min(len(name), maxName-len(tail))], "-.") + tail
}

// hash prefixes every part with its length: ("a", "b-c") and ("a-b", "c") differ.
func hash(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))[:hashLength]
}
