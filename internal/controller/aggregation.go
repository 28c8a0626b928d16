package controller

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/inventory"
	"github.com/ragmonitor/ragmonitor-operator/internal/ledger"
)

// aggregation is the Aggregator with what works for it.
type aggregation struct {
	aggregator *Aggregator
	scraper    *scraper
	options    Options
}

func newAggregation(mgr ctrl.Manager, o Options, monitors client.Client, desired *catalogue) (*aggregation, error) {
	clientset, err := newClientset(mgr.GetConfig())
	if err != nil {
		return nil, err
	}
	s := newScraper()
	s.list, s.desired, s.models, s.pulse = mgr.GetClient(), desired, newModels(o.Catalogue), o.Pulse
	s.inventory = inventory.New(clientset, s.look)
	a := &Aggregator{
		list: mgr.GetClient(), client: monitors,
		interval: o.Interval,
		clock:    clock.RealClock{},
		recorder: mgr.GetEventRecorder(AggregatorManager),
		verdicts: newVerdicts(),
		queue:    make(chan event.TypedGenericEvent[*v1alpha1.RAGMonitor]),
		written:  map[types.UID]time.Time{},
		awaited:  map[types.UID]awaited{},
		changed:  s.look,
		pulse:    o.Pulse,
	}
	for _, from := range o.Sources {
		a.observers = append(a.observers, &observer{source: from})
	}
	a.judge = &judge{
		models: s.models, interval: o.Interval, clock: a.clock, ledgers: map[types.UID]ledger.Memory{},
		explainer: &explainer{
			inventory:    s.inventory,
			prometheuses: &prometheuses{reader: mgr.GetAPIReader(), labels: o.Desired.Labels, clock: a.clock},
		},
	}
	s.takes = func(*v1alpha1.RAGMonitor) bool { return false }
	if o.Embedded != nil {
		a.judge.embedded = o.Embedded.Source
		a.judge.explainer.engine, s.engine = o.Embedded.Engine, o.Embedded.Engine
		s.takes = func(rm *v1alpha1.RAGMonitor) bool {
			observer, known := a.of(rm)
			return known && observer.source.Name() == o.Embedded.Source
		}
	}
	return &aggregation{aggregator: a, scraper: s, options: o}, nil
}

// newClientset reads pods in the format that takes least to read: there may be many.
func newClientset(config *rest.Config) (*kubernetes.Clientset, error) {
	config = rest.CopyConfig(config)
	config.ContentType = runtime.ContentTypeProtobuf
	config.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	clientset, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make the client for Services and pods: %w", err)
	}
	return clientset, nil
}

func (a *aggregation) setup(mgr ctrl.Manager) error {
	// The first reading may come before the controllers have started, which
	// would begin to cache RAGMonitors.
	if _, err := mgr.GetCache().GetInformer(context.Background(), &v1alpha1.RAGMonitor{}); err != nil {
		return err
	}
	if err := a.register(); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	for _, runnable := range a.runnables() {
		if err := mgr.Add(runnable); err != nil {
			return err
		}
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("aggregator").
		For(&v1alpha1.RAGMonitor{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WatchesRawSource(source.Channel(a.aggregator.queue, &handler.TypedEnqueueRequestForObject[*v1alpha1.RAGMonitor]{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: 4}).
		Complete(a.options.Pulse.watched("aggregator", a.aggregator))
}

// runnables run in the leader only: a standby would scrape every pod once more.
func (a *aggregation) runnables() []manager.Runnable {
	out := []manager.Runnable{a.aggregator, a.scraper, manager.RunnableFunc(a.scraper.inventory.Run)}
	if a.options.Embedded != nil {
		out = append(out, manager.RunnableFunc(a.options.Embedded.Engine.Run))
	}
	return out
}

func (a *aggregation) register() error {
	if err := a.options.Metrics.Register(a.aggregator.verdicts); err != nil {
		return err
	}
	if a.options.Embedded != nil {
		return a.options.Metrics.Register(a.options.Embedded.Engine)
	}
	return nil
}
