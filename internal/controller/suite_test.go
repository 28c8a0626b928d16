package controller

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1alpha1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
	"github.com/ragmonitor/ragmonitor-operator/internal/dashboards"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/embedded"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

const (
	// operatorUser is who the operator is to the API server: a user with the
	// rights of config/rbac/role.yaml and no others.
	operatorUser      = "ragmonitor-operator"
	operatorNamespace = "ragmonitor-system"

	patience = 60 * time.Second
	poll     = 20 * time.Millisecond
	interval = 200 * time.Millisecond
)

var (
	plane    *controlplane.Plane
	admin    client.Client
	asUser   *rest.Config
	auditLog string
	readings = newEngineSource()
	running  *operator
)

func TestControllers(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Controllers")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	SetDefaultEventuallyTimeout(patience)
	SetDefaultEventuallyPollingInterval(poll)
	ctrl.SetLogger(zap.New(zap.WriteTo(GinkgoWriter), zap.UseDevMode(true)))

	auditLog = filepath.Join(GinkgoT().TempDir(), "audit.log")
	crds, err := controlplane.CRDPaths(ctx, fixture.Root())
	Expect(err).NotTo(HaveOccurred())
	plane, err = controlplane.Start(ctx, controlplane.Options{ControllerManager: true, AuditLog: auditLog, CRDs: crds})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(plane.Stop)

	admin, err = client.New(plane.Config(), client.Options{Scheme: testScheme()})
	Expect(err).NotTo(HaveOccurred())
	Expect(admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: operatorNamespace}})).To(Succeed())
	grantRights(ctx)
	asUser, err = plane.UserConfig(operatorUser)
	Expect(err).NotTo(HaveOccurred())

	DeferCleanup(readings.close)
	running = startOperator()
	DeferCleanup(func() { running.stop() })
})

// operator is a manager with all controllers, as cmd/operator runs it.
type operator struct {
	metrics prometheus.Registerer
	apis    *APIs
	// dir holds the samples of its embedded source.
	dir    string
	leads  <-chan struct{}
	cancel context.CancelFunc
	done   chan error
}

func startOperator(edits ...func(*ctrl.Options)) *operator {
	GinkgoHelper()
	options := ctrl.Options{
		Scheme:     testScheme(),
		Cache:      CacheOptions(operatorNamespace),
		Client:     client.Options{Cache: &client.CacheOptions{Unstructured: true}},
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Controller: ctrlconfig.Controller{SkipNameValidation: new(true), EnableWarmup: new(true)},
	}
	for _, edit := range edits {
		edit(&options)
	}
	mgr, err := ctrl.NewManager(rest.CopyConfig(asUser), options)
	Expect(err).NotTo(HaveOccurred())
	board, err := dashboards.Builtin()
	Expect(err).NotTo(HaveOccurred())
	nodes, err := dashboards.Nodes()
	Expect(err).NotTo(HaveOccurred())
	dir, err := os.MkdirTemp("", "embedded-")
	Expect(err).NotTo(HaveOccurred())
	engine, err := embedded.New(embedded.Config{Dir: dir, Allow: func(a netip.Addr) bool { return a.IsLoopback() }})
	Expect(err).NotTo(HaveOccurred())
	registry := prometheus.NewRegistry()
	apis := newAPIs(mgr)
	Expect(setup(mgr, Options{
		Catalogue: fixture.Catalogue(GinkgoTB()),
		Desired:   desired.Catalogue{Rules: fixture.Rules(GinkgoTB()), Board: board, Nodes: nodes},
		NodeExporter: NodeExporterConfig{
			Enabled: true, Rules: true, Namespace: operatorNamespace,
			Exporter: desired.NodeExporter{Image: "example.com/node-exporter:v1", Port: 9100, HostNetwork: true},
			Kubelet:  &desired.Kubelet{Namespace: "kube-system", Secret: "kubelet-token"},
			Interval: 5 * time.Second,
		},
		Sources:  []Source{readings.reader(), source.NewReader("embedded", engine, source.Options{Interval: interval})},
		Embedded: &Embedded{Source: "embedded", Engine: engine},
		Interval: interval,
		Metrics:  registry,
	}, apis)).To(Succeed())
	ctx, cancel := context.WithCancel(context.Background())
	o := &operator{metrics: registry, apis: apis, dir: dir, leads: mgr.Elected(), cancel: cancel, done: make(chan error, 1)}
	go func() { o.done <- mgr.Start(ctx) }()
	Expect(mgr.GetCache().WaitForCacheSync(ctx)).To(BeTrue())
	return o
}

func (o *operator) stop() {
	GinkgoHelper()
	o.cancel()
	Eventually(o.done).Should(Receive(BeNil()))
	Expect(os.RemoveAll(o.dir)).To(Succeed())
}

// grantRights binds the roles that the operator is shipped with, unedited.
func grantRights(ctx context.Context) {
	GinkgoHelper()
	data, err := os.ReadFile(filepath.Join(fixture.Root(), "config/rbac/role.yaml"))
	Expect(err).NotTo(HaveOccurred())
	documents := splitDocuments(data)
	clusterRole, role := &rbacv1.ClusterRole{}, &rbacv1.Role{}
	Expect(yaml.UnmarshalStrict(documents[0], clusterRole)).To(Succeed())
	Expect(yaml.UnmarshalStrict(documents[1], role)).To(Succeed())
	subjects := []rbacv1.Subject{{Kind: rbacv1.UserKind, Name: operatorUser, APIGroup: rbacv1.GroupName}}
	for _, o := range []client.Object{
		clusterRole, role,
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: operatorUser},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: clusterRole.Name},
			Subjects:   subjects,
		},
		&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: operatorUser, Namespace: operatorNamespace},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
			Subjects:   subjects,
		},
	} {
		Expect(admin.Create(ctx, o)).To(Succeed())
	}
}

func testScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme, v1alpha1.AddToScheme, monitoringv1.AddToScheme, monitoringv1alpha1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	return scheme
}
