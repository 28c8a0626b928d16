package install

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
)

func TestChartPassesLint(t *testing.T) {
	for _, values := range append(valueFiles(t), "/dev/null") {
		t.Run(filepath.Base(values), func(t *testing.T) {
			if _, err := helm(t, "lint", "--strict", chartPath, "--values", values); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestChartCopiesAreUpToDate(t *testing.T) {
	if _, err := execute(t, "go", "run", "./hack/chartsync", "-check"); err != nil {
		t.Error(err)
	}
}

// TestChartKeepsCRDs compares what the template makes of the copies with the
// sources: it parses and prints them, which must lose nothing.
func TestChartKeepsCRDs(t *testing.T) {
	sources := map[string]*unstructured.Unstructured{}
	files, err := fs.Glob(os.DirFS(root(t)), "config/crd/bases/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for _, crd := range decode(t, readFile(t, file)) {
			sources[crd.GetName()] = crd
		}
	}
	got := map[string]*unstructured.Unstructured{}
	for _, object := range renderings()["chart with default values"].objects(t) {
		if object.GetKind() != "CustomResourceDefinition" {
			continue
		}
		annotations := object.GetAnnotations()
		if annotations["helm.sh/resource-policy"] != "keep" {
			t.Errorf("%s would be deleted on uninstall", object.GetName())
		}
		delete(annotations, "helm.sh/resource-policy")
		object.SetAnnotations(annotations)
		object.SetLabels(nil)
		got[object.GetName()] = object
	}
	if diff := cmp.Diff(sources, got); diff != "" {
		t.Errorf("CustomResourceDefinitions (-source +chart):\n%s", diff)
	}
}

func TestChartOptions(t *testing.T) {
	objects := renderings()["chart with every option"].objects(t)
	pod := only[appsv1.Deployment](t, objects, "Deployment").Spec.Template
	container := pod.Spec.Containers[0]

	want := []string{
		"--leader-elect=true", "--health-probe-bind-address=:8081", "--metrics-bind-address=:8443",
		"--metrics-cert-dir=/etc/ragmonitor/metrics",
		"--metric-sources=/etc/ragmonitor/sources/sources.yaml",
		"--aggregation-interval=1m30s", "--child-labels=release=kube-prometheus-stack,team=search",
		"--namespace-labels=k8s_namespace_name,namespace", "--series-without-namespace=true",
		"--price-table=/etc/ragmonitor/prices/prices.yaml", "--grafana-url=https://grafana.example/team-a", "--zap-log-level=3", "--node-exporter=true",
		"--node-exporter-image=mirror.example:5000/node-exporter@sha256:" + strings.Repeat("b", 64),
		"--node-exporter-host-network=false", "--node-exporter-port=9200", "--node-exporter-priority-class=system-node-critical", "--node-rules=false",
		"--kubelet-metrics", "--kubelet-service-namespace=prometheus", "--kubelet-metrics-secret=watcher-kubelet-scraper", "--kubelet-metrics-verify",
		"--zap-stacktrace-level=panic",
	}
	if diff := cmp.Diff(want, container.Args); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	if want := "mirror.example:5000/ragmonitor/operator@sha256:" + strings.Repeat("a", 64); container.Image != want {
		t.Errorf("image %s, want %s", container.Image, want)
	}
	if got := pod.Labels["app.kubernetes.io/name"]; got != "rag-watch" {
		t.Errorf("podLabels changed the selector's label to %s", got)
	}
	if diff := cmp.Diff("text", pod.Annotations["example.com/note"]); diff != "" {
		t.Errorf("podAnnotations (-want +got):\n%s", diff)
	}
	checkOptionVolumes(t, pod.Spec)
}

// checkOptionVolumes is about the volumes that testdata/everything.yaml asks for, but
// those of metric sources.
func checkOptionVolumes(t *testing.T, pod corev1.PodSpec) {
	t.Helper()
	var names []string
	got := map[string]corev1.VolumeSource{}
	for i, volume := range pod.Volumes {
		if mount := pod.Containers[0].VolumeMounts[i]; mount.Name != volume.Name || mount.ReadOnly != (volume.Name != "samples") {
			t.Errorf("mount %d is %v, want that of volume %s", i, mount, volume.Name)
		}
		names = append(names, volume.Name)
		got[volume.Name] = volume.VolumeSource
	}
	if diff := cmp.Diff([]string{"metrics-cert", "sources", "prices", "samples"}, names); diff != "" {
		t.Errorf("volumes (-want +got):\n%s", diff)
	}
	for name, want := range map[string]corev1.VolumeSource{
		"metrics-cert": {Secret: &corev1.SecretVolumeSource{
			SecretName: "metrics-cert",
			Items:      []corev1.KeyToPath{{Key: "tls.crt", Path: "tls.crt"}, {Key: "tls.key", Path: "tls.key"}},
		}},
		"prices": {ConfigMap: &corev1.ConfigMapVolumeSource{
			LocalObjectReference: corev1.LocalObjectReference{Name: "our-prices"},
			Items:                []corev1.KeyToPath{{Key: "table.yaml", Path: "prices.yaml"}},
		}},
	} {
		if diff := cmp.Diff(want, got[name]); diff != "" {
			t.Errorf("volume %s (-want +got):\n%s", name, diff)
		}
	}
}

func TestChartSwitches(t *testing.T) {
	objects := renderings()["chart with all switched off"].objects(t)
	for _, kind := range []string{"CustomResourceDefinition", "ServiceAccount", "Service", "PodDisruptionBudget"} {
		if n := len(find[unstructured.Unstructured](t, objects, kind)); n > 0 {
			t.Errorf("%d objects of kind %s, want none", n, kind)
		}
	}
	for _, role := range find[rbacv1.ClusterRole](t, objects, "ClusterRole") {
		for label := range role.Labels {
			if strings.Contains(label, "aggregate") {
				t.Errorf("ClusterRole %s has label %s", role.Name, label)
			}
		}
	}
	pod := only[appsv1.Deployment](t, objects, "Deployment").Spec.Template.Spec
	if pod.ServiceAccountName != "default" {
		t.Errorf("service account %s, want default", pod.ServiceAccountName)
	}
	want := []string{
		"--leader-elect=true", "--health-probe-bind-address=:8081", "--metrics-bind-address=0",
		"--aggregation-interval=30s", "--namespace-labels=namespace", "--series-without-namespace=false", "--zap-log-level=info", "--node-exporter=false",
	}
	if diff := cmp.Diff(want, pod.Containers[0].Args); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
}

// TestReferences finds what points at an object that is not there: nothing else
// would notice before the operator runs.
func TestReferences(t *testing.T) {
	for name, r := range renderings() {
		t.Run(name, func(t *testing.T) {
			objects := r.objects(t)
			deployment := only[appsv1.Deployment](t, objects, "Deployment")
			pod := labels.Set(deployment.Spec.Template.Labels)
			for _, service := range find[corev1.Service](t, objects, "Service") {
				if !labels.SelectorFromSet(service.Spec.Selector).Matches(pod) {
					t.Errorf("Service %s does not select the operator", service.Name)
				}
			}
			for _, budget := range find[policyv1.PodDisruptionBudget](t, objects, "PodDisruptionBudget") {
				if diff := cmp.Diff(deployment.Spec.Selector, budget.Spec.Selector); diff != "" {
					t.Errorf("PodDisruptionBudget selects others (-Deployment +budget):\n%s", diff)
				}
			}
			checkBindings(t, r.namespace, slices.Concat(objects, r.hooks(t)), deployment.Spec.Template.Spec.ServiceAccountName)
		})
	}
}

// checkBindings wants what each binding names, and one of both kinds for the operator.
func checkBindings(t *testing.T, namespace string, objects []*unstructured.Unstructured, operator string) {
	t.Helper()
	roles, accounts := map[rbacv1.RoleRef]bool{}, map[string]bool{operator: true}
	for _, object := range objects {
		roles[rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: object.GetKind(), Name: object.GetName()}] = true
		if object.GetKind() == "ServiceAccount" {
			accounts[object.GetName()] = true
		}
	}
	bound := map[string]bool{}
	check := func(kind, name string, ref rbacv1.RoleRef, subjects []rbacv1.Subject) {
		t.Helper()
		if !roles[ref] {
			t.Errorf("%s %s: %s %s is not there", kind, name, ref.Kind, ref.Name)
		}
		for _, subject := range subjects {
			if subject.Namespace == namespace && !accounts[subject.Name] {
				t.Errorf("%s %s: the account %s is not there", kind, name, subject.Name)
			}
			bound[kind+" of "+subject.Name] = true
		}
	}
	for _, b := range find[rbacv1.ClusterRoleBinding](t, objects, "ClusterRoleBinding") {
		check("ClusterRoleBinding", b.Name, b.RoleRef, b.Subjects)
	}
	for _, b := range find[rbacv1.RoleBinding](t, objects, "RoleBinding") {
		check("RoleBinding", b.Name, b.RoleRef, b.Subjects)
	}
	for _, kind := range []string{"ClusterRoleBinding", "RoleBinding"} {
		for account := range accounts {
			// It only lends its token, and is bound to one right.
			if !bound[kind+" of "+account] && !strings.HasSuffix(account, "-scraper") {
				t.Errorf("there is no %s of %s", kind, account)
			}
		}
	}
}

func TestChartNeedsKubernetes130(t *testing.T) {
	if _, err := helm(t, "template", operatorName, chartPath, "--kube-version", "v1.30.0-gke.1"); err != nil {
		t.Errorf("refused 1.30: %v", err)
	}
	if _, err := helm(t, "template", operatorName, chartPath, "--kube-version", "v1.29.9"); err == nil {
		t.Error("accepted 1.29")
	}
}

func TestChartRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		set  string
		want string
	}{
		"a value that does not exist":           {set: "prometheus.adress=x", want: "additional properties 'adress' not allowed"},
		"a top-level value that does not exist": {set: "nodeexporter.enabled=true", want: "additional properties 'nodeexporter' not allowed"},
		"a number of pods that is text":         {set: "replicas=two", want: "/replicas': got string, want integer"},
		"a negative number of pods":             {set: "replicas=-1", want: "/replicas': minimum: got -1, want 0"},
		"a switch that is text":                 {set: "nodeExporter.enabled=yes", want: "/nodeExporter/enabled': got string, want boolean"},
		"a port that nobody may take":           {set: "nodeExporter.port=80", want: "/nodeExporter/port': minimum"},
		"two that tell of the same containers":  {set: "kubeletMetrics.enabled=true,cadvisor.enabled=true", want: "leave one of them out"},
		"a socket without a folder":             {set: "cadvisor.containerdSocket=/containerd.sock", want: "/cadvisor/containerdSocket': "},
		"an unknown pull policy":                {set: "image.pullPolicy=Sometimes", want: "/image/pullPolicy': value must be one of"},
		"a tag in the repository":               {set: "image.repository=ghcr.io/ragmonitor/ragmonitor-operator:1", want: "/image/repository': "},
		"a short digest":                        {set: "image.digest=sha256:abc", want: "/image/digest': "},
		"a Prometheus without a scheme":         {set: "prometheus.url=prometheus:9090", want: "/prometheus/url': "},
		"credentials in the URL":                {set: "prometheus.url=https://user@prometheus", want: "/prometheus/url': "},
		"a port that is none":                   {set: "prometheus.operated.port=0", want: "/prometheus/operated/port': minimum"},
		"a path without its slash":              {set: "prometheus.operated.path=prometheus", want: "/prometheus/operated/path': "},
		"samples without a size":                {set: "embedded.storage.sizeLimit=", want: "/embedded/storage/sizeLimit': "},
		"a variable in the URL":                 {set: "prometheus.url=https://$(POD_NAMESPACE).example", want: "/prometheus/url': "},
		"a query in the URL":                    {set: "prometheus.url=https://prometheus/?x=y", want: "/prometheus/url': "},
		"a token for no server":                 {set: "prometheus.tokenSecret.name=login", want: "need prometheus.url"},
		"authorities for no server":             {set: "prometheus.caConfigMap.name=ca", want: "need prometheus.url"},
		"a Secret's name that is none":          {set: "prometheus.tokenSecret.name=My_Secret", want: "/prometheus/tokenSecret/name': "},
		"an empty key":                          {set: "prometheus.tokenSecret.key=", want: "/prometheus/tokenSecret/key': "},
		"an interval without a unit":            {set: "aggregation.interval=30", want: "/aggregation/interval': got number, want string"},
		"an interval in days":                   {set: "aggregation.interval=1d", want: "/aggregation/interval': "},
		"an interval below a second":            {set: "aggregation.interval=0s", want: "/aggregation/interval': "},
		"a Grafana without a scheme":            {set: "grafana.url=grafana.example", want: "/grafana/url': "},
		"a query in the URL of Grafana":         {set: "grafana.url=https://grafana.example/?orgId=1", want: "/grafana/url': "},
		"a label that is none":                  {set: "commonLabels.team=a b", want: "/commonLabels/team': "},
		"a label's name that is none":           {set: "childLabels.a b=c", want: "invalid propertyName 'a b'"},
		"an alert that does not exist":          {set: "metrics.prometheusRule.disabled[0]=Typo", want: "/metrics/prometheusRule/disabled/0': value must be one of"},
		"metrics that nobody serves":            {set: "metrics.enabled=false,metrics.serviceMonitor.enabled=true", want: "need metrics.enabled"},
		"a budget that blocks every drain":      {set: "replicas=2,podDisruptionBudget.minAvailable=2", want: "podDisruptionBudget.minAvailable is 2 of 2 replicas"},
		"an argument that is no flag":           {set: "extraArgs[0]=check", want: "/extraArgs/0': "},
		"a variable without a name":             {set: "extraEnv[0].value=x", want: "/extraEnv/0': missing property 'name'"},
		"an address that is no range":           {set: "networkPolicy.apiServer.cidrs[0]=10.0.0.1", want: "/networkPolicy/apiServer/cidrs/0': "},
		"a peer with a typing error":            {set: "networkPolicy.metricsFrom[0].podSelecter.a=b", want: "additional properties 'podSelecter' not allowed"},
		"a spread with a typing error":          {set: "topologySpreadConstraints[0].maxSkew=one", want: "/topologySpreadConstraints/0/maxSkew': got string, want integer"},
		"no node-exporter image":                {set: "nodeExporter.image=", want: "/nodeExporter/image': "},
		"an unknown log level":                  {set: "logLevel=verbose", want: "/logLevel': "},
		"a resource that is no quantity":        {set: "resources.limits.memory=much", want: "/resources/limits/memory': "},
		"a toleration with a typing error":      {set: "tolerations[0].efect=NoSchedule", want: "additional properties 'efect' not allowed"},
		"an annotation that is no text":         {set: "podAnnotations.note=1", want: "/podAnnotations/note': got number, want string"},
		"no time to end":                        {set: "terminationGracePeriodSeconds=0", want: "/terminationGracePeriodSeconds': minimum"},
		"a section that is missing":             {set: "prometheus=null", want: "missing property 'prometheus'"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := helm(t, "template", operatorName, chartPath, "--set", tc.set)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}
