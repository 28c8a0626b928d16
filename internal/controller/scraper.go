package controller

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
	"github.com/ragmonitor/ragmonitor-operator/internal/embedded"
	"github.com/ragmonitor/ragmonitor-operator/internal/inventory"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// resync is how often it is looked what is to be scraped, whether or not something
// is known to have changed.
const resync = 5 * time.Second

// calm is the least time between two looks. Each is at all RAGMonitors, and every
// status that is written asks for one.
const calm = 250 * time.Millisecond

// scraper follows which pods there are, and tells the embedded source which of them
// to scrape. It implements manager.Runnable.
type scraper struct {
	list      client.Reader
	inventory *inventory.Inventory
	models    *models
	desired   *catalogue
	// engine is nil where no source is embedded; takes says which RAGMonitors take it.
	engine *embedded.Engine
	takes  func(*v1alpha1.RAGMonitor) bool
	// wake has the next look taken soon.
	wake  chan struct{}
	pulse *Pulse

	// built are the rules of the last look, refused why namespaces could not be read
	// then. Only sync uses them.
	built   map[types.UID]builtRules
	refused map[string]string
}

// builtRules are the rules that one version of a spec and of the prices makes, and what
// that spec was understood as.
type builtRules struct {
	generation int64
	catalogue  any
	monitor    model.Monitor
	groups     []rulefmt.RuleGroup
}

func newScraper() *scraper {
	return &scraper{wake: make(chan struct{}, 1), built: map[types.UID]builtRules{}}
}

// +kubebuilder:rbac:groups="",resources=pods;services,verbs=list;watch

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (s *scraper) NeedLeaderElection() bool { return true }

// Start follows until ctx ends.
func (s *scraper) Start(ctx context.Context) error {
	ticker := time.NewTicker(resync)
	defer ticker.Stop()
	for {
		s.pulse.beat("scrape", resync)
		s.sync(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(calm):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-s.wake:
		}
	}
}

// look has what changed seen soon. It never waits.
func (s *scraper) look() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *scraper) sync(ctx context.Context) {
	list := &v1alpha1.RAGMonitorList{}
	// The objects are the cache's own: nothing from here on writes to them.
	if err := s.list.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
		ctrl.LoggerFrom(ctx).WithName("scraper").Error(err, "Listing RAGMonitors failed")
		return
	}
	followed := namespaces(list.Items)
	s.inventory.Follow(followed)
	s.tell(ctx, followed)
	if s.engine == nil {
		return
	}
	monitors := []embedded.Monitor{}
	built := make(map[types.UID]builtRules, len(s.built))
	for i := range list.Items {
		rm := &list.Items[i]
		if !s.takes(rm) || !rm.DeletionTimestamp.IsZero() {
			continue
		}
		m, err := s.monitor(rm, built)
		if err != nil {
			ctrl.LoggerFrom(ctx).WithName("scraper").Error(err, "Making rules failed", "RAGMonitor", client.ObjectKeyFromObject(rm))
		}
		if m != nil {
			monitors = append(monitors, *m)
		}
	}
	s.built = built
	s.engine.Update(monitors)
}

// tell logs why namespaces cannot be read, once for each reason.
func (s *scraper) tell(ctx context.Context, namespaces []string) {
	refused := map[string]string{}
	for _, namespace := range namespaces {
		err := s.inventory.Err(namespace)
		if err == nil {
			continue
		}
		refused[namespace] = err.Error()
		if s.refused[namespace] != err.Error() {
			ctrl.LoggerFrom(ctx).WithName("scraper").Error(err, "Services and pods of a namespace cannot be read", "namespace", namespace)
		}
	}
	s.refused = refused
}

func namespaces(items []v1alpha1.RAGMonitor) []string {
	var out []string
	for i := range items {
		out = append(out, items[i].Namespace)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// monitor is what the engine does for rm. While a spec cannot be used, that is what it
// did for the last one that could, as a Prometheus goes on with the objects that are
// there; nil where there was none. An error is told beside it.
func (s *scraper) monitor(rm *v1alpha1.RAGMonitor, built map[types.UID]builtRules) (*embedded.Monitor, error) {
	rules, ok, err := s.rules(rm)
	if !ok {
		return nil, err
	}
	built[rm.UID] = rules
	out := &embedded.Monitor{
		Namespace: rm.Namespace, Name: rm.Name,
		Groups:  rules.groups,
		Version: fmt.Sprintf("%s/%d/%p", rm.UID, rules.generation, rules.catalogue),
	}
	known, ok := s.inventory.Of(rm.Namespace)
	if !ok {
		return out, err
	}
	for _, c := range rules.monitor.Components {
		out.Jobs = append(out.Jobs, job(rules.monitor, c, known))
	}
	return out, err
}

// rules are those of rm, or the last ones where none can be made now; false where there
// were none.
func (s *scraper) rules(rm *v1alpha1.RAGMonitor) (builtRules, bool, error) {
	last, ok := s.built[rm.UID]
	m, err := s.models.of(rm)
	if err != nil {
		return last, ok, nil //nolint:nilerr // the condition Accepted says it
	}
	catalogue := s.desired.Load()
	if ok && last.generation == rm.Generation && last.catalogue == catalogue {
		return last, true, nil
	}
	made, err := catalogue.Rules.Build(m)
	if err != nil {
		return last, ok, err
	}
	return builtRules{generation: rm.Generation, catalogue: catalogue, monitor: m, groups: made.Groups}, true, nil
}

func job(m model.Monitor, c model.Component, known discovery.Inventory) embedded.Job {
	out := embedded.Job{Component: c.Name, Path: c.Endpoint.Path, Interval: c.Endpoint.Interval}
	if c.Existing != nil {
		return out
	}
	targets, _ := discovery.Targets(c, known)
	for _, t := range targets {
		out.Targets = append(out.Targets, embedded.Target{Address: t.Address, Labels: t.Labels(m.Namespace, naming.Job(m.Name, c.Name))})
	}
	return out
}
