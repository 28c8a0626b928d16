package inventory

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
)

// store keeps what matters (V) of the objects (O) of one kind in one namespace. A
// reflector writes to it.
type store[O metav1.Object, V any] struct {
	take    func(O) V
	changed func()

	mu sync.Mutex
	// values by name; nil until they are known.
	values map[string]V
	// listed is values in the order of their names; nil when it is out of date.
	listed []V
	failed error
}

func newStore[O metav1.Object, V any](take func(O) V, changed func()) *store[O, V] {
	return &store[O, V]{take: take, changed: changed}
}

// kept is what is kept of an object.
type kept[V any] struct {
	name  string
	value V
}

// Transformer has the reflector drop what does not matter of an object as soon as
// it is read, before all are.
func (s *store[O, V]) Transformer() cache.TransformFunc { return s.transform }

func (s *store[O, V]) transform(object any) (any, error) {
	k, err := s.keep(object)
	return k, err
}

func (s *store[O, V]) keep(object any) (kept[V], error) {
	switch o := object.(type) {
	case kept[V]:
		return o, nil
	case O:
		return kept[V]{name: o.GetName(), value: s.take(o)}, nil
	default:
		return kept[V]{}, fmt.Errorf("keep an object: unexpected %T", object)
	}
}

// Add is the same as Update.
func (s *store[O, V]) Add(object any) error { return s.Update(object) }

// Update sets the value of an object.
func (s *store[O, V]) Update(object any) error {
	k, err := s.keep(object)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.values[k.name]; ok && reflect.DeepEqual(old, k.value) {
		return nil // most updates are about what does not matter
	}
	s.values[k.name] = k.value
	s.touch()
	return nil
}

// Delete forgets an object.
func (s *store[O, V]) Delete(object any) error {
	k, err := s.keep(object)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.values, k.name)
	s.touch()
	return nil
}

// Replace sets all values. It comes before all else, and after every failure.
func (s *store[O, V]) Replace(objects []any, _ string) error {
	values := make(map[string]V, len(objects))
	for _, object := range objects {
		k, err := s.keep(object)
		if err != nil {
			return err
		}
		values[k.name] = k.value
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values != nil && s.failed == nil && reflect.DeepEqual(s.values, values) {
		return nil
	}
	s.values, s.failed = values, nil
	s.touch()
	return nil
}

// Resync does nothing: what changes is told once.
func (s *store[O, V]) Resync() error { return nil }

// fail says why the values may be out of date. Those that must not be read are
// forgotten.
func (s *store[O, V]) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.failed == nil
	s.failed = err
	if apierrors.IsForbidden(err) {
		news = news || s.values != nil
		s.values = nil
	}
	if news {
		s.touch()
	}
}

// touch is called with the lock held.
func (s *store[O, V]) touch() {
	s.listed = nil
	s.changed()
}

// list returns the values by name, and whether they are known.
func (s *store[O, V]) list() ([]V, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		return nil, false
	}
	if s.listed == nil {
		s.listed = make([]V, 0, len(s.values))
		for _, name := range slices.Sorted(maps.Keys(s.values)) {
			s.listed = append(s.listed, s.values[name])
		}
	}
	return s.listed, true
}

func (s *store[O, V]) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

func (s *store[O, V]) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.values)
}
