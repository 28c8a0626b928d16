package desired

import (
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// dashboardConfigMap is found by Grafana's dashboard sidecar, which writes every
// key into one folder of files: the key must be unique in the cluster. A dot
// keeps namespace and name apart, because namespaces have none.
func (c Catalogue) dashboardConfigMap(m model.Monitor, board string) Object {
	name := naming.Dashboard(m.Name)
	config := corev1ac.ConfigMap(name, m.Namespace).
		WithLabels(c.labels(m)).
		WithLabels(map[string]string{naming.LabelDashboard: "1"}).
		WithAnnotations(map[string]string{naming.AnnotationFolder: m.Folder}).
		WithOwnerReferences(owner(m)).
		WithData(map[string]string{m.Namespace + "." + m.Name + ".json": board})
	return Object{Kind: ConfigMap, Namespace: m.Namespace, Name: name, Config: config}
}
