package controller

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
)

// informers notes which kinds a cache is asked to know.
type informers struct {
	cache.Cache
	asked []string
}

func (i *informers) GetInformer(_ context.Context, o client.Object, _ ...cache.InformerGetOption) (cache.Informer, error) {
	name := o.GetObjectKind().GroupVersionKind().Kind
	if name == "" {
		name = fmt.Sprintf("%T", o)
	}
	i.asked = append(i.asked, name)
	return nil, nil
}

func TestWarmKnowsEveryKindThatIsWatched(t *testing.T) {
	all := map[schema.GroupVersionKind]bool{}
	var optional []string
	for _, kind := range desired.OptionalKinds {
		all[kind] = true
		optional = append(optional, kind.Kind)
	}
	always := []string{"*v1.CustomResourceDefinition", "*v1.Pod", "*v1alpha1.RAGMonitor", "ConfigMap", "DaemonSet", "Service"}
	for name, tc := range map[string]struct {
		present map[schema.GroupVersionKind]bool
		want    []string
	}{
		"a cluster with the Prometheus Operator": {all, append(optional, always...)},
		"a cluster without it":                   {nil, always},
	} {
		t.Run(name, func(t *testing.T) {
			asked := &informers{}
			if err := (&APIs{cache: asked, present: tc.present}).warm(nil); err != nil {
				t.Fatal(err)
			}
			slices.Sort(asked.asked)
			slices.Sort(tc.want)
			if diff := cmp.Diff(tc.want, slices.Compact(asked.asked)); diff != "" {
				t.Errorf("kinds (-want +got):\n%s", diff)
			}
		})
	}
}
