package inventory

import (
	"context"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
)

// space is one namespace. Its methods are not safe for concurrent use, its stores
// are.
type space struct {
	services *store[*corev1.Service, discovery.Service]
	pods     *store[*corev1.Pod, discovery.Pod]
	// cancel ends the watches; nil until they are started.
	cancel context.CancelFunc
}

func newSpace(changed func()) *space {
	return &space{
		services: newStore(discovery.ServiceOf, changed),
		pods:     newStore(discovery.PodOf, changed),
	}
}

// start begins the watches, unless they run.
func (s *space) start(ctx context.Context, client kubernetes.Interface, namespace string, running *sync.WaitGroup) {
	if s.cancel != nil {
		return
	}
	ctx, s.cancel = context.WithCancel(ctx)
	services, pods := client.CoreV1().Services(namespace), client.CoreV1().Pods(namespace)
	running.Go(func() {
		follow(ctx, client, &cache.ListWatch{
			ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
				return services.List(ctx, o)
			},
			WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
				return services.Watch(ctx, o)
			},
		}, &corev1.Service{}, s.services)
	})
	running.Go(func() {
		follow(ctx, client, &cache.ListWatch{
			ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
				return pods.List(ctx, o)
			},
			WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
				return pods.Watch(ctx, o)
			},
		}, &corev1.Pod{}, s.pods)
	})
}

// stop ends the watches, soon.
func (s *space) stop() {
	if s.cancel != nil {
		s.cancel()
	}
}
