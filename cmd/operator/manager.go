package main

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/controller"
	"github.com/ragmonitor/ragmonitor-operator/internal/dashboards"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// leaseName is the name of the lease that the replicas share.
const leaseName = "ragmonitor-operator"

// +kubebuilder:rbac:groups="",resources=events,verbs=create;patch,namespace=ragmonitor-system
// +kubebuilder:rbac:groups=coordination.k8s.io,resources=leases,verbs=get;create;update,namespace=ragmonitor-system
// +kubebuilder:rbac:groups=authentication.k8s.io,resources=tokenreviews,verbs=create
// +kubebuilder:rbac:groups=authorization.k8s.io,resources=subjectaccessreviews,verbs=create

func newManager(f *flags) (ctrl.Manager, error) {
	config, err := ctrl.GetConfig()
	if err != nil {
		return nil, fmt.Errorf("find the cluster: %w", err)
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme: newScheme(),
		Cache:  controller.CacheOptions(f.namespace),
		Client: client.Options{Cache: &client.CacheOptions{Unstructured: true}},
		Metrics: metricsserver.Options{
			BindAddress:    f.metricsAddress,
			SecureServing:  true,
			CertDir:        f.metricsCertDir,
			FilterProvider: filters.WithAuthenticationAndAuthorization,
		},
		HealthProbeBindAddress:        f.probeAddress,
		LeaderElection:                f.leaderElect,
		LeaderElectionID:              leaseName,
		LeaderElectionNamespace:       f.namespace,
		LeaderElectionReleaseOnCancel: true,
		// A standby fills its caches and queues, so that it can begin where the leader ended.
		Controller: ctrlconfig.Controller{EnableWarmup: new(true)},
	})
	if err != nil {
		return nil, fmt.Errorf("make the manager: %w", err)
	}
	return mgr, nil
}

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(apiextensionsv1.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return scheme
}

func addControllers(ctx context.Context, mgr ctrl.Manager, f *flags) error {
	options, err := catalogues(f)
	if err != nil {
		return err
	}
	options.Interval = f.aggregationInterval
	options.Desired.Labels = f.childLabels
	options.Metrics = metrics.Registry
	options.Pulse = controller.NewPulse(clock.RealClock{})
	if err := addProbes(mgr, options.Pulse); err != nil {
		return err
	}
	if err := addSources(&options, f); err != nil {
		return err
	}
	deployment, err := ownDeployment(ctx, mgr.GetAPIReader(), f)
	if err != nil {
		return err
	}
	options.NodeExporter = f.onNodes()
	options.NodeExporter.Deployment = deployment
	return controller.Setup(mgr, options)
}

func catalogues(f *flags) (controller.Options, error) {
	vocabularies, err := vocabulary.Builtin()
	if err != nil {
		return controller.Options{}, err
	}
	prices, err := controller.ReadPriceTable(f.priceTable)
	if err != nil {
		return controller.Options{}, err
	}
	ruleCatalogue, err := rules.Builtin(prices)
	if err != nil {
		return controller.Options{}, err
	}
	board, err := dashboards.Builtin()
	if err != nil {
		return controller.Options{}, err
	}
	nodes, err := dashboards.Nodes()
	if err != nil {
		return controller.Options{}, err
	}
	return controller.Options{
		Catalogue: model.Catalogue{
			Vocabularies: vocabularies,
			Alerts:       ruleCatalogue.Overridable(),
			Namespaces:   model.Namespaces{Labels: f.namespaceLabels, Unlabelled: f.unlabelled},
		},
		Desired:    desired.Catalogue{Rules: ruleCatalogue.WithGrafana(ptr.Deref(f.grafanaURL, "")), Board: board, Nodes: nodes},
		PriceTable: f.priceTable,
	}, nil
}

// ownDeployment finds the Deployment that will own the node-exporter; nil when the
// operator does not run as one.
func ownDeployment(ctx context.Context, c client.Reader, f *flags) (*appsv1.Deployment, error) {
	if f.deployment == "" {
		return nil, nil
	}
	d := &appsv1.Deployment{}
	if err := c.Get(ctx, client.ObjectKey{Namespace: f.namespace, Name: f.deployment}, d); err != nil {
		return nil, fmt.Errorf("find the operator's own Deployment: %w", err)
	}
	return d, nil
}
