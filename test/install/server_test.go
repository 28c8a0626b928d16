package install

import (
	"context"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/pod-security-admission/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
)

// TestOnAPIServer shares one API server among all that needs one. The release comes
// first: helm does not touch objects that others have made.
func TestOnAPIServer(t *testing.T) {
	crds, err := controlplane.CRDPaths(t.Context(), root(t))
	if err != nil {
		t.Fatal(err)
	}
	// Our own CustomResourceDefinition comes with what is installed.
	plane, err := controlplane.Start(t.Context(), controlplane.Options{CRDs: slices.DeleteFunc(crds, func(path string) bool {
		return path == controlplane.OwnCRDs(root(t))
	})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	s := newServer(t, plane.Config())
	s.binary = buildImage(t)
	s.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	if err := plane.WriteKubeconfig(s.kubeconfig); err != nil {
		t.Fatal(err)
	}

	t.Run("helm keeps house", func(t *testing.T) { testRelease(t, s) })
	all := renderings()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name+" is accepted", func(t *testing.T) { testAccepted(t, s, all[name]) })
	}
	t.Run("the operator may do its work and no more", func(t *testing.T) { testRights(t, s) })
	t.Run("the README's RAGMonitor is accepted", func(t *testing.T) {
		s.apply(t, example(t, readFile(t, chartPath+"/README.md"), "(?s)```yaml\n(.*?)```"))
	})
	t.Run("the operator works as installed", func(t *testing.T) { testOperator(t, plane, s) })
	t.Run("a standby takes over", func(t *testing.T) { testStandby(t, s) })
	t.Run("an operator that cannot see is not ready", func(t *testing.T) { testUnready(t, s) })
	t.Run("the one file is accepted", func(t *testing.T) { testDist(t, s) })
}

// server is a client that refuses fields which the API server does not know.
type server struct {
	client.Client
	config *rest.Config
	// kubeconfig is the administrator's; binary is that of the image.
	kubeconfig, binary string

	mu       sync.Mutex
	warnings []string
}

func newServer(t *testing.T, config *rest.Config) *server {
	t.Helper()
	s := &server{config: config}
	config.WarningHandler = s
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	s.Client = client.WithFieldValidation(c, metav1.FieldValidationStrict)
	return s
}

// HandleWarningHeader keeps what the API server warns of.
func (s *server) HandleWarningHeader(_ int, _, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.warnings = append(s.warnings, text)
}

// apply fails when an object is refused or warned of.
func (s *server) apply(t *testing.T, objects ...*unstructured.Unstructured) {
	t.Helper()
	for _, object := range objects {
		name := object.GetKind() + " " + object.GetName()
		o := client.ApplyConfigurationFromUnstructured(object.DeepCopy())
		if err := s.Apply(t.Context(), o, client.FieldOwner("install-test"), client.ForceOwnership); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		s.mu.Lock()
		for _, warning := range s.warnings {
			t.Errorf("%s: the API server warns: %s", name, warning)
		}
		s.warnings = nil
		s.mu.Unlock()
	}
}

// testAccepted applies all of a rendering, in the order in which kubectl and helm
// would, to a namespace that admits only restricted pods.
func testAccepted(t *testing.T, s *server, r rendering) {
	t.Helper()
	s.apply(t, restrictedNamespace(r.namespace))
	order := []string{"Namespace", "CustomResourceDefinition"}
	objects := r.objects(t)
	slices.SortStableFunc(objects, func(a, b *unstructured.Unstructured) int {
		return slices.Index(order, b.GetKind()) - slices.Index(order, a.GetKind())
	})
	s.apply(t, objects...)
	for _, crd := range find[apiextensionsv1.CustomResourceDefinition](t, objects, "CustomResourceDefinition") {
		s.waitForCRD(t, crd.Name)
	}
}

func restrictedNamespace(name string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace",
		"metadata": map[string]any{"name": name, "labels": map[string]any{
			api.EnforceLevelLabel: "restricted", api.WarnLevelLabel: "restricted",
		}},
	}}
}

// waitForCRD returns when the kind is served and nothing is wrong with its schema.
func (s *server) waitForCRD(t *testing.T, name string) {
	t.Helper()
	var crd apiextensionsv1.CustomResourceDefinition
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		if err := s.Get(ctx, client.ObjectKey{Name: name}, &crd); err != nil {
			return false, err
		}
		return slices.ContainsFunc(crd.Status.Conditions, func(c apiextensionsv1.CustomResourceDefinitionCondition) bool {
			return c.Type == apiextensionsv1.Established && c.Status == apiextensionsv1.ConditionTrue
		}), nil
	})
	if err != nil {
		t.Fatalf("CustomResourceDefinition %s: %v: %v", name, err, crd.Status.Conditions)
	}
	for _, condition := range crd.Status.Conditions {
		if condition.Type == apiextensionsv1.NonStructuralSchema {
			t.Errorf("CustomResourceDefinition %s: %s", name, condition.Message)
		}
	}
}

// accountUser and accountGroups are who the operator's account is to the API server.
var (
	accountUser   = "system:serviceaccount:" + systemNamespace + ":" + operatorName
	accountGroups = []string{"system:serviceaccounts", "system:serviceaccounts:" + systemNamespace}
)

