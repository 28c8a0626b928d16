package controller

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// models remembers what specs were understood as: they are asked for in every
// interval, and change with their generation only.
type models struct {
	catalogue model.Catalogue

	mu       sync.Mutex
	resolved map[types.UID]resolved
}

type resolved struct {
	generation int64
	monitor    model.Monitor
	err        error
}

func newModels(catalogue model.Catalogue) *models {
	return &models{catalogue: catalogue, resolved: map[types.UID]resolved{}}
}

// of returns what model.Resolve makes of rm.
func (m *models) of(rm *v1alpha1.RAGMonitor) (model.Monitor, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.resolved[rm.UID]
	if !ok || known.generation != rm.Generation {
		known = resolved{generation: rm.Generation}
		known.monitor, known.err = model.Resolve(rm, m.catalogue)
		m.resolved[rm.UID] = known
	}
	return known.monitor, known.err
}

// keep forgets all but those that are present.
func (m *models) keep(present map[types.UID]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for uid := range m.resolved {
		if !present[uid] {
			delete(m.resolved, uid)
		}
	}
}
