package perf_test

import (
	"context"
	"testing"
	"time"

	client_golang "github.com/prometheus/client_golang/prometheus"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
	"github.com/ragmonitor/ragmonitor-operator/internal/controller"
	"github.com/ragmonitor/ragmonitor-operator/internal/dashboards"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

// patience is how long to wait for what must happen.
const patience = 2 * time.Minute

// startPlane starts a control plane with our own kind and no other: of the children
// there are the ConfigMaps of dashboards only.
func startPlane(tb testing.TB) *controlplane.Plane {
	tb.Helper()
	plane, err := controlplane.Start(tb.Context(), controlplane.Options{CRDs: []string{controlplane.OwnCRDs(fixture.Root())}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return plane
}

func newClient(tb testing.TB, plane *controlplane.Plane) client.Client {
	tb.Helper()
	c, err := client.New(plane.Config(), client.Options{Scheme: newScheme(tb)})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// operator is a manager with all controllers, as cmd/operator runs it, but for its
// rounds.
type operator struct {
	*paced
	requests *requests
	cancel   context.CancelFunc
	ended    chan error
}

// startOperator returns when the first round could begin.
func startOperator(tb testing.TB, plane *controlplane.Plane, url string, interval time.Duration) *operator {
	tb.Helper()
	logged.showFailure(tb)
	o := &operator{requests: &requests{}, ended: make(chan error, 1)}
	config := plane.Config()
	config.Wrap(o.requests.wrap)
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:     newScheme(tb),
		Cache:      controller.CacheOptions("ragmonitor-system"),
		Client:     client.Options{Cache: &client.CacheOptions{Unstructured: true}},
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Controller: ctrlconfig.Controller{SkipNameValidation: new(true)},
	})
	if err != nil {
		tb.Fatal(err)
	}
	server, err := source.NewPrometheus(source.PrometheusConfig{URL: url})
	if err != nil {
		tb.Fatal(err)
	}
	board, err := dashboards.Builtin()
	if err != nil {
		tb.Fatal(err)
	}
	o.paced = newPaced(source.NewReader("prometheus", server, source.Options{Interval: interval}))
	if err := controller.Setup(mgr, controller.Options{
		Catalogue:    fixture.Catalogue(tb),
		Desired:      desired.Catalogue{Rules: fixture.Rules(tb), Board: board},
		NodeExporter: controller.NodeExporterConfig{Namespace: "ragmonitor-system"},
		Sources:      []controller.Source{o.paced},
		Interval:     interval,
		Metrics:      client_golang.NewRegistry(),
	}); err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	o.cancel = cancel
	go func() { o.ended <- mgr.Start(ctx) }()
	tb.Cleanup(cancel)
	o.await(tb)
	return o
}

// stop returns when the manager has.
func (o *operator) stop(tb testing.TB) {
	tb.Helper()
	o.cancel()
	if err := <-o.ended; err != nil {
		tb.Error(err)
	}
}

// settle makes rounds until every RAGMonitor of the population is healthy and nothing
// is written any more.
func (o *operator) settle(tb testing.TB, c client.Client, p population) {
	tb.Helper()
	before, still := o.requests.now(), 0
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		o.round(tb)
		now := o.requests.now()
		still++
		if now != before {
			before, still = now, 0
		}
		if still >= 3 && healthOf(tb, c)[v1alpha1.HealthHealthy] == p.monitors {
			return
		}
	}
	tb.Fatalf("it does not settle: %v, %+v", healthOf(tb, c), o.requests.now())
}

func newScheme(tb testing.TB) *runtime.Scheme {
	tb.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			tb.Fatal(err)
		}
	}
	return scheme
}