// testRights asks the API server what the account of the kustomizations may do.
func testRights(t *testing.T, s *server) {
	t.Helper()
	const elsewhere = "default"
	for name, tc := range map[string]struct {
		verbs           string
		group, resource string
		namespace       string
		subresource     string
		want            bool
	}{
		"read RAGMonitors everywhere":        {verbs: "get list watch", group: "monitoring.ragmonitor.io", resource: "ragmonitors", want: true},
		"change no RAGMonitor":               {verbs: "create update patch delete", group: "monitoring.ragmonitor.io", resource: "ragmonitors"},
		"write their status":                 {verbs: "patch", group: "monitoring.ragmonitor.io", resource: "ragmonitors", subresource: "status", want: true},
		"make ServiceMonitors everywhere":    {verbs: "create patch delete", group: "monitoring.coreos.com", resource: "servicemonitors", want: true},
		"make PrometheusRules everywhere":    {verbs: "create patch delete", group: "monitoring.coreos.com", resource: "prometheusrules", want: true},
		"make ConfigMaps everywhere":         {verbs: "create patch delete", resource: "configmaps", want: true},
		"see CustomResourceDefinitions":      {verbs: "get list watch", group: "apiextensions.k8s.io", resource: "customresourcedefinitions", want: true},
		"change no CustomResourceDefinition": {verbs: "create update patch delete", group: "apiextensions.k8s.io", resource: "customresourcedefinitions"},
		"check who reads metrics":            {verbs: "create", group: "authentication.k8s.io", resource: "tokenreviews", want: true},
		"check what they may":                {verbs: "create", group: "authorization.k8s.io", resource: "subjectaccessreviews", want: true},
		"hold a lease":                       {verbs: "create get update", group: "coordination.k8s.io", resource: "leases", namespace: systemNamespace, want: true},
		"hold no lease elsewhere":            {verbs: "create get update", group: "coordination.k8s.io", resource: "leases", namespace: elsewhere},
		"make DaemonSets":                    {verbs: "create patch delete", group: "apps", resource: "daemonsets", namespace: systemNamespace, want: true},
		"make no DaemonSets elsewhere":       {verbs: "create update patch delete", group: "apps", resource: "daemonsets", namespace: elsewhere},
		"change no Deployment":               {verbs: "create update patch delete", group: "apps", resource: "deployments", namespace: systemNamespace},
		"read no Secrets":                    {verbs: "get list watch create update patch delete", resource: "secrets"},
		"read no Secrets of its namespace":   {verbs: "get list watch create update patch delete", resource: "secrets", namespace: systemNamespace},
		"follow pods everywhere":             {verbs: "list watch", resource: "pods", want: true},
		"reach into no pod":                  {verbs: "get create", resource: "pods", subresource: "proxy"},
		"run nothing in a pod":               {verbs: "get create", resource: "pods", subresource: "exec"},
		"read no pod's log":                  {verbs: "get", resource: "pods", subresource: "log"},
		"follow Services everywhere":         {verbs: "list watch", resource: "services", want: true},
		"change no Services elsewhere":       {verbs: "create update patch delete", resource: "services", namespace: elsewhere},
		"see which Prometheus there are":     {verbs: "list", group: "monitoring.coreos.com", resource: "prometheuses", want: true},
		"change no Prometheus":               {verbs: "create update patch delete", group: "monitoring.coreos.com", resource: "prometheuses"},
		"read a namespace's labels":          {verbs: "get", resource: "namespaces", want: true},
		"change no namespace":                {verbs: "create update patch delete", resource: "namespaces"},
		"run no pods":                        {verbs: "create update patch delete", resource: "pods", namespace: systemNamespace},
		"grant no rights":                    {verbs: "create update patch bind escalate", group: "rbac.authorization.k8s.io", resource: "clusterroles"},
	} {
		t.Run(name, func(t *testing.T) {
			for verb := range strings.FieldsSeq(tc.verbs) {
				got := s.may(t, &authorizationv1.ResourceAttributes{
					Verb: verb, Group: tc.group, Resource: tc.resource, Subresource: tc.subresource, Namespace: tc.namespace,
				})
				if got != tc.want {
					t.Errorf("%s: allowed is %t, want %t", verb, got, tc.want)
				}
			}
		})
	}
}

func (s *server) may(t *testing.T, attributes *authorizationv1.ResourceAttributes) bool {
	t.Helper()
	review := authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: accountUser, Groups: slices.Concat(accountGroups, []string{"system:authenticated"}), ResourceAttributes: attributes,
	}}
	if err := s.Create(t.Context(), &review); err != nil {
		t.Fatal(err)
	}
	return review.Status.Allowed
}

// example is the RAGMonitor that the first group of pattern finds in text.
func example(t *testing.T, text []byte, pattern string) *unstructured.Unstructured {
	t.Helper()
	found := regexp.MustCompile(pattern).FindSubmatch(text)
	if found == nil {
		t.Fatalf("no example in\n%s", text)
	}
	monitors := decode(t, found[1])
	if len(monitors) != 1 || monitors[0].GetKind() != "RAGMonitor" || monitors[0].GetNamespace() != corev1.NamespaceDefault {
		t.Fatalf("the example is not one RAGMonitor in the namespace default:\n%s", found[1])
	}
	return monitors[0]
}
