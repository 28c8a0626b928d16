package controller

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

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
