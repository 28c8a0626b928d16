package controller

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/inventory"
)

// lists counts how often it is listed, and has nothing.
type lists struct {
	client.Reader
	count atomic.Int64
}

func (l *lists) List(context.Context, client.ObjectList, ...client.ListOption) error {
	l.count.Add(1)
	return nil
}

// TestManyChangesAreLookedAtTogether: every status that is written asks for a look at
// all RAGMonitors.
func TestManyChangesAreLookedAtTogether(t *testing.T) {
	list := &lists{}
	s := newScraper()
	s.list, s.inventory = list, inventory.New(kubernetes.Interface(nil), s.look)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	began := time.Now()
	go func() { ended <- s.Start(ctx) }()
	for list.count.Load() < 3 && time.Since(began) < patience {
		s.look()
		<-time.After(time.Millisecond)
	}
	took, looks := time.Since(began), list.count.Load()
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if most := 1 + int64(took/calm); looks < 3 || looks > most {
		t.Errorf("%d looks in %s; want three, and at most %d", looks, took, most)
	}
}

// TestARefusedSpecLeavesTheLastOneInForce: as objects in the cluster stay, for a
// Prometheus.
func TestARefusedSpecLeavesTheLastOneInForce(t *testing.T) {
	good := func(*v1alpha1.RAGMonitor) {}
	bad := func(rm *v1alpha1.RAGMonitor) { rm.Spec.Components[0].Vocabulary = "unheard-of" }
	other := func(rm *v1alpha1.RAGMonitor) { rm.Spec.Components[0].Vocabulary = "tei" }
	for name, tc := range map[string]struct {
		specs []func(*v1alpha1.RAGMonitor)
		// want are the generations in force; 0 for none.
		want []int64
	}{
		"an accepted spec":                     {specs: []func(*v1alpha1.RAGMonitor){good}, want: []int64{1}},
		"one that was refused from the start":  {specs: []func(*v1alpha1.RAGMonitor){bad}, want: []int64{0}},
		"one that is refused later, and again": {specs: []func(*v1alpha1.RAGMonitor){good, bad, bad}, want: []int64{1, 1, 1}},
		"one that is mended":                   {specs: []func(*v1alpha1.RAGMonitor){good, bad, other}, want: []int64{1, 1, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScraper()
			s.models, s.desired = newModels(fixture.Catalogue(t)), newCatalogue(desired.Catalogue{Rules: fixture.Rules(t)})
			s.inventory = inventory.New(kubernetes.Interface(nil), s.look)
			var got []int64
			for i, edit := range tc.specs {
				rm := fixture.RAGMonitor(t, fixture.Minimal)
				rm.UID, rm.Generation = "a", int64(i+1)
				edit(rm)
				built := map[types.UID]builtRules{}
				m, err := s.monitor(rm, built)
				if err != nil {
					t.Fatal(err)
				}
				s.built = built
				if m != nil && len(m.Groups) == 0 {
					t.Error("it has no rules")
				}
				got = append(got, built[rm.UID].generation)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("generations in force (-want +got):\n%s", diff)
			}
		})
	}
}
