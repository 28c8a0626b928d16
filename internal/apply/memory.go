package apply

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/utils/lru"
)

// remembered bounds the memory: some 8 MiB. What is forgotten costs one request
// that changes nothing.
const remembered = 65536

// memory holds the version that each object had when it was last applied.
//
// It is needed for two cases that comparing cannot settle: a cache that has not
// yet seen our own write, and an object that others may add to (a rule group in a
// PrometheusRule, say), which applying again would not change.
type memory struct{ versions *lru.Cache }

func newMemory() memory { return memory{lru.New(remembered)} }

func (m memory) remember(applied *unstructured.Unstructured) {
	m.versions.Add(applied.GetUID(), applied.GetResourceVersion())
}

// left says whether present is as we left it, or older.
func (m memory) left(present *unstructured.Unstructured) bool {
	version, ok := m.versions.Get(present.GetUID())
	if !ok {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(present.GetResourceVersion(), version.(string))
	return err == nil && order <= 0
}

func (m memory) forget(object *unstructured.Unstructured) { m.versions.Remove(object.GetUID()) }
