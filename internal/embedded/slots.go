package embedded

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
)

// slots bound the scrapes that run at the same time, of all and of one namespace.
// A scrape has its slot from before it connects until its samples are stored,
// because connection, body and samples are all in memory.
type slots struct {
	all       *semaphore.Weighted
	size, one int64

	mu         sync.Mutex
	namespaces map[string]*share
}

// share are the slots of a namespace, for as long as some scrape uses or awaits one.
type share struct {
	slots *semaphore.Weighted
	users int
}

func newSlots(size int) *slots {
	return &slots{
		all:        semaphore.NewWeighted(int64(size)),
		size:       int64(size),
		one:        int64(max(1, size/4)),
		namespaces: map[string]*share{},
	}
}

// take waits for a slot. Every slot is given back with its release function. The
// error is that of ctx.
func (s *slots) take(ctx context.Context, namespace string) (release func(), err error) {
	own := s.enter(namespace)
	if err := own.slots.Acquire(ctx, 1); err != nil {
		s.leave(namespace)
		return nil, err
	}
	if err := s.all.Acquire(ctx, 1); err != nil {
		own.slots.Release(1)
		s.leave(namespace)
		return nil, err
	}
	return sync.OnceFunc(func() {
		s.all.Release(1)
		own.slots.Release(1)
		s.leave(namespace)
	}), nil
}

// drain waits for all scrapes to end, and lets none begin.
func (s *slots) drain(ctx context.Context) {
	// It ends because every scrape has a timeout.
	_ = s.all.Acquire(context.WithoutCancel(ctx), s.size)
}

func (s *slots) enter(namespace string) *share {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.namespaces[namespace] == nil {
		s.namespaces[namespace] = &share{slots: semaphore.NewWeighted(s.one)}
	}
	s.namespaces[namespace].users++
	return s.namespaces[namespace]
}

func (s *slots) leave(namespace string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.namespaces[namespace].users--; s.namespaces[namespace].users == 0 {
		delete(s.namespaces, namespace)
	}
}
