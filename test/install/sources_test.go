package install

import (
	stdcmp "cmp"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

// TestChartWritesSources has the operator read the file that the chart makes.
func TestChartWritesSources(t *testing.T) {
	const dir = "/etc/ragmonitor/sources/"
	want := source.Config{Sources: []source.Endpoint{
		{
			Name: "thanos", URL: "https://thanos.example:10902/tenant-a",
			CAFile: dir + "thanos/ca.crt", CertFile: dir + "thanos/tls.crt", KeyFile: dir + "thanos/tls.key", TokenFile: dir + "thanos/token",
			Headers: map[string]string{"X-Scope-OrgID": "12", "X-Note": `say: "yes" # {{ no }}`},
			Timeout: "20s", MaxSamples: 1_000_000, MaxClockSkew: "1m30s",
		},
		{
			Name: "1e3", URL: "https://mimir.example", CAFile: dir + "1e3/ca.crt",
			BasicAuth: &source.BasicAuth{Username: "no", PasswordFile: dir + "1e3/password"},
		},
		{
			Name: "mimir-b", URL: "http://mimir.example:8080/prometheus",
			BasicAuth: &source.BasicAuth{UsernameFile: dir + "mimir-b/username", PasswordFile: dir + "mimir-b/password"},
		},
		{Name: "vm", URL: "http://vm.example:8428", TokenFile: dir + "vm/token"},
		{Name: "own", Embedded: &source.Embedded{}},
	}}
	got := readSources(t, sourcesFile(t, renderings()["chart with every option"].objects(t)))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}

// sourcesFile is the file of the chart's ConfigMap; "" when there is none.
func sourcesFile(t *testing.T, objects []*unstructured.Unstructured) string {
	t.Helper()
	for _, configMap := range find[corev1.ConfigMap](t, objects, "ConfigMap") {
		if text, ok := configMap.Data["sources.yaml"]; ok {
			return text
		}
	}
	return ""
}

func readSources(t *testing.T, text string) source.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sources.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := source.ReadConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// TestFilesAreMounted looks for each file that an argument or the file of sources
// names, and for the key of the object that it comes from. The socket of containerd is
// for other pods.
func TestFilesAreMounted(t *testing.T) {
	for name, r := range renderings() {
		t.Run(name, func(t *testing.T) {
			objects := r.objects(t)
			pod := only[appsv1.Deployment](t, objects, "Deployment").Spec.Template.Spec
			files := mounted(pod)
			for _, argument := range pod.Containers[0].Args {
				flag, file, _ := strings.Cut(argument, "=")
				if strings.HasSuffix(flag, "-dir") {
					file = path.Join(file, "tls.crt")
				}
				if path.IsAbs(file) && flag != "--cadvisor-containerd" && !slices.Contains(files, file) {
					t.Errorf("%s: not mounted; there are %v", argument, files)
				}
			}
			if text := sourcesFile(t, objects); text != "" {
				checkMounted(t, readSources(t, text), files)
			}
		})
	}
}

// mounted are the files of a pod whose volumes say which they are.
func mounted(pod corev1.PodSpec) []string {
	items := map[string][]corev1.KeyToPath{}
	for _, volume := range pod.Volumes {
		if volume.Secret != nil {
			items[volume.Name] = volume.Secret.Items
		}
		if volume.ConfigMap != nil {
			items[volume.Name] = volume.ConfigMap.Items
		}
		if volume.Projected == nil {
			continue
		}
		for _, part := range volume.Projected.Sources {
			if part.Secret != nil {
				items[volume.Name] = append(items[volume.Name], part.Secret.Items...)
			}
			if part.ConfigMap != nil {
				items[volume.Name] = append(items[volume.Name], part.ConfigMap.Items...)
			}
		}
	}
	var files []string
	for _, mount := range pod.Containers[0].VolumeMounts {
		for _, item := range items[mount.Name] {
			files = append(files, path.Join(mount.MountPath, item.Path))
		}
	}
	return files
}

func checkMounted(t *testing.T, config source.Config, files []string) {
	t.Helper()
	for _, s := range config.Sources {
		named := []string{s.CAFile, s.CertFile, s.KeyFile, s.TokenFile}
		if s.BasicAuth != nil {
			named = append(named, s.BasicAuth.UsernameFile, s.BasicAuth.PasswordFile)
		}
		for _, file := range named {
			if file != "" && !slices.Contains(files, file) {
				t.Errorf("source %s: %s is not mounted; there are %v", s.Name, file, files)
			}
		}
	}
}

// TestChartMountsTheKeysThatAreNamed is about the other end of the mounts.
func TestChartMountsTheKeysThatAreNamed(t *testing.T) {
	pod := only[appsv1.Deployment](t, renderings()["chart with every option"].objects(t), "Deployment").Spec.Template.Spec
	var got []string
	for _, volume := range pod.Volumes {
		if volume.Name != "sources" {
			continue
		}
		for _, part := range volume.Projected.Sources {
			kind, name, items := "ConfigMap", "", []corev1.KeyToPath(nil)
			if part.Secret != nil {
				kind, name, items = "Secret", part.Secret.Name, part.Secret.Items
			} else {
				name, items = part.ConfigMap.Name, part.ConfigMap.Items
			}
			for _, item := range items {
				got = append(got, kind+" "+name+" "+item.Key+" at "+item.Path)
			}
		}
	}
	want := []string{
		"ConfigMap watcher-sources sources.yaml at sources.yaml",
		"ConfigMap company-ca bundle.pem at thanos/ca.crt",
		"Secret thanos-cert tls.crt at thanos/tls.crt",
		"Secret thanos-cert tls.key at thanos/tls.key",
		"Secret thanos-login bearer at thanos/token",
		"ConfigMap company-ca ca.crt at 1e3/ca.crt",
		"Secret mimir-login password at 1e3/password",
		"Secret mimir-login user at mimir-b/username",
		"Secret mimir-login pass at mimir-b/password",
		"Secret vm-login token at vm/token",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mounts (-want +got):\n%s", diff)
	}
}

func TestChartReadsFromOnePrometheus(t *testing.T) {
	for name, want := range map[string][]string{
		"chart with one Prometheus": {
			"--prometheus-url=https://thanos.example:10902/tenant-a",
			"--prometheus-ca-file=/etc/ragmonitor/prometheus/ca.crt",
			"--prometheus-token-file=/etc/ragmonitor/prometheus/token",
		},
		"chart with an operated Prometheus": {
			"--prometheus-url=http://prometheus-operated.monitoring.svc:9099/prometheus",
			"--prometheus-token-file=/etc/ragmonitor/prometheus/token",
		},
		"chart with default values": nil,
		"kustomize default":         nil,
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, argument := range only[appsv1.Deployment](t, renderings()[name].objects(t), "Deployment").Spec.Template.Spec.Containers[0].Args {
				if strings.HasPrefix(argument, "--prometheus") || strings.HasPrefix(argument, "--metric-sources") {
					got = append(got, argument)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
		})
	}
}

// storage is what a rendering has for samples.
type storage struct {
	Dir      string
	Volume   *corev1.VolumeSource
	Group    *int64
	Strategy appsv1.DeploymentStrategyType
}

func TestSamplesAreStored(t *testing.T) {
	emptyDir := func(size string) *corev1.VolumeSource {
		limit := resource.MustParse(size)
		return &corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: &limit}}
	}
	const dir = "/var/lib/ragmonitor"
	for name, want := range map[string]storage{
		"chart with default values":         {Dir: dir, Volume: emptyDir("2Gi")},
		"kustomize default":                 {Dir: dir, Volume: emptyDir("2Gi")},
		"kustomize node-exporter":           {Dir: dir, Volume: emptyDir("2Gi")},
		"chart with every option":           {Dir: dir, Volume: emptyDir("3Gi")},
		"chart with one Prometheus":         {},
		"chart with an operated Prometheus": {},
		"chart with a claim for the samples": {
			Dir: dir, Group: new(int64(2000)), Strategy: appsv1.RecreateDeploymentStrategyType,
			Volume: &corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "samples"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			want.Strategy = stdcmp.Or(want.Strategy, appsv1.RollingUpdateDeploymentStrategyType)
			deployment := only[appsv1.Deployment](t, renderings()[name].objects(t), "Deployment")
			if diff := cmp.Diff(want, storageOf(deployment)); diff != "" {
				t.Errorf("storage (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheClusterMayChooseTheGroupOfAClaim(t *testing.T) {
	r := chart(operatorName, systemNamespace, "--set", "embedded.storage.existingClaim=samples", "--set", "embedded.storage.fsGroup=0")
	if got := storageOf(only[appsv1.Deployment](t, r.objects(t), "Deployment")); got.Group != nil {
		t.Errorf("the group is %d, want none", *got.Group)
	}
}

func storageOf(deployment appsv1.Deployment) storage {
	pod := deployment.Spec.Template.Spec
	got := storage{Group: pod.SecurityContext.FSGroup, Strategy: deployment.Spec.Strategy.Type}
	for _, volume := range pod.Volumes {
		if volume.Name == "samples" {
			got.Volume = &volume.VolumeSource
		}
	}
	for _, variable := range pod.Containers[0].Env {
		for _, mount := range pod.Containers[0].VolumeMounts {
			if variable.Name == "EMBEDDED_DIR" && mount.Name == "samples" && mount.MountPath == variable.Value && !mount.ReadOnly {
				got.Dir = variable.Value
			}
		}
	}
	return got
}

// TestOtherSourcesMakeAnotherPod: the operator reads the file once.
func TestOtherSourcesMakeAnotherPod(t *testing.T) {
	checksum := func(arguments ...string) string {
		t.Helper()
		r := chart(operatorName, systemNamespace, arguments...)
		return only[appsv1.Deployment](t, r.objects(t), "Deployment").Spec.Template.Annotations["checksum/metric-sources"]
	}
	const one = `metricSources=[{"name":"a","url":"http://a:9090","headers":{"X-Scope-OrgID":"one"}}]`
	first := checksum("--set-json", one)
	if first == "" {
		t.Error("the pod does not tell which sources it has")
	}
	if other := checksum("--set-json", strings.Replace(one, "one", "two", 1)); other == first {
		t.Error("the pod is the same with another tenant")
	}
	if same := checksum("--set-json", one, "--set", "replicas=2"); same != first {
		t.Error("the pod is another one with the same sources")
	}
	if none := checksum(); none != "" {
		t.Errorf("without sources the pod has the annotation %s", none)
	}
}

func TestNotesNameTheSources(t *testing.T) {
	for file, want := range map[string][]string{
		"everything.yaml": {
			"thanos: https://thanos.example:10902/tenant-a", "own: the operator itself", "has to let it in from notes",
			"as long as the operator's pod is there",
		},
		"prometheus.yaml": {"prometheus: https://thanos.example:10902/tenant-a"},
		"operated.yaml":   {"prometheus: http://prometheus-operated.monitoring.svc:9099/prometheus"},
		"claim.yaml":      {"embedded: the operator itself", "--set prometheus.url=", "in the claim samples"},
	} {
		t.Run(file, func(t *testing.T) {
			output, err := helm(t, "install", operatorName, chartPath, "--dry-run=client", "--namespace", "notes", "--values", "test/install/testdata/"+file)
			if err != nil {
				t.Fatal(err)
			}
			_, notes, _ := strings.Cut(string(output), "\nNOTES:\n")
			for _, text := range want {
				if !strings.Contains(notes, text) {
					t.Errorf("the notes do not say %q:\n%s", text, notes)
				}
			}
			for _, text := range []string{"the operator itself", "let it in from"} {
				if !strings.Contains(strings.Join(want, "\n"), "the operator itself") && strings.Contains(notes, text) {
					t.Errorf("the notes say %q:\n%s", text, notes)
				}
			}
		})
	}
}
