// Package inventory keeps the Services and pods of the namespaces that have
// RAGMonitors, and of no others, up to date by watching them. Of each it keeps only
// what discovery needs, so that a namespace of ten thousand pods costs megabytes.
package inventory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/kubernetes"

	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
)

// quiet is the least time between two calls of changed. Pods come and go in dozens.
const quiet = time.Second

// Inventory watches namespaces. It is safe for concurrent use.
type Inventory struct {
	client  kubernetes.Interface
	changed func()
	// followed and dirty hold one wish each: to start watches, and to call changed.
	followed, dirty chan struct{}

	mu     sync.Mutex
	spaces map[string]*space
}

// New returns an Inventory that follows nothing. It calls changed, from one
// goroutine and at most once per second, after an answer of Of or Err has changed.
// Its watches need the verbs list and watch on pods and services.
func New(client kubernetes.Interface, changed func()) *Inventory {
	return &Inventory{
		client:   client,
		changed:  changed,
		followed: make(chan struct{}, 1),
		dirty:    make(chan struct{}, 1),
		spaces:   map[string]*space{},
	}
}

// Follow sets the namespaces that are watched, and forgets all others. It does not
// wait for anything. Watches start once Run has been called.
func (i *Inventory) Follow(namespaces []string) {
	wanted := sets.New(namespaces...)
	wanted.Delete("") // to the API server that is all namespaces
	i.mu.Lock()
	defer i.mu.Unlock()
	for name, s := range i.spaces {
		if !wanted.Has(name) {
			s.stop()
			delete(i.spaces, name)
		}
	}
	for name := range wanted {
		if _, ok := i.spaces[name]; !ok {
			i.spaces[name] = newSpace(i.touch)
			wish(i.followed)
		}
	}
}

// Of is what a namespace has, as far as the API server has told. It is false for a
// namespace that is not followed, or not read yet, or that must not be read: then
// Err says so. What it returns is shared and must not be changed.
func (i *Inventory) Of(namespace string) (discovery.Inventory, bool) {
	s := i.space(namespace)
	if s == nil {
		return discovery.Inventory{}, false
	}
	services, servicesKnown := s.services.list()
	pods, podsKnown := s.pods.list()
	if !servicesKnown || !podsKnown {
		return discovery.Inventory{}, false
	}
	return discovery.Inventory{Services: services, Pods: pods}, true
}

// Err is why the API server refuses to have a namespace read; nil when all is well,
// and also when it does not answer at all. What is refused is tried again, at least
// every two minutes. Where the reason is that it is forbidden, nothing is known any
// more; otherwise Of keeps what was known.
func (i *Inventory) Err(namespace string) error {
	s := i.space(namespace)
	if s == nil {
		return nil
	}
	return errors.Join(refused("services", namespace, s.services.err()), refused("pods", namespace, s.pods.err()))
}

func refused(kind, namespace string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("watch %s of namespace %s: %w", kind, namespace, err)
}

// Counts is how much is kept.
type Counts struct{ Namespaces, Services, Pods int }

// Counts of what is kept at the moment.
func (i *Inventory) Counts() Counts {
	i.mu.Lock()
	defer i.mu.Unlock()
	out := Counts{Namespaces: len(i.spaces)}
	for _, s := range i.spaces {
		out.Services += s.services.len()
		out.Pods += s.pods.len()
	}
	return out
}

// Run watches until ctx ends, and returns nil when every watch has stopped: within
// half a minute, even where the API server does not answer. Afterwards nothing is
// known of any namespace.
func (i *Inventory) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	defer i.Follow(nil)
	running.Go(func() { i.tell(ctx) })
	for {
		i.start(ctx, &running)
		select {
		case <-ctx.Done():
			return nil
		case <-i.followed:
		}
	}
}

// start begins the watches of the namespaces that are new.
func (i *Inventory) start(ctx context.Context, running *sync.WaitGroup) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for name, s := range i.spaces {
		s.start(ctx, i.client, name, running)
	}
}

// tell calls changed: soon after the first change, and once for all that follow
// while it is quiet.
func (i *Inventory) tell(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-i.dirty:
			i.changed()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(quiet):
		}
	}
}

func (i *Inventory) touch() { wish(i.dirty) }

func (i *Inventory) space(namespace string) *space {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.spaces[namespace]
}

// wish leaves a wish, unless the same is waiting already.
func wish(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
